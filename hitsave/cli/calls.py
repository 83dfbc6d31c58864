"""`hitsave calls`: the table of a function's calls."""

from __future__ import annotations

import math
import sys
from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import ONE_CALL
from hitsave.render import console
from hitsave.report.table import Table, cells_of

EXAMPLES["calls"] = """\
  hitsave calls train --top loss
  hitsave calls train --where 'rate > 0.1 and loss < 2' --sort -epochs
  hitsave calls train --plot rate loss --output loss.svg
"""

_MANY = 100
_READ = 1000


def calls(
    function: ONE_CALL,
    number: Annotated[int, typer.Option("-n", metavar="N", min=1, help="How many rows; 100 if not said.")] = _MANY,
    where: Annotated[str | None, typer.Option("--where", metavar="TEXT", help="Rows that fulfil a condition.")] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="In this order; -COLUMN: reversed.")
    ] = None,
    top: Annotated[
        str | None, typer.Option("--top", metavar="COLUMN", help="The best on top (of a loss, the least).")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Also columns that don't vary.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, all columns.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON, all rows.")] = False,
    plot: Annotated[tuple[str, str] | None, typer.Option("--plot", metavar="X Y", help="As points.")] = None,
    output: Annotated[str | None, typer.Option("--output", metavar="FILE", help="The plot as PNG, SVG or PDF.")] = None,
    store: STORE = None,
) -> None:
    """Show the calls of a function that ran, in all runs: arguments and returned numbers and words as columns, beside the
    version of the code. Calls answered from the store are not repeated.
    """
    from hitsave.render import table as text
    from hitsave.render.json import encoded
    from hitsave.report import find, table
    from hitsave.report.conditions import BadCondition

    with archive(store) as kept:
        name = find.function(kept, function)
        # What is shown without a question is read without reading all.
        asked = where or sort or top or csv or json or plot
        found = table.build(kept, name, whole=whole, limit=0 if asked else max(number, _READ))
        try:
            table.select(found, where=where, sort=sort, top=top)
            points = _points(found, *plot) if plot is not None else []
        except BadCondition as error:
            raise typer.BadParameter(f"{error}. {error.hint}") from None
        if json:
            console.write(encoded(table.public(found)))
        elif csv:
            sys.stdout.write(text.csv(found))
        elif plot is not None:
            _plot(found, plot, points, output)
        elif not found.rows:
            console.note([[("hitsave: ", "soft"), ("no call is like that", "strong")]])
        else:
            # Without an order of its own, what ran last is shown.
            shown = found.rows[:number] if top or sort else found.rows[-number:]
            changes = table.version_changes(kept, found, shown)
            console.page(text.table(found, shown, changes, console.width_of()))


def _points(found: Table, x: str, y: str) -> list[tuple[float, float]]:
    from hitsave.report.conditions import BadCondition

    pairs = [(cells_of(row).get(x), cells_of(row).get(y)) for row in found.rows]
    numbers = [(float(a), float(b)) for a, b in pairs if _is_number(a) and _is_number(b)]  # type: ignore[arg-type]
    if not numbers:
        names = sorted({name for row in found.rows for name, value in cells_of(row).items() if _is_number(value)})
        raise BadCondition(f"'{x}' and '{y}' have no numbers to plot", f"Numbers are in: {', '.join(names)}")
    return numbers


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _plot(found: Table, names: tuple[str, str], points: list[tuple[float, float]], output: str | None) -> None:
    from hitsave.render import table as text

    if output is None:
        console.write(text.points(*names, points, console.width_of() or 80))
        return
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise typer.BadParameter(
            "plots in files need matplotlib: pip install 'hitsave[plot]'", param_hint="--output"
        ) from None
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(*zip(*sorted(points), strict=True), "o-" if len({x for x, _ in points}) == len(points) else "o")
    axes.set(xlabel=names[0], ylabel=names[1], title=found.function)
    figure.savefig(output)
    console.note([[(f"{output}: {len(points)} points", "")]])
