"""What libraries hold that the program changes without assigning to a dotted name of theirs.

Containers and what functions set are compared by value, like attributes that were set (`patched`).
"""

from __future__ import annotations

import sys
from types import ModuleType

from hitsave_trace.fingerprint.altered import CALL, ENTRY, set_by
from hitsave_trace.fingerprint.libraries import is_library, is_standard
from hitsave_trace.fingerprint.registry import qualified
from hitsave_trace.in_hand import CONTAINERS, names_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.assigned import Chain
    from hitsave_trace.fingerprint.registry import Anything


_BY_SETTINGS = frozenset(("numpy", "pandas", "matplotlib", "sklearn", "torch", "xarray", "hitsave_trace", "hitsave"))
"""Libraries whose options are compared as settings."""
_MISSING = object()

_setters: dict[object, list[tuple[str, Chain]]] = {}


def is_nothing(chain: Chain) -> bool:
    """Whether a chain leads to nothing that is to be told here: what functions of the standard library set has taps of its own."""
    return chain[-1] == CALL and (is_standard(chain[0]) or chain[0].partition(".")[0] in _BY_SETTINGS)


def things(chain: Chain) -> Iterator[tuple[str, object]]:
    """Find what a chain of `fingerprint.altered` leads to now, if that is a library's: its name, and the thing."""
    if chain[-1] == CALL:
        yield from _set_by_call(chain[:-1])
        return
    key = chain[-1].removeprefix(ENTRY) if chain[-1].startswith(ENTRY) else None
    path = chain if key is None else chain[:-1]
    held: Anything = _reach(path)
    name = ".".join(path)
    if key is not None and issubclass(type(held), dict) and not _is_told(held):
        yield f"{name}[{key!r}]", held.get(key)
    elif (issubclass(type(held), CONTAINERS) and not _is_told(held)) or (key is not None and _is_kept(held)):
        yield name, held


def _set_by_call(chain: Chain) -> Iterator[tuple[str, object]]:
    function = _reach(chain)
    if function is _MISSING:
        owner = _reach(chain[:-1])
        if _is_kept(owner) and hasattr(type(owner), chain[-1]):
            yield ".".join(chain[:-1]), owner
        return
    owner = getattr(function, "__self__", None)
    if _is_kept(owner):
        yield ".".join(chain), owner
        return
    for module, names in _set_by(function):
        # What a library sets in another one is that one's, and the settings know of it.
        held = _reach((module, *names), own=True)
        if held is not _MISSING and not callable(held):
            yield ".".join((module, *names)), held


def _is_told(held: object) -> bool:
    """Whether the settings say what is in it."""
    return qualified(type(held))[1] == "RcParams"


def _is_kept(thing: object) -> bool:
    """Whether something is an object of a third party's class that is neither a module nor a class."""
    kind = type(thing)
    if thing is _MISSING or thing is None or issubclass(kind, (ModuleType, type)) or not kind.__dictoffset__:
        return False
    home = qualified(kind)[0]
    return is_library(home) and not is_standard(home) and home.partition(".")[0] not in _BY_SETTINGS


def _set_by(function: Anything) -> list[tuple[str, Chain]]:
    key = getattr(function, "__func__", function)
    found = _setters.get(key)
    if found is None:
        found = _setters[key] = set_by(function)
    return found


def _reach(chain: Chain, *, own: bool = False) -> object:
    """What a chain leads to that begins with the name of a library's module; `_MISSING` if there is no such thing, or if it is not
    the library's `own`.
    """
    found: Anything = sys.modules.get(chain[0])
    if not issubclass(type(found), ModuleType) or not is_library(chain[0]):
        return _MISSING
    rest = chain[1:]
    if rest and rest[0] not in names_of(found) and chain[0].endswith("." + rest[0]):
        rest = rest[1:]  # `import a.b as c`
    for part in rest:
        inside: Anything = names_of(found).get(part, _MISSING)
        if type(inside) is classmethod:
            inside = inside.__get__(None, found)
        if inside is _MISSING:
            return _MISSING
        if own and issubclass(type(inside), ModuleType):
            home = str(names_of(inside).get("__name__"))
            if home.partition(".")[0] != chain[0].partition(".")[0]:
                return _MISSING
        found = inside
    return found
