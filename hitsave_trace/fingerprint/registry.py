"""Which function writes the canonical form of a type.

Types of the standard library and of third-party packages are registered by name, so that nothing is imported for
the sake of types that a program may never use. A name only counts if it still means that very type.

A canonical function writes what identifies the value with `walk.write` and returns the values to be walked next,
with labels for their paths, or None. It never walks by itself: values may be nested deeper than the stack.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # A canonical function knows the one type it is given; a table of them does not. The only place that says so.
    from typing import Any, TypeAlias  # noqa: TID251

    Anything: TypeAlias = Any

    from hitsave_trace.fingerprint.values import Walk

    Labels = tuple[object, ...] | None
    Children = tuple[list[object], Labels] | None
    Canonical = Callable[[Walk, Anything], Children]

EXACT = 0
"""Subclasses may hold state that this function does not know."""
CONTENT = 1
"""Writes what an instance has because of this base; what a subclass adds is written by the walk."""
WHOLE = 2
"""Also knows how to write the subclass: metaclasses, enums, arrays."""


observed: dict[type, Callable[[Anything], object]] = {}
"""Types of what stands in the place of functions of libraries to observe them, each with what gives the function."""


class Entry:
    """How the values of one type are written.

    `shared` says that the identity of such a value can be seen, because it can be changed: it is written once, and
    a second meeting is a back-reference.
    """

    __slots__ = ("canonical", "reach", "shared")

    def __init__(self, canonical: Canonical, shared: bool, reach: int) -> None:
        self.canonical = canonical
        self.shared = shared
        self.reach = reach


by_type: dict[type, Entry] = {}
by_name: dict[str, Entry] = {}
_found: dict[type, tuple[Entry, type]] = {}

PROVIDERS = {
    "numpy": "hitsave_trace.fingerprint.arrays",
    "pandas": "hitsave_trace.fingerprint.frames",
    "scipy": "hitsave_trace.fingerprint.arrays",
    "pyarrow": "hitsave_trace.fingerprint.tables",
    "polars": "hitsave_trace.fingerprint.tables",
    "torch": "hitsave_trace.fingerprint.tensors",
    "sympy": "hitsave_trace.fingerprint.symbols",
    "PIL": "hitsave_trace.fingerprint.images",
    "pydantic_core": "hitsave_trace.fingerprint.models",
    "pydantic": "hitsave_trace.fingerprint.models",
}
"""Which module of ours registers the types of a package; it is loaded when the first of them is met."""


def register(type_: type, canonical: Canonical, *, subclasses: bool = False, shared: bool = True) -> None:
    """Teach the canonical form of a type, and with `subclasses` of all that derive from it."""
    by_type[type_] = Entry(canonical, shared, WHOLE if subclasses else EXACT)
    _found.clear()


def add(name: str, canonical: Canonical, *, shared: bool, reach: int) -> None:
    """Register a type by its `module.qualname`."""
    by_name[name] = Entry(canonical, shared, reach)


def prepare() -> None:
    """Load what knows the types of the packages that are loaded: a call should not pay for that when its time is measured."""
    modules = sys.modules
    for package, provider in PROVIDERS.items():
        if package in modules and provider not in modules:
            __import__(provider)


_module_of = type.__dict__["__module__"].__get__
_qualname_of = type.__dict__["__qualname__"].__get__
_dict_of = type.__dict__["__dict__"].__get__


def qualified(kind: type) -> tuple[str, str]:
    """Give the module and qualified name of a class, whatever its metaclass answers."""
    module = _module_of(kind)
    return (module if type(module) is str else "?"), _qualname_of(kind)


def reach(module: str, qualname: str) -> object:
    """Find what `module:qualname` means now, without running any code of the user; None if nothing."""
    holder: object = sys.modules.get(module)
    if holder is None:
        return None
    for part in qualname.split("."):
        try:
            names = _dict_of(holder) if isinstance(holder, type) else object.__getattribute__(holder, "__dict__")
            holder = names[part]
        except (AttributeError, KeyError, TypeError):
            return None
    return holder


def _entry_of(base: type) -> Entry | None:
    entry = by_type.get(base)
    if entry is not None:
        return entry
    module, qualname = qualified(base)
    provider = PROVIDERS.get(module.partition(".")[0])
    if provider is not None and provider not in sys.modules:
        __import__(provider)
    entry = by_type.get(base) or by_name.get(module + "." + qualname)
    if entry is not None and base not in by_type and base.__flags__ & (_HEAP_TYPE | _IMMUTABLE_TYPE) == _HEAP_TYPE:
        return entry if reach(module, qualname) is base else None
    return entry


def find(kind: type) -> tuple[Entry, type]:
    """Find how values of `kind` are written, and the base class whose content that covers."""
    found = _found.get(kind)
    if found is None:
        for base in type.__dict__["__mro__"].__get__(kind):
            entry = _entry_of(base)
            if entry is None or (base is object and kind is not object):
                continue
            if base is kind or entry.reach == WHOLE:
                # `numpy.str_` is a str and an IntEnum an int, but who knows the whole type knows it better.
                found = entry, base
                break
            if found is None and entry.reach == CONTENT:
                found = entry, base
        if found is None:
            found = by_type[object], object
        # Careful: the table must not keep a class of the user alive. `Base.__subclasses__()` would show it.
        if not kind.__flags__ & _HEAP_TYPE or reach("builtins", qualified(kind)[1]) is kind:
            _found[kind] = found
    return found


_IMMUTABLE_TYPE = 1 << 8
_HEAP_TYPE = 1 << 9
