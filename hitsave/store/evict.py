"""How much the store holds, and making it smaller.

Only values are ever evicted: traces, the results and blobs that they name, and the dependencies that no other trace names.
What was of no use for the longest time goes first. The log stays, whatever its size, unless the user clears it.

How: the traces are walked from the one used last to the one not used for longest, and their bytes added up; those that do
not fit go. Then everything that no remaining trace names goes, too. A name is any string of 16 bytes anywhere in a trace:
this module knows nothing of what traces look like, and errs on the side of keeping.
"""

from __future__ import annotations

import os
from time import time

from hitsave.store import schema
from hitsave.store.codec import Damaged, decode
from hitsave.store.pickles import references
from hitsave.store.seals import remove_seals

TYPE_CHECKING = False
if TYPE_CHECKING:
    import lmdb

    from hitsave.store.blobs import Reference
    from hitsave.store.store import Store

# A store never takes more than this share of what its disk could give it.
_SHARE = 0.5
# When the limit is passed, make room for more than the next result.
_DOWN_TO = 0.8
_YOUNG = 3600.0


class Size:
    """Bytes and numbers of what is stored."""

    __slots__ = ("blobs", "log", "runs", "traces", "values")

    def __init__(self, blobs: int, values: int, log: int, traces: int, runs: int) -> None:
        self.blobs = blobs
        self.values = values
        self.log = log
        self.traces = traces
        self.runs = runs

    @property
    def cache(self) -> int:
        """What the size limit is about."""
        return self.blobs + self.values

    @property
    def total(self) -> int:
        """All of it."""
        return self.cache + self.log


def size(store: Store) -> Size:
    """What the store holds now, counted."""
    store.flush()
    return Size(
        sum(store.blobs.listing().values()),
        store.values.environment.used(),
        store.log.environment.used(),
        len(store.values.scan(schema.TRACE)),
        len(store.log.scan(schema.RUN)),
    )


def keep_limit(store: Store) -> None:
    """Prune if the counters say that the limit is passed. Cheap if it is not."""
    counted = store.values.get(schema.BLOB_BYTES)
    blobs = int.from_bytes(counted, "big") if counted else 0
    held = blobs + store.values.environment.used()
    limit = allowed(store.folder, store.limit, held)
    if held > limit:
        prune(store, int(limit * _DOWN_TO))


def allowed(folder: str, limit: int, held: int) -> int:
    """The limit, or less if the disk is nearly full."""
    try:
        stat = os.statvfs(folder)
    except OSError:
        return limit
    return min(limit, int((held + stat.f_bavail * stat.f_frsize) * _SHARE))


def prune(store: Store, limit: int) -> int:
    """Evict until values and blobs take at most `limit` bytes; returns the number of traces that went."""
    store.flush()
    blobs = store.blobs.listing()
    doomed: list[bytes] = []

    def change(txn: lmdb.Transaction[bytes]) -> int:
        doomed.clear()
        named = {reference[0] for _, row in _items(txn, schema.VALUE) for reference in _references(row)}
        named.update(name for _, row in _items(txn, schema.TRACE) for name in _named(row))
        kept, gone = _divide(txn, blobs, limit)
        for kind in (schema.TRACE, schema.NODE, schema.VALUE, schema.BLOB, schema.USED):
            for key in _keys(txn, kind):
                if key[1:] not in kept:
                    txn.delete(key)
        for kind in (schema.CALL, schema.FUNCTION):
            seen = set()
            for key, row in _items(txn, kind):
                # The newest of equal candidates stands first; the others are left from before it was preferred.
                about = (schema.without_late(key), row)
                if row[-16:] not in kept or about in seen:
                    txn.delete(key)
                seen.add(about)
        doomed.extend(name for name in blobs if name not in kept and (name in named or not _is_young(store, name)))
        left = sum(size for name, size in blobs.items() if name in kept)
        txn.put(schema.BLOB_BYTES, left.to_bytes(8, "big"))
        return gone

    gone = store.values.write(change, 0)
    # Files after rows: who finds a row finds its file, or Gone if it was slower than this loop.
    for name in doomed:
        store.blobs.remove(name)
    remove_seals(store.folder, {key[1:] for key, _ in store.values.scan(schema.TRACE)})
    _remove_unfinished(store)
    return gone


def clear(store: Store, *, log: bool = False) -> None:
    """Forget all values; with `log`, the runs and sources of all projects, too."""
    store.flush()
    store.values.write(_delete_all, None)
    for name in store.blobs.listing():
        store.blobs.remove(name)
    remove_seals(store.folder, set())
    _remove_unfinished(store)
    if log:
        store.log.write(_delete_all, None)


def clear_folder(folder: str, *, log: bool = False) -> None:
    """`clear` for a store that can't be opened: its files are removed. Nobody else may be using it."""
    import shutil

    for part in ("values", "log") if log else ("values",):
        shutil.rmtree(os.path.join(folder, part), ignore_errors=True)


def _remove_unfinished(store: Store) -> None:
    for path in store.blobs.unfinished():
        try:
            os.unlink(path)
        except OSError:
            pass


def _delete_all(txn: lmdb.Transaction[bytes]) -> None:
    cursor = txn.cursor()
    for key in list(cursor.iternext(keys=True, values=False)):
        txn.delete(key)


def _divide(txn: lmdb.Transaction[bytes], blobs: dict[bytes, int], limit: int) -> tuple[set[bytes], int]:
    """The digests of all that stays, and how many traces go."""
    last_used = {key[1:]: int.from_bytes(row, "big") for key, row in _items(txn, schema.USED)}
    # When a trace was saved is in the key of its candidate row.
    saved: dict[bytes, int] = {}
    for key, row in _items(txn, schema.CALL):
        saved[row] = max(saved.get(row, 0), schema.saved_at(key))
    traces: list[tuple[float, bytes, set[bytes], int]] = []
    for key, row in _items(txn, schema.TRACE):
        name = key[1:]
        if name not in saved:
            continue
        names = set(_named(row))
        used = max((last_used[other] for other in (name, *names) if other in last_used), default=0)
        traces.append((max(saved[name] / 3.6e12, used), name, names, len(row)))
    traces.sort(key=lambda trace: (trace[0], saved[trace[1]]), reverse=True)
    kept: set[bytes] = set()
    total = gone = 0
    for _, name, names, length in traces:
        new = {name: length}
        for other in names - kept:
            _weigh(txn, other, kept, new, blobs)
        cost = sum(new.values())
        if total + cost > limit:
            gone += 1
            continue
        total += cost
        kept.update(new)
    return kept, gone


def _weigh(
    txn: lmdb.Transaction[bytes], name: bytes, kept: set[bytes], new: dict[bytes, int], blobs: dict[bytes, int]
) -> None:
    """Add what a digest names, and what that names, with their lengths."""
    if name in new or name in kept:
        return
    if name in blobs:
        new[name] = blobs[name]
        return
    for kind in (schema.NODE, schema.VALUE, schema.BLOB):
        row = txn.get(kind + name)
        if row is None:
            continue
        new[name] = len(row)
        if kind == schema.VALUE:
            for reference in _references(row):
                _weigh(txn, reference[0], kept, new, blobs)


def names_in(record: object) -> list[bytes]:
    """Every string of 16 bytes in a record: what it may name."""
    found: list[bytes] = []
    todo = [record]
    while todo:
        part = todo.pop()
        if type(part) is bytes:
            if len(part) == 16:
                found.append(part)
        elif isinstance(part, (tuple, list)):
            todo.extend(part)
        elif isinstance(part, dict):
            todo.extend(part.keys())
            todo.extend(part.values())
    return found


def _named(row: bytes) -> list[bytes]:
    try:
        return names_in(decode(row))
    except Damaged:
        return []


def _references(row: bytes) -> list[Reference]:
    try:
        return references(decode(row))  # type: ignore[arg-type]
    except Damaged:
        return []


def _is_young(store: Store, name: bytes) -> bool:
    """Whether a blob that nothing names may be part of a call that still runs: files are kept as they are written."""
    try:
        return time() - os.stat(store.blobs.path(name)).st_mtime < _YOUNG
    except OSError:
        return False


def _items(txn: lmdb.Transaction[bytes], kind: bytes) -> list[tuple[bytes, bytes]]:
    cursor, found = txn.cursor(), []
    there = cursor.set_range(kind)
    while there and cursor.key().startswith(kind):
        found.append(cursor.item())
        there = cursor.next()
    return found


def _keys(txn: lmdb.Transaction[bytes], kind: bytes) -> list[bytes]:
    return [key for key, _ in _items(txn, kind)]
