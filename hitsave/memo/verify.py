"""`hitsave run --verify`: a call that could be answered runs all the same, and is compared with what was stored.

It is how a stored result that plain Python would not compute shows itself. Compared are the result, with its identities;
what the call did besides; and what it read. The program goes on with what has just been computed. A stored result that differs
answers no call any more.

One thing may differ in two honest runs: what comes out of a clock. A call that read one may print other durations, and
return other numbers.
"""

from __future__ import annotations

import sys
import time
from _thread import get_ident
from itertools import islice

from xxhash import xxh3_64_intdigest

from hitsave import errors, reasons
from hitsave.memo import check, effects, ending
from hitsave.memo.attributes import by_owner
from hitsave.memo.changes import came_in, objects_before
from hitsave.memo.compared import clock_can, differing
from hitsave.memo.results import Refused
from hitsave.store.codec import Damaged, Gone
from hitsave.store.pickles import load
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk
from hitsave_trace.importing.bundle import is_ours
from hitsave_trace.model import ABSENT, BINDING, CODE, DISTRIBUTION, SETTING, SHARING
from hitsave_trace.recording import busy, stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from hitsave.memo.call import Call
    from hitsave.memo.changes import Changes
    from hitsave.memo.check import Node
    from hitsave.memo.journal import Journal
    from hitsave.memo.present import Present
    from hitsave.memo.results import Place, Taken
    from hitsave.memo.trace import Effect, Trace
    from hitsave.store.store import Store
    from hitsave_trace.recording import Recording
    from hitsave_trace.taps.patches import Patches

    Row = dict[str, object]
    Kept = tuple[list[object], object]  # what objects held, and what names meant

    class Saver(Protocol):
        """What closes a recording: the interceptor."""

        present: Present

        def save(self, found: Recording, call: Call, taken: Taken, changed: Changes, seconds: float) -> None:
            """Keep a call that ran."""


MOST = 8
"""Differences of one call that are told."""
_CLOCKS = (
    "time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "process_time_ns",
    "thread_time", "thread_time_ns", "clock_gettime", "clock_gettime_ns", "localtime", "gmtime", "strftime", "ctime",
)  # fmt: skip


class Expected:
    """The trace that would have answered a call which runs to be compared with it."""

    __slots__ = ("clocked", "name", "nodes", "taken", "trace")

    def __init__(self, name: bytes, trace: Trace, nodes: list[Node]) -> None:
        self.name = name
        self.trace = trace
        self.nodes = nodes
        self.taken = tuple(check.taken)  # functions whose accepted edits it holds by
        self.clocked = False  # whether a clock was read


class Verifier:
    """Chooses the calls that are compared, and compares them."""

    __slots__ = ("_journal", "_seed", "_share", "_store")

    def __init__(self, store: Store, journal: Journal, share: float, seed: int) -> None:
        self._store = store
        self._journal = journal
        self._share = share
        self._seed = seed.to_bytes(8, "big", signed=True)

    def wants(self, call: bytes) -> bool:
        """Whether a call that could be answered is one of those that are compared: the same ones for the same seed."""
        return xxh3_64_intdigest(self._seed + call) < self._share * 2.0**64

    def watch_clocks(self, patches: Patches) -> None:
        """Learn which calls read a clock."""
        for name in _CLOCKS:
            if type(getattr(time, name, None)).__name__ == "builtin_function_or_method":
                patches.function(time, name, _clock_read)
        patches.spread()

    def leave(self, memo: Saver, found: Recording, call: Call, value: object, changed: Changes, seconds: float) -> bool:
        """Compare a call that is about to return with what would have answered it; False if that is gone."""
        expected: Expected = call.expected  # type: ignore[assignment]
        try:
            stored = self._stored_value(found, call, expected)
        except (Gone, Damaged):
            call.gone = True
            call.expected = None
            return False
        rows = self._compare(memo, found, call, expected, value, changed, stored)
        if rows and not found.reasons:
            try:
                memo.save(found, call, changed.take(value, came_in(found, call)), changed, seconds)
            except (Refused, effects.Impossible):
                pass  # then the next run computes it, and says why
        self._note(found, call, expected, rows, seconds)
        return True

    def abandon(self, found: Recording, call: Call, error: BaseException, seconds: float) -> None:
        """Note a call that raised: when it was stored, it had returned. One that was interrupted says nothing."""
        if not isinstance(error, KeyboardInterrupt):
            rows = [_row("raises-now", type(error).__name__, None, str(error)[:200])]
            self._note(found, call, call.expected, rows, seconds)  # type: ignore[arg-type]

    def _note(self, found: Recording, call: Call, expected: Expected, rows: list[Row], seconds: float) -> None:
        """Tell how a call that was compared differs; what differs is not used any more."""
        if rows:
            self._store.forget(call.digest, expected.name)
            where = f"{call.info.module.relative}:{call.info.def_line}"
            facts = [("", reasons.sentence(row) + (f"  {row['where']}" if row["where"] else "")) for row in rows]
            errors.say(errors.differs(call.info.name, where, expected.trace.run, tuple(facts)))
        else:
            self._store.used(expected.name)
            self._store.used(expected.trace.value)
        self._journal.verified(call, found, expected, rows, seconds)

    def _stored_value(self, found: Recording, call: Call, expected: Expected) -> tuple[object, Kept]:
        """Put the stored result together, and what was stored of changes. Raises Gone or Damaged, whatever failed."""
        find = call.came_from(objects_before(found, call))
        try:
            if not any(expected.trace.changes):
                return self._store.load_value(expected.trace.value, find if expected.trace.shares else None), ([], [])
            kept: tuple[object, ...] = self._store.load_value(expected.trace.value, find)  # type: ignore[assignment]
            return kept[0], (kept[1], kept[2])  # type: ignore[return-value]
        except (Gone, Damaged):
            raise
        except Exception as error:  # the program's own classes are put together here
            raise Damaged(str(error)) from None

    def _compare(
        self,
        memo: Saver,
        found: Recording,
        call: Call,
        expected: Expected,
        value: object,
        changed: Changes,
        stored: tuple[object, Kept],
    ) -> list[Row]:
        """Say how what a call gave, did and read differs from what was stored."""
        known = came_in(found, call)
        told = _of_results(stored[0], value, known)
        if not told and not found.reasons:
            told = _of_changes(
                expected.trace, stored, value, changed, known, call.came_from(objects_before(found, call))
            )
        try:
            ending.complete(found, call, memo.present)
            records = effects.close(found, self._store)
        except (Refused, effects.Impossible) as error:
            found.forbid(error.slug, error.what, "", spreads=False)
        else:
            told += self._of_effects(expected.trace, records, found)
        told += _of_reads(expected, found)
        for slug, what, where, _, _ in found.reasons:
            if slug != "accepted":
                told.append(_row("refused-now", slug, None, what, where))
        honest = [row for row in told if not (row.pop("clock", False) and expected.clocked)]
        return honest[:MOST]

    def _of_effects(self, trace: Trace, records: Sequence[Effect], found: Recording) -> list[Row]:
        told = _of_texts(trace.effects, records)
        before, after = _by_subject(trace.effects), _by_subject(records)
        for subject in {**before, **after}:
            if subject not in after or subject not in before:
                told.append(_row("effect-differs", " ".join(subject), *_done(subject in before)))
            elif before[subject] != after[subject]:
                told += self._of_effect(subject, before[subject], after[subject])
        told += _of_imports(trace, records, found)
        return told

    def _of_effect(self, subject: tuple[str, str], old: Effect, new: Effect) -> list[Row]:
        if subject[0] == "random":
            states = [_state(*kept) for kept in (old[0], new[0])]  # type: ignore[misc]
            if len({Walk().fingerprint(state) for state in states}) == 1 and old[1] == new[1]:
                return []
            return [_row("effect-differs", f"the state of {subject[1]}", None, None)]
        if subject[0] != "file":
            return [_row("effect-differs", " ".join(subject), *map(repr, (old[:3], new[:3])))]
        if old[0] == new[0] == "content":
            if old[1] == new[1]:
                return [_row("file-differs", subject[1], f"mode {old[2]:o}", f"mode {new[2]:o}")]
            one, other = self._text(old[1]), self._text(new[1])  # type: ignore[arg-type]
            row = _row("file-differs", subject[1], *_first_line(one, other))
            return [{**row, "clock": clock_can(one, other)}]
        return [_row("file-differs", subject[1], str(old[0]), str(new[0]))]

    def _text(self, digest: bytes) -> str | None:
        try:
            return self._store.blob(digest).decode("utf-8")
        except (Gone, Damaged, UnicodeDecodeError):
            return None


def _state(data: bytes, parts: tuple[bytes, ...]) -> object:
    return load(data, [bytearray(part) for part in parts])


def _clock_read(_: tuple[object, ...], __: dict[str, object]) -> None:
    if get_ident() in busy:
        return
    for stack in list(stacks.values()):
        for recording in stack:
            expected = getattr(recording.call, "expected", None)
            if expected is not None:
                expected.clocked = True


def _row(kind: str, subject: str, before: str | None, after: str | None, where: str | None = None) -> Row:
    return {"kind": kind, "subject": subject, "where": where or None, "before": before, "after": after, "path": []}


def _of_results(stored: object, value: object, known: Sequence[tuple[Place, object]]) -> list[Row]:
    try:
        expected = _seen(known, stored)
    except Unfingerprintable as error:
        return [_row("result-differs", f"result{error.path}", error.type_name, None)]
    try:
        given = _seen(known, value)
    except Unfingerprintable as error:
        return [_row("result-differs", f"result{error.path}", None, f"{error.type_name}: {error.why}")]
    if given == expected:
        return []
    told: list[Row] = []
    for difference in islice(differing(stored, value, "result"), 1000):
        told.append(_row("result-differs", difference.path, difference.before, difference.after))
        told[-1]["clock"] = difference.number
    if not told:
        told.append(_row("result-differs", "result (which objects in it are one, or are arguments)", None, None))
    return told


def _seen(known: Sequence[tuple[Place, object]], *values: object) -> bytes:
    """Fingerprint values in which objects that came in stand for themselves."""
    walk = Walk()
    walk.pass_over(thing for _, thing in known)
    return b"".join(walk.fingerprint(value, "result") for value in values)


def _of_changes(
    trace: Trace,
    stored: tuple[object, Kept],
    value: object,
    changed: Changes,
    known: Sequence[tuple[Place, object]],
    find: Callable[[object], object],
) -> list[Row]:
    """What it changed of what came in; together with the result, since new objects may be in both."""
    same = changed.record() == trace.changes
    if (changed or any(trace.changes)) and changed.record()[1] == trace.changes[1]:
        try:
            states, names = changed.states()
            before = by_owner(trace.changes[0], stored[1][0], known, find)
            after = by_owner(changed.places, states, known, find)
            same = before.keys() == after.keys() and (
                _seen(known, stored[0], [before[place] for place in after], stored[1][1])
                == _seen(known, value, list(after.values()), names)
            )
        except (Refused, Unfingerprintable):
            same = False
    if same:
        return []
    told = dict.fromkeys(str(place[1]) for place in (*trace.changes[0], *trace.changes[1]) if isinstance(place, tuple))
    return [_row("effect-differs", f"what it changed of its arguments {' '.join(told)}".rstrip(), None, None)]


_SAID = frozenset(("text", "flush", "logged", "warning"))
_ELSEWHERE = _SAID | {"import"}


def _by_subject(records: Sequence[Effect]) -> dict[tuple[str, str], Effect]:
    """Records that say in which state something was left, by what it is; the last one counts."""
    # Some effects have no subject: that warnings have other filters.
    left = (record for record in records if record[0] not in _ELSEWHERE)
    return {(str(record[0]), "".join(map(str, record[1:2]))): record[2:] for record in left}


def _done(before: bool) -> tuple[str | None, str | None]:
    return ("was done", "was not done") if before else ("was not done", "was done")


def _of_texts(old: Sequence[Effect], new: Sequence[Effect]) -> list[Row]:
    before, after = _spoken(old), _spoken(new)
    if before == after:
        return []
    told = []
    logs = dict.fromkeys(part[1] for part in (*before, *after) if part[0] == "logged")
    for streams, name in (((1, -1), "stdout"), ((2, -2), "stderr"), *(((log,), "a log file") for log in logs)):
        one, other = (
            "".join(str(text) for part in said if part[1] in streams for text in part[2:3]) for said in (before, after)
        )
        if one != other:
            told.append(_row("text-differs", name, *_first_line(one, other)))
            told[-1]["clock"] = clock_can(one, other)
    return told or [_row("effect-differs", "the order of texts and warnings", None, None)]


def _spoken(records: Sequence[Effect]) -> list[tuple[object, ...]]:
    """Texts, flushes and warnings in their order; pieces of one text are one."""
    found: list[tuple[object, ...]] = []
    for record in records:
        if record[0] not in _SAID:
            continue
        last = found[-1] if found else ("", 0)
        if record[0] in ("text", "logged") and last[:2] == record[:2] and type(last[2]) is type(record[2]):
            found[-1] = (record[0], record[1], last[2] + record[2])  # type: ignore[operator]
        else:
            found.append(
                (record[0], record[1] if record[0] != "warning" else 2, *record[1 if record[0] == "warning" else 2 :])
            )
    return found


def _first_line(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    """The first line in which two texts differ."""
    if one is None or other is None:
        return None, None
    lines, others = one.split("\n"), other.split("\n")
    for mine, theirs in zip(lines, others, strict=False):
        if mine != theirs:
            return mine[:300], theirs[:300]
    return f"{len(lines)} lines", f"{len(others)} lines"


def _of_imports(trace: Trace, records: Sequence[Effect], found: Recording) -> list[Row]:
    """Modules that a hit would not have imported, or would have imported for nothing."""
    before = {name for record in trace.effects if record[0] == "import" for name in record[1]}  # type: ignore[attr-defined]
    after = {name for record in records if record[0] == "import" for name in record[1]}  # type: ignore[attr-defined]
    standard = sys.stdlib_module_names
    # Of the standard library's, some are imported by HitSave itself when it needs them.
    missing = {name for name in before if name not in sys.modules and name.partition(".")[0] not in standard}
    extra = {name for name in after - before if name.partition(".")[0] not in standard and not is_ours(name)}
    extra |= found.loaded - set(trace.loaded)
    return [_row("effect-differs", f"import {name}", *_done(name in missing)) for name in sorted(missing | extra)]


def _shorter(name: str) -> list[str]:
    """The beginnings of a dotted name. `np` is all that can be seen of `np.random.normal` before `numpy.random` is loaded."""
    module, _, path = name.partition(":")
    parts = path.split(".")
    return [f"{module}:{'.'.join(parts[:length])}" for length in range(1, len(parts))]


def _of_reads(expected: Expected, found: Recording) -> list[Row]:
    told: list[Row] = []
    stored = {(kind, name): (fingerprint, text) for kind, name, fingerprint, text in expected.nodes}
    differ = False
    for (kind, name), one in found.reads.items():
        if kind in (SHARING, SETTING):
            continue
        where = one.text if kind == CODE else None
        if (kind, name) not in stored:
            if kind == BINDING and any((kind, shorter) in stored for shorter in _shorter(name)):
                continue
            told.append(_row("read-unknown", f"{kind} {name}".rstrip(), None, one.text, where))
            differ = True
        elif stored[kind, name][0] != one.fingerprint and not (kind == CODE and name in expected.taken):
            told.append(_row("read-differs", f"{kind} {name}".rstrip(), stored[kind, name][1], one.text, where))
            differ = True
    led_on = {shorter for kind, name in found.reads if kind == BINDING for shorter in _shorter(name)}
    for kind, name in stored:
        if kind not in (SHARING, SETTING, DISTRIBUTION) and (kind, name) not in found.reads:
            if kind == BINDING and name in led_on:
                continue
            told.append(_row("read-missing", f"{kind} {name}".rstrip(), stored[kind, name][1], None))
            differ = True
    if not differ:
        for (kind, name), one in found.reads.items():
            if kind in (SHARING, SETTING) and stored.get((kind, name), (ABSENT, None))[0] != one.fingerprint:
                told.append(_row("read-differs", f"{kind} {name}"[:200], None, None))
    return told
