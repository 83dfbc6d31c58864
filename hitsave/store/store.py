"""The store: what is kept of calls, results and runs.

Promises: nothing in here raises while a program runs, but `load_value` and `blob`, which say Gone or Damaged. What a
`save_*` was given is bytes before it returns: the caller may change its objects in the next instruction. A store that
can't be used is a `NoStore`: the same methods, which keep nothing. Why, the user is told once.

All files that a store opens are under `folder` (and `trust.data_folder()` while it is opened).
"""

from __future__ import annotations

import os
from time import time

import lmdb

from hitsave import errors
from hitsave.store import schema
from hitsave.store.blobs import INLINE_UNTIL, BlobFolder, as_bytes
from hitsave.store.codec import Damaged, Gone, decode, decode_named, digest_of, encode
from hitsave.store.environment import open_environment
from hitsave.store.logbook import Logbook
from hitsave.store.no_store import NoStore
from hitsave.store.rows import Rows
from hitsave.store.runs import Runs
from hitsave.store.sources import Sources
from hitsave.store.trouble import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Buffer

    from hitsave.store.codec import Record
    from hitsave.store.environment import Environment
    from hitsave.store.pickles import Pickled

    Row = dict[str, object]

__all__ = ["Damaged", "Gone", "NoStore", "Store", "open_store"]

DEFAULT_LIMIT = 20 << 30
SMALL = 2000
"""Bytes of a value's row up to which a run keeps it in memory, once it was asked for."""
MOST_SMALL = 2000
"""Values that are kept so."""


def open_store(
    folder: str,
    project: str = "",
    limit: int = DEFAULT_LIMIT,
    say: Callable[[errors.Failure], None] = errors.say,
    *,
    readonly: bool = False,
) -> Store | NoStore:
    """The store in `folder`, made if there is none; or a NoStore, after one message.

    `readonly` makes nothing, writes nothing, and needs no right to.
    """
    from hitsave.store.place import examine, prepare

    folder = os.path.abspath(os.path.expanduser(folder))
    try:
        (examine if readonly else prepare)(folder)
        values = open_environment(os.path.join(folder, "values"), schema.VALUES_MAP, readonly=readonly)
        try:
            log = open_environment(os.path.join(folder, "log"), schema.LOG_MAP, readonly=readonly)
        except BaseException:
            values.close()
            raise
    except errors.Failure as failure:
        say(failure)
    except lmdb.Error as error:
        say(told(folder, error, errors.store_damaged))
    except OSError as error:
        say(told(folder, error, errors.store_not_writable))
    else:
        return Store(folder, project, limit, say, values, log, readonly)
    return NoStore(folder)


class Store(Logbook):
    """See the module. Made by `open_store`."""

    usable = True

    __slots__ = (
        "_closed", "_namespace", "_said", "_say", "_small", "_used", "blobs", "folder", "limit", "log",
        "project", "values",
    )  # fmt: skip

    def __init__(
        self,
        folder: str,
        project: str,
        limit: int,
        say: Callable[[errors.Failure], None],
        values: Environment,
        log: Environment,
        readonly: bool = False,
    ) -> None:
        self.folder = folder
        self.project = project
        self.limit = limit
        self._say = say
        self._said = False
        self._closed = False
        self.values = Rows(values, self._trouble)
        self.log = Rows(log, self._trouble)
        self.values.writable = self.log.writable = not readonly
        self.blobs = BlobFolder(os.path.join(folder, "values"))
        self._namespace = schema.namespace(project)
        self._sources = Sources(self.log, self._namespace)
        self._runs = Runs(self.log, self._namespace)
        self._used: set[bytes] = set()
        # What goes by its digest is never another. Results that a run asks for again and again are mostly small.
        self._small: dict[bytes, Record] = {}
        self.log.put_new(schema.META + b"ns" + self._namespace, project.encode("utf-8", "surrogatepass"))

    # Calls and traces

    def candidates(self, call: bytes) -> list[bytes]:
        """Digests of the stored traces of a call, newest first."""
        rows = self.values.scan(schema.CALL + self._namespace + call)
        # One that was preferred stands there twice.
        return list(dict.fromkeys(row for _, row in rows)) if len(rows) > 1 else [row for _, row in rows]

    def elsewhere(self, call: bytes, limit: int = 8) -> list[bytes]:
        """Traces of this call that other projects saved: a project that was moved or cloned finds its own there.

        They are candidates like any other, but no measure of what has changed: `why` must not speak of them.
        """
        rows = self.values.scan(schema.CALL + schema.EVERYWHERE + call, 4 * limit)
        own = set(self.candidates(call)) if rows else set()
        return [name for name in dict.fromkeys(row for _, row in rows) if name not in own][:limit]

    def trace(self, digest: bytes) -> tuple[object, ...] | None:
        """The trace record, or None if it is gone or damaged."""
        return self._record(schema.TRACE, digest)

    def node(self, digest: bytes) -> tuple[str, str, bytes, str | None] | None:
        """The dependency (kind, name, fingerprint, text), or None."""
        return self._record(schema.NODE, digest)  # type: ignore[return-value]

    def nodes(self, digests: list[bytes]) -> list[tuple[str, str, bytes, str | None] | None]:
        """Many dependencies, each or None."""
        rows = self.values.get_many([schema.NODE + digest for digest in digests])
        return [self._whole(row, name) for row, name in zip(rows, digests, strict=True)]  # type: ignore[misc]

    def save_trace(
        self,
        call: bytes,
        trace: tuple[object, ...],
        nodes: Iterable[tuple[bytes, bytes]],
        value: Pickled | None = None,
        blobs: Iterable[bytes] = (),
    ) -> bytes:
        """Keep a trace, its nodes (digest, encoded dependency) and its value; returns its digest, or b"" if not kept.

        `trace` names its value by `value.digest`. `blobs` need not be given: whatever digest of 16 bytes stands anywhere
        in the trace keeps what it names from being evicted. If the memory of the value changed since it was pickled,
        nothing is kept: the trace would name something that never was.
        """
        row = encode(trace)
        name = digest_of(row)
        if not self.values.writable or (value is not None and self.save_value(value) is None):
            return b""
        put_new = self.values.put_new
        for node, data in nodes:
            put_new(schema.NODE + node, data)
        function = str(trace[3])
        late = schema.late(name)
        self.values.put(schema.TRACE + name, row)
        self.values.put(schema.FUNCTION + self._namespace + schema.name(function) + late, call + name)
        self.values.put(schema.CALL + schema.EVERYWHERE + call + late, name)
        # Last: who finds the candidate finds all of it.
        self.values.put(schema.CALL + self._namespace + call + late, name)
        return name

    def calls_of(self, function: str, limit: int = 0) -> list[tuple[bytes, bytes]]:
        """(call digest, trace digest) of the stored calls of a function, newest first."""
        rows = self.values.scan(schema.FUNCTION + self._namespace + schema.name(function), limit)
        return [(row[:16], row[16:32]) for _, row in rows]

    def prefer(self, call: bytes, trace: bytes) -> None:
        """Make a stored trace of a call the first candidate again: it is the one that the program agrees with now."""
        if self.values.writable:
            self.values.put(schema.CALL + self._namespace + call + schema.late(trace), trace)

    def forget(self, call: bytes, trace: bytes) -> None:
        """Let a stored trace answer a call no more; the trace itself can still be looked at."""
        self.values.writer.flush()

        def change(txn: lmdb.Transaction[bytes]) -> None:
            for namespace in (self._namespace, schema.EVERYWHERE):
                prefix = schema.CALL + namespace + call
                cursor = txn.cursor()
                found = cursor.set_range(prefix)
                gone = []
                while found and cursor.key().startswith(prefix):
                    if cursor.value() == trace:
                        gone.append(bytes(cursor.key()))
                    found = cursor.next()
                cursor.close()
                for key in gone:
                    txn.delete(key)

        self.values.write(change, None)

    def used(self, digest: bytes) -> None:
        """Note that a trace or value was of use: eviction starts with what was not for the longest time."""
        self._used.add(digest)

    def pin(self, traces: Iterable[bytes], *, pinned: bool) -> None:
        """Put traces, with what they name, before all others when something must be evicted; or take that back."""
        hours = schema.PINNED if pinned else int(time() // 3600).to_bytes(4, "big")
        for trace in traces:
            self.values.put(schema.USED + trace, hours)

    # Values and blobs

    def save_value(self, value: Pickled) -> bytes | None:
        """Keep a value; returns its digest, or None if it can't be kept (or changed under our hands)."""
        frozen = value.frozen
        if not self.values.writable:
            return None
        for name, view in frozen.blobs:
            if self._write_blob(view) != name:
                return None
        self.values.put_new(schema.VALUE + frozen.digest, frozen.row)
        return frozen.digest

    def load_value(self, digest: bytes, persistent_load: Callable[[object], object] | None = None) -> object:
        """The value, new in memory; raises Gone, Damaged, and whatever unpickling it raises."""
        # Not before it is needed: pickle's C half wants `functools` and `collections`.
        from hitsave.store.pickles import thaw

        record = self._small.get(digest)
        if record is None:
            row = self.values.get(schema.VALUE + digest)
            if row is None:
                raise Gone("the value is no longer stored")
            record = decode_named(row, digest)
            if len(row) < SMALL and len(self._small) < MOST_SMALL:
                self._small[digest] = record
        value = thaw(record, self.blobs, persistent_load)  # type: ignore[arg-type]
        self._used.add(digest)
        return value

    def save_blob(self, data: Buffer) -> bytes:
        """Keep bytes (the content of a file); returns their digest."""
        view = as_bytes(data)
        if view.nbytes >= INLINE_UNTIL:
            name = self._write_blob(view)
            return name if name is not None else digest_of(view)
        name = digest_of(view)
        self.values.put_new(schema.BLOB + name, bytes(view))
        return name

    def blob(self, digest: bytes) -> bytes:
        """The bytes of this digest, all of them checked; raises Gone or Damaged."""
        row = self.values.get(schema.BLOB + digest)
        if row is None:
            return self.blobs.read(digest)
        if digest_of(row) != digest:
            raise Damaged("a stored blob is not what its name says")
        return row

    # What functions cost, what files hold

    def cost(self, function: str) -> tuple[object, ...] | None:
        """What `save_cost` was given last."""
        record = self._decoded(self.values.get(schema.COST + self._namespace + schema.name(function)))
        return record[1:] if record else None

    def costs(self) -> dict[str, tuple[object, ...]]:
        """The costs of all functions of the project."""
        found = (self._decoded(row) for _, row in self.values.scan(schema.COST + self._namespace))
        return {str(record[0]): record[1:] for record in found if record}

    def save_cost(self, function: str, cost: Sequence[object]) -> None:
        """Keep what calls of this function cost; the form is the caller's."""
        row = encode((function, *cost))
        self.values.put(schema.COST + self._namespace + schema.name(function), row)

    def file_digest(self, path: str) -> tuple[object, ...] | None:
        """What `save_file_digest` was given last for this path."""
        record = self._decoded(self.values.get(schema.FILE + schema.name(path)))
        return record[1:] if record and record[0] == path else None

    def save_file_digest(self, path: str, record: Sequence[object]) -> None:
        """Remember the digest of a file behind its stat; the form is the caller's."""
        self.values.put(schema.FILE + schema.name(path), encode((path, *record)))

    # Ends

    def flush(self) -> None:
        """Return when all that was saved is in the store."""
        hours = int(time() // 3600).to_bytes(4, "big")
        while self._used:
            key = schema.USED + self._used.pop()
            # Once an hour is enough to order things by, and most hits of a loop then write nothing.
            if self.values.writable and self.values.get(key) not in (hours, schema.PINNED):
                self.values.put(key, hours)
        self.values.writer.flush()
        self.log.writer.flush()

    def pause(self) -> None:
        """Flush, and let no thread run until there is something to be saved again."""
        self.flush()
        self.values.writer.stop()
        self.log.writer.stop()

    def close(self) -> None:
        """Flush, keep the size limit, and give everything back. A closed store must not be used."""
        if self._closed:
            return
        self.flush()
        if self.values.writable:
            from hitsave.store.evict import keep_limit

            try:
                keep_limit(self)
            except (lmdb.Error, OSError) as error:
                self._trouble(error)
        self._closed = True
        self.values.close()
        self.log.close()

    def _record(self, kind: bytes, name: bytes) -> tuple[object, ...] | None:
        return self._whole(self.values.get(kind + name), name)

    def _whole(self, row: bytes | None, name: bytes) -> tuple[object, ...] | None:
        if row is None:
            return None
        try:
            record = decode_named(row, name)
        except Damaged as error:
            self._trouble(error)
            return None
        return record if type(record) is tuple else None

    def _decoded(self, row: bytes | None) -> tuple[object, ...] | None:
        if row is None:
            return None
        try:
            record = decode(row)
        except Damaged as error:
            self._trouble(error)
            return None
        return record if type(record) is tuple and record else None

    def _write_blob(self, view: memoryview) -> bytes | None:
        if not self.values.writable:
            return None
        try:
            name, made = self.blobs.write(view)
        except (OSError, BufferError) as error:
            self.values.failed(error)
            return None
        if made:
            self.values.writer.add(schema.BLOB_BYTES, view.nbytes)
            self.values.writer.settle(self.blobs.path(name))
        return name

    def _trouble(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            self._say(told(self.folder, error, errors.store_failed))
