"""Arrays that are made without a content: `numpy.empty(shape)`.

They show whatever was in their memory before, which is another thing each time: a loop that then fills such an array one by one
begins with another value in each run, and could never be answered. Any content is as good as any other, so where code of the program
makes one it gets zeros.
"""

from __future__ import annotations

import builtins
import sys
from types import FunctionType

from hitsave_trace.taps.unseen import hide

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


class Unfilled:
    """Stands for such a function for the length of one call."""

    __slots__ = ("callee",)

    def __init__(self, callee: object) -> None:
        self.callee = callee

    def __getattr__(self, name: str) -> object:
        # Messages of the interpreter about a call name what is called: `f() argument after * must be an iterable`.
        if name == "__qualname__":
            return getattr(self.callee, name)
        raise AttributeError(name)

    def __str__(self) -> str:
        return str(self.callee)


def _calling(mark: object) -> Callable[..., object]:
    filled = _filled

    def wrapper(self: Unfilled, /, *args: object, **kwargs: object) -> object:
        try:
            return filled(self.callee(*args, **kwargs))  # type: ignore[operator]
        finally:
            mark  # noqa: B018

    return wrapper


def _callable() -> FunctionType:
    made: FunctionType = _calling(None)  # type: ignore[assignment]
    code = hide(_calling).replace(co_name="__call__", co_qualname="__call__")  # type: ignore[arg-type]
    return FunctionType(code, {"__builtins__": vars(builtins)}, "__call__", None, made.__closure__)


Unfilled.__call__ = _callable()  # type: ignore[method-assign]
Unfilled.__module__ = property(lambda self: getattr(self.callee, "__module__", None))  # type: ignore[assignment]
