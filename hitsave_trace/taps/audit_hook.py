"""How a function gets to hear of audit events.

Some events come with each call of `id`, and a hook in Python makes that seven times as dear. So there is one in C
(`_events.c`), which calls Python only for what is wanted. Where it was not built, because there was no compiler, the
function itself is the hook: it must do without the choice that is made here, and ask again what it wants.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from hitsave_trace.fingerprint.registry import Anything

FORMAT = 1
"""What the C half must say of itself: one that was built from older sources is not used."""
PURE = "HITSAVE_PURE"
"""The variable of the environment that says to do without it."""


def native() -> ModuleType | None:
    """Give the C half, if it is there."""
    if os.environ.get(PURE):
        return None
    try:
        from hitsave_trace.taps import _events
    except ImportError:
        return None
    return _events if getattr(_events, "FORMAT", 0) == FORMAT else None


def listen(
    hook: Callable[[str, tuple[object, ...]], None],
    stacks: dict[int, Anything],
    always: dict[str, Anything],
    inner: dict[str, Anything],
    outer: dict[str, Anything],
) -> None:
    """Let `hook` be called with events and their arguments: those of `always` and of `outer`, which may grow, and while
    `stacks` is not empty those of `inner`. It may be called with others as well.
    """
    half = native()
    if half is None:
        sys.addaudithook(hook)
    else:
        half.listen(hook, stacks, always, inner, outer)
