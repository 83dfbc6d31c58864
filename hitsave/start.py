"""The entry point, and the way to the process that runs the program.

`hitsave run` goes the light way: it reads its options, and then this process becomes another one, by `exec`, for two
reasons. Hash randomisation is fixed when an interpreter starts, and all runs that share a store must iterate over sets
in one order. And the program has to stand at the bottom of the stack, which it can't in a process that runs our entry
point (see `launch`). Every other command goes to `hitsave.cli`.

Where a debugger, a profiler or coverage watches this process, it must stay this process: the program then runs here.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from hitsave.options import Options


def main() -> NoReturn:
    """`hitsave` and `python -m hitsave`: never returns."""
    words = sys.argv[1:]
    if not words or words[0] != "run":
        _command_line()
    from hitsave.options import UsageError, parse

    try:
        options = parse(words[1:])
    except UsageError as error:
        _usage(str(error), error.hint)
    if options.help:
        _command_line()
    if "hitsave_bench" in sys._xoptions:
        from hitsave.bench import inside

        inside.begin_before()
    _run(options, words[1:])


def _command_line() -> NoReturn:
    from hitsave.cli.app import app

    app()
    sys.exit(0)


def _usage(what: str, hint: str) -> NoReturn:
    sys.stderr.write(f"hitsave: {what}\n  {hint + ' ' if hint else ''}See: hitsave run --help\n")
    sys.exit(2)


def _run(options: Options, words: list[str]) -> NoReturn:
    from hitsave import launch
    from hitsave_trace import pythons

    head = launch.interpreter_words()
    if options.at is not None:
        words = _at(options, words)
    plainly = options.off or os.environ.get("HITSAVE") == "0"
    if not plainly and not pythons.IS_TESTED:
        from hitsave.errors import say, untested_python

        newest = ".".join(map(str, pythons.TESTED[-1]))
        say(untested_python(".".join(map(str, pythons.VERSION)), newest))
        plainly = True
    options.tooled = _watched()
    if plainly:
        os.environ.pop(AT, None)
    if head is not None and not options.tooled:
        if plainly:
            launch.become_plain(head, options)
        launch.become_run(head, words, _replayed(options, head))
    from hitsave.run import here

    here(options, plainly)


def _replayed(options: Options, head: list[str]) -> str | None:
    """Answer the whole run, and never return, if nothing has changed; else what the process that runs it should know."""
    if options.at is not None:
        return None
    # With `python -m hitsave` the working directory stands first: the program's own `json` is not what we import.
    path = list(sys.path)
    if not sys.flags.safe_path:
        del sys.path[0]
    try:
        from hitsave.replay.again import attempt

        return attempt(options, head)
    except ImportError:
        return None  # what is missing will be said by the process that needs it
    finally:
        sys.path[:] = path


AT = "HITSAVE_AT"
"""Tells the process that runs old code which run's it is, and of which project: `41 /home/me/project`."""


def _at(options: Options, words: list[str]) -> list[str]:
    """Go to a folder with the code of an earlier run; the words with which it is run there."""
    from hitsave.cli.app import failed
    from hitsave.cli.restore import prepare

    given = words[: len(words) - len(options.program())] if options.script or options.module else words
    try:
        place = prepare(str(options.at), options.store, options.script)
    except Exception as error:
        sys.exit(failed(error))
    sys.stderr.write(f"hitsave: the code of run {place.run} runs in {place.cwd}\n")
    if options.script is None and options.module is None:
        options.arguments, options.module = place.arguments, place.module
    if options.store is not None:
        options.store = os.path.abspath(options.store)
        given = [*given, "--store", options.store]
    if options.report is not None:
        options.report = os.path.abspath(options.report)
        given = [*given, "--report", options.report]
    options.script = place.script if options.module is None else None
    os.environ[AT] = f"{place.run} {place.project}"
    os.chdir(place.cwd)
    return [*given, *options.program()]


def _watched() -> bool:
    """Is a debugger, a profiler or coverage at work in this process?"""
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and any(monitoring.get_tool(tool) is not None for tool in range(6))
