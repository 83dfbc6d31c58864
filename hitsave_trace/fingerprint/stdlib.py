"""The canonical form of the standard library's types whose state is out of sight, or that have no state to share.

Registered by name: nothing here imports the modules it speaks of.
"""

from __future__ import annotations

import os
import sys
from _collections import OrderedDict  # type: ignore[import-not-found]  # `collections` is not loaded for our sake
from _contextvars import copy_context
from types import GenericAlias, MappingProxyType, SimpleNamespace, TracebackType, UnionType

from hitsave_trace.fingerprint import containers, hasher, objects, registry, weak
from hitsave_trace.fingerprint.hasher import marshalled, text
from hitsave_trace.fingerprint.libraries import note
from hitsave_trace.fingerprint.places import ATTRIBUTES, SILENT
from hitsave_trace.fingerprint.registry import CONTENT, EXACT, WHOLE, Entry, add, by_type, qualified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hitsave_trace.fingerprint.registry import Anything, Canonical, Children
    from hitsave_trace.fingerprint.values import Walk


def leaf(name: str, read: Callable[..., list[object]]) -> Canonical:
    """Make the canonical function of a type that is a name and a few values."""
    tag = hasher.LEAF + text(name)

    def canonical(walk: Walk, value: Anything) -> Children:
        held = read(value)
        walk.write(tag + hasher.number(len(held)))
        return held, SILENT

    return canonical


def _environ(walk: Walk, value: Anything) -> Children:
    if value is os.environ or value is getattr(os, "environb", None):
        walk.write(hasher.LEAF + text("os.environ"))  # what is read of it counts, variable by variable
        return None
    return objects.instance(walk, value)


def refused(why: str) -> Canonical:
    """Make the canonical function of a type that has none."""

    def canonical(_: Walk, value: Anything) -> Children:
        objects.refuse(value, why)

    return canonical


def _constructed(value: Anything) -> list[object]:
    """Read a type of the standard library by its own reduction, which is exact and written in C."""
    return [type(value).__name__, *value.__reduce_ex__(4)[1:]]


def _deque(walk: Walk, value: Anything) -> Children:
    walk.write(hasher.LEAF + text("deque") + marshalled(value.maxlen, 2))
    return containers.sequence(walk, list(iter_of(value)), hasher.LIST)


def iter_of(value: Anything) -> Iterable[object]:
    """Iterate over a builtin by the method of its own type, whatever a subclass does."""
    cls: Anything
    items: Iterable[object]
    for cls in type(value).__mro__:
        if cls.__module__ in ("collections", "array"):
            items = cls.__iter__(value)
            return items
    items = value
    return items


def _ordered_dict(walk: Walk, value: dict[object, object]) -> Children:
    from collections import OrderedDict

    walk.write(hasher.LEAF + text("OrderedDict"))
    keys = list(OrderedDict.__iter__(value))
    return containers.mapping(walk, keys, [dict.__getitem__(value, key) for key in keys])


def _default_dict(walk: Walk, value: Anything) -> Children:
    walk.write(hasher.LEAF + text("defaultdict"))
    children = containers.mapping(walk, list(dict.keys(value)), list(dict.values(value)))
    if children is None:
        return [value.default_factory], (ATTRIBUTES, ["default_factory"])
    return [*children[0], value.default_factory], children[1]


def _mapping_proxy(walk: Walk, value: Anything) -> Children:
    walk.write(hasher.LEAF + text("mappingproxy"))
    return [walk.made(value | {})], SILENT


_MAKERS: tuple[Anything, ...] = (dict, OrderedDict)
DICT_VIEWS: tuple[type, ...] = tuple(
    type(view) for kind in _MAKERS for view in (kind().keys(), kind().values(), kind().items())
)


def dict_of(view: object) -> object:
    """Give the dict whose keys, values or items these are."""
    import gc

    return gc.get_referents(view)[0]


def _dict_view(walk: Walk, view: Anything) -> Children:
    walk.write(hasher.LEAF + text(type(view).__name__))
    return [dict_of(view)], (ATTRIBUTES, ["mapping"])


def _array(walk: Walk, value: Anything) -> Children:
    content = memoryview(value)
    walk.write(hasher.LEAF + text("array") + text(content.format) + hasher.number(content.nbytes))
    if content.nbytes:
        walk.feed(content.cast("B"))
    return None


PLAIN: dict[type, Callable[[Anything], object]] = {
    int: int.__int__,
    str: str.__str__,
    float: float.__float__,
    complex: complex.__complex__,
    bytes: bytes.__bytes__,
    tuple: lambda thing: tuple.__getitem__(thing, slice(None)),
}
"""Bases whose value can't be set afterwards, each with what gives that of an instance of a subclass."""


def _enum(walk: Walk, value: Anything) -> Children:
    """Write a member of an enumeration: its name, its value, what it is besides, and the attributes that it was given."""
    first = objects.begin(walk, hasher.LEAF + b"enum", type(value))
    own = object.__getattribute__(value, "__dict__")
    walk.write(text(str(own.get("_name_"))))
    children = [*first, own.get("_value_")]
    for kind, plain in PLAIN.items():
        if isinstance(value, kind) and (type(own.get("_value_")) is not kind or own["_value_"] != plain(value)):
            children.append(plain(value))
            break
    if any(not name.startswith("_") or not name.endswith("_") for name in own):
        children.append(own)  # as `__init__` of the class has set them, or anybody since
    else:
        walk.loose.append(value)  # it may be given the first one
    return children, SILENT


def _exception(walk: Walk, value: BaseException) -> Children:
    kind = type(value)
    labels: list[str] = []
    held: list[object] = []
    for cls in kind.__mro__:
        if cls.__module__ == "builtins" and cls is not object:
            for name, item in cls.__dict__.items():
                if type(item) in _FIELDS and name not in ("__dict__", "__traceback__"):
                    try:
                        held.append(item.__get__(value))
                    except AttributeError:
                        continue
                    labels.append(name)
    walk.write(hasher.LEAF + text("exception") + marshalled(tuple(labels), 2))
    return [*held, value.__traceback__], (ATTRIBUTES, [*labels, "__traceback__"])


_FIELDS = (type(slice.start), type(BaseException.args))


def _logger(walk: Walk, value: Anything) -> Children:
    note(walk, qualified(type(value))[0])
    walk.write(hasher.LEAF + text("logger") + text(str(value.name)))
    return None


def count_arguments(value: object) -> tuple[int, ...] | None:
    """Give what makes an `itertools.count` that goes on where this one stands; None where its text does not tell.

    Its reduction would warn from 3.12 on. Of numbers that are no plain ints the text may say too little.
    """
    shown = type(value).__repr__(value)
    parts = shown.removeprefix("count(").removesuffix(")").split(", ")
    if len(parts) > 2 or not all(part.removeprefix("-").isdecimal() for part in parts):
        return None
    return tuple(map(int, parts))


def _count(value: Anything) -> list[object]:
    arguments = count_arguments(value)
    if arguments is None:
        objects.refuse(value, "it counts by something else than ints")
    return list(arguments)


def repeat_arguments(value: Anything) -> tuple[object, ...]:
    """Give what makes an `itertools.repeat` that goes on where this one stands. Its reduction would warn from 3.12 on."""
    import gc

    held = gc.get_referents(value)
    if len(held) > 1:
        held.remove(type(value))  # which it holds, too, from 3.12 on
    (element,) = held
    try:
        return element, value.__length_hint__()
    except TypeError:  # without end
        return (element,)


def _path(walk: Walk, value: Anything) -> Children:
    from pathlib import PurePath

    # Its slots are caches that fill up as it is used.
    first = objects.begin(walk, hasher.LEAF + b"path", type(value))
    walk.write(text(PurePath.__str__(value)))
    return first, SILENT


def _zone(value: Anything) -> list[object]:
    if value.key is None:
        objects.refuse(value, "a time zone read from a file has no name")
    return [value.key]


def _type_variable(value: Anything) -> list[object]:
    names = ("__name__", "__bound__", "__constraints__", "__covariant__", "__contravariant__")
    return [type(value).__name__, *(getattr(value, name, None) for name in names)]


def _random(walk: Walk, value: Anything) -> Children:
    from random import Random

    first = objects.begin(walk, hasher.LEAF + b"Random", type(value))
    return [*first, Random.getstate(value), object.__getattribute__(value, "__dict__")], SILENT


def _generic_alias(value: Anything) -> list[object]:
    return [value.__origin__, value.__args__, getattr(value, "__unpacked__", False)]


def is_free(lock: object) -> bool:
    """Whether nobody holds a lock. An `RLock` can't be asked before 3.14."""
    return repr(lock).startswith("<unlocked")


def _free(value: Anything) -> list[object]:
    """A lock that nobody holds is like any other one. Whoever holds one waits for something that is happening now."""
    if not is_free(value):
        objects.refuse(value, "a lock that is held belongs to this process")
    return []


def _memory(value: Anything) -> list[object]:
    """A file in memory: its content, where it stands, and for text how lines end."""
    if value.closed:
        return [type(value).__name__]
    if hasattr(value, "getbuffer"):
        try:
            value.truncate(sys.maxsize)  # changes nothing, and is refused while somebody sees the memory itself
        except BufferError:
            objects.refuse(value, "its memory is shown by a buffer")
    state = value.__getstate__()
    if state[-1] or (len(state) == 4 and state[1] is None):
        objects.refuse(value, "it has attributes, or keeps which ends of lines it has seen")
    return [type(value).__name__, *state[:-1]]


def _traceback_why() -> str:
    return "a traceback holds the frames of functions that have ended"


_OPEN = "an open file or connection belongs to this process"

_FIGURE = "to look at a figure and its parts takes as long as to draw them"
_HERE: tuple[tuple[type, Canonical, bool, int], ...] = (
    (range, leaf("range", lambda v: [v.start, v.stop, v.step]), False, EXACT),
    (slice, leaf("slice", lambda v: [v.start, v.stop, v.step]), False, EXACT),
    (MappingProxyType, _mapping_proxy, True, EXACT),
    *((kind, _dict_view, False, EXACT) for kind in DICT_VIEWS),
    (SimpleNamespace, leaf("namespace", lambda v: [v.__dict__]), True, CONTENT),
    (GenericAlias, leaf("alias", _generic_alias), False, EXACT),
    (UnionType, leaf("union", lambda v: [v.__args__]), False, EXACT),
    (type(NotImplemented), leaf("NotImplemented", lambda _: []), False, EXACT),
    (int, leaf("int", lambda v: [int.__add__(v, 0)]), False, CONTENT),
    (float, leaf("float", lambda v: [float.__pos__(v)]), False, CONTENT),
    (complex, leaf("complex", lambda v: [complex.__pos__(v)]), False, CONTENT),
    (str, leaf("str", lambda v: [str.__str__(v)]), False, CONTENT),
    (bytes, leaf("bytes", lambda v: [bytes.__getitem__(v, slice(None))]), False, CONTENT),
    (BaseException, _exception, True, CONTENT),
    (TracebackType, refused(_traceback_why()), True, EXACT),
    (type(iter([])), leaf("list_iterator", _constructed), True, EXACT),
    (type(iter(())), leaf("tuple_iterator", _constructed), True, EXACT),
    (type(iter(range(0))), leaf("range_iterator", _constructed), True, EXACT),
    (type(iter("a")), leaf("str_iterator", _constructed), True, EXACT),
    (type(iter(b"")), leaf("bytes_iterator", _constructed), True, EXACT),
    (enumerate, leaf("enumerate", _constructed), True, EXACT),
    (reversed, leaf("reversed", _constructed), True, EXACT),
    (zip, leaf("zip", _constructed), True, EXACT),
    (map, leaf("map", _constructed), True, EXACT),
    (filter, leaf("filter", _constructed), True, EXACT),
    (super, refused("it belongs to a call that has ended"), True, EXACT),
)


def _context_variable(value: Anything) -> list[object]:
    """What a context variable is now, and whether it was set: `get` tells these apart."""
    context = copy_context()
    if value in context:
        return [value.name, "set", context[value]]
    try:
        return [value.name, "default", value.get()]
    except LookupError:
        return [value.name]


_NAMED: dict[str, tuple[Canonical, bool, int]] = {
    "collections.deque": (_deque, True, CONTENT),
    "collections.OrderedDict": (_ordered_dict, True, CONTENT),
    "collections.defaultdict": (_default_dict, True, CONTENT),
    "array.array": (_array, True, CONTENT),
    "datetime.date": (leaf("date", lambda v: [v.year, v.month, v.day]), False, CONTENT),
    "datetime.time": (
        leaf("time", lambda v: [v.hour, v.minute, v.second, v.microsecond, v.fold, v.tzinfo]),
        False,
        CONTENT,
    ),
    "datetime.datetime": (
        leaf(
            "datetime",
            lambda v: [v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond, v.fold, v.tzinfo],
        ),
        False,
        CONTENT,
    ),
    "datetime.timedelta": (leaf("timedelta", lambda v: [v.days, v.seconds, v.microseconds]), False, CONTENT),
    "datetime.timezone": (leaf("timezone", lambda v: list(v.__getinitargs__())), False, EXACT),
    "zoneinfo.ZoneInfo": (leaf("ZoneInfo", _zone), False, EXACT),
    "decimal.Decimal": (leaf("Decimal", lambda v: list(v.as_tuple())), False, CONTENT),
    "uuid.UUID": (leaf("UUID", lambda v: [v.int, v.is_safe.value]), False, EXACT),
    "re.Pattern": (leaf("Pattern", lambda v: [v.pattern, v.flags]), False, EXACT),
    "_struct.Struct": (leaf("Struct", lambda v: [v.format]), False, EXACT),
    "os._Environ": (_environ, True, WHOLE),
    "_contextvars.ContextVar": (leaf("ContextVar", _context_variable), True, EXACT),
    "itertools.count": (leaf("count", _count), True, EXACT),
    "itertools.repeat": (leaf("repeat", lambda v: list(repeat_arguments(v))), True, EXACT),
    "enum.Enum": (_enum, False, WHOLE),
    "enum.Flag": (_enum, False, WHOLE),
    "logging.Logger": (_logger, True, WHOLE),
    "pathlib.PurePath": (_path, False, WHOLE),
    "pathlib._local.PurePath": (_path, False, WHOLE),  # 3.13
    "random.Random": (_random, True, WHOLE),
    "operator.itemgetter": (leaf("itemgetter", _constructed), False, EXACT),
    "operator.attrgetter": (leaf("attrgetter", _constructed), False, EXACT),
    "operator.methodcaller": (leaf("methodcaller", _constructed), False, EXACT),
    "typing.TypeVar": (leaf("TypeVar", _type_variable), False, EXACT),
    "typing.ParamSpec": (leaf("ParamSpec", _type_variable), False, EXACT),
    "typing.TypeVarTuple": (leaf("TypeVarTuple", _type_variable), False, EXACT),
    "collections._tuplegetter": (leaf("tuplegetter", _constructed), False, EXACT),
    # A figure is thousands of objects that refer to one another: to look at it takes as long as to draw it.
    "matplotlib.artist.Artist": (refused(_FIGURE), True, WHOLE),
    "matplotlib.transforms.TransformNode": (refused(_FIGURE), True, WHOLE),
    "weakref.ReferenceType": (weak.canonical, True, CONTENT),
    "_thread.lock": (leaf("lock", _free), True, EXACT),
    "_thread.RLock": (leaf("RLock", _free), True, EXACT),
    # Who waits for it would not be woken by a state that is put in place.
    "threading.Condition": (refused("threads may wait for it"), True, WHOLE),
    "logging.Handler": (refused("it is registered with logging"), True, WHOLE),
    "threading.Thread": (refused("a thread belongs to this process"), True, WHOLE),
    "_io._IOBase": (refused(_OPEN), True, WHOLE),
    "_io.StringIO": (leaf("memory", _memory), True, EXACT),
    "_io.BytesIO": (leaf("memory", _memory), True, EXACT),
    "socket.socket": (refused(_OPEN), True, WHOLE),
}


def _register() -> None:
    for kind, canonical, shared, reach in _HERE:
        by_type.setdefault(kind, Entry(canonical, shared, reach))
    for name, (canonical, shared, reach) in _NAMED.items():
        add(name, canonical, shared=shared, reach=reach)


_register()
__all__ = ["leaf", "refused", "registry"]
