"""`hitsave run`: its help page.

The run itself never comes through here: `hitsave.start` goes the light way, without the parser. The options are
declared once more so that the page can show them, and a test compares the two.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hitsave.cli.pages import EXAMPLES, WORDS

EXAMPLES["run"] = """\
  hitsave run train.py --epochs 3    as python train.py --epochs 3
  hitsave run -m pkg.train           as python -m pkg.train
"""

WORDS["run"] = "[OPTIONS] SCRIPT [ARGS...]"

# What stands after the script belongs to the program, whatever it looks like.
SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False, "allow_extra_args": True}


def run(
    script: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    module: Annotated[str | None, typer.Option("-m", metavar="MODULE", help="Run a module, as python -m.")] = None,
    store: Annotated[
        str | None, typer.Option("--store", metavar="DIR", help="Keep results there. [env: HITSAVE_STORE]")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No line after the run.")] = False,
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE", help="Write what happened to FILE, as JSON.")
    ] = None,
    tracer: Annotated[
        str, typer.Option("--tracer", metavar="NAME", help="auto (as set), profile or monitoring.")
    ] = "auto",
    threshold: Annotated[
        float | None, typer.Option("--threshold", metavar="SECONDS", help="Save calls that take longer than this.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="RUN", help="Run the code of an earlier run.")] = None,
    no_replay: Annotated[
        bool, typer.Option("--no-replay", help="Run it even if nothing changed. [env: HITSAVE_REPLAY=0]")
    ] = False,
    verify: Annotated[
        str | None,
        typer.Option("--verify", metavar="P", help="Run a share P of the hits, too, and compare. [=1]"),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Run plainly, without HitSave. [env: HITSAVE=0]")] = False,
) -> None:
    """Run a program as python would, and answer slow calls from the store when nothing they depend on changed. Exits with
    the program's status.
    """
    del script, module, store, quiet, report, tracer, threshold, at, no_replay, verify, off
    import sys

    from hitsave.start import main

    sys.exit(main())
