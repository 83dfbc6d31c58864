"""Several threads record at once: which of the recordings have seen a function or a block of it.

A probe can be switched off when every recording has seen it that a thread may be working for. One thread may never come
where another runs a million times; then the probe stays on, and the hook must find out quickly that there is nothing to tell.
"""

from __future__ import annotations

import sys

from hitsave_trace import company
from hitsave_trace.recording import concerned, stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsave_trace.names import CodeInfo
    from hitsave_trace.recording import Recording


ENTRY = 0
"""The number of the block with which a function begins: all that must be told of it has been told."""


def has_nothing_to_tell(thread: int, info: CodeInfo) -> bool:
    """Whether a thread that enters a function, called by its probe, tells no recording anything new, and asks nothing."""
    own = stacks.get(thread)
    if info.candidate and not (own and info.opened and any(recording.info is info for recording in own)):
        return False
    if own:
        # Who records has met those that recorded before, and is known to be at work to those that begin later.
        if (info.name, ENTRY) not in own[-1].blocks:
            return False
    else:
        company.meet(thread)
        if not all(info.name in recording.functions for recording in concerned(thread)):
            return False
    if all_have_seen(info) and not (info.candidate and others_may_call(info)):
        return False  # its probe was switched on again to see whether it runs at all
    info.entered = True
    return True


def others_may_call(info: CodeInfo) -> bool:
    """Whether the program has other threads, which may call a function while its call in this one is recorded.

    Those calls are asked about only if the function does not call itself without end: each of these would be looked at.
    """
    if len(getattr(sys.modules.get("threading"), "_active", ())) <= 1:
        return False
    count = _again[info.name] = _again.get(info.name, 0) + 1
    return count <= MOST_AGAIN


MOST_AGAIN = 2000
_again: dict[str, int] = {}
"""By function, how often it was entered while a call of it was being recorded in the same thread."""


def all_have_seen(info: CodeInfo) -> bool:
    """Whether nobody must be told any more that a function is entered."""
    return len(stacks) <= 1 or all(info.name in recording.functions for recording in _last())


def has_seen_block(thread: int, info: CodeInfo, number: int) -> bool:
    """Whether a thread that comes to a block tells no recording anything new."""
    own = stacks.get(thread)
    found = own[-1:] if own else concerned(thread)
    # If all have seen it by now, it remains to switch it off.
    return all((info.name, number) in recording.blocks for recording in found) and not all_have_seen_block(info, number)


def all_have_seen_block(info: CodeInfo, number: int) -> bool:
    """Whether nobody must be told any more that a block is reached."""
    return len(stacks) <= 1 or all((info.name, number) in recording.blocks for recording in _last())


def starters(thread: int, told: Sequence[Recording]) -> list[Recording]:
    """Give the recordings that started a thread, but for those that are `told` anyway.

    What its own recording sees is theirs when that is closed. They may see it at once: then all have.
    """
    if len(stacks) <= 1:
        return []
    return [one for one in concerned(thread) if one.started_thread(thread) and all(one is not other for other in told)]


def _last() -> list[Recording]:
    """The innermost recording of each thread."""
    return [recording for stack in list(stacks.values()) for recording in stack[-1:]]
