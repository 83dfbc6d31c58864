"""Lay out instruction bytes with jumps between labels.

Pieces are bytes, `Label` (a place) or `Jump` (to a label). Every jump of CPython 3.11 to 3.13 is relative to the unit
behind it and its caches, and needs a prefix for each further byte of distance, which moves what follows: the layout is
repeated until nothing moves.
"""

from __future__ import annotations

import opcode
from bisect import bisect_left, bisect_right

from hitsave_trace.probes.snippets import op
from hitsave_trace.pythons import CACHE_SIZES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    Piece: TypeAlias = "bytes | Label | Jump"


class Label:
    """A place in the code, found when the code is laid out."""

    __slots__ = ("unit",)

    def __init__(self, unit: int = -1) -> None:
        self.unit = unit


class Jump:
    """A jump instruction to a label, which must lie in the direction that the instruction can go."""

    __slots__ = ("backward", "label", "name", "trailing", "units")

    def __init__(self, name: str, label: Label) -> None:
        self.name = name
        self.label = label
        self.backward = "BACKWARD" in name
        self.trailing = CACHE_SIZES[opcode.opmap[name]]
        self.units = 1 + self.trailing

    def encode(self, end: int) -> bytes:
        """Encode for an instruction that ends (caches included) before unit `end`."""
        distance = end - self.label.unit if self.backward else self.label.unit - end
        return op(self.name, max(distance, 0))


def assemble(pieces: Sequence[Piece], start: int) -> bytes:
    """Lay `pieces` out from code unit `start` on, setting the unit of each label among them."""
    while True:
        unit = start
        for piece in pieces:
            if isinstance(piece, Label):
                piece.unit = unit
            elif isinstance(piece, Jump):
                unit += piece.units
            else:
                unit += len(piece) // 2
        unit, moved = start, False
        out: list[bytes] = []
        for piece in pieces:
            if isinstance(piece, Label):
                continue
            if isinstance(piece, Jump):
                encoded = piece.encode(unit + piece.units)
                needed = len(encoded) // 2
                if needed > piece.units:  # sizes only grow, so this ends
                    piece.units = needed
                    moved = True
                elif needed < piece.units:
                    encoded = op("NOP") * (piece.units - needed) + encoded
                unit += piece.units
            else:
                encoded = piece
                unit += len(piece) // 2
            out.append(encoded)
        if not moved:
            return b"".join(out)


def insert(
    raw: bytes, jumps: Sequence[tuple[int, int, int, int]], additions: Mapping[int, bytes]
) -> tuple[bytes, Places]:
    """Insert pieces before units of `raw`; jumps are corrected, and land in front of what was inserted.

    `jumps` lists (first unit, unit of the opcode, opcode, argument) of the jump instructions of `raw`.
    """
    from hitsave_trace.probes.sites import jump_target

    targets = [jump_target(raw, unit, number, argument) for _, unit, number, argument in jumps]
    growth: dict[int, int] = {}
    while True:
        places = Places(additions, growth)
        again = False
        changed: list[tuple[int, int, bytes]] = []
        for (first, unit, number, _), target in zip(jumps, targets, strict=True):
            caches = CACHE_SIZES[number]
            end = places.moved(unit) + 1 + caches
            name = opcode.opname[number]
            goal = places.before(target)
            distance = end - goal if "BACKWARD" in name else goal - end
            encoded = op(name, distance)[: -2 * caches or None]
            have = unit + 1 - first + growth.get(first, 0)
            need = len(encoded) // 2
            if need > have:
                growth[first] = growth.get(first, 0) + need - have
                again = True
            changed.append((first, unit + 1, op("EXTENDED_ARG") * (have - need) + encoded))
        if not again:
            break
    out = []
    position = 0
    edits = {first: (end, encoded) for first, end, encoded in changed}
    for at in sorted(set(additions) | set(edits)):
        out.append(raw[2 * position : 2 * at])
        position = at
        if at in additions:
            out.append(additions[at])
        if at in edits:
            end, encoded = edits[at]
            out.append(encoded)
            position = end
    out.append(raw[2 * position :])
    return b"".join(out), places


class Places:
    """Where the units of the original code went."""

    __slots__ = ("_at", "_growing", "_sums", "_sums_growing")

    def __init__(self, additions: Mapping[int, bytes], growth: Mapping[int, int]) -> None:
        self._at = sorted(additions)
        self._sums = [0]
        for at in self._at:
            self._sums.append(self._sums[-1] + len(additions[at]) // 2)
        self._growing = sorted(growth)
        self._sums_growing = [0]
        for at in self._growing:
            self._sums_growing.append(self._sums_growing[-1] + growth[at])

    def before(self, unit: int) -> int:
        """The new place of what stands at `unit`, with what was inserted before it."""
        return unit + self._sums[bisect_left(self._at, unit)] + self._sums_growing[bisect_left(self._growing, unit)]

    def moved(self, unit: int) -> int:
        """The new place of the opcode at `unit` itself."""
        return unit + self._sums[bisect_right(self._at, unit)] + self._sums_growing[bisect_right(self._growing, unit)]

    def stretches(self, end: int) -> Iterator[tuple[int, int, int]]:
        """The code up to unit `end` in parts that have moved as one: first unit, last and one, new place of the first."""
        cuts = [cut for cut in sorted({0, *self._at, *self._growing}) if cut < end]
        for first, behind in zip(cuts, [*cuts[1:], end], strict=True):
            yield first, behind, self.moved(first)
