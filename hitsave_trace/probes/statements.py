"""Which statements at the top level of a module can be observed as calls of their own, and what each of them reads.

Statements are found in the code and not in the source: a statement is what lies between two places that every run of the
module passes, with nothing on the stack and no handler around. So a compound statement is one, however its code was laid
out, and a jump from its first place to its last leaves nothing behind. The body of `if __name__ == "__main__":` counts as
top level itself.

What a statement reads are the names that it may look at before it binds them itself, each with the attributes behind it,
as in functions; they are read when it begins, whichever way it takes then.

Not observed are statements that define functions or classes or import something, since what they bind exists only once
they have run; and those that can't take long, or do nothing but call the program's own functions, which answer for
themselves.
"""

from __future__ import annotations

import dis
from types import CodeType

from hitsave_trace.fingerprint.code import fingerprint_part
from hitsave_trace.model import TELLING
from hitsave_trace.names import is_inline
from hitsave_trace.probes import sites
from hitsave_trace.probes.flow import Block, Flow, Irregular
from hitsave_trace.pythons import ATTRIBUTE_HAS_METHOD_BIT, COMPARISON_SHIFT, NULL_BELOW_CALLABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hitsave_trace.model import Chain

MAX_INSTRUCTIONS = 50_000
"""Modules with more are data, mostly; their statements are not observed."""

_OP = {name: number for name, number in dis.opmap.items() if number < 256}


def _numbers(names: str) -> frozenset[int]:
    return frozenset(_OP[name] for name in names.split() if name in _OP)


_STORE, _DELETE, _LOAD_NAME = _OP["STORE_NAME"], _OP["DELETE_NAME"], _OP["LOAD_NAME"]
_LOAD_CONST, _PUSH_NULL, _MAKE_FUNCTION = _OP["LOAD_CONST"], _OP["PUSH_NULL"], _OP["MAKE_FUNCTION"]
_LOAD_ATTR, _LOAD_METHOD = _OP["LOAD_ATTR"], _OP.get("LOAD_METHOD", -1)
_COMPARE, _FALSE = _OP["COMPARE_OP"], _numbers("POP_JUMP_IF_FALSE POP_JUMP_FORWARD_IF_FALSE")
_NEVER = _numbers(
    "IMPORT_NAME IMPORT_FROM IMPORT_STAR LOAD_BUILD_CLASS YIELD_VALUE SEND GET_AWAITABLE GET_AITER GET_ANEXT BEFORE_ASYNC_WITH"
)
_SLOW = _numbers(
    "FOR_ITER JUMP_BACKWARD POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_BACKWARD_IF_FALSE BEFORE_WITH BINARY_OP BINARY_SUBSCR"
    " BINARY_SLICE STORE_SUBSCR STORE_SLICE DELETE_SUBSCR COMPARE_OP CONTAINS_OP UNARY_NEGATIVE UNARY_INVERT LIST_EXTEND"
    " SET_UPDATE DICT_UPDATE DICT_MERGE CALL_FUNCTION_EX UNPACK_SEQUENCE UNPACK_EX GET_ITER CALL_INTRINSIC_1"
)
_CALLS = _numbers("CALL CALL_KW")
CHEAP = frozenset((
    "print", "len", "str", "repr", "int", "float", "bool", "round", "isinstance", "issubclass", "type", "range", "enumerate",
    "zip", "abs", "format", "id", "hasattr", "getattr", "setattr", "callable", "object", "open", "input", "exit", "quit",
    "iter", "tuple", "chr", "ord", "hash",
))  # fmt: skip
"""Builtins that take long only for arguments that are objects of the program; then these count."""


class Statement:
    """One statement: positions of instructions, what it reads, what it is."""

    __slots__ = (
        "binds",
        "callees",
        "chains",
        "digest",
        "first_line",
        "last_line",
        "region",
        "returns",
        "start",
        "stop",
        "sure",
    )

    def __init__(self, start: int, stop: int | None, region: list[int], returns: list[int]) -> None:
        self.start = start
        self.stop = stop  # where it ends normally; None if it only ends by returning
        self.region = region
        self.returns = returns
        self.chains: tuple[Chain, ...] = ()
        self.binds: tuple[str, ...] = ()  # names that it may bind or delete itself
        self.sure: tuple[str, ...] = ()  # those of them that are bound whichever way it takes
        self.callees: tuple[str, ...] = ()
        """Names of what it calls, if it does nothing else; it is not observed if all of them are functions of the program."""
        self.digest = b""
        self.first_line = self.last_line = 0


def find(code: CodeType, entry_unit: int, *, script: bool) -> tuple[Flow | None, list[Statement]]:
    """Find the statements of a module's code that can be observed; `script`: it may run as `__main__`."""
    if len(code.co_code) // 2 > MAX_INSTRUCTIONS:
        return None, []
    try:
        flow = Flow(code, entry_unit)
        start = flow.block_at(flow.entry)
        if start is None:
            return None, []
        pieces = list(_pieces(flow, start, None, script=script))
    except Irregular:
        return None, []
    chains: dict[int, list[Chain]] = {}
    for unit, chain in sites.chains(code):
        chains.setdefault(unit, []).append(chain)
    functions = frozenset(
        const.co_name
        for const in code.co_consts
        if type(const) is CodeType and not is_inline(const) and const.co_name != "<lambda>"
    )
    lines = [position[0] for position in code.co_positions()]
    found = [piece for piece in pieces if _describe(flow, piece, chains, functions, lines)]
    return flow, found


# --- where statements begin and end -----------------------------------------------------------------------------------


def _pieces(flow: Flow, start: Block, limit: Block | None, *, script: bool) -> Iterator[Statement]:
    row = flow.spine(start, limit)
    cuts: list[int] = []
    for block in row:
        if block.looped:
            if block.depth == 0:
                cuts.append(block.start)
        else:
            cuts.extend(i for i, depth in flow.depths(block) if depth == 0)
    end = None if limit is None else limit.start
    for i, cut in enumerate(cuts):
        stop = cuts[i + 1] if i + 1 < len(cuts) else end
        body = _guarded(flow, cut) if script else None
        if body is not None:
            yield from _pieces(flow, body, _join(body), script=False)
            continue
        region = flow.region(cut, () if stop is None else (stop,))
        returns = [j for j in region if flow.returns(j)]
        reached = stop if stop is not None and any(stop in _after(flow, j) for j in region) else None
        if reached is None and not returns:
            continue
        if reached is not None and reached <= max(cut, 0):
            continue
        yield Statement(cut, reached, region, returns)


def _after(flow: Flow, i: int) -> tuple[int, ...]:
    target = flow.target(i)
    behind = () if flow.ends(i) else (i + 1,)
    return behind if target is None else (*behind, target)


def _guarded(flow: Flow, cut: int) -> Block | None:
    """The body of `if __name__ == "__main__":` if that is what begins at instruction `cut`."""
    code, rows = flow.code, flow.instructions
    if cut + 4 > len(rows):
        return None
    said: set[str] = set()
    for _, _, number, argument in rows[cut : cut + 2]:
        if number == _LOAD_NAME and code.co_names[argument] == "__name__":
            said.add("name")
        elif number == _LOAD_CONST and code.co_consts[argument] == "__main__":
            said.add("text")
    compare, jump = rows[cut + 2], rows[cut + 3]
    if len(said) < 2 or compare[2] != _COMPARE or jump[2] not in _FALSE:
        return None
    if dis.cmp_op[compare[3] >> COMPARISON_SHIFT] != "==":
        return None
    return flow.block_at(cut + 4)


def _join(body: Block) -> Block | None:
    """Where control goes from behind a guarded body; itself if that can't be told."""
    inside: dict[int, Block] = {}
    waiting = [body]
    while waiting:
        block = waiting.pop()
        inside[id(block)] = block
        waiting.extend(block.below)
    out = {
        id(following): following
        for block in inside.values()
        for following in block.successors
        if id(following) not in inside
    }
    if not out:
        return None
    return next(iter(out.values())) if len(out) == 1 else body


# --- what a statement is ----------------------------------------------------------------------------------------------


def _describe(
    flow: Flow,
    piece: Statement,
    chains: dict[int, list[Chain]],
    functions: frozenset[str],
    lines: Sequence[int | None],
) -> bool:
    """Fill in what a statement is; False if it is not to be observed."""
    code, rows = flow.code, flow.instructions
    numbers = {rows[i][2] for i in piece.region}
    if not numbers.isdisjoint(_NEVER) or numbers.isdisjoint(_SLOW | _CALLS | {_MAKE_FUNCTION}):
        return False
    calls = 0
    callees: list[str] | None = [] if numbers.isdisjoint(_SLOW) else None
    for i in piece.region:
        _, _, number, argument = rows[i]
        if number == _LOAD_CONST and type(code.co_consts[argument]) is CodeType:
            inner = code.co_consts[argument]
            if not is_inline(inner):
                if inner.co_name != "<lambda>":
                    return False
                continue
            callees = None
            if not sites.CLOCK_ATTRIBUTES.isdisjoint(inner.co_names):
                return False
        elif number in (_LOAD_ATTR, _LOAD_METHOD):
            if sites.attribute(code, number, argument) in sites.CLOCK_ATTRIBUTES and not _named(chains, rows, i):
                return False
            is_method = number == _LOAD_METHOD or (ATTRIBUTE_HAS_METHOD_BIT and argument & 1)
            if is_method and rows[i - 1][2] != _LOAD_CONST:
                callees = None
        elif number in _CALLS:
            calls += 1
        elif number == _PUSH_NULL and callees is not None:
            other = rows[i + 1] if NULL_BELOW_CALLABLE else rows[i - 1]
            name = code.co_names[other[3]] if other[2] == _LOAD_NAME else None
            if name is None:
                callees = None
            elif name not in CHEAP:
                callees.append(name)
    if callees is not None:
        if functions.issuperset(callees):
            return False  # nothing else in it can take long
        piece.callees = tuple(dict.fromkeys(callees))
    found, sure = _reads(flow, piece, chains)
    piece.chains = tuple(found)
    stores = (rows[i] for i in piece.region)
    piece.binds = tuple(dict.fromkeys(code.co_names[row[3]] for row in stores if row[2] in (_STORE, _DELETE)))
    piece.sure = tuple(name for name in piece.binds if name in sure)
    if not calls and not piece.chains and numbers.isdisjoint(_numbers("FOR_ITER JUMP_BACKWARD")):
        return False
    if ("__annotations__",) in piece.chains:
        return False  # the second half of `name: type = value`
    left = _leaving(flow, piece)
    part = [(rows[i][0] * 2, rows[i][2], rows[i][3]) for i in piece.region]
    piece.digest = fingerprint_part(code, part, left)
    own = [line for i in piece.region if (line := lines[rows[i][1]]) is not None and rows[i][0] * 2 not in left]
    first = lines[rows[piece.start][1]] or min(own, default=0)
    piece.first_line = min(first, min(own, default=first))
    piece.last_line = max(own, default=piece.first_line)
    return bool(own)


def _named(chains: dict[int, list[Chain]], rows: list[tuple[int, int, int, int]], i: int) -> bool:
    """Whether the attribute read at instruction `i` belongs to a chain that begins with a name."""
    while i > 0 and rows[i][2] in (_LOAD_ATTR, _LOAD_METHOD):
        i -= 1
    return rows[i][2] == _LOAD_NAME and rows[i][0] in chains


def _leaving(flow: Flow, piece: Statement) -> set[int]:
    """Byte offsets of the instructions that return for the module: what they do is no part of the statement."""
    found: set[int] = set()
    for i in piece.returns:
        start, _, _, _ = flow.instructions[i]
        found.add(start * 2)
        before = flow.instructions[i - 1]
        if dis.opname[flow.instructions[i][2]] == "RETURN_VALUE" and before[2] == _LOAD_CONST:
            found.add(before[0] * 2)
    return found


def _reads(flow: Flow, piece: Statement, chains: dict[int, list[Chain]]) -> tuple[dict[Chain, None], frozenset[str]]:
    """The chains of names that may be looked at before the statement has bound them; names that it binds for certain."""
    rows, names = flow.instructions, flow.code.co_names
    members = set(piece.region)
    # Which names are bound for certain when control comes to an instruction; a block at a time.
    heads = {piece.start: frozenset[str]()}
    waiting = [piece.start]
    handlers = flow.handlers()
    sure: frozenset[str] | None = None
    while waiting:
        i = waiting.pop()
        held = heads[i]
        while True:
            goals: list[tuple[int, frozenset[str]]] = []
            if i in handlers:
                goals.append((handlers[i], held))
            held = _bound(rows[i], names, held)
            if flow.returns(i):
                sure = held if sure is None else sure & held
            target = flow.target(i)
            if target is not None:
                goals.append((target, held))
            through = not flow.ends(i)
            if through and flow.block_at(i + 1) is not None:
                goals.append((i + 1, held))
                through = False
            if through and i + 1 not in members:
                goals.append((i + 1, held))
                through = False
            for goal, bound in goals:
                if goal not in members:
                    sure = bound if sure is None else sure & bound
                    continue
                known = heads.get(goal)
                merged = bound if known is None else known & bound
                if merged != known:
                    heads[goal] = merged
                    waiting.append(goal)
            if not through:
                break
            i += 1
    found: dict[Chain, None] = {}
    held = frozenset()
    for i in piece.region:
        held = heads.get(i, held)
        row = rows[i]
        for chain in chains.get(row[0], ()):
            if chain[0] == TELLING or chain[0] not in held:
                found[chain] = None
        if row[2] == _DELETE:  # if it is not there afterwards, was it there before?
            found[(names[row[3]],)] = None
        held = _bound(row, names, held)
    return found, sure or frozenset()


def _bound(row: tuple[int, int, int, int], names: Sequence[str], held: frozenset[str]) -> frozenset[str]:
    if row[2] == _STORE:
        return held | {names[row[3]]}
    if row[2] == _DELETE:
        return held - {names[row[3]]}
    return held
