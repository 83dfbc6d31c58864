"""The comparison as tables and plots: a column each who took part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import figures, plots
from benchmarks.peers.measure import CALLS, EDITS, EXPERIMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Figure

GROUPS = (CALLS, EXPERIMENT, EDITS)
_PICTURES = {CALLS: "peers-calls.svg", EXPERIMENT: "peers-experiment.svg", EDITS: "peers-edits.svg"}
_TITLES = {
    CALLS: "An answered call: seconds, each group on a logarithmic scale of its own",
    EXPERIMENT: "A whole run, to plain Python (logarithmic)",
    EDITS: "Edits after which an old result was given, of 16",
}
_SIGNS = {0.0: "", 1.0: "wrong", 2.0: "fails"}


def table(group: str, tag: str, found: Sequence[Figure]) -> str:
    """The table of a group on one interpreter, with its plot, which is written."""
    peers = list(dict.fromkeys(_peer(figure) for figure in found))
    cases = list(dict.fromkeys(_case(figure) for figure in found))
    known = {(_case(figure), _peer(figure)): figure for figure in found}
    head = f"CPython {tag.removeprefix('cpython-')}"
    rows = [f"| {head} | " + " | ".join(peers) + " |", "| --- |" + " ---: |" * len(peers)]
    rows += [f"| {case} | " + " | ".join(_cell(known.get((case, peer))) for peer in peers) + " |" for case in cases]
    if group == EDITS:
        rows += _edits(cases, peers, known)
    name = picture(group, tag)
    (plots.FOLDER / name).write_text(plot(group, found), encoding="utf-8")
    return "\n".join([f"![{_TITLES[group]}](pictures/{name})\n", *rows]) + "\n"


def picture(group: str, tag: str) -> str:
    """The name of the plot's file."""
    return _PICTURES[group].replace(".svg", f"-{tag.removeprefix('cpython-')}.svg")


def plot(group: str, found: Sequence[Figure]) -> str:
    """The plot of a group."""
    if group == EDITS:
        shown = [figure for figure in found if _case(figure) == "wrong answers"]
        rows = [
            plots.Bar(
                _peer(figure),
                figure.ours.median,
                f"{figure.ours.median:.0f}{_failures(figure)}",
                _colour(figure),
            )
            for figure in shown
        ]
        return plots.bars(_TITLES[group], [("", rows)], linear=True)
    groups = []
    for case in dict.fromkeys(_case(figure) for figure in found):
        if group == CALLS and "first of a run" in case:
            continue
        own = [figure for figure in found if _case(figure) == case]
        groups.append(
            (
                case.removesuffix(", again"),
                [plots.Bar(_peer(one), _value(one), _cell(one), _colour(one)) for one in own],
            )
        )
    return plots.bars(_TITLES[group], groups)


def _failures(figure: Figure) -> str:
    count = sum(value == 2 for value in figure.notes.values())
    return f", fails at {count}" if count else ""


def _value(figure: Figure) -> float:
    return figure.ratio.median if figure.ratio is not None else figure.ours.median


def _colour(figure: Figure) -> str:
    if figure.notes.get("wrong"):
        return plots.WRONG
    if _peer(figure) == "plain Python":
        return plots.GREY
    return plots.OURS if _peer(figure).startswith("HitSave") else plots.OTHER


def _edits(cases: Sequence[str], peers: Sequence[str], known: dict[tuple[str, str], Figure]) -> list[str]:
    rows = []
    for case in cases:
        first = next(known[case, peer] for peer in peers if (case, peer) in known)
        for edit in first.notes:
            if edit == "of":
                continue
            cells = [known[case, peer].notes.get(edit, 2.0) if (case, peer) in known else 2.0 for peer in peers]
            wrong = "in vain" if case == "computed in vain" else "wrong"
            rows.append(f"| {edit} | " + " | ".join(wrong if cell == 1 else _SIGNS[cell] for cell in cells) + " |")
    return rows


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    if figure.unit == "count":
        return f"{figure.ours.median:.0f} of {figure.notes['of']:.0f}"
    text = f"{figure.ratio.median:.3f}×" if figure.ratio is not None else figures.shown(figure.ours.median, figure.unit)
    return text + " (wrong)" * bool(figure.notes.get("wrong"))


def _case(figure: Figure) -> str:
    return figure.name.rpartition(": ")[0]


def _peer(figure: Figure) -> str:
    return figure.name.rpartition(": ")[2]
