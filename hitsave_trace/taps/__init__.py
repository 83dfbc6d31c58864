"""What is watched besides code: files, environment, streams, entropy, clocks, processes, process-wide state."""

from hitsave_trace.taps.installed import Installed, install

__all__ = ["Installed", "install"]
