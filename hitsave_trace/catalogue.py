"""What is known of a library function by its name alone.

Most of what a call does is seen where it happens: an audit event, a tap, a state that differs afterwards. What can't
be seen in any of these ways is listed in `entries.py`. The reader of names asks here about each function of a
library that executed user code refers to, under the name by which it is documented: `datetime.datetime.now`,
`matplotlib.pyplot.plot`. Methods of instances have no such name, and are no business of this table.
"""

from __future__ import annotations

import sys

from hitsave_trace.entries import GROUPS, REMEDIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

FORBID, STATE, ALLOW, WATCHED = "forbid", "state", "allow", "watched"

_REGISTERS = ("register", "unregister", "install", "set_default", "set_global")
"""How functions of libraries are called that leave something in the library, in whatever library they are."""

_MODULES = {"posix": "os", "nt": "os", "_io": "io", "_random": "random", "_thread": "threading", "_signal": "signal"}


class Entry:
    """One function, or all below a name that ends in `.*`."""

    __slots__ = ("mode", "name", "remedy", "slug")

    def __init__(self, name: str, slug: str, mode: str) -> None:
        self.name = name
        self.slug = slug
        self.mode = mode
        self.remedy = REMEDIES[slug]

    @property
    def what(self) -> str:
        """The words of the reason."""
        return self.name.removesuffix(".*")

    def __repr__(self) -> str:
        return f"<Entry {self.name}: {self.mode} {self.slug}>"


_entries: dict[str, Entry] = {}


def _load() -> dict[str, Entry]:
    for slug, mode, names in GROUPS:
        for name in names.split():
            _entries[name] = Entry(name, slug, mode)
    return _entries


def lookup(name: str) -> Entry | None:
    """Find what is known of a dotted name: the name itself, else the nearest group that it belongs to."""
    entries = _entries or _load()
    found = entries.get(name)
    if found is not None:
        return found
    head = name
    while "." in head:
        head = head.rpartition(".")[0]
        found = entries.get(head + ".*")
        if found is not None:
            return Entry(name, found.slug, found.mode)
    if name.rpartition(".")[2].startswith(_REGISTERS):
        return Entry(name, "switch", FORBID)
    return None


def lookup_method(value: object, name: str) -> Entry | None:
    """Find what is known of a method of an object that a library keeps: `matplotlib.colormaps.register`."""
    kind = type(value)
    if kind.__module__ == "builtins" or not any(name in vars(base) for base in kind.__mro__):
        return None
    return lookup(f"{kind.__module__}.{kind.__qualname__}.{name}")


def give_up(library: str, slug: str) -> None:
    """Let all of a library be unsaved: it is another version than those that are known."""
    entries = _entries or _load()
    for name in [name for name in entries if name.startswith(library + ".")]:
        del entries[name]
    entries[library + ".*"] = Entry(library + ".*", slug, FORBID)


def names() -> Iterator[str]:
    """Give every name of the catalogue."""
    return iter(_entries or _load())


def dotted(value: object) -> str | None:
    """Name a function, method or class of a library by where it is documented, as far as the object tells.

    `datetime.now`, a builtin bound to a class, is `datetime.datetime.now`, whatever it was imported as.
    """
    if hasattr(type(value), "hitsave_note"):
        # The stand-in knows under which module the program finds it (`os`, where the original says `posix`).
        return f"{value.__module__}.{value.__name__}"  # type: ignore[attr-defined]
    module: object
    name: object
    if isinstance(value, type):
        module, name = value.__module__, value.__qualname__
    else:
        owner = getattr(value, "__self__", None)
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        if not isinstance(name, str):
            return None
        if isinstance(owner, type):
            module, name = owner.__module__, f"{owner.__qualname__}.{name.rpartition('.')[2]}"
        else:
            module = getattr(value, "__module__", None)
    if not isinstance(module, str):
        return None
    module = _MODULES.get(module, module)
    if module.startswith("pandas._libs."):
        module = "pandas"
    return f"{module}.{name}"


def lookup_object(value: object) -> Entry | None:
    """Find what is known of a function or class that a name has resolved to.

    Libraries define functions deep inside and publish them further up (`pandas.read_parquet` is made in
    `pandas.io.parquet`): each package above that has the same object under the same name is tried too.
    """
    name = dotted(value)
    if name is None:
        return None
    found = lookup(name)
    module, _, last = name.rpartition(".")
    modules = sys.modules
    while found is None and "." in module:
        module = module.rpartition(".")[0]
        holder = modules.get(module)
        if holder is not None and vars(holder).get(last) is value:
            found = lookup(f"{module}.{last}")
    return found
