"""What a run did with its calls: one row a call that was answered, saved, or worth saving and not saved.

Beside the rows it gathers what the run's record needs of all its calls: what was read (by the outermost recordings, which
hold what those inside them read), what was printed, and the rows of the tables of calls (`hitsave calls`).
"""

from __future__ import annotations

from _thread import RLock, get_ident
from time import perf_counter, time

from hitsave.memo import check
from hitsave.memo.record import codes_of
from hitsave.memo.scalars import scalars
from hitsave.memo.uses import Uses
from hitsave_trace.fingerprint.describe import describe
from hitsave_trace.names import shown
from hitsave_trace.recording import stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hitsave.memo.call import Call
    from hitsave.memo.scalars import Scalar
    from hitsave.memo.trace import Trace
    from hitsave.memo.uses import Use
    from hitsave.memo.verify import Expected
    from hitsave.store.store import Store
    from hitsave_trace.recording import Recording

    Row = dict[str, object]

BATCH = 64
"""Rows that are written at once when they come quickly."""
DELAY = 0.02
"""Seconds after which a row is not kept waiting for others: a killed run keeps what it finished."""
FULL_ROWS = 20_000
"""Rows of one run that are kept; what comes after is only counted."""
OUTPUT_KEPT = 256 << 10
"""Characters of what a run printed that are kept."""


class Journal:
    """The calls of one run."""

    __slots__ = (
        "accepted", "_began", "_flushed", "_kept", "_lock", "_output", "_output_left", "_pending", "_tables", "_values", "hits",
        "misses", "rows", "run", "saved_seconds", "store", "different_calls", "forked", "unsaved_calls", "used",
        "verified_calls", "wanted",
    )  # fmt: skip

    def __init__(self, store: Store, run: int, *, wanted: bool) -> None:
        self.store = store
        self.run = run
        self.wanted = wanted  # whether the rows are asked for when the run has ended (`--report`)
        self.rows: list[Row] = []
        self.hits = 0
        self.misses = 0
        self.unsaved_calls = 0
        self.verified_calls = 0  # that ran to be compared
        self.different_calls = 0  # of these, the ones that were not as stored
        self.saved_seconds = 0.0
        self.accepted: dict[str, None] = {}  # functions by whose accepted edits calls were answered
        self.forked = False  # whether this is a child of the process that runs the program
        self._began = perf_counter()
        self._flushed = 0.0
        # Threads add rows and hand them over at the same time. Re-entrant, for finalisers that make calls.
        self._lock = RLock()
        self._pending: list[Row] = []
        self._tables: dict[str, list[Row]] = {}
        self._values: dict[float, dict[str, Scalar]] = {}  # results of the calls that are being closed
        self.used = Uses()
        self._output: list[tuple[int, str | bytes]] = []
        self._output_left = OUTPUT_KEPT
        self._kept = 0

    # --- what the interceptor tells --------------------------------------------------------------------------------

    def hit(self, call: Call, trace_name: bytes, trace: Trace, seconds: float, nodes: Sequence[Use]) -> None:
        """A call was answered with a trace whose `nodes` all hold."""
        self.hits += 1
        self.saved_seconds += max(call.saved_seconds - seconds, 0.0)
        if self.used.answered(trace_name, nodes):
            self.used.wrote(str(record[1]) for record in trace.effects if record[0] == "file")
            self._print((record[1], record[2]) for record in trace.effects if record[0] == "text")
        row = self._row(call, "hit", [], seconds, trace_name)
        row["saved_seconds"] = call.saved_seconds
        row["source_run"] = trace.run
        if check.taken:
            row["accepted"] = list(check.taken)
            self.accepted.update(dict.fromkeys(check.taken))
            # What is computed around such an answer rests on the user's word as well, which may be taken back: a result
            # that is kept would forget that.
            own = stacks.get(get_ident())
            for stack in [own] if own else list(stacks.values()):
                stack[-1].forbid("accepted", ", ".join(check.taken), "")
        self._note(row)

    def returned(self, call: Call, value: object) -> None:
        """A call that took long enough to be worth saving is about to return `value`."""
        if not call.info.is_statement:
            self._values[call.started] = scalars(value)

    def miss(self, call: Call, found: Recording, trace_name: bytes, seconds: float, reasons: list[Row]) -> None:
        """A call ran and was saved."""
        self.misses += 1
        self._table(call, found, "miss", trace_name, seconds)
        self._note(self._row(call, "miss", reasons, seconds, trace_name))

    def unsaved(self, call: Call, found: Recording, seconds: float, reasons: Iterable[tuple[object, ...]]) -> None:
        """A call ran and can't be saved. Reasons are rows of a recording: slug, what, where, whether it spreads, path."""
        self.unsaved_calls += 1
        where = f"{call.info.module.relative}:{call.info.def_line}"
        rows: list[Row] = []
        for slug, what, place, _, *path in reasons:
            way: tuple[str, ...] = path[0] if path else (call.info.name,)  # type: ignore[assignment]
            names = [shown(name) for name in way]
            what = call.info.shown if what == call.info.name else what
            rows.append(
                {"kind": slug, "subject": what, "where": place or where, "before": None, "after": None, "path": names}
            )
        self._table(call, found, "unsaved", None, seconds)
        self._note(self._row(call, "unsaved", rows, seconds, None))

    def verified(self, call: Call, found: Recording, expected: Expected, rows: list[Row], seconds: float) -> None:
        """A call ran to be compared with what was stored, and differs in `rows`."""
        self.verified_calls += 1
        self.different_calls += bool(rows)
        self._table(call, found, "verified", expected.name, seconds)
        row = self._row(call, "verified", rows, seconds, expected.name)
        row["source_run"] = expected.trace.run
        self._note(row)

    def closed(self, found: Recording) -> None:
        """A recording ends, however it ends. The outermost hold what all inside them read and printed."""
        call: Call = found.call  # type: ignore[assignment]
        self._values.pop(call.started, None)
        if self.used.closed(found, has_row=call.has_row):
            self.used.wrote(found.written)
            self._print((effect[1], effect[2:]) for effect in found.effects if effect[0] == "text")

    def fork(self) -> None:
        """Begin as a child of this process: what is pending is its parent's to write."""
        self.forked = True
        self._lock = RLock()  # another thread may have held it
        self._pending = []
        self._tables = {}

    def settle(self) -> None:
        """A call that may take long begins: let nothing wait that is known already."""
        if self._pending:
            self.flush()

    # --- what the record asks for ----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Hand what is pending to the store."""
        self._flushed = perf_counter()
        with self._lock:
            pending, self._pending = self._pending, []
            tables, self._tables = self._tables, {}
        if self.run:
            if pending:
                self.store.note_calls(self.run, pending)
            for function, rows in tables.items():
                self.store.note_table(self.run, function, rows)

    def finish(self) -> None:
        """The run has ended."""
        self.flush()
        if self._output:
            self.store.save_output(self.run, self._output)

    # --- rows ------------------------------------------------------------------------------------------------------

    def _print(self, texts: Iterable[tuple[object, object]]) -> None:
        for stream, data in texts:
            if self._output_left <= 0:
                return
            if isinstance(data, tuple):  # the form in which a recording gathers it: the first, then the rest
                first, *rest = data
                data = type(first)().join((first, *rest[0])) if rest and rest[0] else first
            kept = data[: self._output_left]  # type: ignore[index]
            self._output_left -= len(kept)
            self._output.append((abs(int(stream)), kept))  # type: ignore[call-overload]

    def _table(self, call: Call, found: Recording, verdict: str, trace_name: bytes | None, seconds: float) -> None:
        """Add to the table of the function's calls: its arguments and what it returned, as columns."""
        if self._kept >= FULL_ROWS or not self.run or call.info.is_statement:
            return
        arguments: dict[str, object] = {}
        for name, value in zip(call.info.parameters, call.arguments, strict=False):
            arguments.update(scalars(value, name))
        row: Row = {
            "verdict": verdict,
            "arguments": arguments,
            "result": self._values.pop(call.started, None),
            "code": call.info.fingerprint.hex(),
            "codes": self.store.save_uses(codes_of(found.reads)).hex(),
            "seconds": seconds,
            "when": time(),
            "call": call.digest.hex(),
            "trace": trace_name.hex() if trace_name else None,
            "at": call.started - self._began,
        }
        with self._lock:
            self._tables.setdefault(call.info.name, []).append(row)

    def _row(self, call: Call, verdict: str, reasons: list[Row], seconds: float, trace_name: bytes | None) -> Row:
        call.has_row = True
        info = call.info
        arguments = {name: describe(value, 80) for name, value in zip(info.parameters, call.arguments, strict=False)}
        around = [
            one.call.started - self._began  # type: ignore[attr-defined]
            for one in stacks.get(get_ident()) or _only_stack()
            if one.call is not call
        ]
        row: Row = {
            "function": info.shown,
            "arguments": arguments,
            "verdict": verdict,
            "reasons": reasons,
            "seconds": seconds,
            "saved_seconds": 0.0,
            "call": call.digest.hex(),
            "trace": trace_name.hex() if trace_name else None,
            "where": f"{info.module.relative}:{info.def_line}",
            # A call is known by the moment at which it began; `within` are those around it, the innermost last. Some of
            # them may turn out too quick to have a row.
            "at": call.started - self._began,
            "within": around[-20:],
            "depth": len(around),
            "source_run": None,
        }
        if info.is_statement:
            row["source"] = info.text.partition("\n")[0].strip()[:200]  # type: ignore[attr-defined]
        return row

    def _note(self, row: Row) -> None:
        self._kept += 1
        if self._kept > FULL_ROWS:
            return
        if self.wanted:
            self.rows.append(row)
        with self._lock:
            self._pending.append(row)
        if self.forked:  # a worker is ended without notice
            self.flush()
            self.store.flush()
        elif len(self._pending) >= BATCH or perf_counter() - self._flushed > DELAY:
            self.flush()


def _only_stack() -> list[Recording]:
    """The recordings of the one thread that records, for a thread that works for it."""
    found = list(stacks.values())
    return found[0] if len(found) == 1 else []
