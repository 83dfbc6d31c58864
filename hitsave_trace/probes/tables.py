"""The two tables beside a code object's instructions: exception handlers and source positions.

Formats: CPython's `Objects/exception_handling_notes.txt` and `Objects/locations.md`.
"""

from __future__ import annotations

from itertools import groupby

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

Position = tuple["int | None", "int | None", "int | None", "int | None"]
NO_POSITION: Position = (None, None, None, None)


def _big_endian(value: int, first: bool = False) -> bytes:
    if value < 64:
        return bytes((value | 128 if first else value,))
    parts = [value & 63]
    value >>= 6
    while value:
        parts.append(value & 63)
        value >>= 6
    parts.reverse()
    out = [part | 64 for part in parts[:-1]] + [parts[-1]]
    if first:
        out[0] |= 128
    return bytes(out)


def encode_exceptions(entries: Sequence[tuple[int, int, int, int, bool]]) -> bytes:
    """Encode (start, end, target, depth, lasti) entries, in code units, sorted and disjoint."""
    out = bytearray()
    for start, end, target, depth, lasti in entries:
        out += _big_endian(start, first=True) + _big_endian(end - start) + _big_endian(target)
        out += _big_endian(depth << 1 | lasti)
    return bytes(out)


def insert_unplaced(table: bytes, at: int, count: int) -> bytes:
    """Put `count` code units that belong to no line into a location table, before unit `at`."""
    i = position = 0
    before = after = b""
    size = len(table)
    while i < size and position < at:
        j = i + 1
        while j < size and not table[j] & 128:
            j += 1
        length = (table[i] & 7) + 1
        if position + length > at:  # an entry that covers both sides: split it
            first, kind, body = at - position, table[i] >> 3 & 15, table[i + 1 : j]
            before = bytes((128 | kind << 3 | first - 1,)) + body
            again = 10 if kind in (11, 12) else kind
            if kind == 13:
                body = b"\0"
            elif kind == 14:
                k = 0
                while body[k] & 64:
                    k += 1
                body = b"\0" + body[k + 1 :]
            after = bytes((128 | again << 3 | length - first - 1,)) + body
            position = at
            return table[:i] + before + unplaced(count) + after + table[j:]
        position += length
        i = j
    return table[:i] + unplaced(count) + table[i:]


def unplaced(count: int) -> bytes:
    """Encode `count` code units that belong to no line."""
    out = bytearray()
    while count > 0:
        length = min(count, 8)
        out.append(128 | 15 << 3 | length - 1)
        count -= length
    return bytes(out)


def _little_endian(value: int) -> bytes:
    out = bytearray()
    while value >= 64:
        out.append(value & 63 | 64)
        value >>= 6
    out.append(value)
    return bytes(out)


def _signed(value: int) -> bytes:
    return _little_endian(-value << 1 | 1 if value < 0 else value << 1)


def runs(positions: Sequence[Position]) -> list[tuple[int, Position]]:
    """The positions of code units as (number of units, position), one for units with the same."""
    return [(len(list(same)), position) for position, same in groupby(positions)]


def encode_positions(runs: Sequence[tuple[int, Position]], line: int) -> bytes:
    """Encode (number of units, position) runs; `line` is the line that the entries before them ended on."""
    out = bytearray()
    for count, (start, end, column, end_column) in runs:
        left = count
        while left > 0:
            length = min(left, 8)
            left -= length
            if start is None:
                out.append(128 | 15 << 3 | length - 1)
                continue
            delta = start - line
            line = start
            if column is None or end_column is None or end is None:
                out.append(128 | 13 << 3 | length - 1)
                out += _signed(delta)
            elif end == start and 0 <= delta <= 2 and column < 128 and end_column < 128:
                out.append(128 | (10 + delta) << 3 | length - 1)
                out += bytes((column, end_column))
            else:
                out.append(128 | 14 << 3 | length - 1)
                out += _signed(delta) + _little_endian(end - start)
                out += _little_endian(column + 1) + _little_endian(end_column + 1)
    return bytes(out)
