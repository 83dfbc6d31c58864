"""The tables of docs/benchmarks.md, made of the results that are kept, and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import figures, growth
from benchmarks.peers import page as peers

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- tables: python -m benchmarks --page -->", "<!-- end of tables -->"


def write() -> None:
    """Put new tables between the two marks of the page."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{tables()}\n{END}{tail}", encoding="utf-8")


def tables() -> str:
    """All tables, one a group; one column an interpreter. Writes the plots as well."""
    tags = figures.tags()
    known = {tag: figures.load(tag) for tag in tags}
    groups = list(dict.fromkeys(figure.group for rows in known.values() for figure in rows))
    parts = [_measured_on(tags)]
    for group in groups:
        if group in (*peers.GROUPS, growth.GROUP):
            parts.append(f"### {group[0].upper()}{group[1:]}\n")
            for tag in tags:
                own = [figure for figure in known[tag] if figure.group == group]
                if own:
                    parts.append(growth.table(tag, own) if group == growth.GROUP else peers.table(group, tag, own))
            continue
        names = list(dict.fromkeys(f.name for rows in known.values() for f in rows if f.group == group))
        parts.append(f"### {group[0].upper()}{group[1:]}\n")
        measured = [tag for tag in tags if any(figure.group == group for figure in known[tag])]
        parts.append(_table(group, names, measured, known))
    return "\n".join(parts)


def _measured_on(tags: Sequence[str]) -> str:
    lines = []
    for tag in tags:
        found = figures.machine_of(tag)
        lines.append(
            f"- CPython {found['python']}: {found['processor']}, {found['cores']} cores, {found['system']}, {found['when']}"
        )
    return "\n".join(lines) + "\n"


def _table(group: str, names: Sequence[str], tags: Sequence[str], known: dict[str, list[figures.Figure]]) -> str:
    rows = ["| | goal | " + " | ".join(tag.replace("cpython-", "CPython ") for tag in tags) + " |"]
    rows.append("| --- | --- |" + " --- |" * len(tags))
    for name in names:
        found = {tag: next((f for f in known[tag] if f.group == group and f.name == name), None) for tag in tags}
        goal = next((_goal(f) for f in found.values() if f is not None), "")
        rows.append(f"| {name} | {goal} | " + " | ".join(_cell(f) for f in found.values()) + " |")
    return "\n".join(rows) + "\n"


def _goal(figure: figures.Figure) -> str:
    if figure.goal is None:
        return ""
    return f"≤ {figure.goal:.2f}×" if figure.ratio is not None else f"< {figures.shown(figure.goal, figure.unit)}"


def _cell(figure: figures.Figure | None) -> str:
    if figure is None:
        return ""
    if figure.ratio is None or figure.plain is None:
        return figures.shown(figure.ours.median, figure.unit)
    whole = figure.notes.get("whole process")
    beside = f" ({whole:.2f}×)" if whole is not None else ""
    if "seconds more" in figure.notes:
        beside = f" (+{figures.shown(figure.notes['seconds more'], 's')})"
    if figure.name == "geometric mean" or whole is not None:
        return f"{figure.ratio.median:.3f}×{beside}"
    sides = f"{figures.shown(figure.plain.median, 's')} → {figures.shown(figure.ours.median, 's')}"
    return f"{figure.ratio.median:.3f}×, {sides}{beside}"
