"""`hitsave graph`: what a call or a run depends on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import OF_RUN, functions
from hitsave.render import console
from hitsave.report import find

EXAMPLES["graph"] = """\
  hitsave graph train                    what the call of train depends on
  hitsave graph @ --format mermaid       the whole last run, for a page
"""


class Format(StrEnum):
    """How a graph is written."""

    tree = "tree"
    mermaid = "mermaid"
    dot = "dot"
    json = "json"


def graph(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[CALL|RUN]", show_default=False, autocompletion=functions, help="The last run if not said."
        ),
    ] = None,
    run: OF_RUN = None,
    form: Annotated[Format, typer.Option("--format", metavar="FORM", help="tree, mermaid, dot or json.")] = Format.tree,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: STORE = None,
) -> None:
    """Show what a call depends on (functions, values, files, packages, the calls inside it), with a mark at what has changed since."""
    from hitsave.render import graph as text
    from hitsave.render.json import encoded
    from hitsave.report import graph as answers

    with archive(store) as kept:
        if what is None or what.isdecimal() or what.startswith("@"):
            told = answers.of_run(kept, find.run(kept, what if what is not None else run))
        else:
            name, _, position = what.partition("#")
            of = find.run(kept, run)
            calls = find.calls(kept, of, name, "graph")
            at = int(position) - 1 if position.isdecimal() else 0
            if not 0 <= at < len(calls):
                raise find.NotFound(f"there is no call {what}", [("calls", str(len(calls)))], f"The first is {name}#1.")
            told = answers.of_call(kept, of, calls[at])
        if json or form is Format.json:
            console.write(encoded(told))
        else:
            console.page({Format.tree: text.tree, Format.mermaid: text.mermaid, Format.dot: text.dot}[form](told))
