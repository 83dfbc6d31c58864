"""Probes at the statements of a module's top level.

Before a statement stands: load its slot; if that is not None, call `statement`, which may answer; an answered statement is
jumped over. Where it ends, and before each return that is a part of it, stands: load its other slot; if that is not None,
call `ended`. An exception that leaves a statement passes a handler that calls `abandon` and raises on.

What is inserted carries the position of what it stands before, so tracers, debuggers and tracebacks see each line when they
saw it before. Jumps are laid out anew, since what is inserted may stand between any two places.
"""

from __future__ import annotations

import dis
from bisect import bisect_left

from hitsave_trace.probes import snippets, tables
from hitsave_trace.probes.assembler import Jump, Label, assemble
from hitsave_trace.probes.snippets import IF_NONE, IF_NOT_NONE, op

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

    from hitsave_trace.probes.assembler import Piece
    from hitsave_trace.probes.flow import Flow
    from hitsave_trace.probes.statements import Statement

# The constants of a module's probes: its own two, the hooks, then three for each statement.
ENTER_MODULE, MODULE_INFO, STATEMENT, ENDED, ABANDON = range(5)
FIXED = 5
SLOT, EXIT_SLOT, INFO = range(3)
EACH = 3


def with_probes(code: CodeType, resume: int, flow: Flow | None, found: Sequence[Statement]) -> CodeType:
    """Put probes into a module's code: at its start, behind unit `resume`, and around the statements `found` in it."""
    base = len(code.co_consts)
    none = next((i for i, const in enumerate(code.co_consts) if const is None), base + FIXED + EACH * len(found))
    layout = _Layout(code)
    layout.add(resume, snippets.module_entry(base + ENTER_MODULE, base + MODULE_INFO))
    exits: dict[int, Label] = {}
    for number, statement in enumerate(found):
        assert flow is not None  # noqa: S101 - there are no statements without one
        place = base + FIXED + EACH * number
        told = snippets.call(base + ENDED, op("LOAD_CONST", place + INFO)) + op("POP_TOP")
        closing = op("LOAD_CONST", place + EXIT_SLOT) + snippets.jump_if(IF_NONE, told)
        ends = list(statement.returns)
        if statement.stop is not None:
            ends.append(statement.stop)
        for i in ends:
            layout.add(flow.instructions[i][0], closing)
    for statement in found:
        if flow is not None and statement.stop is not None:
            unit = flow.instructions[statement.stop][0]
            if unit not in exits:
                exits[unit] = Label()
                layout.add(unit, exits[unit])
    for number, statement in enumerate(found):
        assert flow is not None  # noqa: S101
        place = base + FIXED + EACH * number
        unit = flow.instructions[statement.start][0]
        on = Label()
        asked = snippets.call(base + STATEMENT, op("LOAD_CONST", place + INFO))
        layout.add(unit, op("LOAD_CONST", place + SLOT), Jump(IF_NONE, on), asked)
        if statement.stop is not None:
            layout.add(unit, Jump(IF_NOT_NONE, exits[flow.instructions[statement.stop][0]]), on)
        else:
            layout.add(unit, Jump(IF_NONE, on), op("LOAD_CONST", none), op("RETURN_VALUE"), on)
        layout.inner[unit] = {flow.instructions[i][0] for i in statement.region}
        handled = flow.handlers()
        layout.guarded.update(flow.instructions[i][0] for i in statement.region if i not in handled)
    constants = [None] * (FIXED + EACH * len(found) + 1)
    abandoned = b""
    if found:
        abandoned = snippets.abandon(base + ABANDON, base + MODULE_INFO)
    return layout.build(abandoned).replace(
        co_consts=(*code.co_consts, *constants), co_stacksize=max(code.co_stacksize + 6, 6)
    )


class _Layout:
    """A code object that is being laid out anew with pieces between its instructions."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.added: dict[int, list[Piece]] = {}
        self.inner: dict[int, set[int]] = {}  # unit → the units from which a jump to it lands behind what was added
        self.guarded: set[int] = set()  # first units of instructions whose exceptions are told

    def add(self, unit: int, *pieces: Piece) -> None:
        self.added.setdefault(unit, []).extend(pieces)

    def build(self, abandoned: bytes) -> CodeType:
        from hitsave_trace.fingerprint.code import exception_entries
        from hitsave_trace.probes.sites import jump_target, units

        code, raw = self.code, self.code.co_code
        rows = list(units(code))
        total = len(raw) // 2
        starts = [row[0] for row in rows]
        ends = [*starts[1:], total]
        before: dict[int, Label] = {}
        behind: dict[int, Label] = {}
        for _, unit, number, argument in rows:
            if number in _JUMPS:
                goal = jump_target(raw, unit, number, argument)
                before.setdefault(goal, Label())
                behind.setdefault(goal, Label())
        pieces: list[Piece] = []
        origins: list[int] = []  # for each piece the unit of the original whose position it has; -1 for labels
        for (start, unit, number, argument), end in zip(rows, ends, strict=True):
            if start in before:
                pieces.append(before[start])
                origins.append(-1)
            for piece in self.added.get(start, ()):
                pieces.append(piece)
                origins.append(-1 if isinstance(piece, Label) else start)
            if start in behind:
                pieces.append(behind[start])
                origins.append(-1)
            mark = Label()
            pieces.append(mark)
            origins.append(-2 - start)
            if number in _JUMPS:
                goal = jump_target(raw, unit, number, argument)
                label = behind[goal] if start in self.inner.get(goal, ()) else before[goal]
                pieces.append(Jump(dis.opname[number], label))
            else:
                pieces.append(raw[2 * start : 2 * end])
            origins.append(start)
        laid = assemble(pieces, 0)
        first_of, last_of, runs_of = self._places(pieces, origins)
        size = len(laid) // 2
        # Who handles each unit: what handled it in the original, else the one that tells.
        owner: list[tuple[int, int, bool] | None] = [None] * size
        for start in self.guarded:
            owner[first_of[start] : last_of[start]] = [(size, 0, True)] * (last_of[start] - first_of[start])
        for start, end, goal, depth, lasti in exception_entries(code.co_exceptiontable):
            for unit in starts[bisect_left(starts, start) : bisect_left(starts, end)]:
                one, two = first_of[unit], last_of[unit]
                owner[one:two] = [(first_of[goal], depth, lasti)] * (two - one)
        entries: list[tuple[int, int, int, int, bool]] = []
        run = 0
        for i in range(1, size + 1):
            if i == size or owner[i] != owner[run]:
                who = owner[run]
                if who is not None:
                    entries.append((run, i, *who))
                run = i
        positions = list(code.co_positions())
        placed: list[tuple[int, tables.Position]] = []
        for count, unit in runs_of:
            placed.append((count, positions[unit]))
        table = tables.encode_positions(_joined(placed), code.co_firstlineno)
        if abandoned:
            guard, count = size, len(abandoned) // 2
            entries.append((guard, guard + count - 1, guard + count, 2, False))
            abandoned += snippets.DROP_AND_RERAISE
            table += tables.unplaced(len(abandoned) // 2)
        return code.replace(
            co_code=laid + abandoned, co_exceptiontable=tables.encode_exceptions(entries), co_linetable=table
        )

    def _places(
        self, pieces: list[Piece], origins: list[int]
    ) -> tuple[dict[int, int], dict[int, int], list[tuple[int, int]]]:
        """Where each instruction begins and ends now, and (number of units, original unit) in the order of the code."""
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        runs: list[tuple[int, int]] = []
        current = -1
        unit = 0
        for piece, origin in zip(pieces, origins, strict=True):
            if isinstance(piece, Label):
                if origin <= -2:
                    current = -2 - origin
                    first[current] = unit
                continue
            size = piece.units if isinstance(piece, Jump) else len(piece) // 2
            if current == origin:
                last[current] = unit + size
                current = -1
            unit += size
            runs.append((size, origin))
        return first, last, runs


_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)


def _joined(runs: list[tuple[int, tables.Position]]) -> list[tuple[int, tables.Position]]:
    found: list[tuple[int, tables.Position]] = []
    for count, position in runs:
        if found and found[-1][1] == position:
            found[-1] = (found[-1][0] + count, position)
        else:
            found.append((count, position))
    return found
