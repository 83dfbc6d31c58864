"""The canonical form of instances and classes.

An instance is its class and its real state: its dict in order, its slots, and what it has from a builtin base. A
class made by C code may keep state where Python can't see it; that shows in the size of its instances. Such a type
is only fingerprinted through a reduction that is itself written in C.

A class is its name, as long as the name leads to it and somebody watches what it means (user classes are noted in
`walk.classes`, library classes belong to a distribution). Anything other class is written out: its *shape*.
"""

from __future__ import annotations

from copyreg import dispatch_table
from types import GetSetDescriptorType, MemberDescriptorType

from hitsave_trace import names
from hitsave_trace.fingerprint import hasher, registry
from hitsave_trace.fingerprint.hasher import ATOMS, CHUNK, marshalled, text
from hitsave_trace.fingerprint.libraries import is_library, is_standard, note
from hitsave_trace.fingerprint.places import ATTRIBUTES, OPAQUE, SILENT, STATE
from hitsave_trace.fingerprint.registry import WHOLE, Entry, by_type, qualified
from hitsave_trace.fingerprint.state import HEAP_TYPE, IMMUTABLE_TYPE, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk
    from hitsave_trace.model import Fingerprint

_mro_of = type.__dict__["__mro__"].__get__
_dict_of = type.__dict__["__dict__"].__get__


def is_made(kind: type) -> bool:
    """Whether a class is more than what its name leads to.

    One that was made in a function has no such name. A metaclass that can make its classes anew (deap's `creator`) is told
    by the program what to make, and puts it where a name leads to it.
    """
    return registry.reach(*qualified(kind)) is not kind or type(kind) in dispatch_table


def is_makeshift(cls: type) -> bool:
    """Whether a class was made by the program and only says that it is of the standard library: `exec` gives one that it
    makes to `builtins`, `make_dataclass` to `types`.
    """
    return cls.__flags__ & (HEAP_TYPE | IMMUTABLE_TYPE) == HEAP_TYPE and is_standard(qualified(cls)[0]) and is_made(cls)


def identity(walk: Walk, kind: type) -> bytes | None:
    """Write which class this is, or None if its name does not say enough and it must be written out."""
    try:
        return walk.identities[kind]
    except KeyError:
        pass
    module, qualname = qualified(kind)
    known: bytes | None = text(module) + text(qualname)
    if kind.__flags__ & IMMUTABLE_TYPE or not kind.__flags__ & HEAP_TYPE:
        note(walk, module)  # Made by C code, once in a process.
    elif is_made(kind):
        known = None
    elif names.is_user_class(kind):
        walk.classes[kind] = None
        if walk.deep:
            known = None
    elif is_library(module):
        note(walk, module)
    else:
        known = None
    walk.identities[kind] = known
    return known


ITS_END = "its class has a __del__, and it must not be held for a moment longer"


def begin(walk: Walk, tag: bytes, kind: type) -> list[object]:
    """Write a tag and a class; the class itself is the first child if its name does not say enough."""
    known = identity(walk, kind)
    if known is None:
        walk.write(tag + hasher.INLINE_CLASS)
        return [kind]
    walk.write(tag + known)
    return []


def as_subclass(walk: Walk, value: object, kind: type, entry: Entry) -> Children:
    """Write an instance of a subclass: its class, what its base knows to write, and its own state."""
    base = registry.find(kind)[1]
    state = state_of(kind, base)
    if state.minds_its_end:
        refuse(value, ITS_END)
    if state.hidden is not None:
        return reduced(walk, value, kind, state.hidden)
    first = begin(walk, hasher.SUBCLASS, kind)
    held, found = state.read(value)
    walk.write(marshalled(tuple(found), 2))
    content = entry.canonical(walk, value)
    if content is None:
        return first + held, (STATE, found, SILENT, len(first))
    children = first + content[0] + held
    labels = content[1] if not first else SILENT
    return children, (STATE, found, labels, len(first) + len(content[0]))


def instance(walk: Walk, value: object) -> Children:
    """Write an instance whose class derives from nothing but `object`."""
    kind = type(value)
    head = walk.heads.get(kind)
    if head is None:
        state = state_of(kind, object)
        if state.minds_its_end:
            refuse(value, ITS_END)
        if state.hidden is not None:
            return reduced(walk, value, kind, state.hidden)
        first = begin(walk, hasher.INSTANCE, kind)
        held, found = state.look(walk, value)
        form = marshalled(tuple(found), 2)
        walk.write(form)
        known = walk.identities[kind]
        if known is not None and not state.slots and state.dict_getter is not None:
            walk.heads[kind] = hasher.INSTANCE + known + form, state.dict_getter.__get__, state.reader
        return first + held, (STATE, found, SILENT, len(first))
    walk.write(head[0])
    reader = head[2]
    own: Anything = None if reader is None else reader(value)
    if own is None:
        own = head[1](value)
    else:
        walk.stands_for(own, value)
    # The same bytes as by the long way, which most instances need not go.
    if (
        type(own) is dict
        and len(own) <= CHUNK
        and _all_atoms(map(type, own))
        and _all_atoms(map(type, own.values()))
        and walk.register_part(own, _DICT_ONLY)
    ):
        walk.write(marshalled(own, 2))
        return None
    return [own], _DICT_ONLY


_DICT_ONLY = (STATE, ["__dict__"], SILENT, 0)
_all_atoms = ATOMS.issuperset


def refuse(value: object, why: str) -> NoReturn:
    """Raise Unfingerprintable; the walk adds the path."""
    from hitsave_trace.fingerprint.values import Unfingerprintable

    raise Unfingerprintable(type(value).__name__, why)


_C_METHODS = (type(str.join), type(object.__init__), type(dict.__dict__["fromkeys"]))


def reduced(walk: Walk, value: object, kind: type, hidden: str) -> Children:
    """Write an object with hidden state through a reduction that is written in C.

    The default reduction of `object` is none: it refuses such types or drops what it can't see.
    """
    root = qualified(kind)[0].partition(".")[0]
    way = None
    for name in ("__reduce_ex__", "__reduce__"):
        for cls in _mro_of(kind):
            method = _dict_of(cls).get(name)
            if method is not None and cls is not object:
                way = way or (method, name)
                break
    if way is None or root in _NO_REDUCTION:
        refuse(value, f"the state of {hidden} can't be seen from Python")
    method, name = way
    if not isinstance(method, _C_METHODS) and type(method).__name__ != "cython_function_or_method":
        refuse(value, f"{hidden} hides its state behind a {name} written in Python")
    result = method.__get__(value, kind)(4) if name == "__reduce_ex__" else method.__get__(value, kind)()
    if type(result) is str:
        walk.write(hasher.REDUCED + text(qualified(kind)[0]) + text(result))
        note(walk, qualified(kind)[0])
        return None
    first = begin(walk, hasher.REDUCED, kind)
    parts = list(result)
    for position in (3, 4):  # iterators over list and dict items
        if len(parts) > position and parts[position] is not None:
            parts[position] = list(parts[position])
    walk.kept.append(parts)
    walk.write(marshalled(len(parts), 2))
    return first + parts, OPAQUE


_NO_REDUCTION = frozenset(("builtins", "itertools", "_thread", "_io", "io", "socket", "_socket", "ssl", "weakref"))


def class_value(walk: Walk, cls: type) -> Children:
    """Write a class that is a value."""
    known = identity(walk, cls)
    if known is not None:
        walk.in_hand[id(cls)] = cls
        walk.write(hasher.CLASS + known)
        return None
    return shape(walk, cls) if walk.meet(cls) else None


class Body:
    """What one class statement has put into its namespace."""

    __slots__ = ("cls",)

    def __init__(self, cls: type) -> None:
        self.cls = cls


class Shape:
    """A class that is to be written out although its name says enough."""

    __slots__ = ("cls",)

    def __init__(self, cls: type) -> None:
        self.cls = cls


def shape(walk: Walk, cls: type) -> Children:
    """Write a class out: its metaclass, its bases in order, and what each of them that is user code holds."""
    walk.write(hasher.SHAPE + text(qualified(cls)[0]) + text(qualified(cls)[1]))
    children: list[object] = begin(walk, b"", type(cls))
    ancestors = _mro_of(cls)
    walk.write(marshalled(len(ancestors), 2))
    for ancestor in ancestors:
        known = identity(walk, ancestor)
        if ancestor is cls:
            children.append(Body(cls))
        elif known is None:
            walk.write(hasher.INLINE_CLASS)
            children.append(ancestor)
        else:
            walk.write(known)
            if ancestor in walk.classes:
                children.append(Body(ancestor))
    return children, SILENT


SELF_MADE = frozenset(
    (
        "__dict__",
        "__weakref__",
        "__doc__",
        "__module__",
        "__qualname__",
        "__static_attributes__",
        "__firstlineno__",
        "_abc_impl",
        "__abstractmethods__",
        "__annotations_cache__",
        "__slotnames__",  # where copyreg keeps what it found out
        "__pydantic_core_schema__",  # which its validator holds, too
        "__pydantic_serializer__",
    ),
)
"""What a class holds that Python made of the rest, or that is no part of its shape."""
_MADE_BY_DATACLASS = "<string>"


def body(walk: Walk, value: Body) -> Children:
    """Write the attributes of one class in order; functions by name, data by value."""
    held = _dict_of(value.cls)
    generated = "__dataclass_params__" in held
    kinds: list[str] = []
    children: list[object] = []
    labels: list[str] = []
    if "_abc_impl" in held:
        kinds += registered(value.cls)
    for name, item in held.items():
        if name in SELF_MADE:
            continue
        kind = type(item)
        if kind is MemberDescriptorType or kind is GetSetDescriptorType:
            kinds.append(name + " slot")
            continue
        if name == "__subclasshook__" and kind is classmethod:
            # What it says of a class is kept, and it is not asked again: it counts whether or not it runs.
            kinds.append(name + walk.inner(deep=True).fingerprint(item.__func__, name).hex())
            continue
        code = getattr(item, "__code__", None) if kind is _Function else None
        if generated and code is not None and code.co_filename == _MADE_BY_DATACLASS:
            kinds.append(name + " generated")  # It follows from the fields, which are data here.
            continue
        kinds.append(name)
        children.append(item)
        labels.append(name)
    walk.write(hasher.BODY + marshalled(tuple(kinds), 2))
    return children, (ATTRIBUTES, labels)


def registered(cls: type) -> list[str]:
    """Name the classes that were registered with an abstract one: `isinstance` knows them, and nothing leads to them."""
    from _abc import _get_dump  # type: ignore[import-not-found]

    known = [reference() for reference in _get_dump(cls)[0]]
    return sorted("registered " + ":".join(qualified(one)) for one in known if one is not None)


_Function = type(begin)


def class_shape(cls: type, walk: Walk | None = None) -> Fingerprint:
    """Fingerprint what can be seen of a class: its bases, its metaclass, its attributes in order.

    Methods count by name, with their defaults and what they capture; their bodies count when they run. Raises
    `Unfingerprintable` with the path of an attribute that has no canonical form.
    """
    from hitsave_trace.fingerprint.values import Walk

    walk = Walk() if walk is None else walk
    return walk.fingerprint(Shape(cls), qualified(cls)[1])


def shape_text(cls: type) -> str:
    """Write the shape of one class for a person, a line an attribute: its bases, its methods by name, its data."""
    from hitsave_trace.fingerprint.describe import describe

    lines = [f"({', '.join(base.__qualname__ for base in cls.__bases__)})"]
    held = _dict_of(cls)
    if "_abc_impl" in held:
        lines += registered(cls)
    members = held.get("_member_map_")
    if type(members) is dict:  # an enum
        lines += [
            f"{name} = {describe(_dict_of_instance(member).get('_value_'), 80)}" for name, member in members.items()
        ]
    fields = held.get("__dataclass_fields__")
    if type(fields) is dict:
        lines += [_field_text(name, field) for name, field in fields.items()]
    for name, item in held.items():
        if name in SELF_MADE or (type(members) is dict and (name in members or name.startswith("_"))):
            continue
        if type(item) is MemberDescriptorType or type(item) is GetSetDescriptorType:
            continue
        code = getattr(item, "__code__", None)
        if (
            code is not None
            or isinstance(item, (property, classmethod, staticmethod))
            or hasattr(type(item), "__get__")
        ):
            if getattr(code, "co_filename", "") != _MADE_BY_DATACLASS:
                lines.append(_method_text(cls, name, item))
        elif (name == "__slots__" or not (name.startswith("__") and name.endswith("__"))) and (
            type(fields) is not dict or name not in fields
        ):
            lines.append(f"{name} = {describe(item, 80)}")
    return "\n".join(lines)[:4000]


def _method_text(cls: type, name: str, item: object) -> str:
    """A method as it counts for the shape of its class: its name, what kind of method it is, its defaults."""
    from hitsave_trace.fingerprint.describe import describe

    kind, function = "", item
    if type(item) in (classmethod, staticmethod, property):
        kind = f" ({type(item).__name__})"
        function = item.fget if type(item) is property else item.__func__  # type: ignore[attr-defined]
    if type(function) is not _Function:
        return f"{name} ({type(function).__name__})" if not kind else name + kind
    code = function.__code__
    if function.__qualname__ != f"{cls.__qualname__}.{name}":
        kind += f" (of {function.__module__}:{function.__qualname__})"
    if code.co_qualname != function.__qualname__:  # a wrapper that has taken the name of what it wraps
        info = names.code_infos.get(id(code))
        kind += f" (by {info.name if info is not None else code.co_qualname})"
    positional = function.__defaults__ or ()
    given = dict(zip(code.co_varnames[code.co_argcount - len(positional) : code.co_argcount], positional, strict=False))
    given.update(function.__kwdefaults__ or {})
    shown = ", ".join(f"{parameter}={describe(value, 40)}" for parameter, value in given.items())
    return name + (f"({shown})" if shown else "") + kind


def _dict_of_instance(value: object) -> dict[str, object]:
    held = getattr(value, "__dict__", None)
    return held if type(held) is dict else {}


def _field_text(name: str, field: object) -> str:
    from hitsave_trace.fingerprint.describe import describe

    default = getattr(field, "default", None)
    if type(default).__name__ == "_MISSING_TYPE":
        return name
    return f"{name} = {describe(default, 80)}"


def _whole_shape(walk: Walk, value: Shape) -> Children:
    return shape(walk, value.cls)


by_type[object] = Entry(instance, True, WHOLE)
by_type[type] = Entry(class_value, False, WHOLE)
by_type[Body] = Entry(body, False, WHOLE)
by_type[Shape] = Entry(_whole_shape, False, WHOLE)
