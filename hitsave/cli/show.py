"""`hitsave show`: everything about a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hitsave.cli.opening import STORE, archive
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import RUN
from hitsave.render import console

if TYPE_CHECKING:
    from hitsave.report.archive import Archive, Run

EXAMPLES["show"] = """\
  hitsave show             the last run: how, where, with what, and its calls
  hitsave show 41 --code   the functions that run 41 used, as they were
"""


def show(
    run: RUN = None,
    calls: Annotated[bool, typer.Option("--calls", help="Each call with its arguments, nothing folded.")] = False,
    code: Annotated[bool, typer.Option("--code", help="The functions that it used, as they were.")] = False,
    output: Annotated[bool, typer.Option("--output", help="What it printed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: STORE = None,
) -> None:
    """Show everything about a run: command, outcome, interpreter, packages, git state, data that it read, and the tree of its
    calls with verdicts, times and reasons.
    """
    from hitsave.render import show as text
    from hitsave.render.json import encoded
    from hitsave.report import find
    from hitsave.report import show as answers
    from hitsave.report.archive import number_of

    with archive(store) as kept:
        found = find.run(kept, run)
        if output:
            printed = _all_printed(kept, found)
            parts = kept.output(number_of(found)) if printed is None else printed
            console.write(_printed(parts, as_json=json))
            if printed is None and parts:
                console.note([[("hitsave: ", "soft"), ("only what its recorded calls printed was kept", "strong")]])
        elif code:
            functions = answers.code(kept, found)
            console.page(encoded(functions) if json else text.code(functions))
        elif calls and not json:
            console.page(text.calls(answers.tree(kept.calls(number_of(found)), folded=False), console.width_of(), ""))
        else:
            told = answers.of_run(kept, found, folded=not (calls or json))
            if json:
                console.write(encoded(told))
            else:
                console.page(text.run(told, console.width_of()))


def _all_printed(kept: Archive, run: Run) -> list[tuple[int, str | bytes]] | None:
    """All that a run printed, if it was kept as a whole; None if it was not, or is no longer."""
    from hitsave.replay.record import Run as Whole
    from hitsave.report.archive import as_digest
    from hitsave.store.codec import Damaged, Gone

    digest = as_digest(run.get("kept_as"))
    whole = Whole.from_record(kept.keeper.trace(digest)) if digest is not None else None
    if whole is None:
        return None
    try:
        data = bytes(kept.keeper.blob(whole.output))
    except (Gone, Damaged):
        return None
    parts: list[tuple[int, str | bytes]] = []
    at = 0
    for descriptor, length in whole.pieces:
        parts.append((descriptor, data[at : at + length]))
        at += length
    return parts


def _printed(parts: list[tuple[int, str | bytes]], *, as_json: bool) -> console.Layout:
    from hitsave.render.json import encoded

    shown = [(stream, text if isinstance(text, str) else text.decode("utf-8", "replace")) for stream, text in parts]
    if as_json:
        return encoded([{"stream": "stderr" if stream == 2 else "stdout", "text": text} for stream, text in shown])
    if not shown and not as_json:
        console.note([[("hitsave: ", "soft"), ("nothing that this run printed was kept", "strong")]])
    return [[(line, "")] for line in "".join(text for _, text in shown).splitlines()]
