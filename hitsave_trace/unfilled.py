"""Arrays that are made without a content: `numpy.empty(shape)`.

They show whatever was in their memory before, which is another thing each time: a loop that then fills such an array one by one
begins with another value in each run, and could never be answered. Any content is as good as any other, so where code of the program
makes one it gets zeros.
"""

from __future__ import annotations

import sys

from hitsave_trace.taps.unseen import ForOneCall, calling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything

_NAMES = ("empty", "empty_like")
_KINDS = frozenset("biufcmM")
_MOST_BYTES = 64 << 20
"""Larger arrays get fresh pages of the system, which are zeros."""
_known: list[object] = [None]
_functions: set[int] = set()


def leaves_unfilled(callee: object) -> bool:
    """Whether something that is about to be called makes arrays without a content."""
    numpy = sys.modules.get("numpy")
    if numpy is not _known[0]:
        found = [getattr(numpy, name, None) for name in _NAMES]
        _functions.clear()
        _functions.update(id(function) for function in found if function is not None)
        _known[:] = [numpy, *found]  # kept, so that nothing else gets their addresses
    return id(callee) in _functions


def _filled(array: Anything) -> object:
    plain = type(array) is sys.modules["numpy"].ndarray and array.dtype.kind in _KINDS
    if plain and array.flags.owndata and array.nbytes <= _MOST_BYTES:
        array.fill(0)
    return array


class Unfilled(ForOneCall):
    """Stands for such a function."""

    __slots__ = ()


def _calling(mark: object) -> Callable[..., object]:
    filled = _filled

    def wrapper(self: Unfilled, /, *args: object, **kwargs: object) -> object:
        try:
            return filled(self.callee(*args, **kwargs))  # type: ignore[operator]
        finally:
            mark  # noqa: B018

    return wrapper


Unfilled.__call__ = calling(_calling)  # type: ignore[method-assign]
