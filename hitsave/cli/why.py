"""`hitsave why`: why calls ran again, why they are not saved, why a stored result was trusted."""

from __future__ import annotations

from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import CALL, OF_RUN, runs
from hitsave.render import console
from hitsave.report import find
from hitsave.report.archive import Archive, Run

EXAMPLES["why"] = """\
  hitsave why                        the last run: what changed, and where
  hitsave why train                  the calls of train in it, with the edit
  hitsave why train --run 41         in an earlier run
  hitsave why train --against 38     what differs from the call in run 38
"""


def why(
    call: CALL = None,
    run: OF_RUN = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUN", autocompletion=runs, help="What differs from this run.")
    ] = None,
    explain: Annotated[str | None, typer.Option("--explain", metavar="SLUG", help="What a reason means.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: STORE = None,
) -> None:
    """Tell why calls of a run were computed again (with the edit, the value or the file that changed and the way to it), why
    they can't be saved (with what can be done), or why a stored result was trusted.
    """
    if explain is not None:
        console.write(explained(explain, as_json=json))
        return
    from hitsave.render import why as text
    from hitsave.render.json import encoded
    from hitsave.report import why as answers

    with archive(store) as kept:
        told_run = find.run(kept, run)
        if against is not None:
            _against(kept, told_run, find.run(kept, against), call, as_json=json)
            return
        if call is None:
            summary = answers.of_run(kept, told_run)
            console.page(encoded(summary) if json else console.folded(text.summary(summary), console.width_of()))
            return
        told = answers.of_calls(kept, told_run, find.calls(kept, told_run, call))
        since = answers.changed(kept, told_run)
        if json:
            console.write(encoded({"run": told_run.get("run"), **since, "calls": told}))
        else:
            console.page(console.folded(text.calls(told_run, told, since=since), console.width_of()))


def _against(kept: Archive, run: Run, other: Run, call: str | None, *, as_json: bool) -> None:
    from hitsave.render import why as text
    from hitsave.render.json import encoded
    from hitsave.report import against

    if call is None:
        reasons = against.of_run(kept, run, other)
        told: dict[str, object] = {"run": run.get("run"), "against": other.get("run"), "reasons": reasons}
        console.page(encoded(told) if as_json else console.folded(text.differences(told), console.width_of()))
        return
    calls = against.of_calls(kept, run, find.calls(kept, run, call), other)
    if as_json:
        console.write(encoded({"run": run.get("run"), "against": other.get("run"), "calls": calls}))
    else:
        console.page(console.folded(text.calls(run, calls), console.width_of()))


def explained(slug: str, *, as_json: bool = False) -> console.Layout:
    """The catalogue's page on `slug`."""
    from hitsave import reasons
    from hitsave.render.json import encoded
    from hitsave.report.reason_texts import TEXTS

    slug = reasons.canonical(slug)
    if slug not in TEXTS:
        import difflib

        near = difflib.get_close_matches(slug, TEXTS, n=1)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(TEXTS)}."
        raise typer.BadParameter(f"no reason is called '{slug}'.{hint}", param_hint="--explain")
    sentence = reasons.template(slug).format(subject="…", before="…", after="…")
    if as_json:
        page = {"slug": slug, "verdict": reasons.verdict_of(slug), "sentence": sentence, "remedy": reasons.remedy(slug)}
        return encoded({**page, "text": " ".join(TEXTS[slug].split())})
    import shutil
    import textwrap

    width = min(shutil.get_terminal_size().columns, 88)
    layout: console.Layout = [[(slug, "strong"), (f"  {reasons.verdict_of(slug)}: {sentence}", "")], []]
    layout += [[(line, "")] for line in textwrap.wrap(" ".join(TEXTS[slug].split()), width)]
    return layout
