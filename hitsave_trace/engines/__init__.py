"""What listens to the interpreter beside the probes: one protocol, two engines."""

from hitsave_trace.engines.choose import choose

__all__ = ["choose"]
