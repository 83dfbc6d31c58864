"""The list of runs as lines of text."""

from __future__ import annotations

from hitsave.render.changed import changed
from hitsave.render.console import Layout, Line
from hitsave.render.why import outcome
from hitsave.report.archive import seconds_of
from hitsave.report.words import clip, duration, moment, short_name

Row = dict[str, object]

# Below this the command and what changed stand on lines of their own.
_WIDE = 110
_COMMAND = 28
_HEADS = ("run", "when", "outcome", "took", "saved", "reused", "ran", "unsaved")


def table(rows: list[Row], width: int | None, now: float | None = None) -> Layout:
    """The runs for a terminal of `width` columns; None is a pipe, where nothing is cut off."""
    cells = [_cells(row, now) for row in rows]
    heads = _HEADS if width is None or width >= 80 else ("run", "when", "outcome", "took", "saved", "re", "ran", "un")
    pads = [max(len(head), *(len(cell[column]) for cell in cells)) for column, head in enumerate(heads)]
    if width is None or width >= _WIDE:
        return _wide(rows, cells, heads, pads, width)
    return _narrow(rows, cells, heads, pads, width)


def _cells(row: Row, now: float | None) -> list[str]:
    started = row.get("started")
    ended = outcome(row)
    saved = seconds_of(row, "saved_seconds")
    return [
        str(row.get("run")),
        moment(started, now) if isinstance(started, int | float) else "?",
        "replayed" if row.get("replayed") and ended == "ok" else ended,
        "…" if ended == "running" else duration(seconds_of(row)),
        duration(saved) if saved >= 0.0005 else "",
        *(str(row.get(key) or "") for key in ("hits", "misses", "unsaved")),
    ]


_RIGHT = (0, 3, 4, 5, 6, 7)


def _columns(cell: list[str] | tuple[str, ...], pads: list[int], row: Row | None) -> Line:
    line: Line = []
    for column, text in enumerate(cell):
        shown = text.rjust(pads[column]) if column in _RIGHT else text.ljust(pads[column])
        style = "soft" if row is None else ""
        if row is not None and column == 0:
            style = "strong"
        elif row is not None and column == 2 and text not in ("ok", "replayed", "running"):
            style = "bad"
        elif row is not None and column in (4, 5):
            style = "good"
        line += [(shown, style), ("  ", "")]
    return line


def _wide(
    rows: list[Row], cells: list[list[str]], heads: tuple[str, ...], pads: list[int], width: int | None
) -> Layout:
    commands = [_command(row) for row in rows]
    room = max(len(command) for command in commands)
    room = room if width is None else min(room, _COMMAND)
    layout: Layout = [[*_columns(heads, pads, None), ("command".ljust(room) + "  changed", "soft")]]
    for row, cell in zip(rows, cells, strict=True):
        command = _marked(row, None if width is None else room)
        pad = " " * (room - sum(len(text) for text, _ in command) + 2)
        layout.append([*_columns(cell, pads, row), *command, (pad, ""), *changed(row), *_said(row, "  ")])
    return layout


def _said(row: Row, before: str) -> Line:
    """What the user said of the run."""
    spans: Line = []
    tags, notes = row.get("tags"), row.get("notes")
    if row.get("at"):
        spans.append((f"{before}code of run {row['at']}", "warn"))
    accepted = row.get("accepted")
    if isinstance(accepted, list) and accepted:
        spans.append((f"{before}accepted: {', '.join(short_name(str(name)) for name in accepted)}", "warn"))
    if row.get("different"):
        spans.append((f"{before}{row['different']} of {row['verified']} not as stored", "bad"))
    elif row.get("verified"):
        spans.append((f"{before}verified: {row['verified']} as stored", "good"))
    if row.get("pinned"):
        spans.append((before + "pinned", "good"))
    spans += [(f"{before}[{tag}]", "good") for tag in (tags if isinstance(tags, list) else ())]
    spans += [(f'{before}"{clip(str(note), 60)}"', "soft") for note in (notes if isinstance(notes, list) else ())]
    return spans


def _marked(row: Row, room: int | None) -> Line:
    """The command line, in which the words stand out that the run before did not have."""
    import shlex

    words, earlier = row.get("command"), row.get("command_before")
    if not isinstance(words, list | tuple) or not isinstance(earlier, list | tuple):
        text = _command(row)
        return [(text if room is None else clip(text, room), "")]
    known = {*map(str, earlier)}
    line: Line = []
    left = room
    for word in map(str, words):
        text = (" " if line else "") + shlex.quote(word)
        if left is not None and len(text) > left:
            if left > 0:
                line.append((text[: left - 1] + "…", ""))
            break
        line.append((text, "" if word in known else "warn"))
        left = None if left is None else left - len(text)
    return line


def _narrow(rows: list[Row], cells: list[list[str]], heads: tuple[str, ...], pads: list[int], width: int) -> Layout:
    layout: Layout = [_columns(heads, pads, None)]
    indent = " " * (pads[0] + 2)
    for row, cell in zip(rows, cells, strict=True):
        layout.append(_columns(cell, pads, row))
        layout.append([(indent, ""), *_marked(row, width - len(indent))])
        spans = changed(row)
        for span in _said(row, ""):
            spans += [(", ", ""), span]
        layout += _folded(spans, indent, width)
    return layout


def _folded(spans: Line, indent: str, width: int) -> Layout:
    """Spans on as many lines as they need: broken between two changes, never inside one that fits."""
    pieces: list[Line] = [[]]
    for span in spans:
        if span[0] == ", ":
            pieces[-1].append((",", ""))
            pieces.append([])
        else:
            pieces[-1].append(span)
    layout: Layout = [[(indent, "")]]
    used = len(indent)
    for piece in pieces:
        length = sum(len(text) for text, _ in piece)
        if used + length + 1 > width and used > len(indent):
            layout.append([(indent, "")])
            used = len(indent)
        if used > len(indent):
            layout[-1].append((" ", ""))
            used += 1
        layout[-1] += piece
        used += length
    return layout


def _command(row: Row) -> str:
    """The command line without the `python` or `hitsave run` before the script."""
    return str(row.get("command_line") or row.get("script") or "")
