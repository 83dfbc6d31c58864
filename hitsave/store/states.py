"""Objects pickled by their real state, where their classes tell pickle less, or something else.

A class with `__getstate__` and `__setstate__` says itself what is kept of an object. What it leaves out, and the order in
which it sets attributes, a program can see. An object that is its own `__dict__` comes back with another one, and a slot
with the name of a class attribute is taken for that. This is used where plain pickle was seen not to be faithful, and for
classes of which pickle makes new objects in any case.

Pickle asks `__new__` of a class for a new object. That of a class of the program ran when the object was made, and may have
counted or registered it: it is passed over.
"""

from __future__ import annotations

from copyreg import __newobj__  # type: ignore[attr-defined]
from types import FunctionType

from hitsave_trace import names
from hitsave_trace.fingerprint import registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.registry import Anything

_HEAP = 1 << 9
"""The flag of classes that a `class` statement has made, or that C code has made in the same way."""
_STATE = ("__getstate__", "__setstate__")
_MAKING = ("__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__", "__new__")


def reduce(thing: Anything) -> object:
    """The real state of an object, as a `reducer_override` gives it; NotImplemented where that is pickle's own affair."""
    cls = type(thing)
    if not cls.__flags__ & _HEAP:
        return NotImplemented
    if makes_by_itself(cls):
        made = thing.__reduce_ex__(4)
        return (make, *made[1:]) if made[0] is __newobj__ and not _chooses_arguments(cls) else NotImplemented
    _, base = registry.find(cls)  # whose content is known in another way than by attributes
    if base is not object and base is not dict:
        return NotImplemented
    if any(getattr(cls, name, None) is not getattr(base, name, None) for name in _MAKING):
        return NotImplemented
    held = getattr(thing, "__dict__", None)
    itself = held is thing
    slots = list(_slots(cls))
    if not itself and not slots and all(getattr(cls, name, None) is getattr(base, name, None) for name in _STATE):
        return NotImplemented
    filled = {}
    for place, slot in slots:
        try:
            filled[place] = slot.__get__(thing)
        except AttributeError:
            continue
    state = (None if itself or held is None else dict(held), filled, itself)
    items = iter(list(dict.items(thing))) if base is dict else None
    return __newobj__, (cls,), state, None, items, put_state


def _slots(cls: type) -> Iterator[tuple[tuple[str, str], Anything]]:
    """The slots of a class, also those that have the name of a class attribute further down."""
    for one in cls.__mro__:
        for name, slot in vars(one).items():
            if type(slot) is _SLOT and slot.__objclass__ is one and one.__flags__ & _HEAP:
                yield (one.__qualname__, name), slot


def makes_by_itself(cls: type) -> bool:
    """Whether code of the program runs when pickle makes an object of a class."""
    new: Anything = cls.__new__
    return type(new) is FunctionType and names.info_of(new.__code__) is not None


def _chooses_arguments(cls: type) -> bool:
    """Whether code of the program says what its `__new__` is to be given."""
    return any(type(getattr(cls, name, None)) is FunctionType for name in ("__getnewargs__", "__getnewargs_ex__"))


def make(cls: Anything, *arguments: object) -> object:
    """Make an object of a class by what its first base without Python code has for it."""
    for base in cls.__mro__:
        new = vars(base).get("__new__")
        if new is not None and not isinstance(new, (staticmethod, FunctionType)):
            return new(cls, *arguments)
    return cls.__new__(cls, *arguments)


class _Slotted:
    __slots__ = ("one",)


_SLOT = type(_Slotted.one)  # type: ignore[attr-defined]


def put_state(thing: Anything, state: tuple[dict[str, object] | None, dict[tuple[str, str], object], bool]) -> None:
    """Give an object that was made anew its state, past what its class does about attributes."""
    held, slots, itself = state
    if itself:
        object.__setattr__(thing, "__dict__", thing)
    elif held is not None:
        object.__getattribute__(thing, "__dict__").update(held)
    for place, slot in _slots(type(thing)):
        if place in slots:
            slot.__set__(thing, slots[place])
