"""`hitsave diff`: two runs, or a run and the working copy."""

from __future__ import annotations

from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import runs
from hitsave.render import console

EXAMPLES["diff"] = """\
  hitsave diff             the last two runs of a script
  hitsave diff 38 41       two runs: code they used, data, packages, results
  hitsave diff 38          run 38 and the files as they are now
"""

_DIFFER = 1


def diff(
    old: Annotated[
        str | None, typer.Argument(metavar="RUN", show_default=False, autocompletion=runs, help="The older run.")
    ] = None,
    new: Annotated[
        str | None, typer.Argument(metavar="RUN", show_default=False, autocompletion=runs, help="The newer run.")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Also edits of what neither used.")] = False,
    values: Annotated[bool, typer.Option("--values", help="Compare the stored results of calls, too.")] = False,
    stat: Annotated[bool, typer.Option("--stat", help="Numbers of lines only.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if anything differs.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: STORE = None,
) -> None:
    """Show what differs between two runs: the functions that they used, then data and packages, then what calls were given and
    gave. The output is a patch that git apply reads.
    """
    from hitsave.render import compare as text
    from hitsave.render.json import encoded
    from hitsave.report import compare, find

    with archive(store) as kept:
        if old is None:
            newer = find.run(kept, None)
            before = kept.before(newer)
            if before is None:
                raise find.NotFound(f"run {newer.get('run')} is the first of its script", hint="See: hitsave log")
            told = compare.between(kept, before, newer, whole=whole)
        else:
            newer_one = find.run(kept, new) if new is not None else None
            told = compare.between(kept, find.run(kept, old), newer_one, whole=whole)
        if values:
            from hitsave.cli.loading import loaded

            with loaded(kept, store) as load:
                _add_values(told, load)
        if json:
            console.write(encoded(told))
        elif stat:
            console.page(text.stat(told))
        else:
            console.page(text.patch(told))
    if exit_code and compare.differs(told):
        raise typer.Exit(_DIFFER)


def _add_values(told: dict[str, object], load: object) -> None:
    from hitsave.report.values import compare

    rows = told["results"]
    for row in rows if isinstance(rows, list) else ():
        try:
            one, two = (load(trace) for trace in row["traces"])  # type: ignore[operator]
        except Exception as error:  # what can't be loaded any more can't be compared
            row["values"] = [f"the results can't be compared: {error}"]
            continue
        row["values"] = compare(one, two)
