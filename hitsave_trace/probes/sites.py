"""Where a code object reads names from outside, block by block.

A read is a chain: `("config", "LR")` for `config.LR`, `("", "config", "LR")` for `from config import LR`. The chain
ends where the receiver is no longer known from the text alone; what the chain means is found out when it runs.

Reads are grouped by basic block, since what stands in one block runs together. The reads of the entry block happen
whenever the function is entered; every other block that reads something more needs a probe of its own.
"""

from __future__ import annotations

import dis
from types import CodeType

from hitsave_trace.model import FOUND, HANDLED_BEFORE, HARMLESS, IMPORTED, RELATIVE, TELLING, TELLING_ATTRIBUTES, Chain
from hitsave_trace.names import is_inline
from hitsave_trace.probes.identities import harmless_calls as identities_in
from hitsave_trace.pythons import ATTRIBUTE_HAS_METHOD_BIT, CACHE, EXTENDED_ARG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.probes.assembler import Places

_OP = {name: number for name, number in dis.opmap.items() if number < 256}
_LOAD_GLOBAL, _LOAD_NAME = _OP["LOAD_GLOBAL"], _OP["LOAD_NAME"]
_NAMES = frozenset((_LOAD_GLOBAL, _LOAD_NAME))
_GLOBAL_WRITES = frozenset((_OP["STORE_GLOBAL"], _OP["DELETE_GLOBAL"]))
_ATTR_READS = frozenset(_OP[n] for n in ("LOAD_ATTR", "LOAD_METHOD") if n in _OP)
_ATTR_WRITES = frozenset((_OP["STORE_ATTR"], _OP["DELETE_ATTR"]))
_IMPORT_NAME, _IMPORT_FROM = _OP["IMPORT_NAME"], _OP["IMPORT_FROM"]
_COPY, _STORE_FAST, _LOAD_FAST = _OP["COPY"], _OP["STORE_FAST"], _OP["LOAD_FAST"]
_LOAD_CONST = _OP["LOAD_CONST"]
JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
_ENDS = frozenset(
    _OP[n]
    for n in ("RETURN_VALUE", "RETURN_CONST", "RERAISE", "RAISE_VARARGS", "JUMP_FORWARD", "JUMP_BACKWARD")
    if n in _OP
)
_OPTIMIZED = 0x1
_CALL = _OP.get("PRECALL", _OP["CALL"])  # with the number of arguments
_FAR = 200
_OF_VARIABLES = frozenset(("vars", "locals"))


class Sites:
    """The reads of one code object: those of its entry, and those of each further block with where it starts."""

    __slots__ = ("blocks", "entry", "receivers")

    def __init__(
        self,
        entry: tuple[Chain, ...],
        blocks: tuple[tuple[int, tuple[Chain, ...]], ...],
        receivers: tuple[int, ...] = (),
    ) -> None:
        self.entry = entry
        self.blocks = blocks
        self.receivers = receivers  # units where an attribute is read whose meaning depends on what has it

    def moved(self, places: Places) -> Sites:
        """The same reads in code into which something has been inserted."""
        blocks = tuple((places.before(unit), chains) for unit, chains in self.blocks)
        return Sites(self.entry, blocks, tuple(places.before(unit) for unit in self.receivers))

    def all(self) -> tuple[Chain, ...]:
        """Every chain of every block, without repetition."""
        seen = dict.fromkeys(self.entry)
        for _, chains in self.blocks:
            seen.update(dict.fromkeys(chains))
        return tuple(seen)


def find(code: CodeType) -> Sites:
    """Find the reads of `code`, and of the code that runs inline in it."""
    found: list[tuple[int, Chain]] = []  # (code unit, chain)
    instructions = list(units(code))
    leaders = _leaders(code, instructions)
    starts = sorted(leaders)
    found.extend(_reads(code, instructions))
    by_block: dict[int, dict[Chain, int]] = {}
    block = 0
    following = iter([*starts[1:], 1 << 60])
    limit = next(following)
    for unit, chain in sorted(found, key=lambda item: item[0]):
        while unit >= limit:
            block, limit = limit, next(following)
        by_block.setdefault(block, {}).setdefault(chain, unit)
    entry = tuple(by_block.pop(0, ()))
    covered = set(entry)
    blocks = []
    for chains in by_block.values():
        fresh = {chain: unit for chain, unit in chains.items() if chain not in covered}
        if fresh:
            blocks.append((min(fresh.values()), tuple(fresh)))
    receivers = tuple(
        start for start, _, number, argument in instructions if attribute(code, number, argument) in CLOCK_ATTRIBUTES
    )
    return Sites(entry, tuple(blocks), receivers)


def chains(code: CodeType) -> list[tuple[int, Chain]]:
    """List all reads of `code`, and of the code that runs inline in it, each with the code unit where it stands."""
    return list(_reads(code, list(units(code))))


CLOCK_ATTRIBUTES = frozenset(("now", "today", "utcnow"))
"""Attributes by which a class of `datetime`, whatever local name it goes by, gives the time of day. The class can't be
tapped, being C, so whoever has the attribute is looked at when it is read."""


def attribute(code: CodeType, number: int, argument: int) -> str | None:
    """The attribute that an instruction reads, if it reads one."""
    if number not in _ATTR_READS:
        return None
    shifted = ATTRIBUTE_HAS_METHOD_BIT and number == _OP["LOAD_ATTR"]
    return code.co_names[argument >> 1 if shifted else argument]


def imports(code: CodeType) -> tuple[Chain, ...]:
    """List the modules that a module's top level imports, as chains without attributes."""
    instructions = list(units(code))
    found = {
        _module_chain(code, instructions, i): None
        for i, (_, _, number, _) in enumerate(instructions)
        if number == _IMPORT_NAME
    }
    for const in code.co_consts:
        if type(const) is CodeType and is_inline(const):
            found.update(dict.fromkeys(imports(const)))
    return tuple(found)


def units(code: CodeType) -> Iterator[tuple[int, int, int, int]]:
    """Walk the instructions as (first unit with prefixes, unit of the opcode, opcode, argument)."""
    raw = code.co_code
    extended, start = 0, -1
    for offset in range(0, len(raw), 2):
        number = raw[offset]
        if number == CACHE:
            continue
        if start < 0:
            start = offset // 2
        argument = raw[offset + 1] | extended
        if number == EXTENDED_ARG:
            extended = argument << 8
            continue
        yield start, offset // 2, number, argument
        extended, start = 0, -1


def jump_target(raw: bytes, unit: int, number: int, argument: int) -> int:
    """Give the code unit that the jump at `unit` reaches."""
    after = unit + 1
    while after * 2 < len(raw) and raw[after * 2] == CACHE:
        after += 1
    return after - argument if "BACKWARD" in dis.opname[number] else after + argument


def _leaders(code: CodeType, instructions: list[tuple[int, int, int, int]]) -> set[int]:
    from hitsave_trace.fingerprint.code import exception_entries

    raw = code.co_code
    leaders = {0}
    ended = False
    for start, unit, number, argument in instructions:
        if ended:
            leaders.add(start)
        ended = number in _ENDS
        if number in JUMPS:
            leaders.add(jump_target(raw, unit, number, argument))
            ended = True
    for _, _, target, _, _ in exception_entries(code.co_exceptiontable):
        leaders.add(target)
    return leaders


def _reads(code: CodeType, instructions: list[tuple[int, int, int, int]]) -> Iterator[tuple[int, Chain]]:
    names, consts = code.co_names, code.co_consts
    modules = _module_locals(code, instructions)
    identities = identities_in(code, instructions, _leaders(code, instructions)) if "id" in names else ()
    count = len(instructions)
    followed = 0  # attributes up to this instruction belong to a chain
    for i, (start, _, number, argument) in enumerate(instructions):
        if number == _LOAD_GLOBAL:
            chain = _chain((names[argument >> 1],), instructions, i + 1, names)
            followed = i + len(chain) - 1
            harmless = i in identities or _is_harmless(code, instructions, i, chain)
            yield start, (*chain, HARMLESS) if harmless else chain
        elif number == _LOAD_NAME:
            yield start, _chain((names[argument],), instructions, i + 1, names)
        elif number in _GLOBAL_WRITES:
            yield start, (names[argument],)
        elif number in _ATTR_READS and i > followed:
            shifted = ATTRIBUTE_HAS_METHOD_BIT and number == _OP["LOAD_ATTR"]
            name = names[argument >> 1 if shifted else argument]
            if name in TELLING_ATTRIBUTES or name == HANDLED_BEFORE:
                yield start, (TELLING, name)
        elif number == _IMPORT_NAME:
            yield from ((start, chain) for chain in _imported(code, instructions, i, modules))
        elif number == _LOAD_CONST and type(consts[argument]) is CodeType and is_inline(consts[argument]):
            for chain in find(consts[argument]).all():
                yield start, chain
        elif number == _LOAD_FAST and argument in modules and i + 1 < count:
            prefix = modules[argument]
            if instructions[i + 1][2] in _ATTR_READS | _ATTR_WRITES:
                yield start, _chain(prefix, instructions, i + 1, names)


def _is_harmless(code: CodeType, instructions: list[tuple[int, int, int, int]], i: int, chain: Chain) -> bool:
    """Whether a function's `vars(thing)` or `locals()` is called here: an attribute of the thing, or its own variables.

    What leads from a global name to the thing without a call may be a module, of which that reads everything.
    """
    if len(chain) > 1 or chain[0] not in _OF_VARIABLES or not code.co_flags & _OPTIMIZED:
        return False
    depth = 0
    for j in range(i + 1, min(i + _FAR, len(instructions))):
        number, argument = instructions[j][2], instructions[j][3]
        if number == _CALL and depth == argument:
            between = [one[2] for one in instructions[i + 1 : j]]
            if argument == 0 or chain != ("vars",):
                return argument == 0
            return argument == 1 and not (between[0] in _NAMES and _ATTR_READS.issuperset(between[1:]))
        if number in JUMPS or number in _ENDS:
            return False
        depth += dis.stack_effect(number, argument if number >= dis.HAVE_ARGUMENT else None, jump=False)
    return False


def _chain(prefix: Chain, instructions: list[tuple[int, int, int, int]], i: int, names: tuple[str, ...]) -> Chain:
    """Follow the attribute accesses that come right after a name."""
    chain = list(prefix)
    while i < len(instructions):
        number, argument = instructions[i][2], instructions[i][3]
        if number in _ATTR_READS:
            shifted = ATTRIBUTE_HAS_METHOD_BIT and number == _OP["LOAD_ATTR"]
            chain.append(names[argument >> 1 if shifted else argument])
        elif number in _ATTR_WRITES:
            chain.append(names[argument])
            break
        elif not (
            number == _COPY and argument == 1 and i + 1 < len(instructions) and instructions[i + 1][2] in _ATTR_READS
        ):
            break
        i += 1
    return tuple(chain)


def _module_locals(code: CodeType, instructions: list[tuple[int, int, int, int]]) -> dict[int, Chain]:
    """Find local variables that only ever hold one imported module and are only used as `name.attr`."""
    if not _OF_VARIABLES.isdisjoint(code.co_names):
        return {}  # what the variables hold can be had without their names
    held: dict[int, Chain] = {}
    spoilt: set[int] = set()
    for i, (_, _, number, argument) in enumerate(instructions):
        name = dis.opname[number]
        if number == _STORE_FAST:
            before = instructions[i - 1]
            if before[2] == _IMPORT_NAME and argument not in held and not _fromlist(code, instructions, i - 1):
                # `import a.b` binds `a`; `import a.b as c` does not end in a plain IMPORT_NAME; STORE_FAST.
                chain = _module_chain(code, instructions, i - 1)
                full = code.co_names[before[3]]
                held[argument] = (chain[0], full.partition(".")[0]) if chain[0] == IMPORTED else chain
            else:
                spoilt.add(argument)
        elif "FAST" in name:
            if (
                number == _LOAD_FAST
                and i + 1 < len(instructions)
                and instructions[i + 1][2] in _ATTR_READS | _ATTR_WRITES
            ):
                continue
            if name in ("LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"):
                spoilt.update((argument >> 4, argument & 15))
            else:
                spoilt.add(argument)
    return {local: chain for local, chain in held.items() if local not in spoilt}


def _fromlist(code: CodeType, instructions: list[tuple[int, int, int, int]], i: int) -> tuple[str, ...]:
    before = instructions[i - 1]
    value = code.co_consts[before[3]] if before[2] == _LOAD_CONST else None
    return value if isinstance(value, tuple) else ()


def _module_chain(code: CodeType, instructions: list[tuple[int, int, int, int]], i: int) -> Chain:
    name = code.co_names[instructions[i][3]]
    level_at = instructions[i - 2]
    level = code.co_consts[level_at[3]] if level_at[2] == _LOAD_CONST else 0
    if isinstance(level, int) and level > 0:
        return (RELATIVE, str(level), name)
    return (IMPORTED, name)


def _imported(
    code: CodeType, instructions: list[tuple[int, int, int, int]], i: int, modules: dict[int, Chain]
) -> Iterator[Chain]:
    """Give the chains of an import statement inside a function."""
    module = _module_chain(code, instructions, i)
    wanted = _fromlist(code, instructions, i)
    yield (FOUND, "0" if module[0] == IMPORTED else module[1], module[-1])
    if wanted:
        for name in wanted:
            yield (*module, name)
        return
    after = instructions[i + 1] if i + 1 < len(instructions) else None
    if after is not None and after[2] == _STORE_FAST and after[3] in modules:
        return  # its attributes are read where the variable is used
    if after is not None and after[2] == _IMPORT_FROM:  # import a.b.c as d
        yield module
        return
    yield module
