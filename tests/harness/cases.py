"""Runs a case page and judges it.

For each revision three things must hold: plain Python and HitSave show the same (stdout, stderr, exit status, files); the
calls that the page speaks of had exactly the verdicts that it states; the reasons are those that it shows. With
HITSAVE_UPDATE_CASES=1 the `why` blocks are written anew instead of compared.

A stated hit is believed only if the report says that it was one and, where the interpreter lets us see it, the body of the
function did not run.

With HITSAVE_CASES_VERIFY=1 all runs are `hitsave run --verify`: what would be a hit runs, and must be as it was stored. Then
nothing else of what a page states is looked at: calls inside of a hit show as well.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.harness.pages import Block, Page, Revision
from tests.harness.runs import Pair

# Under it a call that ran need not be reported. What a page speaks of sleeps four times as long.
THRESHOLD_SECONDS = 0.01


class CaseFailure(AssertionError):
    """What a page states and what happened are not the same."""


def run_page(path: Path, base: Path) -> None:
    """Run all revisions of the page at `path` in the folder `base`. Raises CaseFailure with all that is wrong."""
    page = Page(path)
    pair = Pair(base)
    wrong: list[str] = []
    texts: list[tuple[Block, list[str]]] = []
    for number, revision in enumerate(page.revisions):
        for folder in (pair.plain, pair.saved):
            revision.apply(folder)
        plain, saved, report = pair.both(revision.command, revision.environment, revision.stdin)
        found = plain.differences(saved)
        if report and verifying():
            found += compared(report["calls"])
        elif report and with_statements() and not revision.environment.get("HITSAVE_STATEMENTS"):
            pass  # calls inside of an answered statement are not asked about: only what can be seen counts
        elif report:
            found += verdict_differences(page, revision, report["calls"])
            found += untrue_hits(revision, pair.executed())
            if revision.replayed is not None and report["replayed"] != revision.replayed:
                found.append(f"the run as a whole: stated as {'replayed' if revision.replayed else 'run'}, is not")
                found.append(pair.ask("why").stdout.decode())
        elif plain.status >= 0:
            found.append("hitsave wrote no report")
        for function, block in () if verifying() or with_statements() else revision.why:
            lines = reason_lines(report.get("calls", []), function, str(pair.project))
            if lines != block.lines:
                texts.append((block, lines))
                if not updating():
                    found += [f"why {function.removeprefix('__main__:')}:", *(f"    stated  {x}" for x in block.lines)]
                    found += [f"    found   {x}" for x in lines]
        if found:
            wrong.append(f"revision {number + 1}: {revision.title}")
            wrong += [f"  {line}" for line in found]
    if updating():
        page.rewrite(texts)
    if wrong:
        raise CaseFailure("\n".join(wrong))


def with_statements() -> bool:
    """Whether all pages are run with statements answered as well, also those that state what functions did."""
    return os.environ.get("HITSAVE_CASES_STATEMENTS") == "1"


def updating() -> bool:
    return os.environ.get("HITSAVE_UPDATE_CASES") == "1"


def verifying() -> bool:
    return os.environ.get("HITSAVE_CASES_VERIFY") == "1"


def compared(calls: list[dict]) -> list[str]:
    """What `--verify` found."""
    return [
        f"{call['function']} is not as stored: {reason}"
        for call in calls
        if call["verdict"] == "verified"
        for reason in call["reasons"]
    ]


def verdict_differences(page: Page, revision: Revision, calls: list[dict]) -> list[str]:
    """Where the report differs from what the page states.

    Functions that no statement of the page names are not looked at, nor calls that ran and were quick: they may or may not
    be reported. That no such call is a hit that should be none shows in the output.
    """
    assert revision.verdicts is not None
    calls = [call for call in calls if call["verdict"] == "hit" or call["seconds"] >= THRESHOLD_SECONDS]
    tracked = page.tracked - revision.verdicts["any"]
    found = []
    for verdict in ("miss", "hit", "unsaved"):
        stated = revision.verdicts[verdict]
        reported = {call["function"] for call in calls if call["verdict"] == verdict} & tracked
        found += [f"{name}: stated as {verdict}, is not" for name in sorted(stated - reported)]
        found += [f"{name}: is {verdict}, which is not stated" for name in sorted(reported - stated)]
    if found:
        found.append("report: " + ", ".join(f"{call['function']} {call['verdict']}" for call in calls))
        found += [f"    {call['function']}: {reason}" for call in calls for reason in call["reasons"]]
    return found


def untrue_hits(revision: Revision, executed: set[str]) -> list[str]:
    """Functions that are stated as answered, and only that, but whose body ran."""
    assert revision.verdicts is not None
    only_hits = revision.verdicts["hit"] - revision.verdicts["miss"] - revision.verdicts["unsaved"]
    bodies = {name.partition(":")[2] for name in only_hits}
    return [f"{name}: a hit by the report, but its body ran" for name in sorted(bodies & executed)]


def reason_lines(calls: list[dict], function: str, project: str) -> list[str]:
    """The reasons of the calls of `function` that were no hits, each once, as a page shows them."""
    lines: list[str] = []
    seen: list[object] = []
    for call in calls:
        if call["function"] != function or call["verdict"] == "hit":
            continue
        for reason in call["reasons"]:
            if reason not in seen:
                seen.append(reason)
                lines += [line.replace(project, "{project}") for line in shown(reason)]
    return lines


def shown(reason: dict) -> list[str]:
    """A reason: what and where; before and after; the path of calls, if it is more than the call itself."""
    where = f" ({reason['where']})" if reason.get("where") else ""
    lines = [f"{reason['kind']} {reason['subject'] or ''}".rstrip() + where]
    before = (reason.get("before") or "").splitlines()
    after = (reason.get("after") or "").splitlines()
    if len(before) <= 1 and len(after) <= 1:
        if before or after:
            lines.append(f"  {''.join(before) or 'nothing'} → {''.join(after) or 'nothing'}")
    else:
        lines += [f"  - {line.strip()}" for line in before if line not in after]
        lines += [f"  + {line.strip()}" for line in after if line not in before]
    path = reason.get("path") or []
    if len(path) > 1:
        lines.append("  " + " → ".join(name.removeprefix("__main__:") for name in path))
    return lines
