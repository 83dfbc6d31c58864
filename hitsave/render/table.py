"""`hitsave calls` as lines of text, as CSV, and as points on a terminal."""

from __future__ import annotations

from hitsave.render.console import Layout, Line
from hitsave.report.table import Row, Table, cells_of
from hitsave.report.words import clip, duration, short_name

_WIDEST = 28


def table(found: Table, shown: list[Row], changes: dict[int, list[tuple[str, int, int]]], width: int | None) -> Layout:
    """Rows under their heads. On a terminal, columns that don't fit are named below."""
    columns = list(found.columns)
    texts = {name: [name, *(_cell(name, cells_of(row).get(name), width) for row in shown)] for name in columns}
    pads = {name: max(map(len, text)) for name, text in texts.items()}
    left_out: list[str] = []
    while width is not None and sum(pads[name] + 2 for name in columns) - 2 > width and len(columns) > 2:
        # The first and the last say which call it was; the widest of the others goes.
        gone = max(columns[1:-1], key=lambda name: pads[name])
        columns.remove(gone)
        left_out.append(gone)
    layout: Layout = [_line([texts[name][0] for name in columns], columns, pads, "soft", shown)]
    for position in range(len(shown)):
        layout.append(_line([texts[name][position + 1] for name in columns], columns, pads, "", shown))
    if len(shown) < len(found.rows):
        layout.append([(f"{len(found.rows) - len(shown)} others: -n {len(found.rows)}", "soft")])
    if left_out:
        layout.append([("no room for: " + ", ".join(left_out), "soft")])
    same = {name: value for name, value in found.constant.items() if name not in ("code", "seconds")}
    if same and width is not None:
        told = ", ".join(f"{name}={_cell(name, value, width)}" for name, value in same.items())
        layout.append([(clip(f"the same in all: {told}", width), "soft")])
    for number in sorted({int(str(row["version"])) for row in shown}):
        for name, added, removed in changes.get(number, [])[:6]:
            line: Line = [(f"v{number}  ", "soft"), (short_name(name), "name")]
            layout.append([*line, (f" +{added}", "good"), (f" -{removed}", "bad")])
    return layout


def _line(cells: list[str], columns: list[str], pads: dict[str, int], style: str, rows: list[Row]) -> Line:
    line: Line = []
    for name, text in zip(columns, cells, strict=True):
        numbers = any(isinstance(cells_of(row).get(name), int | float) for row in rows)
        line += [(text.rjust(pads[name]) if numbers else text.ljust(pads[name]), style), ("  ", "")]
    return line


def _cell(name: str, value: object, width: int | None) -> str:
    if value is None:
        return ""
    if name == "seconds" and isinstance(value, float):
        return duration(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return clip(str(value), _WIDEST) if width is not None else " ".join(str(value).split())


def csv(found: Table) -> str:
    """All columns as CSV, numbers in full."""
    import csv as writer
    import io

    out = io.StringIO()
    columns = [*found.columns, *(name for name in found.constant if name not in found.columns)]
    rows = writer.writer(out, lineterminator="\n")
    rows.writerow([*columns, "when"])
    for row in found.rows:
        cells = cells_of(row)
        rows.writerow([*("" if cells.get(name) is None else cells[name] for name in columns), row.get("when")])
    return out.getvalue()


def points(x: str, y: str, pairs: list[tuple[float, float]], width: int, height: int = 16) -> Layout:
    """A scatter plot in dots of 2 × 4 to a character."""
    across, down = max(width - 14 - len(x), 20), height
    low_x, high_x = min(p[0] for p in pairs), max(p[0] for p in pairs)
    low_y, high_y = min(p[1] for p in pairs), max(p[1] for p in pairs)
    grid = [[0] * across for _ in range(down)]
    for px, py in pairs:
        column = round((px - low_x) / ((high_x - low_x) or 1) * (across * 2 - 1))
        line = round((high_y - py) / ((high_y - low_y) or 1) * (down * 4 - 1))
        bit = (0x1, 0x2, 0x4, 0x40)[line % 4] if column % 2 == 0 else (0x8, 0x10, 0x20, 0x80)[line % 4]
        grid[line // 4][column // 2] |= bit
    layout: Layout = [[(y, "name")]]
    for number, dots in enumerate(grid):
        label = f"{high_y:.4g}" if number == 0 else f"{low_y:.4g}" if number == down - 1 else ""
        layout.append([(f"{label:>10} ", "soft"), ("│", "soft"), ("".join(chr(0x2800 + dot) for dot in dots), "good")])
    layout.append([(" " * 11 + "└" + "─" * across, "soft")])
    right = f"{high_x:.4g} "
    layout.append([(" " * 12 + f"{low_x:.4g}".ljust(across - len(right)) + right, "soft"), (x, "name")])
    return layout
