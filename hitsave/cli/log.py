"""`hitsave log`: the runs, and what changed between them."""

from __future__ import annotations

from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive
from hitsave.cli.pages import EXAMPLES
from hitsave.render import console

EXAMPLES["log"] = """\
  hitsave log              the last runs, newest first
  hitsave log -n 3 --script train.py --since 2d
  hitsave log --changed scale    the runs before which scale was edited
  hitsave log --json       for programs
"""

_MANY = 20


def log(
    number: Annotated[int, typer.Option("-n", metavar="N", min=1, help="How many runs; 20 if not said.")] = _MANY,
    script: Annotated[str | None, typer.Option("--script", metavar="PATH", help="Runs of this script.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="2h, 3d, today, 2026-03-01, '2026-03-01 14:00'.")
    ] = None,
    changed: Annotated[
        str | None, typer.Option("--changed", metavar="NAME", help="Where this function, value or file changed.")
    ] = None,
    grep: Annotated[str | None, typer.Option("--grep", metavar="TEXT", help="With this in command or notes.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON: one list, newest run first.")] = False,
    store: STORE = None,
) -> None:
    """List the runs of this project: how each ended, how long it took, what was reused, and which functions, values and files
    changed that it used, against the run before it of the same script.
    """
    from hitsave.render.json import encoded
    from hitsave.render.log import table
    from hitsave.report import find
    from hitsave.report.history import rows

    start = None if since is None else moment_of(since)
    with archive(store) as kept:
        known = None if script is None else find.script(kept, script)
        told = rows(kept, number, script=known, since=start, grep=grep, changed=changed)
        if json:
            console.write(encoded([_public(row) for row in told]))
        elif told:
            layout = table(told, console.width_of())
            filtered = script or since or changed or grep
            hidden = 0 if filtered else kept.numbers(limit=1)[0] - len(told)
            if hidden > 0 and console.width_of() is not None:
                layout.append([(f"{hidden} earlier: hitsave log -n {len(told) + hidden}", "soft")])
            console.page(layout)
        elif kept.numbers(limit=1):
            console.note([[("hitsave: ", "soft"), ("no run is like that", "strong")], [("See all: hitsave log", "")]])
        else:
            console.note(
                [
                    [("hitsave: ", "soft"), ("no runs yet", "strong")],
                    [("A run is recorded by: hitsave run train.py", "")],
                ]
            )


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def moment_of(text: str, now: float | None = None) -> float:
    """A moment from '2h' (ago), 'today', 'yesterday', '2026-03-01', '2026-03-01 14:00'."""
    import time

    now = time.time() if now is None else now
    word = text.strip().lower().removesuffix(" ago").strip()
    if word in ("today", "yesterday"):
        today = time.localtime(now - (86400 if word == "yesterday" else 0))
        return time.mktime((today.tm_year, today.tm_mon, today.tm_mday, 0, 0, 0, 0, 0, -1))
    amount, unit = word[:-1].strip(), word[-1:]
    if unit in _UNITS and amount.replace(".", "", 1).isdecimal():
        return now - float(amount) * _UNITS[unit]
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dt%H:%M", "%H:%M"):
        try:
            found = time.strptime(word, form)
        except ValueError:
            continue
        if form == "%H:%M":
            today = time.localtime(now)
            return time.mktime((today.tm_year, today.tm_mon, today.tm_mday, found.tm_hour, found.tm_min, 0, 0, 0, -1))
        return time.mktime((*found[:6], 0, 0, -1))
    raise typer.BadParameter(
        f"'{text}' is no moment; say for example 2h, 3d, today or 2026-03-01", param_hint="--since"
    )


_INNER = (
    "command_line",
    "command_before",
    "script",
    "state",
    "compared_with",
    "at",
    "accepted",
    "notes",
    "tags",
    "pinned",
)


def _public(row: dict[str, object]) -> dict[str, object]:
    """A row without what only the table needs."""
    return {key: value for key, value in row.items() if key not in _INNER}
