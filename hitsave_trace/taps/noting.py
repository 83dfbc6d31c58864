"""What a wrapped function tells, in quiet: what is done on behalf of a call is none of the program's doing, and what fails in
it must not reach the program.
"""

from __future__ import annotations

from _thread import get_ident

from hitsave_trace.in_c import getframe
from hitsave_trace.taps.quiet import depths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.unseen import Note

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]


def nothing(_: Arguments, __: Keywords) -> None:
    """Stand where a wrapper tells the recordings of calls, if there is nothing to tell them."""


def noting(note: Callable[[Arguments, Keywords, FrameType], None], recording: Recorder, what: str) -> Note:
    """Make what a wrapper calls: `note`, with the frame of the caller. `what` names it in a report of a failure."""

    def noted(arguments: Arguments, keywords: Keywords) -> None:
        thread = get_ident()
        if thread in depths:
            return
        depths[thread] = 1
        try:
            note(arguments, keywords, getframe(1))
        except Exception as error:
            recording.forbid("internal", f"{what}: {type(error).__name__}")
        finally:
            depths.pop(thread, None)

    return noted
