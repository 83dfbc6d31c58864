"""Runs and their calls.

Runs of a project are numbered from 1, without gaps, whatever number of them start at once. A run is in the log from its
first moment, as "running": if its process is killed, what it was is known. Whoever reads such a record later finds that
the process is gone, and gets "killed".
"""

from __future__ import annotations

import os
from sys import intern

from hitsave.store import schema
from hitsave.store.codec import Damaged, decode, decode_named, digest_of, encode, plain
from hitsave.store.rows import Rows

_MOST = 1 << 31
_SOURCES_IN_ROW = 32

TYPE_CHECKING = False
if TYPE_CHECKING:
    import lmdb

    Row = dict[str, object]


class Runs:
    """The log of one project."""

    __slots__ = ("_batches", "_loaded", "_namespace", "_rows", "_started", "_tables")

    def __init__(self, rows: Rows, namespace: bytes) -> None:
        self._rows = rows
        self._namespace = namespace
        self._batches: dict[int, int] = {}
        self._loaded: dict[int, tuple[int, dict[str, str]]] = {}  # how many rows of sources, and the last of them
        self._started: dict[int, Row] = {}
        self._tables = 0

    def start(self, record: Row) -> int:
        """Record a run that begins now; returns its number, or 0 if nothing can be written."""
        row: Row = {"state": "running", **record, "process": process_mark(os.getpid())}
        counter = schema.META + b"run" + self._namespace

        def change(txn: lmdb.Transaction[bytes]) -> int:
            number = self._next(txn, counter)
            txn.put(self._key(number), encode(plain({**row, "run": number}), packed=True))
            txn.put(self._script_key(str(record.get("script"))) + schema.number(number), b"")
            return number

        number = self._rows.write(change, 0)
        if number:
            self._started[number] = {**row, "run": number}
        return number

    def add(self, record: Row) -> int:
        """Record a run that is over, which was another one done again (`replay_of`); returns its number, or 0.

        Only what is its own is kept; readers find the rest in the record of the other.
        """
        source = self._read(int(record.get("replay_of") or 0)) or {}  # type: ignore[call-overload]
        script = source.get("script", (record.get("command") or [""])[0])  # type: ignore[index]
        counter = schema.META + b"run" + self._namespace

        def change(txn: lmdb.Transaction[bytes]) -> int:
            number = self._next(txn, counter)
            txn.put(self._key(number), encode(plain({**record, "script": script, "run": number}), packed=True))
            txn.put(self._script_key(str(script)) + schema.number(number), b"")
            return number

        return self._rows.write(change, 0)

    def _next(self, txn: lmdb.Transaction[bytes], counter: bytes) -> int:
        number = int.from_bytes(txn.get(counter) or b"", "big") + 1
        # A counter that was lost or damaged must not make us write over a run.
        if number > _MOST:
            number = 1
        while txn.get(self._key(number)) is not None:
            number += 1
        txn.put(counter, number.to_bytes(8, "big"))
        return number

    def note(self, run: int, calls: list[Row]) -> None:
        """Add calls to a run. A child process may add to its parent's run: batches of different processes differ."""
        if not run or not calls:
            return
        batch = self._batches.get(run, 0)
        self._batches[run] = batch + 1
        key = (
            schema.RUN_CALLS + self._namespace + schema.number(run) + schema.number(batch) + schema.number(os.getpid())
        )
        self._rows.put(key, encode(plain(calls), packed=True))

    def finish(self, run: int, record: Row) -> None:
        """What is known at the end, on top of what was known at the start."""
        if not run:
            return
        started = self._started.pop(run, None) or self._read(run) or {}
        row = {**started, "state": "done", **record, "run": run}
        row.pop("process", None)
        for number in range(self._loaded.pop(run, (0, {}))[0]):
            self._rows.put(self._loaded_key(run) + schema.number(number), b"")
        self._rows.put(self._key(run), encode(plain(row), packed=True))

    def note_source(self, run: int, name: str, digest: str) -> None:
        """Keep that a run has loaded a source: it may be killed before it says so itself."""
        if not run:
            return
        count, last = self._loaded.get(run, (0, {}))
        if not count or len(last) >= _SOURCES_IN_ROW:
            count, last = count + 1, {}
        last[name] = digest
        self._loaded[run] = count, last
        self._rows.put(self._loaded_key(run) + schema.number(count - 1), encode(last))

    def all(self, limit: int = 0) -> list[Row]:
        """Run records, newest first."""
        prefix = schema.RUN + self._namespace
        found = (self._decoded(row, int.from_bytes(key[-4:], "big")) for key, row in self._rows.newest(prefix, limit))
        return [record for record in found if record is not None]

    def numbers(self, script: str | None = None, below: int = 0, limit: int = 0) -> list[int]:
        """Numbers of runs, the highest first: of one script, below a number."""
        prefix = schema.RUN + self._namespace if script is None else self._script_key(script)
        return [int.from_bytes(key[-4:], "big") for key in self._rows.names(prefix, below, limit)]

    def one(self, number: int) -> Row | None:
        """The record of a run, or None."""
        if not 0 < number < 1 << 32:
            return None
        return self._read(number)

    def calls(self, number: int) -> list[Row]:
        """The calls of a run, in the order in which they were noted."""
        if not 0 < number < 1 << 32:
            return []
        found: list[Row] = []
        for _, row in self._rows.scan(schema.RUN_CALLS + self._namespace + schema.number(number)):
            try:
                found += decode(row)  # type: ignore[arg-type]
            except Damaged:
                continue
        return found

    # What a run used, printed and computed, and what the user said of it

    def save_uses(self, uses: tuple[object, ...]) -> bytes:
        """Keep a table of what was used; returns its digest. Runs that used the same share one."""
        row = encode(plain(uses), packed=True)
        name = digest_of(row)
        self._rows.put_new(schema.USES + name, row)
        return name

    def uses(self, name: bytes) -> list[tuple[str, str, bytes, str | None]]:
        """What `save_uses` was given; empty if it is not there."""
        row = self._rows.get(schema.USES + name)
        try:
            return [] if row is None else list(decode_named(row, name))  # type: ignore[arg-type]
        except Damaged:
            return []

    def save_output(self, run: int, parts: list[tuple[int, str | bytes]]) -> None:
        """Keep what a run printed."""
        if run:
            self._rows.put(schema.OUTPUT + self._namespace + schema.number(run), encode(plain(parts), packed=True))

    def output(self, run: int) -> list[tuple[int, str | bytes]]:
        """What a run printed, as far as it was kept."""
        row = self._rows.get(schema.OUTPUT + self._namespace + schema.number(self._origin(run)))
        try:
            return [] if row is None else decode(row)  # type: ignore[return-value]
        except Damaged:
            return []

    def note_table(self, run: int, function: str, rows: list[Row]) -> None:
        """Add rows to the table of a function's calls."""
        if not run or not rows:
            return
        self._tables += 1
        key = self._table_key(function) + schema.number(run) + schema.number(self._tables) + schema.number(os.getpid())
        self._rows.put(key, encode(plain(rows)))
        self._rows.put_new(
            schema.META + b"fn" + self._namespace + schema.name(function), function.encode("utf-8", "surrogatepass")
        )

    def functions(self) -> list[str]:
        """The functions that have a table."""
        found = self._rows.scan(schema.META + b"fn" + self._namespace)
        return [row.decode("utf-8", "surrogatepass") for _, row in found]

    def table(self, function: str, of: int = 0, limit: int = 0) -> list[Row]:
        """The table of a function's calls, in the order in which they ran; each row with its `run`. Those of one run if
        `of` is its number; those of the last runs if there is a `limit`.
        """
        prefix = self._table_key(function)
        of = self._origin(of) if of else 0
        found: list[Row] = []
        stored = self._rows.newest(prefix + schema.number(of) if of else prefix, limit)
        for key, row in reversed(stored):
            run = int.from_bytes(key[len(prefix) : len(prefix) + 4], "big")
            try:
                # Each row was read with names of its own: ten thousand rows need them once.
                found += [{"run": run, **{intern(name): v for name, v in each.items()}} for each in decode(row)]  # type: ignore[union-attr, arg-type]
            except Damaged:
                continue
        return found

    def said(self, run: int) -> Row:
        """What the user said of a run; of the whole project where `run` is 0."""
        row = self._rows.get(schema.SAID + self._namespace + schema.number(run))
        try:
            return {} if row is None else decode(row)  # type: ignore[return-value]
        except Damaged:
            return {}

    def say(self, run: int, said: Row) -> None:
        """Keep what the user says of a run, in place of what was said before."""
        key = schema.SAID + self._namespace + schema.number(run)
        self._rows.put(key, encode(plain(said)))

    def _origin(self, run: int) -> int:
        """The run that was done again, if this one was; else itself."""
        source = (self._read(run) or {}).get("replay_of")
        return source if isinstance(source, int) else run

    def _table_key(self, function: str) -> bytes:
        return schema.TABLE + self._namespace + schema.name(function)

    def _loaded_key(self, run: int) -> bytes:
        return schema.LOADED + self._namespace + schema.number(run)

    def _script_key(self, script: str) -> bytes:
        return schema.SCRIPT + self._namespace + schema.name(script)

    def _read(self, number: int) -> Row | None:
        row = self._rows.get(self._key(number))
        return None if row is None else self._decoded(row, number)

    def _decoded(self, row: bytes, number: int) -> Row | None:
        try:
            record: Row = decode(row)  # type: ignore[assignment]
        except Damaged:
            return None
        source = record.get("replay_of")
        if isinstance(source, int) and 0 < source < number:
            record = {**(self._read(source) or {}), **record}
        mark = record.pop("process", None)
        if record.get("state") == "running" and isinstance(mark, dict) and is_gone(mark):
            record["state"] = "killed"
        if "sources" not in record:
            loaded = self._sources(number)
            if loaded:
                record["sources"] = loaded
        return record

    def _sources(self, number: int) -> dict[str, str]:
        """Which sources a run has loaded that did not come to its end."""
        found: dict[str, str] = {}
        for _, row in self._rows.scan(self._loaded_key(number)):
            try:
                if row:
                    found.update(decode(row))  # type: ignore[arg-type]
            except Damaged:
                continue
        return found

    def _key(self, number: int) -> bytes:
        return schema.RUN + self._namespace + schema.number(number)


def process_mark(pid: int) -> Row:
    """What tells a process from every other one, on this machine and after a restart of it."""
    return {"pid": pid, "boot": _read_text("/proc/sys/kernel/random/boot_id"), "began": _began(pid), "host": _host()}


def is_gone(mark: Row) -> bool:
    """Whether the process of this mark no longer runs. What can't be known is no."""
    pid = mark.get("pid")
    if not isinstance(pid, int) or mark.get("host") != _host():
        return False
    boot = _read_text("/proc/sys/kernel/random/boot_id")
    if boot and mark.get("boot") and boot != mark["boot"]:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    began = _began(pid)
    # The number may have been given to another process; and a zombie runs nothing any more.
    return bool(began and mark.get("began") and began != mark["began"])


def _began(pid: int) -> str:
    # The name of the process stands in brackets and may hold anything; state is the first field after it.
    fields = _read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 20:
        return ""
    return "ended" if fields[0] in ("Z", "X") else fields[19]


def _host() -> str:
    try:
        return os.uname().nodename
    except (OSError, AttributeError):
        return ""


def _read_text(path: str) -> str:
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return ""
    try:
        return os.read(fd, 4096).decode("utf-8", "replace").strip()
    except OSError:
        return ""
    finally:
        os.close(fd)
