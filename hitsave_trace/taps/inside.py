"""What libraries hold that the program changes without assigning to a dotted name of theirs.

Containers and what functions set are compared by value, like attributes that were set (`patched`).
"""

from __future__ import annotations

import sys
from types import FunctionType, MethodType, ModuleType

from hitsave_trace.fingerprint.altered import CALL, ENTRY, GIVEN, SUBCLASS
from hitsave_trace.fingerprint.libraries import is_library, is_standard
from hitsave_trace.fingerprint.registry import qualified
from hitsave_trace.fingerprint.setters import KEPT, given_by, is_keeper, set_by, set_by_deriving
from hitsave_trace.fingerprint.state import names_of
from hitsave_trace.in_hand import CONTAINERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.assigned import Chain
    from hitsave_trace.fingerprint.registry import Anything


_BY_SETTINGS = frozenset(("numpy", "pandas", "matplotlib", "sklearn", "torch", "xarray", "hitsave_trace", "hitsave"))
"""Libraries whose options are compared as settings."""
_MISSING = object()

_WAYS = {CALL: set_by, GIVEN: given_by, SUBCLASS: set_by_deriving}

_setters: dict[tuple[int, str], tuple[object, list[tuple[str, Chain]]]] = {}
"""What functions and classes set, by their addresses and the way."""


def is_nothing(chain: Chain) -> bool:
    """Whether a chain leads to nothing that is to be told here: what functions of the standard library set has taps of its own."""
    return chain[-1] in _WAYS and (is_standard(chain[0]) or chain[0].partition(".")[0] in _BY_SETTINGS)


def things(chain: Chain) -> Iterator[tuple[str, object]]:
    """Find what a chain of `fingerprint.altered` leads to now, if that is a library's: its name, and the thing."""
    if chain[-1] in _WAYS:
        yield from _called(chain[:-1], chain[-1])
        return
    key = chain[-1].removeprefix(ENTRY) if chain[-1].startswith(ENTRY) else None
    path = chain if key is None else chain[:-1]
    held: Anything
    held, path = _keeper(path)
    name = ".".join(path)
    contains = issubclass(type(held), CONTAINERS)
    if not contains and _is_keeper(held):
        yield name, held
    if not contains or qualified(type(held))[1] == "RcParams":
        return
    if key is not None and issubclass(type(held), dict):
        yield f"{name}[{key!r}]", held.get(key)
    else:
        yield name, held


def _called(path: Chain, way: str) -> Iterator[tuple[str, object]]:
    """Find what a library's function sets or gives, or what is set where a class is derived from one."""
    function, path = _keeper(path)
    if function is _MISSING:
        return
    if _is_keeper(function):
        yield ".".join(path), function
        return
    for module, names in _found(function, way):
        # What a library sets in another one is that one's, and the settings know of it.
        asked = names[-1] == KEPT or way == GIVEN
        names = names[:-1] if names[-1] == KEPT else names
        held = _reach((module, *names), own=True)
        if held is _MISSING or issubclass(type(held), (type, FunctionType, MethodType)):
            continue
        # What is made when it is first needed is None until then.
        if held is not None and (asked or not is_keeper(held)):
            yield ".".join((module, *names)), held


def _found(function: Anything, way: str) -> list[tuple[str, Chain]]:
    own = function.__func__ if type(function) is MethodType else function
    known = _setters.get((id(own), way))
    if known is None:
        known = _setters[id(own), way] = own, _WAYS[way](function)
    return known[1]


def _keeper(path: Chain) -> tuple[object, Chain]:
    """What a chain leads to, or the first object in it that keeps what a library was told."""
    for length in range(2, len(path)):
        held = _reach(path[:length])
        if held is _MISSING:
            break
        if _is_keeper(held) and not issubclass(type(held), CONTAINERS):
            return held, path[:length]
    return _reach(path), path


def _is_keeper(thing: object) -> bool:
    """Whether something is an object of a third party's class by which it keeps what it was told."""
    home = qualified(type(thing))[0]
    return is_keeper(thing) and not is_standard(home) and home.partition(".")[0] not in _BY_SETTINGS


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
