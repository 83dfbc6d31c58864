"""`hitsave result`: what a call returned."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import OF_RUN, ONE_CALL
from hitsave.render import console

EXAMPLES["result"] = """\
  hitsave result train              what the only call of train returned
  hitsave result train#2 --run 41   of its second call in run 41
  hitsave result train -o net.pkl   as a pickle
"""


def result(
    call: ONE_CALL,
    run: OF_RUN = None,
    output: Annotated[str | None, typer.Option("-o", metavar="FILE", help="Write it to FILE, as a pickle.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON: its numbers and words, no code is run.")] = False,
    store: STORE = None,
) -> None:
    """Show what a call returned, loaded from the store. Its classes are looked for in the project."""
    from hitsave.cli.loading import loaded
    from hitsave.render.json import encoded
    from hitsave.report import compare, find
    from hitsave.report.results import NotKept
    from hitsave.report.table import nested

    name, _, position = call.partition("#")
    with archive(store) as kept:
        of = find.run(kept, run)
        found = find.calls(kept, of, name, "result")
        if position:
            if not position.isdecimal() or not 0 < int(position) <= len(found):
                raise find.NotFound(f"there is no call {call}", [("calls", str(len(found)))], f"The first is {name}#1.")
            found = [found[int(position) - 1]]
        if len(found) > 1:
            facts = [(f"{name}#{i}", _arguments(one)) for i, one in enumerate(found[:20], 1)]
            said = f" --run {run}" if run else ""
            raise find.NotFound(
                f"{name} was called {len(found)} times", facts, f"Say which: hitsave result {name}#1{said}"
            )
        if json:
            rows = {id(one): row for one, row in compare.results(kept, of)}
            cells = rows.get(id(found[0]), {}).get("result")
            plain = cells["result"] if isinstance(cells, dict) and list(cells) == ["result"] else nested(cells or {})  # type: ignore[arg-type]
            console.write(
                encoded({"function": found[0].get("function"), "arguments": found[0].get("arguments"), "result": plain})
            )
            return
        with loaded(kept, store, str(of.get("project") or "") or None) as load:
            try:
                value = load(found[0].get("trace"))
            except NotKept as error:
                raise find.NotFound(str(error), hint=f"Why: hitsave why {name} --run {of.get('run')}") from None
            except Exception as error:  # whatever unpickling raises
                facts = [("error", f"{type(error).__name__}: {error}")]
                raise find.NotFound(
                    "the result can't be loaded here", facts, "Its classes must be importable."
                ) from None
            if output is not None:
                import pickle

                with open(output, "wb") as file:
                    pickle.dump(value, file, protocol=5)
                console.note([[(f"{output} written", "")]])
                return
            import pprint

            text = pprint.pformat(value) if isinstance(value, dict | list | tuple | set) else repr(value)
            sys.stdout.write(text + "\n")


def _arguments(call: dict[str, object]) -> str:
    arguments = call.get("arguments")
    from hitsave.report.words import given

    return given(arguments, 80) if isinstance(arguments, dict) else ""
