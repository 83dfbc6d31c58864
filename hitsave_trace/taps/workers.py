"""Work that is given to the workers of joblib (`n_jobs=2`), which are processes of their own.

A task that is given to them inside of a recorded call goes as a `Watched` (`working.py`): its result comes back with what there
is to know of how it came about. If that is nothing, and it held no code of the program, the task is a function of what it was
given, as if it had been done here. A task that has not ended when the recording closes was seen by nobody.
"""

from __future__ import annotations

import os
import sys

from hitsave_trace.around import around
from hitsave_trace.fingerprint.libraries import is_library
from hitsave_trace.taps.noting import noting
from hitsave_trace.taps.working import HERE, TEMPORARY, Told, Watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.unseen import Note

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]

MODULE = "joblib.externals.loky.process_executor"
GENERATORS = ("random", "numpy.random", "torch")
WORDS = "work given to workers of joblib"


class Work:
    """One task that was given away."""

    __slots__ = ("distributions", "ended", "generators", "libraries", "reasons")

    def __init__(self) -> None:
        self.ended = False
        self.distributions: tuple[str, ...] = ()  # about which it asked
        self.libraries: frozenset[str] = frozenset()  # top-level modules of what it used, as far as that was named
        self.generators: tuple[str, ...] = ()  # that it may have taken along in the state in which they were
        self.reasons: tuple[tuple[str, str], ...] = ()

    def against(self) -> tuple[tuple[str, str], ...]:
        """What speaks against saving whoever gave it away: (slug, words)."""
        # There nobody sees who looks at a clock.
        return self.reasons if self.ended and not around.clocks_refused else (("process", WORDS),)

    def taking(self, future: Anything) -> Callable[[object], object]:
        """Make what stands for the `set_result` of a future."""

        def taken(result: object) -> object:
            del future.set_result  # else the two hold each other, and the result
            if type(result) is Told:
                self.distributions = result.distributions
                self.libraries = frozenset(name.partition(".")[0] for name in result.modules)
                own = _of_the_program(result.modules)
                self.generators = tuple(
                    name
                    for name in GENERATORS
                    if any(one == name or one.startswith(name + ".") for one in result.modules)
                )
                self.reasons, self.ended = result.reasons, True
                if own is not None:
                    self.reasons += (("process", f"{WORDS}, of {own}"),)
                result = result.value
            return future.set_result(result)

        return taken


def _of_the_program(modules: tuple[str, ...]) -> str | None:
    """What of the program there is in a task whose pickle asks for names of these modules, if there is anything."""
    if any("cloudpickle" in name for name in modules):
        return "a function of the program"
    return next((name for name in modules if name != HERE and not is_library(name)), None)


def imported(recording: Recorder, patches: Patches, outer: Note) -> None:
    """Stand where a task is made, if the module is loaded. Raises what is raised where another version looks otherwise."""
    kind = getattr(sys.modules.get(MODULE), "_WorkItem", None)
    if kind is None or hasattr(kind.__init__, "__wrapped__"):
        return

    def given(arguments: Arguments, _: Keywords, __: FrameType) -> None:
        item, future, function = arguments[:3]
        work = Work()
        if recording.given_away(work):
            future.set_result = work.taking(future)  # type: ignore[attr-defined]
            item.fn = Watched(function)  # type: ignore[attr-defined]

    patches.method(kind, "__init__", noting(given, recording, MODULE), after=True, outer=outer)


def is_temporary(path: str) -> bool:
    """Whether a path is of the files through which this process hands large arrays to its workers."""
    return TEMPORARY in path and f"{TEMPORARY}{os.getpid()}_" in path


def is_started_by_them(frame: FrameType | None) -> bool:
    """Whether a process is started as one of joblib's workers, or to clean up behind them."""
    for _ in range(8):
        if frame is None:
            return False
        if str(frame.f_globals.get("__name__")).startswith("joblib.externals.loky."):
            return "-packages/" in frame.f_code.co_filename
        frame = frame.f_back
    return False
