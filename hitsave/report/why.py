"""Why calls ran again, why they were not saved, and why a stored result was trusted.

Everything is answered from what was kept with the run: the first cause first, in the order in which the
program read things. A change that reaches ten calls is one cause with ten calls under it, so that the
answer is as long as the number of things that changed, not as the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsave.reasons import AS_SET, UNSAVED, canonical, remedy, sentence, verdict_of
from hitsave.report import diff, lines
from hitsave.report.archive import (
    Archive,
    Call,
    Reason,
    Run,
    command_of,
    mapping_of,
    number_of,
    path_of,
    reasons_of,
    seconds_of,
    text_of,
)
from hitsave.report.history import changes, used_by
from hitsave.report.places import function_place, place_of
from hitsave.report.run_report import source_text
from hitsave.report.words import parameter, short_name
from hitsave_trace.model import FILE, GLOBAL

if TYPE_CHECKING:
    from collections.abc import Container

Told = dict[str, object]

# What comes of another change: it is told after that.
_FOLLOWING = ("argument", "closure", "new")


def of_calls(archive: Archive, run: Run, calls: list[Call]) -> list[Told]:
    """What there is to say about some calls of a run. Calls with the same answer are told together."""
    folded: dict[tuple[object, object, object, bool], list[Call]] = {}
    before = _calls_before(archive, run)
    for call in calls:
        verdict = call.get("verdict")
        # Two hits are the same answer if one run made both; two others if they have the same reasons.
        answer: object = tuple(_identity(reason) for reason in reasons_of(call))
        if verdict in ("hit", "verified"):
            answer = (answer, call.get("source_run"))
        folded.setdefault((call.get("function"), verdict, answer, call.get("call") in before), []).append(call)
    return [{**_together(archive, run, alike), "in_run_before": known} for (_, _, _, known), alike in folded.items()]


def changed(archive: Archive, run: Run) -> Told:
    """What the run used and had changed since the run before it, which is further up where a call got other arguments."""
    old = archive.before(run)
    return {
        "compared_with": old.get("run") if old is not None else None,
        "changed": changes(archive, old, run) if old is not None else [],
    }


def of_run(archive: Archive, run: Run) -> Told:
    """The whole run by first cause: misses, then what was not saved, then what was reused."""
    calls = archive.calls(number_of(run))
    hits = [call for call in calls if call.get("verdict") == "hit"]
    missed = [call for call in calls if call.get("verdict") == "miss"]
    before = _calls_before(archive, run)
    verified = [call for call in calls if call.get("verdict") == "verified"]
    faults = run.get("faults")
    return {
        "run": run.get("run"),
        "command": command_of(run),
        "started": run.get("started"),
        "state": run.get("state"),
        "exit": run.get("exit"),
        "traceback": run.get("traceback"),
        "replayed": bool(run.get("replayed")),
        "seconds": seconds_of(run),
        "saved_seconds": seconds_of(run, "saved_seconds"),
        "hits": _count(run, "hits", len(hits)),
        "misses": _count(run, "misses", sum(call.get("verdict") == "miss" for call in calls)),
        "unsaved": _count(run, "unsaved", sum(call.get("verdict") == "unsaved" for call in calls)),
        "compared": _count(run, "verified"),
        "differ": _count(run, "different"),
        "faults": [str(fault) for fault in faults] if isinstance(faults, list) else [],
        **changed(archive, run),
        # Calls that the run before had made tell what changed since; others only follow from it.
        "missed": _first_causes_first(
            archive,
            run,
            causes(archive, run, sorted(missed, key=lambda one: one.get("call") not in before), before),
        ),
        "not_saved": causes(archive, run, [call for call in calls if call.get("verdict") == "unsaved"]),
        "reused": _tally(hits),
        "not_replayed": _of_whole(archive, run, "missed"),
        "not_replayable": _of_whole(archive, run, "not_replayable"),
        "verified": _tally([call for call in verified if not reasons_of(call)]),
        "different": causes(archive, run, [call for call in verified if reasons_of(call)]),
    }


def _calls_before(archive: Archive, run: Run) -> set[object]:
    """The calls that the run before recorded."""
    old = archive.before(run)
    return {call.get("call") for call in archive.calls(number_of(old))} if old is not None else set()


def _first_causes_first(archive: Archive, run: Run, causes: list[Told]) -> list[Told]:
    """That a call got other arguments than before has a cause itself, which comes first if it is known; so has that a file is
    another one which the run had written before, and that a variable has the same look and other contents.
    """
    read = used_by(archive, run) if any(cause["kind"] == FILE for cause in causes) else {}

    def follows(cause: Told) -> bool:
        if cause["kind"] == FILE:
            return (FILE, cause["subject"]) not in read
        return cause["kind"] in _FOLLOWING or (cause["kind"] == GLOBAL and cause["before"] == cause["after"])

    return sorted(causes, key=follows)


def _of_whole(archive: Archive, run: Run, key: str) -> list[Told]:
    """Why the run was not answered as a whole, or can't be the next time."""
    rows = run.get(key) if not run.get("replayed") else None
    return (
        [explained(archive, run, row, None) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    )


def causes(archive: Archive, run: Run, calls: list[Call], before: Container[object] = ()) -> list[Told]:
    """Each cause once, with the calls under it; `before` are the calls that the run before had made.

    A call stands under the first of its reasons. A later reason of it is a cause as well (two things may
    have changed at once), and there the call is only counted.
    """
    order: dict[object, Reason] = {}
    under: dict[object, list[Call]] = {}
    also: dict[object, int] = {}
    known: set[object] = set()
    for call in calls:
        seen = set()
        nothing: Reason = {"kind": "internal", "subject": "no reason was kept"}
        for position, reason in enumerate(_without_repeats(reasons_of(call)) or [nothing]):
            identity = _cause(reason)
            if identity in seen:
                continue
            seen.add(identity)
            order.setdefault(identity, reason)
            if call.get("call") in before:
                known.add(identity)
            if position == 0:
                under.setdefault(identity, []).append(call)
            else:
                also[identity] = also.get(identity, 0) + 1
    return [
        {
            **explained(archive, run, _general(reason, under.get(identity, [])), None),
            "calls": _tally(under.get(identity, [])),
            "also_reaches": also.get(identity, 0),
            "in_run_before": identity in known,
        }
        for identity, reason in order.items()
    ]


def _general(reason: Reason, calls: list[Call]) -> Reason:
    """The reason as it holds for all of `calls`: one call's arguments say nothing of another's."""
    if reason.get("kind") == "argument" and len(calls) != 1:
        return {**reason, "before": None, "after": None}
    return reason


def checked(archive: Archive, trace: object, own: str = "") -> dict[str, list[str]]:
    """What was compared before a stored result was trusted: names by kind, in the order in which they were read. `own` is what
    the call itself is called now.
    """
    record = archive.trace(trace)
    names: dict[str, list[str]] = {}
    dependencies = record["dependencies"] if record is not None else ()
    for kind, name, _, text, _ in dependencies if isinstance(dependencies, list) else ():
        if kind == "sharing":
            continue  # which objects are one: it has no name that would say something here
        if lines.is_statement(name):
            name = own if ":line " in own else lines.shown(name, text)
        if name.endswith(AS_SET):
            name = f"what the program sets in {name.removesuffix(AS_SET)}"
        shown = f"{name} {text}" if kind == "distribution" and text else (name or text or kind)
        known = names.setdefault("file" if kind in ("presence", "stat") else kind, [])
        if shown not in known:
            known.append(shown)
    return names


def _together(archive: Archive, run: Run, alike: list[Call]) -> Told:
    first = alike[0]
    told: Told = {
        "function": first.get("function"),
        "verdict": first.get("verdict"),
        "where": first.get("where"),
        "count": len(alike),
        "arguments": [call.get("arguments") or {} for call in alike],
        "seconds": sum(seconds_of(call) for call in alike),
        "saved_seconds": sum(seconds_of(call, "saved_seconds") for call in alike),
        "reasons": _allexplained(archive, run, first),
        "origin": None,
    }
    if first.get("verdict") in ("hit", "verified"):
        told["origin"] = _origin(archive, first)
    return told


def _allexplained(archive: Archive, run: Run, call: Call) -> list[Told]:
    told: list[Told] = []
    for reason in _without_repeats(reasons_of(call)):
        one = explained(archive, run, reason, call)
        if one["kind"] == "argument" and any(other["kind"] == "argument" for other in told):
            # That these arguments are new has been said of the first one.
            one["sentence"] = argument_words(one)
        told.append(one)
    return told


def _without_repeats(reasons: list[Reason]) -> list[Reason]:
    """Two looks at the same thing on the same line are one: `datetime.datetime`, and then `datetime.datetime.now`."""
    kept: list[Reason] = []
    for reason in reasons:
        what = (reason.get("kind"), reason.get("where"))
        subject = str(reason.get("subject") or "")
        alike = [
            one for one in kept if (one.get("kind"), one.get("where")) == what and verdict_of(str(what[0])) == UNSAVED
        ]
        if not any(_is_part(subject, str(one.get("subject") or "")) for one in alike):
            kept.append(reason)
    return kept


def _is_part(one: str, two: str) -> bool:
    return one == two or one.startswith(two + ".") or two.startswith(one + ".")


def argument_words(one: Told) -> str:
    """How an argument differs from the one before."""
    if one["before"] == one["after"]:
        return f"{parameter(str(one['subject']))} is another {one['after']}"
    return f"{parameter(str(one['subject']))} was {one['before']}, is {one['after']}"


def _origin(archive: Archive, call: Call) -> Told:
    number = call.get("source_run")
    trace = archive.trace(call.get("trace"))
    if number is None and trace is not None:
        number = trace["run"]
    made = archive.run(number) if isinstance(number, int) else None
    return {
        "run": number,
        "when": (trace or {}).get("when") or (made or {}).get("started"),
        "seconds": (trace or {}).get("seconds") or seconds_of(call, "saved_seconds"),
        "checked": checked(archive, call.get("trace"), str(call.get("function"))),
        "accepted": call.get("accepted") or [],
    }


def explained(archive: Archive, run: Run, reason: Reason, call: Call | None) -> Told:
    """A reason with its sentence, its place, its diff and the way to it."""
    kind, subject = canonical(str(reason.get("kind"))), str(reason.get("subject") or "")
    before, after = reason.get("before"), reason.get("after")
    lines: list[str] = []
    if kind == "code":
        old, new = archive.version(subject, before), archive.version(subject, after)
        if old is not None or new is not None:
            lines = diff.of_versions(old, new)
        elif before is not None and after is not None:
            old_lines, new_lines = (str(value).splitlines(keepends=True) for value in (before, after))
            if len(old_lines) > 1 or len(new_lines) > 1:
                file, offset = _split(text_of(reason.get("where")))
                lines = diff.of_lines(old_lines, new_lines, f"a/{file}", f"b/{file}", offset, offset)
        before, after = source_text(archive, subject, before), source_text(archive, subject, after)
    return {
        "kind": kind,
        "subject": subject,
        "sentence": sentence(
            {**reason, "before": text_of(before), "after": text_of(after)}, parameter(short_name(subject))
        ),
        "remedy": remedy(kind),
        "where": place_of(archive, run, reason),
        "before": text_of(before),
        "after": text_of(after),
        "diff": lines,
        "path": _placed(archive, run, reason, call),
        "since": reason.get("since"),
    }


def _placed(archive: Archive, run: Run, reason: Reason, call: Call | None) -> list[Told]:
    """The path with a place for each link: the kept one, or where the function stood in this run."""
    functions = mapping_of(run, "functions")
    links = path_of(reason)
    subject = reason.get("subject")
    placed: list[Told] = []
    for position, (name, where) in enumerate(links):
        if where is None and name == subject:
            where = text_of(reason.get("where"))
        if where is None and position == 0 and call is not None and call.get("function") == name:
            where = text_of(call.get("where"))
        if where is None:
            where = function_place(archive, run, name)
        if where is None and name in functions:
            version = archive.version(name, functions[name])
            where = version.where if version is not None else None
        placed.append({"function": name, "where": where})
    return placed


def _tally(calls: list[Call]) -> list[Told]:
    """Calls by function, in order of first appearance: how many, how long, where called."""
    tallied: dict[object, Told] = {}
    for call in calls:
        name = call.get("function")
        row = tallied.setdefault(
            name, {"function": name, "where": call.get("where"), "count": 0, "seconds": 0.0, "saved_seconds": 0.0}
        )
        row["count"] = _count(row, "count") + 1
        row["seconds"] = seconds_of(row) + seconds_of(call)
        row["saved_seconds"] = seconds_of(row, "saved_seconds") + seconds_of(call, "saved_seconds")
    return list(tallied.values())


def _identity(reason: Reason) -> tuple[object, ...]:
    return (reason.get("kind"), reason.get("subject"), reason.get("where"), reason.get("before"), reason.get("after"))


def _cause(reason: Reason) -> tuple[object, ...]:
    kind = canonical(str(reason.get("kind")))
    if kind in ("new", "gone", "argument", "too-cheap"):
        # The same news about many calls is told once: a grid of ten rates is one line.
        return (kind,)
    if kind in ("code", "distribution", "interpreter", "env", "file", "listing"):
        # Calls may have been stored at different moments, hence against different old versions.
        return (kind, reason.get("subject"))
    return (kind, reason.get("subject"), reason.get("before"), reason.get("after"))


def _count(row: dict[str, object], key: str, otherwise: int = 0) -> int:
    value = row.get(key)
    return value if isinstance(value, int) else otherwise


def _split(where: str | None) -> tuple[str, int]:
    file, _, line = (where or "source:1").rpartition(":")
    return (file or "source"), (int(line) - 1 if line.isdigit() and int(line) > 0 else 0)
