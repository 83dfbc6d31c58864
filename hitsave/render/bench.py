"""`hitsave bench` as lines of text: the table of the ways, what was edited, and where HitSave's time went."""

from __future__ import annotations

from hitsave.render.console import Layout, Line
from hitsave.report.words import clip, count, short_name

Row = dict[str, object]

_WAYS = {
    "plain": "plain Python",
    "cold": "first run",
    "warm": "again",
    "calls": "again, --no-replay",
    "edited": "after an edit",
}
_LOOKED = {"cold": "first run", "warm": "again", "calls": "--no-replay"}
_PARTS = {
    "interpreter": "Python starts once more",
    "replay": "replay of whole runs",
    "start": "start-up, imports",
    "code": "rewriting code",
    "recording": "recording",
    "fingerprints": "fingerprints",
    "checks": "checks of what is stored",
    "changes": "what calls change and do",
    "results": "results, kept or restored",
    "store": "store",
    "end": "the end of a run",
}
_SUMS = {
    "hitsave_seconds": "in sum",
    "program_seconds": "the program's own",
    "python_seconds": "Python's start and end",
}
_SHOWN = 0.0005
_BAR = 24
_SHARE = 0.03
"""Of HitSave's time in a run: functions that took less are not shown."""
_MOST = 3
_ROOM_FOR_SPREAD = 92


def table(told: Row, width: int | None) -> Layout:
    """All of it."""
    ways = _rows_of(told["ways"])
    layout = [*_times(ways, width), [("", "")], *_remarks(told, ways)]
    breakdown = told["breakdown"]
    if isinstance(breakdown, dict) and breakdown:
        layout += [[("", "")], *_parts(_rows_of(breakdown)), *_flames(_rows_of(breakdown), width)]
    return layout


def seconds(value: float) -> str:
    """Seconds in three digits, with a unit that suits them."""
    for factor, unit in ((1.0, "s"), (1e-3, "ms")):
        if value >= factor:
            digits = value / factor
            return f"{digits:.0f} {unit}" if digits >= 99.95 else f"{digits:#.3g} {unit}"
    return f"{value * 1e6:.0f} µs"


def _times(ways: dict[str, Row], width: int | None) -> Layout:
    spread = width is None or width >= _ROOM_FOR_SPREAD
    span = f"   {'fastest to slowest':<19}" if spread else ""
    layout: Layout = [[(f"{'':<19}{'median':>8}{span}{'of plain':>9}  ", "soft"), ("calls", "soft")]]
    for way, row in ways.items():
        line: Line = [(f"{_WAYS[way]:<19}", "strong"), (f"{seconds(_number(row, 'seconds')):>8}", "")]
        if spread:
            span = f"{seconds(_number(row, 'least_seconds'))} to {seconds(_number(row, 'most_seconds'))}"
            line.append((f"   {span:<19}", "soft"))
        if way != "plain":
            ratio = _number(row, "ratio")
            # A run that is faster or slower for no reason of ours differs by that much.
            style = "good" if ratio < 0.95 else "bad" if ratio > 1.25 else ""
            line += [(f"{ratio:>8.2f}×  " if ratio >= 0.095 else f"{ratio:>8.3f}×  ", style), (_calls(row), "")]
        layout.append(line)
    return layout


def _calls(row: Row) -> str:
    if row["replayed"]:
        return "replayed whole"
    named = {"hits": "reused", "computed": "computed", "unsaved": "not saved"}
    parts = [f"{int(_number(row, key))} {word}" for key, word in named.items() if row.get(key)]
    return ", ".join(parts) or "none worth saving"


def _remarks(told: Row, ways: dict[str, Row]) -> Layout:
    layout: Layout = []
    rounds = int(_number(told, "rounds"))
    where = "in a copy of the project folder" if told["copied"] else "in the project folder itself"
    head = f"{count(rounds, 'round')}, Python {told['python']}, {where}"
    layout.append([(head, "soft")])
    edit = told["edit"]
    if isinstance(edit, dict):
        name = short_name(str(edit["function"]))
        layout.append([("edited: ", "soft"), (f"{name}, {edit['where']}: ", ""), (clip(str(edit["line"]), 60), "name")])
        layout.append([("        which changes no result, but counts as any edit does", "soft")])
    else:
        why = (
            "no function of yours took long enough to be recorded"
            if told["copied"]
            else "your own files are not edited"
        )
        layout.append([("nothing was edited: ", "soft"), (why, "")])
    warm = ways.get("warm", {})
    reasons = warm.get("not_replayable")
    if not warm.get("replayed") and isinstance(reasons, list) and reasons:
        layout.append([("not replayed whole: ", "soft"), (", ".join(dict.fromkeys(map(str, reasons))), "warn")])
    plain = ways["plain"]
    if plain["exit"] != 0:
        layout.append([("the program ends with ", "soft"), (str(plain["exit"]), "warn")])
    for way, row in ways.items():
        if row["same_exit"] is False:
            layout.append(
                [(f"{_WAYS[way]}: it ended with {row['exit']}, and plain Python with {plain['exit']}", "bad")]
            )
        if row["same_output"] is False:
            layout.append([(f"{_WAYS[way]}: its output is not that of plain Python", "bad")])
    if any(row["same_output"] is None for row in ways.values()):
        layout.append([("its output differs from run to run by plain Python, too, so it was not compared", "soft")])
    return layout


def _parts(breakdown: dict[str, Row]) -> Layout:
    head = "".join(f"{_LOOKED[way]:>12}" for way in breakdown)
    layout: Layout = [[("HitSave's time".ljust(24), "strong"), (head, "soft")]]
    columns = {way: _rows_of_numbers(row["parts"]) for way, row in breakdown.items()}
    for part, name in _PARTS.items():
        cells = [columns[way].get(part, 0.0) for way in breakdown]
        if max(cells) >= _SHOWN:
            layout.append([(f"{name:<24}", ""), ("".join(f"{_cell(cell):>12}" for cell in cells), "")])
    for key, name in _SUMS.items():
        sums = "".join(f"{_cell(_number(row, key)):>12}" for row in breakdown.values())
        layout.append([(f"{name:<24}", "soft"), (sums, "soft")])
    return layout


def _cell(value: float) -> str:
    return seconds(value) if value >= _SHOWN else "."


def _flames(breakdown: dict[str, Row], width: int | None) -> Layout:
    layout: Layout = []
    for way, row in breakdown.items():
        whole = _number(row, "hitsave_seconds")
        found = row["functions"]
        functions = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        numbers = _rows_of_numbers(row["parts"])
        parts = sorted((part for part in numbers if numbers[part] >= whole * _SHARE), key=lambda part: -numbers[part])
        layout += [
            [("", "")],
            [(_WAYS[way], "strong"), (f"  {seconds(whole)} of {seconds(_number(row, 'seconds'))}", "soft")],
        ]
        for part in parts:
            layout.append(_bar(_PARTS[part], numbers[part], whole, 0, width))
            own = [one for one in functions if one["part"] == part and _number(one, "seconds") >= whole * _SHARE]
            if part != "interpreter":
                layout += [_bar(str(one["function"]), _number(one, "seconds"), whole, 2, width) for one in own[:_MOST]]
    return layout


def _bar(name: str, value: float, whole: float, indent: int, width: int | None) -> Line:
    length = _BAR * value / whole if whole else 0.0
    room = 34 if width is None else max(min(width - _BAR - 12, 34), 12)
    text = " " * indent + clip(name, room - indent)
    signs = "█" * int(length) + "▏▎▍▌▋▊▉"[int(length % 1 * 8) - 1 : int(length % 1 * 8)] * (length % 1 >= 0.125)
    return [
        (f"{text:<{room}}", "soft" if indent else ""),
        (f"{seconds(value):>9}  ", ""),
        (signs, "" if indent else "name"),
    ]


def _rows_of(found: object) -> dict[str, Row]:
    return {str(key): row for key, row in found.items() if isinstance(row, dict)} if isinstance(found, dict) else {}


def _rows_of_numbers(found: object) -> dict[str, float]:
    return {str(key): float(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _number(row: Row, key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else 0.0
