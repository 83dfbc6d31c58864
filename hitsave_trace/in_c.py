"""The half that is written in C (`_in_c.c`), where it was built, and what stands for it elsewhere."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType, ModuleType

FORMAT = 4
"""What the C half must say of itself: one that was built from older sources is not used."""
PURE = "HITSAVE_PURE"
"""The variable of the environment that says to do without it."""


def half() -> ModuleType | None:
    """Give the C half, if it is there."""
    if os.environ.get(PURE):
        return None
    try:
        from hitsave_trace import _in_c
    except ImportError:
        return None
    return _in_c if getattr(_in_c, "FORMAT", 0) == FORMAT else None


def _nothing(_code: object) -> None:
    """Leave it to the collector."""


def _by_address(known: Mapping[int, object]) -> Callable[[object], object]:
    get = known.get

    def at_address(thing: object) -> object:
        return get(id(thing))

    return at_address


getframe: Callable[..., FrameType] = getattr(half(), "getframe", sys._getframe)
"""`sys._getframe`; in C it raises no audit event."""
untrack: Callable[[object], None] = getattr(half(), "untrack", _nothing)
"""Takes what of a code object can't be garbage out of what the garbage collector walks; in Python it can't be done."""
by_address: Callable[[Mapping[int, object]], Callable[[object], object]] = getattr(half(), "by_address", _by_address)
"""A function that gives what a dict has under the address of an object, or None: pickling asks it of each object."""
