"""What code changes inside of libraries without an assignment to a dotted name: `urllib.parse.uses_netloc.append("git")`,
`html.entities.html5["x;"] = "y"`, `library.set_option("k", 2)`.

Expressions are put together by their places in the text: what is subscripted or called begins where the whole begins.
"""

from __future__ import annotations

from dis import opmap
from itertools import chain as chained
from itertools import pairwise
from types import CodeType, FunctionType, MethodType

from hitsave_trace.fingerprint.assigned import ON_ITSELF, assigned, runs_in, steps_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hitsave_trace.fingerprint.assigned import Chain

    Place = tuple[int | None, int | None, int | None, int | None]

ENTRY = "["
"""Begins the last part of a chain that leads to an entry of a dict, by its key."""
CALL = "("
"""Is the last part of a chain that leads to a function which is called for what it sets: nobody takes what it returns."""

_SUBSCRIPTS = frozenset(("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"))
_SUBSCRIPT_OPS = frozenset(opmap[name] for name in _SUBSCRIPTS if name in opmap)
_ATTRIBUTES = frozenset(("LOAD_ATTR", "LOAD_METHOD"))
_GLOBAL = frozenset(("LOAD_NAME", "LOAD_GLOBAL"))
_LOCAL = frozenset(("LOAD_FAST", "LOAD_DEREF", "LOAD_FAST_CHECK"))
_STORES = frozenset(("STORE_NAME", "STORE_GLOBAL", "STORE_FAST", "STORE_DEREF"))
_CALLS = frozenset(("CALL", "CALL_KW", "CALL_FUNCTION_EX"))
_CALL_OPS = frozenset(opmap[name] for name in _CALLS if name in opmap)
_CALLING = _CALLS | {"PRECALL"}
_FOR_ITS_SAKE = frozenset(("POP_TOP", "BEFORE_WITH", "BEFORE_ASYNC_WITH"))
_MADE = _CALLS | {"MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE"}
"""What stands before the call of a decorator: it is given what has just been made."""
_CHANGING = frozenset((
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "popitem", "add", "discard",
    "difference_update", "intersection_update", "symmetric_difference_update", "appendleft", "extendleft", "popleft", "move_to_end",
    "__setitem__", "__delitem__", "__ior__", "__iadd__",
))  # fmt: skip
_SETTING = (
    "set", "use", "enable", "disable", "config", "activate", "deactivate", "switch", "add", "remove", "update", "define", "toggle", "reset",
    "option", "register", "unregister", "install", "init",
)  # fmt: skip
"""How the names of functions begin that are called for what they set, however far down they do it. Others may fill a cache there."""
_DEEP, _SHALLOW = 3, 1
"""How far it is followed whom such a function, and another one, calls in its own module."""
_ENTERED = ("__new__", "__init__", "__enter__", "__exit__", "__call__", "__init_subclass__")
"""What runs of a class that is called, and whose instance is a context or a decorator."""


changed_on_anything: set[str] = set()
"""The attributes whose values the program changes in place, on objects to which no chain of names leads."""


def altered(code: CodeType) -> dict[Chain, set[str]]:
    """List the chains that begin with the name of a module: to a container that is changed, to an entry of one (`ENTRY`), to a
    function that may set something (`CALL`); each with the functions in which that stands. Other names than such as were imported,
    or stand for what a module has, lead to nothing that is a library's.
    """
    found: dict[Chain, set[str]] = {}
    outer = Body(code, {})
    waiting = [code]
    while waiting:
        one = waiting.pop()
        waiting += [item for item in one.co_consts if type(item) is CodeType]
        if not _may_alter(one):
            continue
        body = outer if one is code else Body(one, outer.stands_for)
        for chain in chained(body.containers(), body.called()):
            if len(chain) > 1:
                found.setdefault(chain, set()).add(runs_in(one))
        changed_on_anything.update(body.of_anything())
    return found


def _may_alter(code: CodeType) -> bool:
    """Whether it is worth a closer look: most code is not."""
    names = code.co_names
    return (
        not _SUBSCRIPT_OPS.isdisjoint(code.co_code[::2])
        or not _CHANGING.isdisjoint(names)
        or not _CALL_OPS.isdisjoint(code.co_code[::2])
    )


class Body:
    """One code object."""

    def __init__(self, code: CodeType, around: Mapping[str, Chain]) -> None:
        self._code = code
        self._offsets: list[int] = []
        self.steps = steps_of(code, self._offsets)
        self._found_places: list[Place] | None = None
        self._around = around  # what names of the module stand for
        self.stands_for = self._aliases()

    @property
    def _places(self) -> list[Place]:
        if self._found_places is None:
            positions = list(self._code.co_positions())
            self._found_places = [positions[offset // 2] for offset in self._offsets]
        return self._found_places

    def containers(self) -> Iterator[Chain]:
        """Lead to what is changed in place, or to an entry of it."""
        for position, (op, said) in enumerate(self.steps):
            chain = None
            if op in _SUBSCRIPTS:
                chain = self._subscribed(position)
            elif op in _ATTRIBUTES and said in _CHANGING:
                chain = self._ends_with(position - 1)
            if chain is not None:
                yield chain

    def of_anything(self) -> Iterator[str]:
        """Name the attributes of objects to which no chain leads, but for `self`, of which the value is changed in place."""
        for position, (op, said) in enumerate(self.steps):
            last = position - 1 if op in _ATTRIBUTES and said in _CHANGING else -1
            if op in _SUBSCRIPTS:
                last = (self._begun_at(position) or (-1, -1))[1]
            if last <= 0 or self.steps[last][0] not in _ATTRIBUTES or self.steps[last - 1] in ON_ITSELF:
                continue
            if self._ends_with(last) is None:
                yield str(self.steps[last][1])

    def called(self) -> Iterator[Chain]:
        """Lead to what is called for what it sets: nobody takes what it gives, or it is a decorator, or stands behind `with`."""
        before = ""
        for position, ((op, _), (after, _)) in enumerate(pairwise(self.steps)):
            if op in _CALLS:
                decorates = before in _MADE and (after in _STORES or after in _CALLING)
                chain = self._called(position, decorates) if decorates or after in _FOR_ITS_SAKE else None
                if chain is not None:
                    yield (*chain, CALL)
            if op != "PRECALL":
                before = op

    def _aliases(self) -> dict[str, Chain]:
        """What `from a import b as c` and `c = a.b` make of names."""
        found: dict[str, Chain] = {}
        module = None
        for position, (op, said) in enumerate(self.steps):
            if op == "IMPORT_NAME":
                module = said
                after = self.steps[position + 1 : position + 2]
                if after and after[0][0] in _STORES:  # `import a.b` binds `a`
                    found[str(after[0][1])] = (str(module).partition(".")[0],)
            elif op == "IMPORT_FROM" and module is not None:
                after = self.steps[position + 1 : position + 2]
                if after and after[0][0] in _STORES:
                    found[str(after[0][1])] = (module, str(said))
            elif op in _STORES and said is not None and position and self.steps[position - 1][0] in _ATTRIBUTES:
                chain = self._ends_with(position - 1, found)
                if chain is not None:
                    found[said] = chain
        return found

    def _ends_with(self, position: int, known: Mapping[str, Chain] | None = None) -> Chain | None:
        """The chain of names that has been loaded right after a position."""
        parts: list[str] = []
        while position >= 0 and self.steps[position][0] in _ATTRIBUTES:
            parts.append(str(self.steps[position][1]))
            position -= 1
        if position < 0:
            return None
        op, name = self.steps[position]
        stands = self.stands_for if known is None else known
        root: Chain | None = stands.get(str(name)) if op in _GLOBAL or op in _LOCAL else None
        if root is None and op in _GLOBAL:
            root = self._around.get(str(name))
        return (*root, *reversed(parts)) if root is not None else None

    def _begun_at(self, end: int) -> tuple[int, int] | None:
        """Where the chain stands with which an expression begins that ends at a position: its first and last step."""
        line, _, column, _ = self._places[end]
        if line is None or column is None:
            return None
        for position in range(end - 1, -1, -1):
            op, _ = self.steps[position]
            if (op in _GLOBAL or op in _LOCAL) and self._places[position][0::2] == (line, column):
                last = position
                while last + 1 < end and self.steps[last + 1][0] in _ATTRIBUTES:
                    last += 1
                return position, last
        return None

    def _subscribed(self, end: int) -> Chain | None:
        found = self._begun_at(end)
        chain = None if found is None else self._ends_with(found[1])
        if found is None or chain is None:
            return None
        line, _, column, _ = place = self._places[end]
        deeper = False
        for position in range(found[1] + 1, end):
            if self._places[position][0::2] != (line, column) or self._places[position] == place:
                continue
            if self.steps[position][0] in _CALLS:
                return None  # what a function has given
            deeper = deeper or self.steps[position][0] == "BINARY_SUBSCR"
        op, key = self.steps[found[1] + 1]
        plain = (
            not deeper
            and op == "LOAD_CONST"
            and key is not None
            and self.steps[found[1] + 2][0] in (*_SUBSCRIPTS, "COPY")
        )
        return (*chain, ENTRY + str(key)) if plain else chain

    def _called(self, end: int, decorates: bool) -> Chain | None:
        found = self._begun_at(end)
        chain = None if found is None else self._ends_with(found[1])
        if found is None or chain is None or len(chain) < 2 or decorates:
            return chain
        line, _, column, _ = self._places[end]
        for at in range(found[1] + 1, end):
            if self.steps[at][0] in _CALLS and self._places[at][0::2] == (line, column):
                return None  # of what another call has given
        return chain


def set_by(function: object) -> list[tuple[str, Chain]]:
    """What a library's function sets in its own module, as far as its code says so: modules and chains of names in them.
    What a method of a class sets there counts as the class's.
    """
    owner: object = None
    if type(function) is MethodType:
        owner, function = function.__self__, function.__func__
    begins = [vars(function).get(name) for name in _ENTERED] if isinstance(function, type) else [function]
    begins = [getattr(one, "__wrapped__", one) for one in begins]
    waiting: list[tuple[FunctionType, int]] = []
    for one in begins:
        if type(one) is FunctionType:
            deep = one.__name__.lstrip("_").startswith(_SETTING)
            waiting.append((one, _DEEP if deep else _SHALLOW))
    found: dict[tuple[str, Chain], None] = {}
    seen: set[CodeType] = set()
    while waiting:
        one, deeper = waiting.pop()
        if one.__code__ in seen or len(seen) > 50:
            continue
        seen.add(one.__code__)
        found.update(((one.__module__, chain), None) for chain in _sets(one.__code__))
        if isinstance(owner, type) and one is function:
            names = _of_first(one.__code__)
            found.update(((owner.__module__, (*owner.__qualname__.split("."), name)), None) for name in names)
        for name in one.__code__.co_names if deeper else ():
            called = one.__globals__.get(name)
            if type(called) is FunctionType and called.__globals__ is one.__globals__:
                waiting.append((called, deeper - 1))
    return list(found)


def _sets(code: CodeType) -> Iterator[Chain]:
    """The chains of names of its module that code binds, or whose values it changes, with all that is nested in it."""
    yield from assigned(code, set())
    waiting = [code]
    while waiting:
        one = waiting.pop()
        waiting += [item for item in one.co_consts if type(item) is CodeType]
        body = Body(one, {name: (name,) for name in one.co_names})
        yield from ((said,) for op, said in body.steps if op in ("STORE_GLOBAL", "DELETE_GLOBAL") and said is not None)
        yield from (chain[:-1] if chain[-1].startswith(ENTRY) else chain for chain in body.containers())


def _of_first(code: CodeType) -> set[str]:
    """The attributes that a method of a class changes on what it is given first."""
    if not code.co_argcount:
        return set()
    first, steps = code.co_varnames[0], steps_of(code)
    return {
        str(name)
        for one, (op, name) in pairwise(steps)
        if one in (("LOAD_FAST", first), ("LOAD_DEREF", first)) and op in (*_ATTRIBUTES, "STORE_ATTR", "DELETE_ATTR")
    }
