"""`hitsave cache`: how much is stored, and what to do about it."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from hitsave.cli.opening import STORE, folder_of, opened
from hitsave.cli.pages import EXAMPLES, INTERNAL, GroupPage, Page
from hitsave.render import console
from hitsave.report.words import count, size

EXAMPLES["cache"] = """\
  hitsave cache size       how much is stored, and where
  hitsave cache clear      forget all results; runs and their code stay
"""
EXAMPLES["cache size"] = "  hitsave cache size\n"
EXAMPLES["cache clear"] = """\
  hitsave cache clear          forget all results
  hitsave cache clear --log    forget the runs and their code as well
"""
EXAMPLES["cache prune"] = "  hitsave cache prune --to 2GB\n"
EXAMPLES["cache verify"] = "  hitsave cache verify --fix\n"
EXAMPLES["cache trust"] = "  hitsave cache trust .hitsave\n"

commands = typer.Typer(
    cls=GroupPage, help="How much is stored, and what to do about it.", rich_markup_mode=None, no_args_is_help=True
)

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "k": 10**3, "m": 10**6, "g": 10**9}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


def amount(text: str) -> int:
    """Bytes from '2GB', '500 MB', '1.5 GiB', '1000'."""
    compact = text.replace(" ", "").replace("_", "").lower()
    digits = compact.rstrip("bkmgti")
    try:
        found = float(digits) * _UNITS[compact[len(digits) :]]
    except (ValueError, KeyError):
        raise typer.BadParameter(f"'{text}' is no size; say for example 500MB or 2GB", param_hint="--to") from None
    if not 0 <= found < 2**63:
        raise typer.BadParameter(f"'{text}' is no size that a disk has", param_hint="--to")
    return int(found)


@commands.command("size", cls=Page, short_help="How much is stored, and where.")
def show_size(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: STORE = None,
) -> None:
    """Show where the store is and how much it holds: results, which may be cleared at any time, and the log (runs, and
    every version of the code that ran), which is kept until you say otherwise.
    """
    from hitsave.store import evict

    with opened(store) as (kept, folder):
        if kept is None:
            _nothing(folder, as_json=json)
            return
        held = evict.size(kept)
    results, log = held.blobs + held.values, held.log
    if json:
        from hitsave.render.json import encoded

        told = {"store": folder, "results_bytes": results, "results": held.traces, "limit_bytes": kept.limit}
        console.write(encoded({**told, "log_bytes": log, "runs": held.runs}))
        return
    layout: console.Layout = [
        [("store    ", "soft"), (folder, "")],
        [("results  ", "soft"), (f"{size(results)}, {count(held.traces, 'call')}", "")],
        [("         ", "soft"), (f"a cache of at most {size(kept.limit)}; hitsave cache clear forgets it", "soft")],
        [("log      ", "soft"), (f"{size(log)}, {count(held.runs, 'run')}", "")],
    ]
    console.write(console.folded(layout, console.width_of()))


@commands.command("clear", cls=Page, short_help="Forget all results.")
def clear(
    log: Annotated[bool, typer.Option("--log", help="Also the runs and their code: they exist nowhere else.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    store: STORE = None,
) -> None:
    """Forget all results: they are computed again when they are asked for. The list of runs and their code stay, unless
    --log is given.
    """
    from hitsave.errors import Failure
    from hitsave.store import evict, place, schema

    if log and not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("clearing the log needs --yes where nobody can be asked", param_hint="--log")
        typer.confirm(f"Forget the runs and the kept code of all projects in {folder_of(store)}?", abort=True, err=True)
    try:
        with opened(store, write=True) as (kept, folder):
            if kept is None:
                _nothing(folder)
                return
            held = evict.size(kept)
            evict.clear(kept, log=log)
        gone = f"{count(held.traces, 'result')}, {size(held.blobs)} of them in large files"
        console.write([[(f"cleared: {gone}" + (f"; {count(held.runs, 'run')}" if log else ""), "")]])
    except Failure as failure:
        # What can't be read can still be thrown away, if it is a store and ours.
        if failure.slug != "store-damaged" or place.format_of(folder_of(store)) != schema.FORMAT:
            raise
        evict.clear_folder(folder_of(store), log=log)
        console.write([[("cleared a damaged store" + ("" if log else "; its log was left as it is"), "")]])


@commands.command("prune", cls=Page, short_help="Forget what was not used for the longest time.")
def prune(
    to: Annotated[
        str | None, typer.Option("--to", metavar="SIZE", help="Keep at most this; if not said, the limit that is set.")
    ] = None,
    store: STORE = None,
) -> None:
    """Forget the results that were not used for the longest time, until the rest is no larger than the limit."""
    from hitsave.store import evict

    limit = None if to is None else amount(to)
    with opened(store, write=True) as (kept, folder):
        if kept is None:
            _nothing(folder)
            return
        gone = evict.prune(kept, kept.limit if limit is None else limit)
        left = evict.size(kept)
    console.write([[(f"{count(gone, 'result')} forgotten, {size(left.blobs + left.values)} left", "")]])


@commands.command("verify", cls=Page, short_help="Look for damage.")
def verify(
    fix: Annotated[bool, typer.Option("--fix", help="Remove what is damaged; it is computed again.")] = False,
    store: STORE = None,
) -> None:
    """Read the whole store and check that nothing in it is damaged or missing. Exits with 3 if something is and stays so."""
    from hitsave.store import verify as audit

    with opened(store, write=True) as (kept, folder):
        if kept is None:
            _nothing(folder)
            return
        problems = audit.verify(kept, fix=fix)
    left = [problem for problem in problems if not problem.fixed]
    layout: console.Layout = [
        [(problem.what, "bad"), (f"  [{problem.kind}]", "soft"), ("  removed" if problem.fixed else "", "good")]
        for problem in problems
    ]
    if not problems:
        layout.append([("all is well", "good")])
    elif left:
        layout.append([(f"{count(len(left), 'problem')}; to remove what is damaged: hitsave cache verify --fix", "")])
    else:
        layout.append([(f"{count(len(problems), 'problem')}, all removed", "")])
    console.write(layout)
    if left:
        raise typer.Exit(INTERNAL)


@commands.command("trust", cls=Page, short_help="Read a store that another user made.")
def trust(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The store.")],
) -> None:
    """From now on read the store in DIR although another user's HitSave made it. Reading results may run code that its
    maker put there: trust a store as you would trust a program.
    """
    from hitsave.store import place
    from hitsave.store import trust as ownership

    full = os.path.abspath(os.path.expanduser(folder))
    if place.format_of(full) is None:
        raise typer.BadParameter(f"there is no store in {full}", param_hint="DIR")
    try:
        ownership.trust(full)
    except OSError as error:
        raise typer.BadParameter(f"{full}: {error.strerror or error}", param_hint="DIR") from None
    console.write([[(f"trusted from now on: {full} (made by {ownership.maker(full)})", "")]])


def _nothing(folder: str, *, as_json: bool = False) -> None:
    if as_json:
        from hitsave.render.json import encoded

        console.write(encoded({"store": folder}))
        return
    console.note([[("hitsave: ", "soft"), ("nothing is stored yet", "strong")], [("  store  ", "soft"), (folder, "")]])
