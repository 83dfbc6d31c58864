"""What the user says of runs and edits: `pin`, `unpin`, `note`, `tag`, `accept`."""

from __future__ import annotations

from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive, opened
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import ONE_RUN, functions, runs
from hitsave.render import console
from hitsave.report.archive import as_digest, number_of
from hitsave.report.words import count, short_name

EXAMPLES["pin"] = "  hitsave pin 41       its results are never evicted\n"
EXAMPLES["unpin"] = "  hitsave unpin 41\n"
EXAMPLES["note"] = '  hitsave note 41 "figure 3 of the paper"\n  hitsave note 41 --clear\n'
EXAMPLES["tag"] = "  hitsave tag 41 figure-3     then: hitsave show figure-3\n  hitsave tag --delete figure-3\n"
EXAMPLES["accept"] = """\
  hitsave accept helper.scale    my edit of scale changes no result
  hitsave accept train           no edit since of what train runs does
  hitsave accept --list          what was accepted so far
"""


def pin(run: ONE_RUN, store: STORE = None) -> None:
    """Keep all results that a run made or used, whatever the size limit evicts."""
    _pin(run, store, pinned=True)


def unpin(run: ONE_RUN, store: STORE = None) -> None:
    """Let the results of a run be evicted again."""
    _pin(run, store, pinned=False)


def _pin(reference: str, store: str | None, *, pinned: bool) -> None:
    from hitsave.report import find

    with archive(store) as kept:
        run = find.run(kept, reference)
        number = number_of(run)
        digests = {as_digest(call.get("trace")) for call in kept.calls(number)} - {None}
    with opened(store, write=True, project=str(run.get("project"))) as (writer, _):
        assert writer is not None
        gone = sum(writer.trace(digest) is None for digest in digests if digest is not None)
        writer.pin([digest for digest in digests if digest is not None], pinned=pinned)
        writer.say(number, {**writer.said(number), "pinned": pinned})
    told = f"run {number}: {count(len(digests) - gone, 'result')} " + ("pinned" if pinned else "may be evicted")
    console.write([[(told, ""), (f"; {gone} are no longer stored" if gone else "", "warn")]])


def note(
    run: ONE_RUN,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", show_default=False, help="What to remember.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Forget the notes of the run.")] = False,
    store: STORE = None,
) -> None:
    """Add a note to a run: the log shows it, and `hitsave log --grep` finds it. Without a text, the notes are shown."""
    from hitsave.report import find

    with archive(store) as kept:
        found = find.run(kept, run)
        number = number_of(found)
        notes = kept.said(number).get("notes")
    known = [str(one) for one in notes] if isinstance(notes, list) else []
    if text is None and not clear:
        console.write([[(one, "")] for one in known])
        return
    with opened(store, write=True, project=str(found.get("project"))) as (writer, _):
        assert writer is not None
        writer.say(number, {**writer.said(number), "notes": [] if clear else [*known, text]})


def tag(
    run: Annotated[str, typer.Argument(metavar="RUN", autocompletion=runs, help="The run; with --delete, the tag.")],
    name: Annotated[str | None, typer.Argument(metavar="NAME", show_default=False, help="The tag.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Take a tag away.")] = False,
    store: STORE = None,
) -> None:
    """Give a run a name that can stand for its number. A name that is taken moves to this run."""
    from hitsave.report import find

    label = (name if name is not None else run) if delete else name
    if not label or label.isdecimal() or label.startswith(("@", "-")) or not label.isprintable():
        raise typer.BadParameter("a tag is a word that is no number and does not begin with @ or -", param_hint="NAME")
    with archive(store) as kept:
        found = find.run(kept, label if delete else run)
        number = number_of(found)
    with opened(store, write=True, project=str(found.get("project"))) as (writer, _):
        assert writer is not None
        project = writer.said(0)
        known = project.get("tags")
        tags: dict[str, object] = dict(known) if isinstance(known, dict) else {}
        before = tags.pop(label, None)
        if not delete:
            tags[label] = number
        writer.say(0, {**project, "tags": tags})
        for one in {number, before} - {None}:
            assert isinstance(one, int)
            names = sorted(str(key) for key, value in tags.items() if value == one)
            writer.say(one, {**writer.said(one), "tags": names})


def accept(
    call: Annotated[
        list[str] | None,
        typer.Argument(metavar="CALL...", autocompletion=functions, help="Functions whose edits don't matter."),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", autocompletion=runs, help="Edits since this run.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="What was accepted.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Accept it no longer.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: STORE = None,
) -> None:
    """Say that the edits of functions since a run change no result: its results then answer for the code as it is now, and the
    log and `why` say so. Of a call, all functions that ran in it are meant.
    """
    from hitsave.render.json import encoded
    from hitsave.report import accepted, find

    with archive(store) as kept:
        known = accepted.known(kept)
        if listed or not call:
            if not listed:
                raise typer.BadParameter("which edits? Name functions, or --list", param_hint="CALL")
            console.write(encoded(known) if json else [_line(row) for row in known])
            return
        # Code that was run again as it was has nothing to do with what stands in the files now.
        found = find.run(kept, run) if run is not None else kept.last_of_now() or find.run(kept, None)
        if undo:
            names = {name for one in call for name in find.matching([str(row["function"]) for row in known], one)}
            left, rows = (
                [row for row in known if row["function"] not in names],
                [r for r in known if r["function"] in names],
            )
        else:
            rows = accepted.edits(kept, found, call)
            there = {(row["function"], row["before"], row["after"]) for row in known}
            left = known + [row for row in rows if (row["function"], row["before"], row["after"]) not in there]
    if not rows:
        raise find.NotFound("there is nothing to accept" if not undo else "nothing of that was accepted", hint=_HINT)
    with opened(store, write=True, project=str(found.get("project"))) as (writer, _):
        assert writer is not None
        writer.say(0, {**writer.said(0), "accepted": left})
    if json:
        console.write(encoded(rows))
    else:
        console.write([[("accepted no longer: " if undo else "accepted: ", "warn"), *_line(row)] for row in rows])


_HINT = "No function of these was edited since that run (data, values and defaults are not accepted)."


def _line(row: dict[str, object]) -> console.Line:
    from hitsave.report.words import moment

    line: console.Line = [
        (short_name(str(row["function"])), "name"),
        (f" +{row['added']}", "good"),
        (f" -{row['removed']}", "bad"),
    ]
    line.append((f"  since run {row['run']}, {moment(float(str(row['when'])))}", "soft"))
    return line
