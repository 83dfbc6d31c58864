"""What code changes inside of libraries without an assignment to a dotted name: `urllib.parse.uses_netloc.append("git")`,
`html.entities.html5["x;"] = "y"`, `library.set_option("k", 2)`.

Expressions are put together by their places in the text: what is subscripted or called begins where the whole begins.
"""

from __future__ import annotations

from dis import opmap
from itertools import chain as chained

from hitsave_trace.fingerprint.assigned import GLOBAL, LOCAL, ON_ITSELF, steps_of
from hitsave_trace.names import parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType

    from hitsave_trace.fingerprint.assigned import Chain

    Place = tuple[int | None, int | None, int | None, int | None]

ENTRY = "["
"""Begins the last part of a chain that leads to an entry of a dict, by its key."""
CALL = "("
"""Is the last part of a chain that leads to a function which is called for what it sets."""
SUBCLASS = "<"
"""Is the last part of a chain that leads to a class from which one of the program's is derived."""
GIVEN = ">"
"""Is the last part of a chain that leads to a function of which what it gives is changed."""

_SUBSCRIPTS = frozenset(("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"))
_ATTRIBUTES = frozenset(("LOAD_ATTR", "LOAD_METHOD"))
_STORES = frozenset(("STORE_NAME", "STORE_GLOBAL", "STORE_FAST", "STORE_DEREF"))
_CALLS = frozenset(("CALL", "CALL_KW", "CALL_FUNCTION_EX"))
_FOR_ITS_SAKE = frozenset(("POP_TOP", "BEFORE_WITH", "BEFORE_ASYNC_WITH"))
_SUBSCRIPT_OPS = frozenset(opmap[name] for name in _SUBSCRIPTS if name in opmap)
_CALLING_OPS = frozenset(opmap[name] for name in (*_CALLS, "LOAD_BUILD_CLASS") if name in opmap)
_IMPORT = opmap["IMPORT_NAME"]
_MAKES = frozenset(("MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE"))
_CHANGING = frozenset((
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "popitem", "add", "discard",
    "difference_update", "intersection_update", "symmetric_difference_update", "appendleft", "extendleft", "popleft", "move_to_end",
    "__setitem__", "__delitem__", "__ior__", "__iadd__",
))  # fmt: skip
_SETTING = (
    "set", "use", "enable", "disable", "config", "activate", "deactivate", "switch", "add", "remove", "update", "define", "toggle", "reset",
    "option", "register", "unregister", "install", "init", "push", "put", "clear", "select", "choose", "change", "declare", "bind", "attach",
    "prepare", "load_config", "on_",
)  # fmt: skip
"""How the names of functions begin that are called for what they set, however far down they do it. Others may fill a cache there."""
_ADDING = frozenset(("add", "remove", "update", "clear"))
"""Names of methods of containers that functions of libraries have as well."""

changed_on_anything: set[str] = set()
"""The attributes whose values the program changes in place, on objects to which no chain of names leads."""


def altered(code: CodeType) -> dict[Chain, set[str]]:
    """List the chains that begin with the name of a module: to a container that is changed, to an entry of one (`ENTRY`), to a
    function that may set something (`CALL`); each with the functions in which that stands. Other names than such as were imported,
    or stand for what a module has, lead to nothing that is a library's.
    """
    found: dict[Chain, set[str]] = {}
    outer = Body(code, {})
    for one, where in parts(code):
        ops = frozenset(one.co_code[::2])
        in_place = not _SUBSCRIPT_OPS.isdisjoint(ops) or not _CHANGING.isdisjoint(one.co_names)
        imported = _IMPORT in ops or not outer.stands_for.keys().isdisjoint(one.co_names)
        if not in_place and (not imported or _CALLING_OPS.isdisjoint(ops)):
            continue
        body = outer if one is code else Body(one, outer.stands_for)
        for chain in chained(body.containers(), body.called()) if imported else ():
            if len(chain) > 1:
                found.setdefault(chain, set()).add(where)
        if in_place:
            changed_on_anything.update(body.of_anything())
    return found


class Body:
    """One code object."""

    def __init__(self, code: CodeType, around: Mapping[str, Chain]) -> None:
        self._code = code
        self._offsets: list[int] = []
        self.steps = steps_of(code, self._offsets)
        self._found_places: list[Place] | None = None
        self.around = around  # what names of the module stand for
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
                chain = self.ends_with(position - 1)
            if chain is not None:
                yield chain if GIVEN not in chain else chain[: chain.index(GIVEN) + 1]

    def of_anything(self) -> Iterator[str]:
        """Name the attributes of objects to which no chain leads, but for `self`, of which the value is changed in place."""
        for position, (op, said) in enumerate(self.steps):
            last = position - 1 if op in _ATTRIBUTES and said in _CHANGING else -1
            if op in _SUBSCRIPTS:
                last = (self._begun_at(position) or (-1, -1))[1]
            if last <= 0 or self.steps[last][0] not in _ATTRIBUTES or self.steps[last - 1] in ON_ITSELF:
                continue
            if self.ends_with(last) is None:
                yield str(self.steps[last][1])

    def called(self) -> Iterator[Chain]:
        """Lead to what is called for what it sets, to classes that others are derived from, and to functions of which what they
        give is changed.
        """
        for position, (op, _) in enumerate(self.steps):
            chain = self._called(position) if op in _CALLS else None
            if chain is not None:
                yield chain
            elif op == "LOAD_BUILD_CLASS":
                yield from self._derived_from(position)

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
                chain = self.ends_with(position - 1, found)
                if chain is not None:
                    found[said] = chain
            elif op in _STORES and said is not None and position and self.steps[position - 1][0] in _CALLS:
                begun = self._begun_at(position - 1)
                chain = None if begun is None else self.ends_with(begun[1], found)
                if chain is not None and len(chain) > 1 and GIVEN not in chain:
                    found[said] = (*chain, GIVEN)
        return found

    def ends_with(self, position: int, known: Mapping[str, Chain] | None = None) -> Chain | None:
        """The chain of names that has been loaded right after a position."""
        parts: list[str] = []
        while position >= 0 and self.steps[position][0] in _ATTRIBUTES:
            parts.append(str(self.steps[position][1]))
            position -= 1
        if position < 0:
            return None
        op, name = self.steps[position]
        stands = self.stands_for if known is None else known
        root: Chain | None = stands.get(str(name)) if op in GLOBAL or op in LOCAL else None
        if root is None and op in GLOBAL:
            root = self.around.get(str(name))
        return (*root, *reversed(parts)) if root is not None else None

    def _begun_at(self, end: int) -> tuple[int, int] | None:
        """Where the chain stands with which an expression begins that ends at a position: its first and last step."""
        line, _, column, _ = self._places[end]
        if line is None or column is None:
            return None
        for position in range(end - 1, -1, -1):
            op, _ = self.steps[position]
            if (op in GLOBAL or op in LOCAL) and self._places[position][0::2] == (line, column):
                last = position
                while last + 1 < end and self.steps[last + 1][0] in _ATTRIBUTES:
                    last += 1
                return position, last
        return None

    def _subscribed(self, end: int) -> Chain | None:
        found = self._begun_at(end)
        chain = None if found is None else self.ends_with(found[1])
        if found is None or chain is None:
            return None
        line, _, column, _ = place = self._places[end]
        deeper = False
        for position in range(found[1] + 1, end):
            if self._places[position][0::2] != (line, column) or self._places[position] == place:
                continue
            if self.steps[position][0] in _CALLS:
                return (*chain, GIVEN) if len(chain) > 1 else None
            deeper = deeper or self.steps[position][0] == "BINARY_SUBSCR"
        op, key = self.steps[found[1] + 1]
        plain = (
            not deeper
            and op == "LOAD_CONST"
            and key is not None
            and self.steps[found[1] + 2][0] in (*_SUBSCRIPTS, "COPY")
        )
        return (*chain, ENTRY + str(key)) if plain else chain

    def _called(self, end: int) -> Chain | None:
        found = self._begun_at(end)
        chain = None if found is None else self.ends_with(found[1])
        if found is None or chain is None or len(chain) < 2:
            return None
        if GIVEN in chain:
            given = chain.index(GIVEN)
            return chain[: given + 1] if _changes_by_name(chain[-1]) else None
        if sets_by_name(chain[-1]) or self._decorates(end):
            return (*chain, CALL)
        last = self._last_attribute(found[1] + 1, end)
        if last is not None:
            return (*chain, GIVEN) if _changes_by_name(last) else None
        return (*chain, CALL) if self.steps[end + 1][0] in _FOR_ITS_SAKE else None

    def _decorates(self, end: int) -> bool:
        """Whether a call is made of a decorator: what it gives is bound on a line further down."""
        before, after = end - 1, end + 1
        while self.steps[before][0] == "PRECALL":
            before -= 1
        while self.steps[after][0] == "PRECALL":
            after += 1
        if self.steps[before][0] in _MAKES:
            return self._places[before][0] != self._places[end][0]
        line, bound = self._places[end][0], self._places[after][0]
        return self.steps[after][0] in _STORES and line is not None and bound is not None and bound > line

    def _last_attribute(self, start: int, end: int) -> str | None:
        """The method by whose call an expression ends that begins with another call: `a.b().c(…)`."""
        line, _, column, _ = self._places[end]
        calls = 0
        last = ""
        for position in range(start, end):
            if self._places[position][0::2] == (line, column):
                op, said = self.steps[position]
                calls += op in _CALLS
                last = str(said) if op in _ATTRIBUTES else last
        return last if calls else None

    def _derived_from(self, position: int) -> Iterator[Chain]:
        """Lead to the bases of a class that is made."""
        for later in range(position + 1, len(self.steps)):
            op, _ = self.steps[later]
            if op in _CALLS:
                return
            if (op in GLOBAL or op in LOCAL or op in _ATTRIBUTES) and self.steps[later + 1][0] not in _ATTRIBUTES:
                chain = self.ends_with(later)
                if chain is not None and len(chain) > 1 and GIVEN not in chain:
                    yield (*chain, SUBCLASS)


def sets_by_name(name: str) -> bool:
    """Whether a function is called for what it sets, by its name."""
    return name not in _CHANGING - _ADDING and name.lstrip("_").startswith(_SETTING)


def _changes_by_name(name: str) -> bool:
    return name in _CHANGING or sets_by_name(name)
