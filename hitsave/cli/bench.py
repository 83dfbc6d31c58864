"""`hitsave bench`: what HitSave costs and saves for the user's own program."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from typing import TYPE_CHECKING, Annotated

import typer

from hitsave.cli.pages import EXAMPLES, WORDS
from hitsave.render import console

if TYPE_CHECKING:
    from hitsave.bench.folder import Place

EXAMPLES["bench"] = """\
  hitsave bench train.py --epochs 3      plain, first run, again, after an edit
  hitsave bench --rounds 1 -m pkg.train  once each way: for long programs
"""

WORDS["bench"] = "[OPTIONS] SCRIPT [ARGS...]"

# What stands after the script belongs to the program, whatever it looks like.
SETTINGS = {"allow_interspersed_args": False, "ignore_unknown_options": False}

DIFFERENT = 1


def bench(
    script: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    module: Annotated[bool, typer.Option("-m", help="The first word is a module, as in python -m.")] = False,
    rounds: Annotated[int, typer.Option("--rounds", metavar="N", min=1, help="How often each way; 3 if not said.")] = 3,
    edit: Annotated[
        str | None, typer.Option("--edit", metavar="CALL", help="The function to edit, if not the last slow one.")
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Run in the folder itself, not in a copy; no edit.")
    ] = False,
    may_fail: Annotated[
        bool, typer.Option("--may-fail", help="Measure though the program's exit status is not 0.")
    ] = False,
    no_breakdown: Annotated[bool, typer.Option("--no-breakdown", help="Don't look where the time goes.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Run a program in turns by plain Python and under HitSave: first run, again, again without the replay of the whole run, and
    after an edit. Then look where HitSave's time goes. All of it with stores of its own, in a copy of the project folder.
    Exits with 1 if output or exit status differed, or the program failed.
    """
    from hitsave import launch
    from hitsave.bench.measure import Failed, Wishes, measure
    from hitsave.bench.ways import Program
    from hitsave.render.bench import table
    from hitsave.render.json import encoded
    from hitsave.render.progress import Progress

    words = _words(script or [], module=module)
    if edit is not None and in_place:
        raise typer.BadParameter("with --in-place nothing is edited", param_hint="--edit")
    scratch = os.path.realpath(tempfile.mkdtemp(prefix="hitsave-bench-"))
    try:
        place = _place(None if module else words[0], scratch, in_place=in_place)
        head = launch.interpreter_words() or [sys.executable]
        program = Program(head, words, place, scratch, _standard_input(scratch))
        wishes = Wishes(rounds, edit=edit, breakdown=not no_breakdown, may_fail=may_fail)
        with Progress("bench") as progress:
            told = measure(program, wishes, progress.now)
    except Failed as failed:
        console.note(_failed(failed.status, failed.errors))
        raise typer.Exit(DIFFERENT) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if edit is not None and told["edit"] is None:
        raise typer.BadParameter(f"no slow call of '{edit}' that could be edited", param_hint="--edit")
    told["command"] = words
    console.write(encoded(told) if json else console.folded(table(told, console.width_of()), console.width_of()))
    ways = told["ways"]
    assert isinstance(ways, dict)
    if any(row["same_exit"] is False or row["same_output"] is False for row in ways.values()):
        raise typer.Exit(DIFFERENT)


def _words(given: list[str], *, module: bool) -> list[str]:
    """The script, or -m and the module, and the program's arguments."""
    if not given:
        raise typer.BadParameter("nothing to run: hitsave bench SCRIPT [ARGS]...", param_hint="SCRIPT")
    if module:
        return ["-m", *given]
    if not os.path.exists(given[0]):
        from hitsave.report.find import NotFound

        raise NotFound("there is no such script", [("script", given[0])], "Nothing has run.")
    return given


def _place(script: str | None, scratch: str, *, in_place: bool) -> Place:
    from hitsave.bench import folder

    here = os.getcwd()
    try:
        if in_place:
            return folder.Place(here, here, here, folder.project(here, script))
        outer, project = folder.find(here, script)
        target = os.path.join(scratch, os.path.basename(outer) or "project")
        folder.copy(outer, target)
        return folder.Place(outer, target, here, project)
    except folder.TooLarge as refusal:
        raise typer.BadParameter(
            f"{refusal.folder} is not copied: {refusal.why}; with --in-place the program runs there, and writes its files there",
            param_hint="SCRIPT",
        ) from None


def _standard_input(scratch: str) -> str:
    """A file with the standard input of each run: what this command was given, nothing if that is a terminal."""
    try:
        status = os.fstat(0)
    except OSError:
        return os.devnull
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        return os.devnull
    path = os.path.join(scratch, "stdin")
    with open(path, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


def _failed(status: int, errors: str) -> console.Layout:
    how = f"ended with {status}" if status >= 0 else f"was ended by signal {-status}"
    layout = console.message(f"by plain Python the program {how}, so it was not measured")
    layout += [[("  ", ""), (line, "soft")] for line in errors.splitlines()[-5:]]
    layout.append([("Does it need arguments, or a file on standard input? To measure it all the same: --may-fail", "")])
    return layout
