"""Where the instances of a class keep their state, and whether Python can see all of it.

What a `class` statement adds to its base are slots, a dict and a list of weak references: each a pointer. If instances
are larger than that explains, code written in C keeps something there that no attribute shows.
"""

from __future__ import annotations

from types import FunctionType, GetSetDescriptorType, MemberDescriptorType

from hitsave_trace import names
from hitsave_trace.fingerprint import inline
from hitsave_trace.fingerprint.registry import qualified, reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.fingerprint.values import Walk

_mro_of = type.__dict__["__mro__"].__get__
_dict_of = type.__dict__["__dict__"].__get__
IMMUTABLE_TYPE = 1 << 8
HEAP_TYPE = 1 << 9
_POINTER = tuple.__itemsize__


class State:
    """Where the instances of a class keep what its content base does not have."""

    __slots__ = ("dict_getter", "hidden", "minds_its_end", "names", "reader", "slots")

    def __init__(self, kind: type, base: type) -> None:
        self.dict_getter: Anything = None
        self.slots: list[MemberDescriptorType] = []
        self.names: list[str] = []
        self.hidden = _hidden(kind, base)
        self.minds_its_end = minds_its_end(kind)
        for cls in reversed(_mro_of(kind)):
            if cls is object or issubclass(base, cls) or _is_builtin_error(cls):
                continue
            for name, held in _dict_of(cls).items():
                if type(held) is MemberDescriptorType and held.__objclass__ is cls:
                    self.slots.append(held)
                    self.names.append(name)
                elif name == "__dict__" and type(held) is GetSetDescriptorType:
                    self.dict_getter = held
        if self.dict_getter is None and kind.__dictoffset__:
            for cls in _mro_of(kind):
                held = _dict_of(cls).get("__dict__")
                if type(held) is GetSetDescriptorType:
                    self.dict_getter = held
                    break
            else:
                self.dict_getter = _generic_dict

        # What reads the attributes without making a dict.
        plain = base is object and not self.slots and type(self.dict_getter) is GetSetDescriptorType
        self.reader = inline.reader_of(kind) if plain else None

    def look(self, walk: Walk, value: object) -> tuple[list[object], list[str]]:
        """As `read`, for a walk; an instance that has no dict yet gets none."""
        own = None if self.reader is None else self.reader(value)
        if own is None:
            return self.read(value)
        walk.stands_for(own, value)
        return [own], ["__dict__"]

    def peek(self, value: object) -> tuple[list[object], list[str], bool]:
        """As `read`; with a copy of the attributes, which is told, where an instance has no dict yet."""
        if self.reader is None or inline.has_dict(value):
            return *self.read(value), False
        own = self.reader(value)
        if own is None:  # now it has one, because of us, and nobody else knows it
            own = dict(self.dict_getter.__get__(value))
        return [own], ["__dict__"], True

    def read(self, value: object) -> tuple[list[object], list[str]]:
        """Give what is set: slot values and the instance dict, with their names."""
        held: list[object] = []
        found: list[str] = []
        for slot, name in zip(self.slots, self.names, strict=True):
            try:
                held.append(slot.__get__(value))
            except AttributeError:
                continue
            found.append(name)
        if self.dict_getter is not None:
            held.append(self.dict_getter.__get__(value))
            found.append("__dict__")
        return held, found


class _GenericDict:
    """Reads the dict of a type that has one but no descriptor for it."""

    __slots__ = ()

    def __get__(self, value: object, _: object = None) -> object:
        # Careful: this is a descriptor; it must only stand in an instance, where Python does not call it.
        return object.__getattribute__(value, "__dict__")


_generic_dict = _GenericDict()


def _hidden(kind: type, content: type) -> str | None:
    """Name the class between `kind` and its content base whose instances are larger than Python can explain."""
    cls: type = kind
    while cls is not content and cls is not object and not _is_builtin_error(cls):
        base = cls.__base__
        if base is None:
            break
        allowed = 0
        held = _dict_of(cls)
        if "__slots__" in held:
            slots = sum(type(item) is MemberDescriptorType and item.__objclass__ is cls for item in held.values())
            allowed += slots * _POINTER
        if cls.__dictoffset__ != base.__dictoffset__ and (cls.__dictoffset__ > 0 or cls.__itemsize__):
            allowed += _POINTER
        if cls.__weakrefoffset__ != base.__weakrefoffset__:
            allowed += _POINTER
        if cls.__basicsize__ - base.__basicsize__ > allowed or cls.__itemsize__ != base.__itemsize__:
            return cls.__name__
        cls = base
    return None


def minds_its_end(kind: type) -> bool:
    """Whether the program does something when an instance goes: it would show if we held one for a moment, or made another."""
    for cls in _mro_of(kind):
        method = _dict_of(cls).get("__del__")
        if method is not None:
            return type(method) is FunctionType and names.info_of(method.__code__) is not None
    return False


def _is_builtin_error(cls: type) -> bool:
    """Builtin exceptions add fields in C; the content of `BaseException` covers them all."""
    return not cls.__flags__ & HEAP_TYPE and issubclass(cls, BaseException)


_states: dict[type, State] = {}


def state_of(kind: type, base: type) -> State:
    """Find where instances keep their state.

    Kept for classes that a name leads to. Careful: it must not keep other classes alive, `Base.__subclasses__()` would
    show them.
    """
    state = _states.get(kind)
    if state is None:
        state = State(kind, base)
        if reach(*qualified(kind)) is kind:
            if len(_states) > _MOST_CLASSES:
                _states.clear()
            _states[kind] = state
    return state


_MOST_CLASSES = 4096


def forget() -> None:
    """Let go of all classes: the program has ended."""
    _states.clear()


_GETTERS = (GetSetDescriptorType, MemberDescriptorType)


def names_of(thing: Anything) -> Mapping[str, Anything]:
    """The attributes that a module, a class or an object has itself. Nothing is asked of what stands for another object, or of a
    module that would be loaded by that.
    """
    if issubclass(type(thing), type):
        return vars(thing)
    getters = (own["__dict__"] for base in type(thing).__mro__ if "__dict__" in (own := vars(base)))
    getter: Anything = next(getters, None)
    return getter.__get__(thing) if type(getter) in _GETTERS else {}
