"""Work that is given to the workers of joblib (`n_jobs=2`), which are processes of their own.

A task that is given to them inside of a recorded call goes as a `Watched` (`working.py`): its result comes back with what there
is to know of how it came about. If that is nothing, and it held no code of the program, the task is a function of what it was
given, as if it had been done here. A task that has not ended when the recording closes was seen by nobody.
"""

from __future__ import annotations

import sys

from hitsave_trace.fingerprint.libraries import is_library
from hitsave_trace.taps.noting import noting
from hitsave_trace.taps.working import HERE, Told, Watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.unseen import Note

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]

MODULE = "joblib.externals.loky.process_executor"
WORDS = "work given to workers of joblib"


class Work:
    """One task that was given away."""

    __slots__ = ("ended", "reasons")

    def __init__(self) -> None:
        self.ended = False
        self.reasons: tuple[tuple[str, str], ...] = ()

    def against(self) -> tuple[tuple[str, str], ...]:
        """What speaks against saving whoever gave it away: (slug, words)."""
        return self.reasons if self.ended else (("process", WORDS),)

    def taking(self, take: Callable[[object], object]) -> Callable[[object], object]:
        """Make what stands for the `set_result` of a future."""

        def taken(result: object) -> object:
            if type(result) is Told:
                unknown = [name for name in result.modules if name != HERE and not is_library(name)]
                made = [name for name in result.modules if "cloudpickle" in name]
                own = (("process", f"{WORDS}, of {(unknown or ['functions of the program'])[0]}"),) if unknown or made else ()
                self.reasons, self.ended = result.reasons + own, True
                result = result.value
            return take(result)

        return taken


def imported(recording: Recorder, patches: Patches, outer: Note) -> None:
    """Stand where a task is made, if the module is loaded. Raises what is raised where another version looks otherwise."""
    kind = getattr(sys.modules.get(MODULE), "_WorkItem", None)
    if kind is None or hasattr(kind.__init__, "__wrapped__"):
        return

    def given(arguments: Arguments, _: Keywords, __: FrameType) -> None:
        item, future, function = arguments[:3]
        work = Work()
        if recording.given_away(work):
            future.set_result = work.taking(future.set_result)  # type: ignore[attr-defined]
            item.fn = Watched(function)  # type: ignore[attr-defined]

    patches.method(kind, "__init__", noting(given, recording, MODULE), after=True, outer=outer)


def is_started_by_them(frame: FrameType | None) -> bool:
    """Whether a process is started as one of joblib's workers, or to clean up behind them."""
    for _ in range(8):
        if frame is None:
            return False
        if str(frame.f_globals.get("__name__")).startswith("joblib.externals.loky."):
            return "-packages/" in frame.f_code.co_filename
        frame = frame.f_back
    return False


def is_theirs(thread: object) -> bool:
    """Whether a thread serves joblib's workers: it goes on until they are idle for long."""
    target = getattr(thread, "_target", None)
    return str(getattr(target, "__module__", "")).startswith("joblib.externals.loky.")
