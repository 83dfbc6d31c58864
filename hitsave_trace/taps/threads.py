"""Which recording a thread works for: the one that was open where the thread was started."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.recorder import Recorder


class Threads:
    """The tap on `threading.Thread.start` of one installation."""

    __slots__ = ("_known", "recording")

    def __init__(self, recording: Recorder) -> None:
        self.recording = recording
        self._known: object = None

    def look(self, patches: Patches) -> None:
        """Wrap the method, once `threading` is there."""
        module = sys.modules.get("threading")
        if module is None or module is self._known or not hasattr(module, "Thread"):
            return
        self._known = module
        patches.method(module.Thread, "start", self._starting)

    def _starting(self, arguments: tuple[object, ...], _: dict[str, object]) -> None:
        if arguments:
            self.recording.thread_started(arguments[0])
