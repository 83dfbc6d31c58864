"""What functions and classes of libraries set in the modules of their library, as far as their code says so."""

from __future__ import annotations

import sys
from _thread import _local as local
from contextvars import ContextVar
from itertools import pairwise
from types import CodeType, FunctionType, MethodType, ModuleType

from hitsave_trace.fingerprint.altered import ENTRY, GIVEN, Body, sets_by_name
from hitsave_trace.fingerprint.assigned import GLOBAL, assigned, steps_of
from hitsave_trace.fingerprint.registry import qualified
from hitsave_trace.fingerprint.state import names_of
from hitsave_trace.names import parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.assigned import Chain
    from hitsave_trace.fingerprint.registry import Anything

KEPT = "."
"""Is the last part of a chain that leads to an object that is asked to do something: only that one counts by what it holds."""
_DEEP = 3
"""How far it is followed whom such a function calls in its library."""
_SHALLOW = 1
"""The same of one whose name does not say that it sets something: it may fill a cache."""
_MANY = 50
_ATTRIBUTES = frozenset(("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR"))
_OF_CLASSES = ("__new__", "__init__", "__enter__", "__exit__", "__aenter__", "__aexit__")
_OF_SUBCLASSES = ("__init_subclass__", "__set_name__")
_OF_METACLASSES = ("__new__", "__init__", "__call__", "__prepare__")
_TOLD_ELSEWHERE = frozenset(("logging", "itertools", "_thread"))


def is_keeper(thing: object) -> bool:
    """Whether a value is an object by which a library keeps what it was told: an instance, not a function, class or module."""
    if issubclass(type(thing), (ContextVar, local)):
        return True
    cls = type(thing)
    if issubclass(cls, (type, ModuleType, FunctionType, MethodType)) or not cls.__dictoffset__:
        return False
    return qualified(cls)[0].partition(".")[0] not in _TOLD_ELSEWHERE


def set_by(function: object) -> list[tuple[str, Chain]]:
    """What a function, or the making and entering of an object of a class, sets: modules and chains of names in them.
    What a method of a class sets there counts as the class's.
    """
    if isinstance(function, type):
        return _set_by(_methods(function, _OF_CLASSES), _DEEP)
    one, owner = _plain(function)
    return _set_by([(one, owner)], _DEEP if sets_by_name(one.__name__) else _SHALLOW) if one is not None else []


def set_by_deriving(cls: object) -> list[tuple[str, Chain]]:
    """The same of a class from which another one is derived."""
    if not isinstance(cls, type):
        return []  # `class Point(NamedTuple)`: it only stands for one
    return _set_by([*_methods(cls, _OF_SUBCLASSES), *_methods(type(cls), _OF_METACLASSES)], _DEEP)


def given_by(function: object) -> list[tuple[str, Chain]]:
    """What a function gives that is kept by its module."""
    one, owner = _plain(function)
    if one is None:
        return []
    body = _body(one.__code__)
    found: list[tuple[str, Chain]] = []
    for position, (op, _) in enumerate(body.steps):
        chain = body.ends_with(position - 1) if op == "RETURN_VALUE" else None
        if chain is not None:
            found.append((one.__module__, chain))
        elif op == "RETURN_VALUE" and isinstance(owner, type) and body.steps[position - 1][0] in _ATTRIBUTES:
            found.append((owner.__module__, (*owner.__qualname__.split("."), str(body.steps[position - 1][1]))))
    return found


def _plain(function: Anything) -> tuple[FunctionType | None, object]:
    """The function that runs, without what is wrapped around it, and what it is bound to."""
    owner: object = None
    if isinstance(function, MethodType):
        owner, function = function.__self__, function.__func__
    for _ in range(_DEEP):
        function = names_of(function).get("__wrapped__", function)
    known = type(function) is FunctionType and type(function.__module__) is str
    return (function, owner) if known else (None, None)


def _methods(cls: type, names: tuple[str, ...]) -> list[tuple[FunctionType, object]]:
    """The methods of these names that a class has from its library."""
    library = cls.__module__.partition(".")[0]
    found: list[tuple[FunctionType, object]] = []
    for home in cls.__mro__:
        for name in names if home.__module__.partition(".")[0] == library else ():
            held = vars(home).get(name)
            is_bound = isinstance(held, classmethod) or name == "__init_subclass__"
            one, _ = _plain(getattr(held, "__func__", held))
            if one is not None:
                found.append((one, home if is_bound else None))
    return found


def _set_by(first: list[tuple[FunctionType, object]], deep: int) -> list[tuple[str, Chain]]:
    found: dict[tuple[str, Chain], None] = {}
    waiting = [(one, owner, 0) for one, owner in first]
    seen: set[CodeType] = set()
    while waiting:
        one, owner, depth = waiting.pop()
        if one.__code__ in seen or len(seen) > _MANY:
            continue
        seen.add(one.__code__)
        module, names = one.__module__, one.__globals__
        if isinstance(owner, type) and owner.__module__ == module:
            found.update(
                {(module, (*owner.__qualname__.split("."), name)): None for name in _of_first(one.__code__, owner)}
            )
        for code, _ in parts(one.__code__):
            body = _body(code)
            found.update({(module, chain): None for chain in _sets(code, body, names)})
            if depth < deep:
                waiting.extend((called, None, depth + 1) for called in _follows(body, names))
    return list(found)


def _body(code: CodeType) -> Body:
    return Body(code, {name: (name,) for name in code.co_names})


def _sets(code: CodeType, body: Body, names: dict[str, Anything]) -> Iterator[Chain]:
    """The chains of names of its module that code binds, or whose values it changes."""
    for position, (op, said) in enumerate(body.steps):
        if op in ("STORE_GLOBAL", "DELETE_GLOBAL") and said is not None:
            yield (said,)
        elif op in GLOBAL and body.steps[position + 1][0] in _ATTRIBUTES:
            held = names.get(str(said))
            if held is None or is_keeper(held):
                yield str(said), KEPT
    yield from assigned(code, of_program=False)
    for chain in body.containers():
        if GIVEN not in chain:
            yield chain[:-1] if chain[-1].startswith(ENTRY) else chain


def _follows(body: Body, names: dict[str, Anything]) -> Iterator[FunctionType]:
    """Functions of the library that code mentions: of its module, or of another that its module has."""
    for position, (op, said) in enumerate(body.steps):
        held = names.get(str(said)) if op in GLOBAL else None
        if issubclass(type(held), ModuleType) and body.steps[position + 1][0] in _ATTRIBUTES:
            held = names_of(held).get(str(body.steps[position + 1][1]))
        one, _ = _plain(held)
        home = str(names.get("__name__")).partition(".")[0]
        if one is not None and str(one.__module__).partition(".")[0] == home and one.__module__ in sys.modules:
            yield one


def _of_first(code: CodeType, owner: type) -> set[str]:
    """The attributes that a method of a class changes on what it is given first; all that the class has if it sets them by name."""
    if not code.co_argcount:
        return set()
    first, steps = code.co_varnames[0], steps_of(code)
    ways = (("LOAD_FAST", first), ("LOAD_DEREF", first))
    found = {str(name) for one, (op, name) in pairwise(steps) if one in ways and op in _ATTRIBUTES}
    if "setattr" in code.co_names:
        found.update(name for name in vars(owner) if not name.startswith("__"))
    return found
