"""The log as a part of the store: runs, what they used, printed and computed, their sources, and what the user said of them.

What lies behind each method is in `runs` and `sources`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsave.store.runs import Runs
    from hitsave.store.sources import Sources

    Row = dict[str, object]


class Logbook:
    """The log of one project."""

    __slots__ = ("_runs", "_sources")

    _runs: Runs
    _sources: Sources

    def save_source(self, text: bytes) -> bytes:
        """Keep a source text; returns its digest."""
        return self._sources.save(text)

    def source(self, digest: bytes) -> bytes | None:
        """The source text of this digest."""
        return self._sources.text(digest)

    def save_code(self, fingerprint: bytes, code: Sequence[object]) -> None:
        """Note where a function's code stands: (name, source digest, first line, last line), or with the path third."""
        name, source, *place = code
        path = place.pop(0) if len(place) > 2 else None
        self._sources.save_code(fingerprint, name, (source, path, *place))  # type: ignore[arg-type]

    def save_codes(self, module: str, source: bytes, path: str, codes: list[tuple[str, bytes, int, int]]) -> None:
        """Note where the code of a module's functions stands: name, fingerprint, first and last line of each."""
        self._sources.save_codes(module, source, path, codes)

    def code(self, name: str, fingerprint: bytes) -> tuple[bytes, str | None, int, int] | None:
        """(source digest, path, first line, last line) of this version of the function."""
        return self._sources.code(name, fingerprint)

    def start_run(self, record: Row) -> int:
        """Record a run at once; returns its number, from 1, or 0 if nothing can be written."""
        return self._runs.start(record)

    def note_source(self, run: int, name: str, digest: str) -> None:
        """Keep which sources a run has loaded so far."""
        self._runs.note_source(run, name, digest)

    def note_calls(self, run: int, calls: list[Row]) -> None:
        """Add calls to a run."""
        self._runs.note(run, calls)

    def finish_run(self, run: int, record: Row) -> None:
        """Complete the record of a run; what it does not say stays as it was at the start."""
        self._runs.finish(run, record)

    def runs(self, limit: int = 0) -> list[Row]:
        """Run records, newest first. The state of one whose process is gone is "killed"."""
        return self._runs.all(limit)

    def run(self, number: int) -> Row | None:
        """The record of a run."""
        return self._runs.one(number)

    def run_calls(self, number: int) -> list[Row]:
        """The calls of a run, in order."""
        return self._runs.calls(number)

    def run_numbers(self, script: str | None = None, below: int = 0, limit: int = 0) -> list[int]:
        """Numbers of runs, newest first: of one script, below a number."""
        return self._runs.numbers(script, below, limit)

    def save_uses(self, uses: tuple[object, ...]) -> bytes:
        """Keep what was used, as (kind, name, fingerprint, text)…; returns its digest."""
        return self._runs.save_uses(uses)

    def uses(self, digest: bytes) -> list[tuple[str, str, bytes, str | None]]:
        """What `save_uses` was given."""
        return self._runs.uses(digest)

    def save_output(self, run: int, parts: list[tuple[int, str | bytes]]) -> None:
        """Keep what a run printed."""
        self._runs.save_output(run, parts)

    def output(self, run: int) -> list[tuple[int, str | bytes]]:
        """What a run printed."""
        return self._runs.output(run)

    def note_table(self, run: int, function: str, rows: list[Row]) -> None:
        """Add rows to the table of a function's calls."""
        self._runs.note_table(run, function, rows)

    def table(self, function: str, run: int = 0, limit: int = 0) -> list[Row]:
        """The table of a function's calls; those of one run; those of about `limit` runs, the last ones."""
        return self._runs.table(function, run, limit)

    def functions(self) -> list[str]:
        """The functions that have a table of calls."""
        return self._runs.functions()

    def said(self, run: int = 0) -> Row:
        """What the user said of a run, or of the project."""
        return self._runs.said(run)

    def say(self, run: int, said: Row) -> None:
        """Keep what the user says of a run, or of the project."""
        self._runs.say(run, said)
