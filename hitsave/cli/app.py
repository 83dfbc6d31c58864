"""The commands, and how each of them ends.

`app()` parses the command line, runs the command and exits. Usage errors are told in two lines on stderr with
the nearest name; what does not exist is told with what does. A failure of ours is one message that says
where it happened.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, NoReturn

import typer

from hitsave.cli import bench, cache, calls, completion, diff, graph, log, restore, result, run, said, show, why
from hitsave.cli.pages import EXAMPLES, GROUPS, INTERNAL, NOT_FOUND, OK, USAGE, GroupPage, Page, UsageError
from hitsave.render import console
from hitsave.report.find import NotFound

EXAMPLES[""] = """\
  hitsave run train.py --epochs 3    run a program, reusing what did not change
  hitsave log                        all runs, and what changed between them
"""

GROUPS[""] = {
    "Run and look": {
        "run": "Run a program.",
        "log": "The runs, and what changed between them.",
        "show": "Everything about a run.",
        "why": "Why calls ran again, or are not saved.",
    },
    "Compare": {
        "diff": "What differs between two runs.",
        "calls": "The table of a function's calls.",
        "result": "What a call returned.",
        "graph": "What a call depends on.",
        "bench": "What HitSave costs and saves for a program.",
    },
    "Keep": {
        "restore": "The exact code of a run.",
        "accept": "An edit that changes no result.",
        "note, tag": "Words and names for runs.",
        "pin, unpin": "Keep the results of a run.",
    },
    "Set up": {
        "cache": "How much is stored; clear, prune, verify, trust.",
        "completion": "Completion for your shell.",
    },
}

_EPILOG = "Exit status: 0 done, 1 a difference, 2 wrong usage, 3 a failure, 4 not found."

commands = typer.Typer(
    name="hitsave",
    cls=GroupPage,
    help="Run Python programs again and compute only what changed.",
    epilog=_EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    invoke_without_command=True,
)
commands.command("run", cls=Page, short_help="Run a program.", context_settings=run.SETTINGS)(run.run)
commands.command("why", cls=Page, short_help="Why calls ran again, or are not saved.")(why.why)
commands.command("log", cls=Page, short_help="The runs, and what changed between them.")(log.log)
commands.command("show", cls=Page, short_help="Everything about a run.")(show.show)
commands.command("diff", cls=Page, short_help="What differs between two runs.")(diff.diff)
commands.command("restore", cls=Page, short_help="The exact code of a run.")(restore.restore)
commands.command("calls", cls=Page, short_help="The table of a function's calls.")(calls.calls)
commands.command("result", cls=Page, short_help="What a call returned.")(result.result)
commands.command("graph", cls=Page, short_help="What a call depends on.")(graph.graph)
commands.command(
    "bench", cls=Page, short_help="What HitSave costs and saves for a program.", context_settings=bench.SETTINGS
)(bench.bench)
commands.command("accept", cls=Page, short_help="An edit that changes no result.")(said.accept)
commands.command("note", cls=Page, short_help="A note on a run.")(said.note)
commands.command("tag", cls=Page, short_help="A name for a run.")(said.tag)
commands.command("pin", cls=Page, short_help="Keep the results of a run.")(said.pin)
commands.command("unpin", cls=Page, short_help="Let them be evicted.")(said.unpin)
commands.command("completion", cls=Page, short_help="Completion for your shell.")(completion.completion)
commands.add_typer(cache.commands, name="cache", short_help="How much is stored; clear, prune, verify, trust.")


def _version(wanted: bool) -> None:
    if wanted:
        import platform

        import hitsave

        print(f"hitsave {hitsave.__version__} ({platform.python_implementation()} {platform.python_version()})")  # noqa: T201
        raise typer.Exit


@commands.callback()
def top(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Run Python programs again and compute only what changed."""
    del version
    if context.invoked_subcommand is None:
        print(context.get_help())  # noqa: T201


def app(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line `arguments` (the process's own by default) and exit."""
    gc.disable()  # a command reads, writes and ends: what is not freed by counting is freed with the process
    sys.exit(status(sys.argv[1:] if arguments is None else arguments))


def status(arguments: list[str]) -> int:
    """Run the command line `arguments`; the exit status."""
    if "_HITSAVE_COMPLETE" in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    try:
        ended = typer.main.get_command(commands).main(args=arguments, prog_name="hitsave", standalone_mode=False)
        sys.stdout.flush()
        return ended if isinstance(ended, int) else OK
    except typer.Exit as ended:
        return ended.exit_code if _flushed() else OK
    except SystemExit as ended:
        # Help whose reader has gone away: whoever lays it out takes that for a failure.
        return OK if type(sys.stdout).__name__ == "PacifyFlushWrapper" else _status_of(ended)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OK
    except Exception as error:
        return failed(error)


def _flushed() -> bool:
    """Write what is left to write; False if nobody reads it any more, which is no failure."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return False
    return True


def _status_of(ended: SystemExit) -> int:
    return ended.code if isinstance(ended.code, int) else OK if ended.code is None else INTERNAL


def failed(error: Exception) -> int:
    """Say on stderr what went wrong; the exit status for it."""
    if isinstance(error, NotFound):
        console.note(console.message(error.what, error.facts, error.hint))
        return NOT_FOUND
    if isinstance(error, UsageError):
        return _usage(error)
    return _failed(error)


def _usage(error: Exception) -> int:
    ctx = getattr(error, "ctx", None)
    asked_for_help = type(error).__name__ == "NoArgsIsHelpError"
    if asked_for_help and ctx is not None:
        print(ctx.get_help())  # noqa: T201
        return OK
    told = error.format_message() if hasattr(error, "format_message") else str(error)
    what, _, hint = told.partition(" Did you mean ")
    what = what.strip().rstrip(".")
    what = what[:1].lower() + what[1:]
    path = getattr(ctx, "command_path", "hitsave")
    remedy = (f"Did you mean {hint.strip()} " if hint else "") + f"See: {path} --help"
    console.note(console.message(what, hint=remedy))
    return USAGE


def _failed(error: Exception) -> int:
    from hitsave.errors import ConfigError, Failure

    if isinstance(error, Failure):
        # Its consequence speaks of a program that goes on; no program runs here.
        console.note(console.message(error.what, list(error.facts), error.remedy, error.slug))
        return USAGE if isinstance(error, ConfigError) else INTERNAL
    if os.environ.get("HITSAVE_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    facts = [("error", f"{type(error).__name__}: {error}")]
    if place is not None:
        facts.append(("at", f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}"))
    hint = "This is a fault of HitSave. HITSAVE_TRACEBACK=1 shows more."
    console.note(console.message("this command failed", facts, hint, "internal"))
    return INTERNAL
