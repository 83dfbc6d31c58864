"""Why a call of one run is not the call that another run made: what differs of all that the two read.

The two traces are compared, in the order in which the newer one read things. Where a trace is not stored (the call was not
saved, or its trace was evicted) the lists of what the two runs used say what differs.
"""

from __future__ import annotations

from hitsave.reasons import changed_lines
from hitsave.report.archive import Archive, Call, Reason, Run, number_of, seconds_of
from hitsave.report.history import changes
from hitsave.report.places import function_place
from hitsave.report.why import argument_words, explained

Told = dict[str, object]

# Where a value comes from by way of something else that is told, the other says it.
_ECHOES = ("binding", "namespace", "presence", "stat")


def of_calls(archive: Archive, run: Run, calls: list[Call], other: Run) -> list[Told]:
    """What there is to say about some calls of `run`, each against the call of `other` that is most like it."""
    waiting = list(archive.calls(number_of(other)))
    told: list[Told] = []
    for call in calls:
        alike = [one for one in waiting if one.get("function") == call.get("function")]
        found = next((one for one in alike if one.get("call") == call.get("call")), alike[0] if alike else None)
        if found is not None:
            waiting.remove(found)
        one = _one(archive, run, call, other, found)
        alike_told = next((known for known in told if _answer(known) == _answer(one)), None)
        if alike_told is None:
            told.append(one)
        else:
            alike_told["count"] += 1  # type: ignore[operator]
            alike_told["arguments"] += one["arguments"]  # type: ignore[operator]
            for key in ("seconds", "saved_seconds"):
                alike_told[key] += one[key]  # type: ignore[operator]
    return told


def _answer(one: Told) -> tuple[object, ...]:
    """What is told of a call, but for its arguments and times: calls with the same answer are told together."""
    reasons = one["reasons"]
    assert isinstance(reasons, list)
    named = tuple((reason["kind"], reason["subject"], reason["sentence"], tuple(reason["diff"])) for reason in reasons)
    return one["function"], one["verdict"], one["in_other"], one["same_result"], named


def of_run(archive: Archive, run: Run, other: Run) -> list[Told]:
    """What differs between two runs, as reasons."""
    return [explained(archive, run, _item(archive, run, item), None) for item in changes(archive, other, run)]


def _one(archive: Archive, run: Run, call: Call, other: Run, found: Call | None) -> Told:
    told: Told = {
        "function": call.get("function"),
        "verdict": call.get("verdict"),
        "where": call.get("where"),
        "count": 1,
        "arguments": [call.get("arguments") or {}],
        "seconds": seconds_of(call),
        "saved_seconds": seconds_of(call, "saved_seconds"),
        "against": other.get("run"),
        "in_other": found is not None,
        "same_result": found is not None and call.get("trace") is not None and call.get("trace") == found.get("trace"),
        "origin": None,
    }
    reasons = _reasons(archive, run, call, other, found) if found is not None else []
    told["reasons"] = explanations = [explained(archive, run, reason, call) for reason in reasons]
    for one in explanations:
        if one["kind"] == "argument":
            one["sentence"] = argument_words(one)
    return told


def _reasons(archive: Archive, run: Run, call: Call, other: Run, found: Call) -> list[Reason]:
    if call.get("trace") is not None and call.get("trace") == found.get("trace"):
        return []
    new, old = archive.trace(call.get("trace")), archive.trace(found.get("trace"))
    if new is None or old is None:
        return _arguments(call, found) + [_item(archive, run, item, call) for item in changes(archive, other, run)]
    theirs = {(kind, name): (value, text) for kind, name, value, text, _ in _dependencies(old)}
    rows = new["functions"]
    reasons = _arguments(call, found)
    echoes: list[Reason] = []
    for kind, name, value, text, reader in _dependencies(new):
        before = theirs.get((kind, name))
        if before is None or before[0] == value:
            continue
        is_code = kind == "code"
        old_text, new_text = before[1], text
        if kind in ("class shape", "namespace"):
            old_text, new_text = changed_lines(old_text, new_text)
        reason: Reason = {
            "kind": kind,
            "subject": name,
            "where": text if is_code else None,
            "before": before[0] if is_code else old_text,
            "after": value if is_code else new_text,
            "path": _path(rows, reader),
        }
        (echoes if kind in _ECHOES else reasons).append(reason)
    if not reasons:
        reasons += echoes
    return reasons


def _arguments(call: Call, found: Call) -> list[Reason]:
    mine, theirs = call.get("arguments"), found.get("arguments")
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return []
    return [
        {
            "kind": "argument",
            "subject": name,
            "where": call.get("where"),
            "before": theirs.get(name),
            "after": mine.get(name),
            "path": [call.get("function")],
        }
        for name in mine
        if mine.get(name) != theirs.get(name)
    ]


def _dependencies(trace: dict[str, object]) -> list[tuple[str, str, str, str | None, int]]:
    found = trace["dependencies"]
    return found if isinstance(found, list) else []


def _path(rows: object, reader: int) -> list[str]:
    path: list[str] = []
    while isinstance(rows, list) and 0 <= reader < len(rows) and len(path) < 100:
        name, reader, _ = rows[reader]
        if name in path:
            break
        path.append(name)
    return path[::-1]


def _item(archive: Archive, run: Run, item: Told, call: Call | None = None) -> Reason:
    """A row of the diff column as a reason."""
    name, where = str(item["function"]), item["file"]
    if item["kind"] == "code":
        _, is_line, line = name.partition(":line ")
        where = f"{where}:{line.partition('–')[0]}" if is_line else function_place(archive, run, name) or where
    return {
        "kind": item["kind"],
        "subject": name,
        "where": where,
        "before": item["before"],
        "after": item["after"],
        "path": [call.get("function")] if call is not None else [],
    }
