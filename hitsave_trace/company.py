"""Which threads ran code of the program while a recording was open, besides its own and those that it started.

What such a thread changed of objects that both know looks as if the recorded call had changed it.
"""

from __future__ import annotations

from hitsave_trace.at_work import at_work
from hitsave_trace.recording import concerned, stacks, user_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsave_trace.recording import Recording


def meet(thread: int) -> None:
    """A thread runs code of the program: all recordings of others that did not start it are told."""
    for other, stack in list(stacks.items()):
        if other != thread:
            for recording in stack:
                recording.beside = recording.beside or not recording.started_thread(thread)


def recordings_of(thread: int) -> Sequence[Recording]:
    """Give the recordings that what a thread reads belongs to, as `recording.innermost` does, when it enters a function."""
    meet(thread)
    own = stacks.get(thread)
    return (own[-1],) if own else concerned(thread)


def forbid(thread: int, slug: str, what: str) -> None:
    """What a thread does in the function that it enters speaks against saving."""
    for recording in recordings_of(thread):
        recording.forbid(slug, what, user_line(5))


def worked_beside(recording: Recording) -> bool:
    """Whether others may have worked since the recording was opened.

    Who was at work then may have gone on, whether or not a probe has told. Who was not has entered a function since,
    which tells unless this recording had seen the function; or it is still in it.
    """
    return bool(recording.elsewhere) or recording.beside or not all(map(recording.started_thread, at_work()))
