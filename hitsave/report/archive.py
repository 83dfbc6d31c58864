"""What the reports read of the store, in the shape in which they want it.

The only module of `report` that knows how the store spells things. Everything it gives out is plain
data, and what is not kept any more is None: a report says so in words and never fails for it.
"""

from __future__ import annotations

from itertools import islice
from typing import Protocol, TypeVar

from hitsave.memo.trace import Trace
from hitsave_trace.folders import folder_of
from hitsave_trace.model import FILLED, LISTING, SETTING


class Keeper(Protocol):
    """The part of the store that reports need."""

    def trace(self, digest: bytes) -> tuple[object, ...] | None:
        """The trace record of this digest."""

    def node(self, digest: bytes) -> tuple[object, ...] | None:
        """The dependency of this digest: kind, name, fingerprint, text."""

    def source(self, digest: bytes) -> bytes | None:
        """The text of a source file."""

    def blob(self, digest: bytes) -> bytes:
        """The bytes of this digest. Raises Gone or Damaged."""

    def code(self, name: str, fingerprint: bytes) -> object:
        """Where the function's code of this fingerprint stands: source digest, path, first and last line."""

    def runs(self, limit: int = 0) -> object:
        """All runs of the project, or the newest."""

    def run_numbers(self, script: str | None = None, below: int = 0, limit: int = 0) -> list[int]:
        """Numbers of runs, newest first."""

    def uses(self, digest: bytes) -> list[tuple[str, str, bytes, str | None]]:
        """What a run read."""

    def table(self, function: str, run: int = 0, limit: int = 0) -> list[dict[str, object]]:
        """The table of a function's calls, those of one run, or those of the last runs."""

    def functions(self) -> list[str]:
        """The functions that have a table of calls."""

    def output(self, run: int) -> list[tuple[int, str | bytes]]:
        """What a run printed."""

    def said(self, run: int = 0) -> dict[str, object]:
        """What the user said of a run."""

    def run(self, number: int) -> dict[str, object] | None:
        """One run."""

    def run_calls(self, number: int) -> object:
        """The calls of one run, in the order in which they ended."""


Run = dict[str, object]
Call = dict[str, object]
Reason = dict[str, object]


# (kind, name) → (fingerprint hex, readable value)
Used = dict[tuple[str, str], tuple[str, str | None]]


Key = TypeVar("Key")
Value = TypeVar("Value")

_PASSED_OVER = 50
_REMEMBERED = 200
"""Runs, tables and texts that are held at most, of each kind."""


class Version:
    """One version of one function: its lines and where they stood."""

    __slots__ = ("first_line", "lines", "name", "path")

    def __init__(self, name: str, path: str | None, first_line: int, lines: list[str]) -> None:
        self.name = name
        self.path = path
        self.first_line = first_line
        self.lines = lines

    @property
    def where(self) -> str | None:
        """`file:line` of its first line."""
        return f"{self.path}:{self.first_line}" if self.path else None

    @property
    def text(self) -> str:
        """The source lines as one text."""
        return "".join(self.lines)


class Archive:
    """Runs, calls and versions of code of one project, as reports want them."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = self.keeper = keeper
        self._texts: dict[bytes, list[str] | None] = {}
        self._calls: dict[int, list[Call]] = {}
        self._runs: dict[int, Run | None] = {}
        self._used: dict[str, Used] = {}

    def runs(self, limit: int = 0) -> list[Run]:
        """All runs, newest first, or so many of them."""
        found = [run for run in _rows(self._keeper.runs(limit)) if isinstance(run.get("run"), int)]
        found.sort(key=number_of, reverse=True)
        return found

    def numbers(self, script: str | None = None, below: int = 0, limit: int = 0) -> list[int]:
        """Numbers of runs, newest first: of one script, below a number."""
        return self._keeper.run_numbers(script, below, limit)

    def run(self, number: int) -> Run | None:
        """The run of this number."""
        if number not in self._runs:
            _make_room(self._runs)
            self._runs[number] = self._keeper.run(number)
        return self._runs[number]

    def before(self, run: Run) -> Run | None:
        """The run before `run` of the same script. One that ran the code of an earlier run again is passed over: what the
        user changed was changed since the run before that one.
        """
        for number in self.numbers(script_of(run), number_of(run), _PASSED_OVER):
            found = self.run(number)
            if found is not None and (not found.get("at") or run.get("at")):
                return found
        return None

    def last_of_now(self) -> Run | None:
        """The last run of the project's own files: not of an earlier run's code, and not a snapshot."""
        for number in self.numbers(limit=_PASSED_OVER):
            found = self.run(number)
            if found is not None and not found.get("at") and found.get("state") != "snapshot":
                return found
        return None

    def calls(self, number: int) -> list[Call]:
        """The calls of a run, in the order in which they ended; each with the index of its `parent`."""
        if number not in self._calls:
            _make_room(self._calls)
            source = replayed_run(self.run(number))
            rows = _rows(self._keeper.run_calls(number if source is None else source))
            if source is not None:
                rows = [_answered(row, source) for row in rows]
            self._calls[number] = _with_parents(rows)
        return self._calls[number]

    def used(self, run: Run) -> Used | None:
        """What the calls of a run read; None if that was not kept with the run (it was killed)."""
        name = run.get("used")
        if not isinstance(name, str) or not name:
            return None
        if name not in self._used:
            _make_room(self._used)
            used: Used = {}
            for kind, subject, fingerprint, text in self._keeper.uses(bytes.fromhex(name)):
                used.setdefault((kind, subject), (fingerprint.hex(), text))
            self._used[name] = used
        return self._used[name]

    def values(self, run: Run, kind: str, subject: str) -> set[bytes]:
        """The fingerprints of a thing that the calls of a run read: of a variable that was changed on the way, several."""
        name = as_digest(run.get("used"))
        uses = self._keeper.uses(name) if name is not None else ()
        return {fingerprint for one, other, fingerprint, _ in uses if one == kind and other == subject}

    def codes(self, digest: object) -> dict[str, str]:
        """Functions and their versions, from the table of uses of this digest."""
        name = as_digest(digest)
        uses = self._keeper.uses(name) if name is not None else []
        return {subject: fingerprint.hex() for kind, subject, fingerprint, _ in uses if kind == "code"}

    def table(self, function: str, run: int = 0, limit: int = 0) -> list[dict[str, object]]:
        """The table of a function's calls, in the order in which they ran; those of one run; or those of the last runs."""
        return _rows(self._keeper.table(function, run, limit))

    def functions(self) -> list[str]:
        """The functions that have a table of calls."""
        return self._keeper.functions()

    def output(self, number: int) -> list[tuple[int, str | bytes]]:
        """What a run printed from within its recorded calls: (1 or 2, text)."""
        return list(self._keeper.output(number))

    def said(self, number: int = 0) -> dict[str, object]:
        """What the user said of a run: notes, tags, whether it is pinned; of the project, if there is no number."""
        return dict(self._keeper.said(number))

    def text(self, digest: object) -> bytes | None:
        """The bytes of a kept source, or of a small input file."""
        key = as_digest(digest)
        return None if key is None else self._keeper.source(key)

    def version(self, name: str, fingerprint: object) -> Version | None:
        """The source of function `name` when its code had this fingerprint (hex or bytes)."""
        digest = as_digest(fingerprint)
        if digest is None:
            return None
        found = self._keeper.code(name, digest)
        if not isinstance(found, tuple | list):
            return None
        source = path = None
        numbers: list[int] = []
        for part in found:
            if isinstance(part, bytes) and source is None:
                source = part
            elif isinstance(part, str) and part != name:
                path = part
            elif isinstance(part, int):
                numbers.append(part)
        lines = self.source_lines(source) if source is not None else None
        if lines is None or len(numbers) < 2:
            return None
        first, last = numbers[:2]
        return Version(name, path, first, lines[max(first - 1, 0) : last])

    def source_lines(self, digest: object) -> list[str] | None:
        """The lines (with their ends) of a kept source file."""
        key = as_digest(digest)
        if key is None:
            return None
        if key not in self._texts:
            _make_room(self._texts)
            raw = self._keeper.source(key)
            self._texts[key] = None if raw is None else decode_source(raw).splitlines(keepends=True)
        return self._texts[key]

    def trace(self, digest: object) -> dict[str, object] | None:
        """A trace as a dict: its dependencies as (kind, name, fingerprint hex, text), its cost, its run."""
        key = as_digest(digest)
        record = self._keeper.trace(key) if key is not None else None
        trace = Trace.from_record(record) if record is not None else None
        if trace is None:
            return None
        dependencies = []
        for node_digest, reader in trace.reads:
            node = self._keeper.node(node_digest)
            if node is not None:
                kind, name, fingerprint, text = node[:4]
                shown = fingerprint.hex() if isinstance(fingerprint, bytes) else str(fingerprint)
                name = folder_of(str(name)) if kind in (LISTING, FILLED, SETTING) else str(name)
                dependencies.append((str(kind), name, shown, text, reader))
        return {
            "function": trace.function,
            "dependencies": dependencies,
            "functions": list(trace.functions),
            "effects": trace.effects,
            "value": trace.value,
            "seconds": trace.seconds,
            "run": trace.run,
            "when": trace.when,
            "arguments": trace.arguments,
        }


def _make_room(known: dict[Key, Value]) -> None:
    """Forget the older half of what was read, if that is much: some questions go through thousands of runs."""
    if len(known) >= _REMEMBERED:
        for key in list(islice(known, _REMEMBERED // 2)):
            del known[key]


def decode_source(raw: bytes) -> str:
    """The text of a source file, by its cookie or BOM; what can't be decoded is shown with signs for it."""
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        return raw.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        return raw.decode("utf-8", "replace")


def as_digest(value: object) -> bytes | None:
    """A digest given as 16 bytes or 32 hex digits."""
    if isinstance(value, bytes):
        return value if len(value) == 16 else None
    if isinstance(value, str) and len(value) == 32:
        try:
            return bytes.fromhex(value)
        except ValueError:
            return None
    return None


def number_of(run: Run) -> int:
    """The run's number."""
    number = run.get("run")
    return number if isinstance(number, int) else 0


def seconds_of(row: dict[str, object], key: str = "seconds") -> float:
    """A duration of a run or call; 0.0 if it has none."""
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def text_of(value: object) -> str | None:
    """`value` as text, or None."""
    return None if value is None else str(value)


def mapping_of(row: dict[str, object], key: str) -> dict[str, str]:
    """A mapping inside a record, such as a run's `functions`; empty if it has none."""
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def reasons_of(call: Call) -> list[Reason]:
    """The reasons of a call, the first cause first."""
    return _rows(call.get("reasons"))


def path_of(reason: Reason) -> list[tuple[str, str | None]]:
    """The path of a reason: functions from the call to the subject, each with its place if that was kept."""
    links: list[tuple[str, str | None]] = []
    path = reason.get("path")
    for link in path if isinstance(path, list | tuple) else ():
        if isinstance(link, str):
            links.append((link, None))
        elif isinstance(link, list | tuple) and link:
            links.append((str(link[0]), text_of(link[1]) if len(link) > 1 else None))
    return links


def script_of(run: Run) -> str:
    """What was run: the script's path, or the module with `-m`."""
    return str(run.get("script") or "")


def command_of(run: Run) -> str:
    """The command line as one would type it again."""
    import shlex

    command = run.get("command")
    if isinstance(command, list | tuple):
        return shlex.join(str(word) for word in command)
    return str(command or script_of(run))


def replayed_run(run: Run | None) -> int | None:
    """The run that was done again, if this one was answered as a whole."""
    source = run.get("replay_of") if run is not None else None
    return source if isinstance(source, int) else None


def _answered(call: Call, source: int) -> Call:
    """A call of a run that was done again: no call of it ran, so each was answered."""
    seconds = seconds_of(call, "saved_seconds") if call.get("verdict") == "hit" else seconds_of(call)
    made = call.get("source_run") or source
    return {**call, "verdict": "hit", "reasons": [], "seconds": 0.0, "saved_seconds": seconds, "source_run": made}


def _with_parents(calls: list[Call]) -> list[Call]:
    """Calls with the index of the innermost call around each that has a row of its own."""
    began = {call["at"]: index for index, call in enumerate(calls) if "at" in call}
    for index, call in enumerate(calls):
        within = call.get("within")
        if isinstance(within, list):
            found = (began.get(at) for at in reversed(within))
            call["parent"] = next((one for one in found if one is not None and one != index), None)
    return calls


def _rows(found: object) -> list[dict[str, object]]:
    if isinstance(found, list | tuple):
        return [row for row in found if isinstance(row, dict)]
    if found is None or isinstance(found, str | bytes | dict) or not hasattr(found, "__iter__"):
        return []
    return [row for row in found if isinstance(row, dict)]
