"""Shapes of classes that are known while something is recorded.

Many recordings reach the same classes, and most classes never change. What was found out about one is good as long as
nothing in it is another object than it was. That is quickly seen, and it is enough where all that a class holds can't be
changed in place: plain values, and functions that carry nothing but plain defaults. Other classes are looked at anew.

Nothing is known any more when the last recording has closed: what is known keeps objects of the program alive.
"""

from __future__ import annotations

from operator import is_
from types import CellType, FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType

from hitsave_trace import names
from hitsave_trace.fingerprint.hasher import ATOMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hitsave_trace.fingerprint.values import Walk
    from hitsave_trace.model import Fingerprint

_DESCRIPTORS = frozenset((MemberDescriptorType, GetSetDescriptorType))
_known: dict[str, Known] = {}


class Known:
    """The shape of one class, and what must be as it was for it to be the same."""

    __slots__ = (
        "_functions",
        "_mro",
        "_parts",
        "_tables",
        "before",
        "classes",
        "cls",
        "fingerprint",
        "objects",
        "text",
    )

    def __init__(self, cls: type, fingerprint: Fingerprint, text: str, walk: Walk, before: object) -> None:
        self.cls = cls
        self.fingerprint = fingerprint
        self.text = text
        self.objects: Sequence[object] = walk.objects
        self.classes = tuple(walk.classes)
        self.before = before  # what is to be known to see later what was changed
        self._mro = cls.__mro__
        self._parts: list[tuple[type, str | None, list[str], list[object]]] = []
        self._functions: list[tuple[FunctionType, tuple[object, ...]]] = []
        self._tables: list[tuple[dict[object, object], list[object], list[object]]] = []

    def take(self) -> bool:
        """Note what the class and its bases hold. False if that may change in place."""
        if type(self.cls) is not type:
            return False
        for base in self._mro:
            name = names.class_name(base)
            if name is None and base.__module__ in names.user_modules:
                return False
            if name is None:
                continue  # of a library: its name is all that counts
            held = _attributes(base)
            if type(base) is not type or "_abc_impl" in held or not all(map(self._is_plain, held, held.values())):
                return False
            self._parts.append((base, name, [*held], [*held.values()]))
        return True

    def _is_plain(self, name: str, value: object) -> bool:
        kind = type(value)
        if kind in ATOMS or kind in _DESCRIPTORS:
            return True
        if kind is FunctionType:
            return self._is_plain_function(value)  # type: ignore[arg-type]
        if kind is tuple:
            return ATOMS.issuperset(map(type, value))  # type: ignore[call-overload]
        if kind is property:
            return all(self._is_plain(name, part) for part in (value.fget, value.fset, value.fdel))  # type: ignore[attr-defined]
        if kind is staticmethod or kind is classmethod:
            return type(value.__func__) is FunctionType and self._is_plain_function(value.__func__)  # type: ignore[attr-defined]
        if name == "__annotations__" and kind is dict:
            self._tables.append((value, [*value], [*value.values()]))  # type: ignore[arg-type, misc, attr-defined]
            return all(type(one) in ATOMS or _is_builtin(one) for one in value.values())  # type: ignore[attr-defined]
        return False

    def _is_plain_function(self, function: FunctionType) -> bool:
        info = names.info_of(function.__code__)
        defaults, closure = function.__defaults__, function.__closure__
        if info is None or info.module.name != function.__globals__.get("__name__") or function.__dict__:
            return False
        if function.__kwdefaults__ is not None or not ATOMS.issuperset(map(type, defaults or ())):
            return False
        if closure is not None and not (
            function.__code__.co_freevars == ("__class__",) and _held(closure[0]) in self._mro
        ):
            return False
        self._functions.append((function, _parts_of(function)))
        return True

    def holds(self, cls: type) -> bool:
        """Whether `cls` is that class, and as it was."""
        if cls is not self.cls or cls.__mro__ is not self._mro:
            return False
        for base, name, keys, values in self._parts:
            held = _attributes(base)
            if [*held] != keys or not all(map(is_, held.values(), values)) or names.class_name(base) != name:
                return False
        for table, words, meanings in self._tables:
            if [*table] != words or not all(map(is_, table.values(), meanings)):
                return False
        return all(
            all(map(is_, _parts_of(function), parts)) and not function.__dict__ for function, parts in self._functions
        )


def _attributes(cls: type) -> Mapping[str, object]:
    held = vars(cls)
    if "__slotnames__" not in held:
        return held
    # What copyreg leaves in a class when one of its objects is pickled for the first time.
    return {name: value for name, value in held.items() if name != "__slotnames__"}


def _parts_of(function: FunctionType) -> tuple[object, ...]:
    closure = function.__closure__
    return (
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        None if closure is None else _held(closure[0]),
        function.__name__,
        function.__qualname__,
    )


def _held(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _is_builtin(value: object) -> bool:
    return type(value) is type and value.__module__ == "builtins"


def known(cls: type) -> Known | None:
    """What is known of a class, if it is as it was."""
    found = _known.get(names.class_name(cls) or "")
    return found if found is not None and found.holds(cls) else None


def remember(cls: type, fingerprint: Fingerprint, text: str, walk: Walk, before: object) -> None:
    """Know a class that has just been looked at, if that can be."""
    name = names.class_name(cls)
    found = Known(cls, fingerprint, text, walk, before)
    if name is not None and found.take():
        _known[name] = found


def forget() -> None:
    """The last recording has closed."""
    _known.clear()


def comes_between(kind: type, attribute: str) -> bool:
    """Whether a class answers for an attribute that its instance holds: by a property, or as it answers for all."""
    for base in _mro(kind):
        found = vars(base)
        if attribute in found and hasattr(type(found[attribute]), "__set__"):
            return True
        if "__getattribute__" in found and base is not object and base is not ModuleType:
            return True
    return False


_mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""What a metaclass of the program has no say in."""
