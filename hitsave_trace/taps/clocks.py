"""Calendar time as the module `time` tells it.

`time.localtime(t)` is a function of `t`; `time.localtime()` reads the date. Which of the two it is, is decided where
it is called, by looking at the arguments, so these few functions are wrapped. (`logging` calls `localtime` with the
time of the record, which is why a call that logs can be answered.)

`datetime.datetime.now`, `date.today` and `pandas.Timestamp.now` are methods of types that can't be changed. They are
in the catalogue by name and decided where user code mentions them. Durations (`time.time`, `perf_counter`,
`monotonic`) are not watched here: programs print them. If the settings refuse clocks, the catalogue says which.
"""

from __future__ import annotations

import time
from _thread import get_ident

from hitsave_trace.in_c import getframe
from hitsave_trace.taps.quiet import depths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder

# Function → how many arguments it has when it does not read the clock.
READS_WITHOUT = {"localtime": 1, "gmtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}

# Libraries whose own use of the date ends up in text that is replayed, or in names nobody sees.
ALLOWED = (
    "logging",
    "tqdm",
    "rich",
    "joblib",
    "tempfile",
    "zipfile",
    "gzip",
    "tarfile",
    "email",
    "http",
    "urllib",
    "wsgiref",
)


class Clocks:
    """The wrappers of one installation."""

    __slots__ = ("places", "recording")

    def __init__(self, recording: Recorder, places: Places) -> None:
        self.recording = recording
        self.places = places

    def install(self, patches: Patches) -> None:
        """Put the wrappers in place."""
        for name, enough in READS_WITHOUT.items():
            patches.function(time, name, self._noting(name, enough))
        if hasattr(time, "tzset"):
            patches.function(time, "tzset", self._noting("tzset", -1))

    def _noting(self, name: str, enough: int) -> Callable[[tuple[object, ...], dict[str, object]], None]:
        recording, places = self.recording, self.places

        def noted(arguments: tuple[object, ...], _: dict[str, object]) -> None:
            if enough >= 0 and len(arguments) >= enough and arguments[enough - 1] is not None:
                return
            thread = get_ident()
            if thread in depths:
                return
            depths[thread] = 1
            try:
                frame = getframe(1)
                module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
                if enough < 0:
                    # Dates are parsed by a module that asks for the zone anew, to be sure of it.
                    if module != "_strptime" and not places.in_library_import(frame):
                        recording.forbid("switch", f"time.{name}")
                elif module not in ALLOWED and not places.in_library_import(frame):
                    recording.forbid("calendar", f"time.{name}")
            finally:
                depths.pop(thread, None)

        return noted
