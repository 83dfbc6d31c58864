"""The table of a function's calls: a row a call that ran, with its arguments and what it returned as columns.

A version of the code is what the call and everything under it was at the time: two calls have the same version if nothing
that ran in them was edited. Versions are numbered in the order in which they first ran.
"""

from __future__ import annotations

import math

from hitsave.report import diff
from hitsave.report.archive import Archive, seconds_of
from hitsave.report.conditions import BadCondition, Condition

Row = dict[str, object]

# Of these, less is better; of anything else, more.
_LESS = (
    "loss",
    "error",
    "err",
    "mse",
    "rmse",
    "mae",
    "perplexity",
    "cost",
    "seconds",
    "time",
    "nll",
    "fid",
    "wer",
    "rank",
)


_SHOWN = 12
"""Digits of the digest of a version that are given out."""
MOST_VERSIONS = 20
"""So many versions, the last ones, are told with what they changed."""


class Table:
    """Rows of cells, with the columns in order."""

    __slots__ = ("columns", "constant", "function", "rows", "versions")

    def __init__(self, function: str) -> None:
        self.function = function
        self.columns: list[str] = []
        self.constant: dict[str, object] = {}  # columns that are the same in all rows
        self.rows: list[Row] = []
        self.versions: dict[str, int] = {}  # digest of a version → its number


def build(archive: Archive, function: str, *, whole: bool = False, limit: int = 0) -> Table:
    """The table of all calls of `function`, or of those of the last `limit` runs; `whole`: with the columns that don't vary."""
    table = Table(function)
    all_cells: list[Row] = []
    for row in archive.table(function, 0, limit):
        arguments, result = _named(_mapping(row, "arguments")), _mapping(row, "result")
        version = str(row.get("codes"))
        number = table.versions.setdefault(version, len(table.versions) + 1)
        cells: Row = {"run": row.get("run"), **arguments}
        for name, value in result.items():
            # A result that has the name of an argument: the argument keeps it.
            cells[f"result.{name}" if name in cells else name] = value
        cells["code"], cells["seconds"] = f"v{number}", seconds_of(row)
        row["arguments"], row["version"], row["cells"] = arguments, number, cells
        row["codes"] = version[:_SHOWN]
        table.rows.append(row)
        all_cells.append(cells)
    names: dict[str, None] = dict.fromkeys(("run",))
    for kind in ("arguments", "result"):
        for shape in {tuple(_mapping(row, kind)): None for row in table.rows}:  # most rows have the same names
            names.update(dict.fromkeys(shape))
    for shape in {tuple(cells): None for cells in all_cells}:
        names.update(dict.fromkeys(shape))
    for name in names:
        first = all_cells[0].get(name) if all_cells else None
        varies = any(
            value is not first and _differs(value, first) for cells in all_cells for value in (cells.get(name),)
        )
        if whole or name in ("run", "seconds") or varies:
            table.columns.append(name)
        else:
            table.constant[name] = first
    return table


def _named(values: Row) -> Row:
    """Arguments by name. A parameter of a library that has none is counted: `arg1`."""
    if not any(name[:1] == "#" for name in values):
        return values
    return {f"arg{name[1:]}" if name[:1] == "#" else name: value for name, value in values.items()}


def select(table: Table, *, where: str | None = None, sort: str | None = None, top: str | None = None) -> None:
    """Keep the rows that fulfil a condition, in the order of a column (`-loss`: the largest first), or the best on top.

    Raises BadCondition.
    """
    if where:
        condition = Condition(where)
        for name in condition.names:
            _known(table, name)
        table.rows = [row for row in table.rows if condition(cells_of(row))]
    if top:
        _known(table, top)
        less = any(part in _LESS for part in top.lower().replace(".", "_").split("_"))
        _order(table, top, downwards=not less)
    elif sort:
        name = sort.removeprefix("-")
        _known(table, name)
        _order(table, name, downwards=sort.startswith("-"))


def _known(table: Table, name: str) -> None:
    names = {name for row in table.rows for name in cells_of(row)}
    if table.rows and name not in names:
        import difflib

        near = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else "There are: " + ", ".join(sorted(names))
        raise BadCondition(f"there is no column '{name}'", hint)
    if name not in table.columns:
        table.columns.insert(max(len(table.columns) - 2, 0), name)


def _order(table: Table, name: str, *, downwards: bool) -> None:
    def key(row: Row) -> tuple[int, float, str]:
        value = cells_of(row).get(name)
        if isinstance(value, bool | int | float):
            return (2, 0.0, "") if math.isnan(value) else (0, -value if downwards else value, "")
        return (2, 0.0, "") if value is None else (1, 0.0, str(value))

    table.rows.sort(key=key)


def cells_of(row: Row) -> Row:
    """The cells of a row."""
    return _mapping(row, "cells")


def version_changes(archive: Archive, table: Table, rows: list[Row]) -> dict[int, list[tuple[str, int, int]]]:
    """What the versions of some rows changed, each against the one before it: function, lines added and removed."""
    found: dict[int, list[tuple[str, int, int]]] = {}
    digests = list(table.versions)
    for number in sorted({int(str(row["version"])) for row in rows})[-MOST_VERSIONS:]:
        if number > 1:
            before, now = archive.codes(digests[number - 2]), archive.codes(digests[number - 1])
            changed = [name for name in now if name in before and before[name] != now[name]]
            changed += [name for name in now if name not in before] if not changed else []
            found[number] = [(name, *_lines(archive, name, before.get(name), now[name])) for name in changed]
    return found


def _lines(archive: Archive, name: str, old: str | None, new: str) -> tuple[int, int]:
    after = archive.version(name, new)
    if after is None:
        return 0, 0
    return diff.count(diff.of_versions(archive.version(name, old) if old is not None else None, after))


def public(table: Table) -> list[Row]:
    """The rows for other programs."""
    return [
        {
            "run": row.get("run"),
            "arguments": nested(_mapping(row, "arguments")),
            "result": _result(row.get("result")),
            "code": str(row.get("codes")),
            "version": row["version"],
            "verdict": row.get("verdict"),
            "seconds": row.get("seconds"),
            "when": row.get("when"),
            "call": row.get("call"),
        }
        for row in table.rows
    ]


def _result(result: object) -> object:
    if not isinstance(result, dict):
        return None
    return result["result"] if list(result) == ["result"] else nested(result)


def nested(flat: Row) -> Row:
    """`{"config.rate": 1}` → `{"config": {"rate": 1}}`."""
    found: Row = {}
    for name, value in flat.items():
        inner = found
        *owners, last = name.split(".")
        for owner in owners:
            below = inner.setdefault(owner, {})
            if not isinstance(below, dict):
                break
            inner = below
        else:
            inner[last] = value
            continue
        found[name] = value
    return found


def _differs(one: object, two: object) -> bool:
    if isinstance(one, float) and isinstance(two, float) and math.isnan(one) and math.isnan(two):
        return False
    return type(one) is not type(two) or one != two


def _mapping(row: Row, key: str) -> Row:
    value = row.get(key)
    return value if isinstance(value, dict) else {}
