"""One part of a store as its tables see it: rows in, rows out, and no exception for a program that is running.

A read asks first what is still on its way (see `writer`), then LMDB. What LMDB or the disk refuses is told to `trouble`,
which says it to the user once; from then on nothing is written here, and what can't be read is not there.
"""

from __future__ import annotations

import lmdb

from hitsave.store.environment import Environment
from hitsave.store.writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


class Rows:
    """`environment` for reading, `writer` for writing."""

    __slots__ = ("_trouble", "environment", "writable", "writer")

    def __init__(self, environment: Environment, trouble: Callable[[Exception], None]) -> None:
        self.environment = environment
        self._trouble = trouble
        self.writable = True
        self.writer = Writer(environment, self.failed)

    def get(self, key: bytes) -> bytes | None:
        """The row, or None."""
        row = self.writer.get(key)
        if row is not None:
            return row
        try:
            return self.environment.get(key)
        except (lmdb.Error, OSError) as error:
            self._trouble(error)
            return None

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """The rows of many keys, each or None, at the price of one look."""
        try:
            found = self.environment.read(lambda txn: [txn.get(key) for key in keys])
        except (lmdb.Error, OSError) as error:
            self._trouble(error)
            found = [None] * len(keys)
        return [self.get(key) if row is None else row for key, row in zip(keys, found, strict=True)]

    def put(self, key: bytes, row: bytes) -> None:
        """Queue the row."""
        if self.writable:
            self.writer.put(key, row)

    def put_new(self, key: bytes, row: bytes) -> None:
        """Queue a row that is what its key says: if it is there, it is the same."""
        if self.writable and self.get(key) is None:
            self.writer.put(key, row)

    def scan(self, prefix: bytes, limit: int = 0) -> list[tuple[bytes, bytes]]:
        """The rows of a prefix, in the order of their keys."""
        # What is on its way first: a row that is committed in between is then seen twice, not missed.
        coming = self.writer.scan(prefix)
        try:
            found = self.environment.scan(prefix, limit)
        except (lmdb.Error, OSError) as error:
            self._trouble(error)
            found = []
        if not coming:
            return found
        merged = sorted({**dict(found), **dict(coming)}.items())
        return merged[:limit] if limit else merged

    def newest(self, prefix: bytes, limit: int = 0) -> list[tuple[bytes, bytes]]:
        """The rows of a prefix, the highest key first."""
        coming = self.writer.scan(prefix)
        try:
            found = self.environment.scan(prefix, limit, reverse=True)
        except (lmdb.Error, OSError) as error:
            self._trouble(error)
            found = []
        if coming:
            found = sorted({**dict(found), **dict(coming)}.items(), reverse=True)
        return found[:limit] if limit else found

    def names(self, prefix: bytes, below: int = 0, limit: int = 0) -> list[bytes]:
        """The keys `prefix` + u32, the highest first; only those of numbers below `below` if that is not 0."""
        end = below.to_bytes(4, "big") if below else b""

        def ask(txn: lmdb.Transaction[bytes]) -> list[bytes]:
            cursor = txn.cursor()
            found: list[bytes] = []
            there = cursor.set_range(prefix + (end or b"\xff" * 5))
            there = cursor.prev() if there else cursor.last()
            while there and len(found) != (limit or -1):
                key = cursor.key()
                if not key.startswith(prefix):
                    break
                found.append(key)
                there = cursor.prev()
            return found

        coming = [key for key, _ in self.writer.scan(prefix) if not end or key[len(prefix) :] < end]
        try:
            found = self.environment.read(ask)
        except (lmdb.Error, OSError) as error:
            self._trouble(error)
            found = []
        if coming:
            found = sorted({*found, *coming}, reverse=True)
        return found[:limit] if limit else found

    def last(self, prefix: bytes) -> tuple[bytes, bytes] | None:
        """The last committed row of a prefix."""
        try:
            found = self.environment.scan(prefix, 1, reverse=True)
        except (lmdb.Error, OSError) as error:
            self._trouble(error)
            return None
        return found[0] if found else None

    def write(self, change: Callable[[lmdb.Transaction[bytes]], T], otherwise: T) -> T:
        """Commit now, on the caller's thread."""
        if not self.writable:
            return otherwise
        try:
            return self.environment.write(change)
        except (lmdb.Error, OSError) as error:
            self.failed(error)
            return otherwise

    def failed(self, error: Exception) -> None:
        """Nothing more is written: what has failed once would fail at every call."""
        self.writable = False
        self._trouble(error)

    def close(self) -> None:
        """Write what is left, and give everything back."""
        self.writer.close()
        self.environment.close()
