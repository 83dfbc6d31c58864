"""Weak references, pickled: with what they lead to, which something else in the value must hold.

A value in which nothing else does is another one when it has been put together, and is not kept.
"""

from __future__ import annotations

from _weakref import ReferenceType
from weakref import KeyedRef, WeakMethod

from hitsave_trace.fingerprint.weak import target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything

    Reduced = tuple[Callable[..., object], tuple[object, ...]]


def _reference(value: Anything) -> Reduced:
    found, callback = target(value), value.__callback__
    if found is None:
        return gone, ()
    return ReferenceType, (found,) if callback is None else (found, callback)


def _keyed(value: Anything) -> Reduced:
    return KeyedRef, (_held(value), value.__callback__, value.key)


def _method(value: Anything) -> Reduced:
    # Its own callback stands before the program's, which that has captured.
    own = value.__callback__
    callback = dict(zip(own.__code__.co_freevars, own.__closure__, strict=True))["callback"].cell_contents
    _held(value)
    return WeakMethod, (value(),) if callback is None else (value(), callback)


def _held(value: object) -> object:
    found = target(value)
    if found is None:
        raise TypeError(f"cannot pickle '{type(value).__qualname__}' object: what it leads to has gone")
    return found


def gone() -> ReferenceType[object]:
    """A reference to what has gone."""
    return ReferenceType(set())


REDUCTIONS: dict[type, Callable[[Anything], Reduced]] = {
    ReferenceType: _reference,
    KeyedRef: _keyed,
    WeakMethod: _method,
}
