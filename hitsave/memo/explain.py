"""Why a call ran: the reasons, as plain data, worked out once when the miss is known and kept with the run."""

from __future__ import annotations

import os

from hitsave.memo.check import differences
from hitsave.memo.trace import Trace
from hitsave.reasons import changed_lines
from hitsave_trace import names
from hitsave_trace.around import around
from hitsave_trace.folders import folder_of
from hitsave_trace.model import (
    ABSENT,
    BINDING,
    CODE,
    FILLED,
    GLOBAL,
    LISTING,
    NAMESPACE,
    PRESENCE,
    SETTING,
    SHAPE,
    SHARING,
    STAT,
)
from hitsave_trace.names import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave.memo.call import Call
    from hitsave.memo.check import Difference, Node
    from hitsave.memo.present import AsRead
    from hitsave.memo.statements import Earlier
    from hitsave.store.store import Store

    Reason = dict[str, object]

_NEAREST = 50
"""Stored calls of a function that are compared with one that is new."""


def explain_miss(
    call: Call,
    store: Store,
    nodes_of: Callable[[Trace], list[Node] | None],
    present: AsRead,
    statements: Earlier,
) -> list[Reason]:
    """Say why a call that ran was not answered."""
    if call.gone:
        where = f"{call.info.module.relative}:{call.info.def_line}"
        return [_row("gone", call.info.name, where, None, call.failed or None, call.info.name)]
    if call.candidates:
        return explain_nearest(call, present, statements.run)
    if call.info.is_statement:
        return [new_statement(call, statements)]
    return first_time(call, store, nodes_of, present, statements.run)


def explain_nearest(call: Call, present: AsRead, run: int) -> list[Reason]:
    """Give the reasons for which no stored trace answers `call`: those of the one that was used last.

    Another one may differ less. Its reasons are given if what differs from it differs from the last one, too: then the rest is
    as it had been before. Else they would name what nobody has touched since the last run.
    """
    best: list[Reason] | None = None
    compared = _compared(call, run)
    for position, (trace, nodes) in enumerate(call.candidates):
        if position not in compared:
            continue
        reasons = explain(call, trace, nodes, present)
        if not reasons and position < len(call.differed):
            # What differed when the call was asked about no longer does: a module that it has loaded, for instance.
            places = {name: text for kind, name, _, text in nodes if kind == CODE}
            reasons = [_reason(call.differed[position], list(trace.functions), places, present)]
        if reasons and (best is None or (len(reasons) < len(best) and _subjects(reasons) <= _subjects(best))):
            best = [{**reason, "since": trace.run} for reason in reasons]
    return best or []


def _compared(call: Call, run: int) -> set[int]:
    """The positions of the stored calls that tell most of what changed: of the function in its file, from earlier runs.

    Two scripts of a project have a `__main__:main` each. And from an earlier call of the same run, one differs in what the
    program has done in between, whatever was edited.
    """
    all_of_them = set(range(len(call.candidates)))
    own = {i for i in all_of_them if _is_of_its_file(call, call.candidates[i][1])} or all_of_them
    return {i for i in own if call.candidates[i][0].run != run} or own


def _is_of_its_file(call: Call, nodes: list[Node]) -> bool:
    """Whether a stored call was one of the function in the file in which it is now."""
    return any(
        kind == CODE and name == call.info.name and (text or "").startswith(f"{call.info.module.relative}:")
        for kind, name, _, text in nodes
    )


def _subjects(reasons: list[Reason]) -> set[object]:
    return {(reason["kind"], reason["subject"]) for reason in reasons}


def explain(call: Call, trace: Trace, nodes: list[Node], present: AsRead) -> list[Reason]:
    """Give the reasons for which `trace` does not answer `call`, first cause first."""
    found = differences(nodes, trace.readers, present.of(call), all_of_them=True)
    rows = list(trace.functions)
    places = {name: text for kind, name, _, text in nodes if kind == CODE}
    kept = _without_echoes(found, present)
    if not kept:
        # Nothing differs but that what the call imported had been imported before.
        modules = [name.partition(":")[0] for kind, name, _, _ in nodes if kind == CODE and name.endswith(":<module>")]
        return [_row("binding", name, None, "not imported", "imported", call.info.name) for name in modules[:1]]
    return [_reason(difference, rows, places, present) for difference in kept]


def _without_echoes(found: list[Difference], present: AsRead) -> list[Difference]:
    """Drop differences that another one already tells: a function that is gone shows as its name and as its code."""
    changed_code = {difference.name for difference in found if difference.kind == CODE}
    shapes = sum(difference.kind == SHAPE for difference in found)
    rebound = {difference.name for difference in found if difference.kind in (BINDING, GLOBAL, CODE)}
    kept: list[Difference] = []
    for difference in found:
        if difference.kind == BINDING and difference.name in changed_code and difference.now == ABSENT:
            continue
        if difference.kind == BINDING and _looks_the_same(difference, present):
            continue  # what it has captured, or a default that is an object, is what changed
        if difference.kind == SHARING and not rebound.isdisjoint(_shared(difference.name)):
            continue  # one of the names stands for another object: of course it is shared otherwise
        if difference.kind == SHAPE and shapes > 1 and present.text(SHAPE, difference.name) == difference.text:
            continue  # it only changed as its base did
        if difference.kind == GLOBAL and changed_code and present.text(GLOBAL, difference.name) == difference.text:
            continue  # an object that keeps results of a function looks the same: the function is what changed
        kept.append(difference)
    return kept or found


def _looks_the_same(difference: Difference, present: AsRead) -> bool:
    text = difference.text
    return text is not None and text.startswith("function ") and present.text(BINDING, difference.name) == text


def _shared(name: str) -> list[str]:
    """The subjects of which it counts whether they are one object."""
    return [line.partition(" ")[2] for line in name.split("\n")]


def _reason(
    difference: Difference, rows: list[tuple[str, int, int]], places: dict[str, str | None], present: AsRead
) -> Reason:
    kind, name = difference.kind, difference.name
    before, after = difference.text, present.text(kind, name)
    where = places.get(name) if kind == CODE else None
    if kind == BINDING and before and after:
        head = _edited_head(before, after)
        if head is not None:
            info = names.by_name.get(head)
            where = None if info is None else f"{info.module.relative}:{info.def_line}"
            return {
                "kind": CODE, "subject": head, "where": where, "before": before.removeprefix("function "),
                "after": after.removeprefix("function "), "path": [*_path(difference.reader, rows), head],
            }  # fmt: skip
    if kind == CODE:
        before = difference.fingerprint.hex()
        info = names.by_name.get(name)
        after = difference.now.hex() if difference.now and difference.now != ABSENT else None
        if info is not None:
            where = f"{info.module.relative}:{info.def_line}"
    if kind == SHARING:
        before = after = None
        name = ", ".join(_shared(name))[:300]
    if kind in (SHAPE, NAMESPACE) or (kind == SETTING and before and after and before != after):
        before, after = changed_lines(before, after)
    if kind in (LISTING, FILLED, SETTING):
        name = folder_of(name)
    if kind == STAT and os.path.isdir(around.locate(name)):
        kind = "folder"
    if where is None:
        where = _place_of_reader(difference, rows, places)
    return {
        "kind": "file" if kind in (PRESENCE, STAT) else kind,
        "subject": shown(name) if kind == CODE else name,
        "where": where,
        "before": before,
        "after": after,
        "path": _path(difference.reader, rows),
    }


def _edited_head(before: str, after: str) -> str | None:
    """The function whose head was edited, if two texts of one function differ in a default: of it, or of a function in it."""
    name, bracket, _ = before.partition("(")
    if before == after or not bracket or name != after.partition("(")[0] or not name.startswith("function "):
        return None
    if before.partition(") with ")[2] != after.partition(") with ")[2]:
        return None  # it was made anew, with other captured variables
    inside: list[str] = []
    text = before[: next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)]
    while text:
        opened, closed = text.find("("), text.find(")")
        if opened >= 0 and (closed < 0 or opened < closed):
            word = text[:opened].rpartition("function ")
            inside.append(word[2] if word[1] else "")
            text = text[opened + 1 :]
        elif closed >= 0:
            del inside[-1:]
            text = text[closed + 1 :]
        else:
            break
    return next((word for word in reversed(inside) if word), None)


def _path(reader: int, rows: list[tuple[str, int, int]]) -> list[str]:
    """Give the functions from the call to the one that read."""
    path: list[str] = []
    seen: set[int] = set()
    while 0 <= reader < len(rows) and reader not in seen:
        seen.add(reader)
        name, above, _ = rows[reader]
        path.append(shown(name))
        reader = above
    path.reverse()
    return path


def _place_of_reader(
    difference: Difference, rows: list[tuple[str, int, int]], places: dict[str, str | None]
) -> str | None:
    if 0 <= difference.reader < len(rows):
        return places.get(rows[difference.reader][0])
    return None


def first_time(
    call: Call,
    store: Store,
    nodes_of: Callable[[Trace], list[Node] | None],
    present: AsRead,
    run: int,
) -> list[Reason]:
    """Give the reasons when there is no trace of a call with these arguments: what the nearest stored call had.

    Of two that are as near, one of an earlier run than this (`run`): there was its like before.
    """
    info = call.info
    place = f"{info.module.relative}:{info.def_line}"
    mine = call.rows()
    best: tuple[float, Trace] | None = None
    for _, name in store.calls_of(info.name, _NEAREST):
        record = store.trace(name)
        trace = None if record is None else Trace.from_record(record)
        if trace is None or trace.call == call.digest:  # the call itself, which has just been saved
            continue
        theirs = {row[0]: row for row in trace.arguments}
        distance = 0.5 * (trace.run == run) + sum(2 for row in mine if theirs.get(row[0], (None, None))[1] != row[1])
        distance += any(row[3] != theirs[row[0]][3] for row in mine if row[0] in theirs)
        distance += sum(2 for parameter in theirs if parameter not in {row[0] for row in mine})
        if best is None or distance < best[0]:
            best = (distance, trace)
    if best is None:
        return [_row("new", info.name, place, None, None, info.name)]
    trace = best[1]
    theirs = {row[0]: row for row in trace.arguments}
    reasons: list[Reason] = []
    nodes = nodes_of(trace)
    for parameter, fingerprint, text, left_out in mine:
        other = theirs.get(parameter)
        if other is None or other[1] != fingerprint:
            before = other[2] if other is not None else None
            if left_out and (other is None or other[3]):
                # The caller leaves it out: what changed is the function's head.
                was = None if before is None else f"{parameter}={before}"
                reasons.append(_row(CODE, info.name, place, was, f"{parameter}={text}", info.name))
            else:
                reasons.append(_row("argument", parameter, place, before, text, info.name))
    if nodes is not None:
        reasons += [
            row for row in explain(call, trace, nodes, present) if row["kind"] == CODE and row["subject"] == info.name
        ]
    if not reasons:
        reasons.append(_row("interpreter", "", place, None, None, info.name))
    return [{**reason, "since": trace.run} for reason in reasons]


def new_statement(call: Call, statements: Earlier) -> Reason:
    """Give the reason why a statement ran that had never run before: what stood in its place, if something did."""
    info = call.info
    earlier = statements.text(info)
    place = f"{info.module.relative}:{info.def_line}"
    if earlier is None:
        return _row("new", info.name, place, None, None, info.name)
    return _row(CODE, info.name, place, earlier, info.text, info.name)  # type: ignore[attr-defined]


def _row(kind: str, subject: str, where: str | None, before: str | None, after: str | None, function: str) -> Reason:
    subject = shown(subject)
    return {
        "kind": kind,
        "subject": subject,
        "where": where,
        "before": before,
        "after": after,
        "path": [shown(function)],
    }
