"""Names that can't have come to mean anything else since they were looked at.

A check looks at each name that a trace read, and a run that answers a thousand calls of one function looks at the same few
names a thousand times. Most mean a number, a text, a plain function, a class or a module: then a handful of facts, compared
by identity, tells that what was found before would be found again. Whatever one fact speaks against is looked at anew.

Nothing that the program could miss is held: no module, no function of its own, no large text.
"""

from __future__ import annotations

import sys
from operator import is_
from sys import getsizeof
from types import BuiltinFunctionType, FunctionType, ModuleType

from hitsave_trace.fingerprint.hasher import ATOMS, digest_of, marshalled
from hitsave_trace.fingerprint.libraries import is_library
from hitsave_trace.names import code_infos, user_modules
from hitsave_trace.sights import BUILTINS, MISSING, is_original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.model import Fingerprint
    from hitsave_trace.sight import Sight

    Facts = tuple[object, ...]

_LARGE = 2000
"""Bytes of an object from which on it is not held."""
_FEW = 100
"""Items of a container that is written again each time."""
_MOST = 10_000
"""Names that are kept in mind."""


class _Name:
    """What is known of one name."""

    __slots__ = ("module", "path", "settled")

    def __init__(self, name: str) -> None:
        module, _, path = name.partition(":")
        self.module = module
        self.path = tuple(path.split("."))
        # Facts, the fingerprint that they stand for, and how many objects a walk over the value meets: none, the function, or
        # its defaults, too. They are put here together: threads look at the same names.
        self.settled: tuple[Facts, Fingerprint, int] | None = None


_known: dict[str, _Name] = {}


def fingerprint(name: str, look: Callable[[], Sight]) -> Fingerprint | None:
    """Give the fingerprint of what a global name means now; `look` at it if that is not known."""
    known = _known.get(name)
    if known is None:
        # What is looked at once is not worth a thought: not before the second time.
        if len(_known) < _MOST:
            _known[name] = _Name(name)
        return look().fingerprint
    facts, value = _facts(known)
    if facts is None:
        # As a walk would write it.
        return digest_of(marshalled(value, 2)) if _is_flat(value) else look().fingerprint
    settled = known.settled
    if settled is not None and _are_same(settled[0], facts):
        return settled[1]
    sight = look()
    met = _met(value, sight)
    if sight.fingerprint is not None and met is not None:
        # Another thread may have changed it while it was looked at.
        again, _ = _facts(known)
        if again is not None and _are_same(again, facts):
            known.settled = facts, sight.fingerprint, met
    return sight.fingerprint


def objects(name: str) -> Sequence[object] | None:
    """Give what a walk over the value of a name meets; None if that is to be found by looking."""
    known = _known.get(name)
    if known is None:
        return None
    facts, value = _facts(known)
    if facts is None and _is_flat(value):
        return [value]
    settled = known.settled
    if facts is None or settled is None or not _are_same(settled[0], facts):
        return None
    function: Anything = value
    return ([], [function], [function, function.__defaults__] if settled[2] == 2 else [])[settled[2]]


def _are_same(one: Facts, other: Facts) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))


def _is_flat(value: Anything) -> bool:
    """Whether a value is a short list or dict of plain values, which is as quickly written as remembered."""
    kind = type(value)
    if kind is dict:
        return len(value) <= _FEW and ATOMS.issuperset(map(type, value)) and ATOMS.issuperset(map(type, value.values()))
    return kind is list and len(value) <= _FEW and ATOMS.issuperset(map(type, value))


def _met(value: object, sight: Sight) -> int | None:
    """How many objects of a function the look has met, if it is no other than these."""
    if sight.value is not value and sight.value is not None:  # a builtin is told by its name
        return None
    found = sight.objects
    if not found:
        return 0
    if type(value) is not FunctionType or found[0] is not value or len(found) > 2:
        return None
    return 1 if len(found) == 1 else 2 if found[1] is value.__defaults__ else None


def _facts(name: _Name) -> tuple[Facts | None, object]:
    """What has to be the same for a name to mean the same, and what it means; None where that can't be said so easily."""
    modules = sys.modules
    module = modules.get(name.module)
    if type(module) is not ModuleType:
        return None, None
    own = module.__dict__
    path = name.path
    route: Facts = (own.get("__name__"),)
    value: Anything = own.get(path[0], MISSING)
    if value is MISSING:
        value = BUILTINS.get(path[0], MISSING)
        return ((*route, BUILTINS, value) if len(path) == 1 and is_original(path[0], value) else None), value
    foreign = name.module not in user_modules or (
        type(value) is ModuleType and value.__dict__.get("__name__") not in user_modules
    )
    for attribute in path[1:]:
        if type(value) is ModuleType:
            own = value.__dict__
            said = own.get("__name__")
            if modules.get(said) is not value:  # type: ignore[arg-type]
                return None, None
            route = (*route, said)
            value = own.get(attribute, MISSING)
        elif type(value) is type:
            value = value.__dict__.get(attribute, MISSING)
        else:
            return None, None
        if value is MISSING:
            return None, None
    kind = type(value)
    if kind in ATOMS:
        return ((*route, value) if getsizeof(value) < _LARGE else None), value
    if kind is FunctionType:
        return _of_function(value, route), value
    if kind is ModuleType:
        said = value.__dict__.get("__name__")
        return ((*route, said) if modules.get(said) is value else None), value
    if kind is type:
        said = value.__module__
        return ((*route, said, value.__qualname__) if said in user_modules and not foreign else None), value
    if kind is BuiltinFunctionType and type(value.__self__) in (ModuleType, type(None)):
        return (*route, value, value.__module__), value
    return None, value


def _of_function(function: FunctionType, route: Facts) -> Facts | None:
    """The facts of a function without captured variables or attributes of its own."""
    if function.__closure__ is not None:
        return None
    code = function.__code__
    info = code_infos.get(id(code))
    if info is None:
        said = function.__module__
        if type(said) is not str or code.co_filename.startswith("<") or not is_library(said):
            return None
        return (*route, code, said, function.__qualname__)
    defaults = function.__defaults__
    names = function.__globals__
    if function.__kwdefaults__ is not None or function.__dict__ or names is not info.module.globals:
        return None
    if defaults is not None and not (ATOMS.issuperset(map(type, defaults)) and getsizeof(defaults) < _LARGE):
        return None
    return (*route, code, defaults, names.get("__name__"), function.__name__, function.__qualname__)
