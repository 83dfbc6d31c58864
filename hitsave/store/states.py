"""Objects pickled by their real state, where their classes tell pickle less, or something else.

A class with `__getstate__` and `__setstate__` says itself what is kept of an object. What it leaves out, and the order in
which it sets attributes, a program can see. An object that is its own `__dict__` comes back with another one, and a slot
with the name of a class attribute is taken for that. This is used where plain pickle was seen not to be faithful, and for
classes of which pickle makes new objects in any case.

Pickle asks `__new__` of a class for a new object. That of a class of the program ran when the object was made, and may have
counted or registered it: it is passed over. So are `__init__`, `__setstate__`, `__getattr__`, `append` and what else pickle
would call of a class of the program, when a value is taken apart or put together: plain Python does neither. What remains is a
`__reduce__` that names another function, or what decides by itself which object it gives.
"""

from __future__ import annotations

from _collections import defaultdict, deque  # type: ignore[import-not-found]  # `collections` is not loaded for our sake
from copyreg import __newobj__, dispatch_table  # type: ignore[attr-defined]
from types import FunctionType

from hitsave_trace import names
from hitsave_trace.fingerprint import registry
from hitsave_trace.fingerprint.contents import NAMED_CONTENTS, Content
from hitsave_trace.fingerprint.forms import Instance, form_of
from hitsave_trace.fingerprint.state import state_of
from hitsave_trace.fingerprint.stdlib import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.registry import Anything

_HEAP = 1 << 9
"""The flag of classes that a `class` statement has made, or that C code has made in the same way."""
_STATE = ("__getstate__", "__setstate__")
_MAKING = ("__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__", "__new__")
_REDUCING = ("__reduce_ex__", "__reduce__")
_ASKED = (*_REDUCING, *_STATE, "__getattr__", "__getattribute__", "__setattr__", "__new__")
"""What pickle calls, or what answers it, of whatever class."""


def reduce(thing: Anything) -> object:
    """The real state of an object, as a `reducer_override` gives it; NotImplemented where that is pickle's own affair."""
    cls = type(thing)
    if not cls.__flags__ & _HEAP or issubclass(cls, type):
        return NotImplemented
    if runs_code(cls):
        found = _past_the_program(thing, cls)
        if found is not NotImplemented:
            return found
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


def runs_code(cls: type) -> bool:
    """Whether code of the program may run when pickle takes an object of a class apart, or puts it together."""
    if any(_is_the_programs(_lookup(cls, name)) for name in _ASKED) or _is_the_programs(dispatch_table.get(cls)):
        return True
    if issubclass(cls, BaseException):
        return _is_the_programs(_lookup(cls, "__init__"))
    _, base = registry.find(cls)
    return base is not object and base is not cls and isinstance(_form(cls, base), Instance)


def _past_the_program(thing: Anything, cls: type) -> object:
    """The reduction of an object for which no code of the program runs; NotImplemented where there is none."""
    if issubclass(cls, BaseException):
        method = _lookup(cls, "__reduce__")
        found = NotImplemented if _is_the_programs(method) else method(thing)
        return (
            (make_error, (cls, *found[1]), *found[2:]) if type(found) is tuple and found[0] is cls else NotImplemented
        )
    _, base = registry.find(cls)
    form = _form(cls, base)
    if not isinstance(form, Instance):
        return NotImplemented
    plain = PLAIN.get(base)
    extra = () if plain is None else (plain(thing),)
    if issubclass(cls, _TOLD):
        extra = (thing.maxlen if base.__name__ == "deque" else thing.default_factory,)
    return make_bare, (cls, *extra), form.take(thing), None, None, put_form


_NO_CONTENT = Content()
_TOLD = (deque, defaultdict)
"""Bases that are told something besides what they hold, when they are made."""


def _form(cls: type, base: type) -> object:
    content = NAMED_CONTENTS["collections.defaultdict"] if base.__name__ == "defaultdict" else _NO_CONTENT
    if base is not cls and (base in PLAIN or content is not _NO_CONTENT):
        state = state_of(cls, base)
        return None if state.hidden is not None else Instance(content, state)
    return None if registry.qualified(base)[0] == "array" else form_of(cls)


def make_bare(cls: Anything, *extra: object) -> object:
    """Make an object of a class with nothing in it that can be set, by what its first base without Python code has for it."""
    if not issubclass(cls, _TOLD):
        return make(cls, *extra)
    made = make(cls)
    if issubclass(cls, deque):
        deque.__init__(made, (), *extra)
    else:
        defaultdict.__init__(made, *extra)
    return made


def make_error(cls: Anything, *arguments: object) -> object:
    """Make an exception of a class, by what its first base without Python code has for it."""
    made: Anything = make(cls, *arguments)
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        if init is not None and type(init) is not FunctionType:
            init(made, *arguments)
            return made
    return made


def put_form(thing: Anything, held: object) -> None:
    """Give an object that was made bare what it held."""
    cls = type(thing)
    form: Anything = _form(cls, registry.find(cls)[1])
    form.put(thing, held)


def _lookup(cls: type, name: str) -> Anything:
    """What a class has by a name, as it stands in its dict or that of a base, whatever its metaclass answers."""
    for base in type.__dict__["__mro__"].__get__(cls):
        found = type.__dict__["__dict__"].__get__(base).get(name)
        if found is not None:
            return found
    return None


def _is_the_programs(method: object) -> bool:
    if isinstance(method, (staticmethod, classmethod)):
        method = method.__func__
    return type(method) is FunctionType and names.info_of(method.__code__) is not None


def _slots(cls: type) -> Iterator[tuple[tuple[str, str], Anything]]:
    """The slots of a class, also those that have the name of a class attribute further down."""
    for one in cls.__mro__:
        for name, slot in vars(one).items():
            if type(slot) is _SLOT and slot.__objclass__ is one and one.__flags__ & _HEAP:
                yield (one.__qualname__, name), slot


def makes_by_itself(cls: type) -> bool:
    """Whether code of the program runs when pickle makes an object of a class."""
    return _is_the_programs(_lookup(cls, "__new__"))


def _chooses_arguments(cls: type) -> bool:
    """Whether code of the program says what its `__new__` is to be given."""
    return any(_is_the_programs(_lookup(cls, name)) for name in ("__getnewargs__", "__getnewargs_ex__"))


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
