"""Rows on their way to the store.

Promises: `put` costs the caller a dict entry. What was put is read back by this process at once, and found by every
other within about 50 ms. Nothing of the user's is kept alive: rows are bytes. At a fork there is no second thread (fork
warns of one from 3.12 on) and nothing half-written; afterwards both sides go on.

How: rows gather in `pending`; a thread commits them, all in one transaction. While it does they stand in `writing`. A
reader asks `pending`, `writing`, LMDB, in that order; a row moves through them in the same order and so can't be missed.
The thread is started by `_thread`, at the first row: `threading` would show it to the program.
"""

from __future__ import annotations

import os
from _thread import RLock, allocate_lock, get_native_id, start_new_thread

import lmdb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

    from hitsave.store.environment import Environment

_DELAY = 0.05
_ENOUGH = 64
# When the disk can't follow, the program waits for it rather than fill the memory.
_TOO_MUCH = 64 << 20
# A signal handler may flush or fork while it interrupts a `put` of its own thread, which holds what the writing thread
# waits for. Rather than hang we then go on without.
_PATIENCE = 10.0

_writers: list[Writer] = []


class Writer:
    """Batches for one environment. `failed` is told, once, of what the disk or LMDB refused."""

    __slots__ = (
        "_bell", "_counts", "_environment", "_ended", "_failed", "_files", "_pending", "_pending_size", "_pid", "_rung",
        "_running", "_soon", "_state", "_stopping", "_thread_id", "_work", "_writing",
    )  # fmt: skip

    def __init__(self, environment: Environment, failed: Callable[[Exception], None]) -> None:
        self._environment = environment
        self._failed = failed
        self._pending: dict[bytes, bytes] = {}
        self._writing: dict[bytes, bytes] = {}
        self._begin()
        _writers.append(self)

    def _begin(self) -> None:
        """A fresh start: no thread, no lock held by one."""
        self._pid = os.getpid()
        self._state = RLock()  # guards what a row is in; held for a moment
        self._work = RLock()  # held while a batch is committed
        self._bell: LockType = allocate_lock()
        self._soon: LockType = allocate_lock()
        self._ended: LockType = allocate_lock()
        self._files: list[str] = []
        self._counts: dict[bytes, int] = {}
        self._pending_size = 0
        self._running = self._rung = self._stopping = False
        self._thread_id = 0

    def put(self, key: bytes, row: bytes) -> None:
        """Queue a row. A later row of the same key takes its place."""
        if self._pid != os.getpid():
            self.forget()
        with self._state:
            self._pending[key] = row
            self._pending_size += len(row)
            full = self._pending_size > _TOO_MUCH
            if not self._rung:
                self._wake()
            if len(self._pending) == _ENOUGH and self._soon.locked():
                self._soon.release()
        if full:
            self.flush()

    def add(self, key: bytes, amount: int) -> None:
        """Queue an addition to a counter."""
        with self._state:
            self._counts[key] = self._counts.get(key, 0) + amount
            if not self._rung:
                self._wake()

    def settle(self, path: str) -> None:
        """Have the bytes of a finished file brought to the disk, some time after the rows that speak of it."""
        with self._state:
            self._files.append(path)

    def get(self, key: bytes) -> bytes | None:
        """A row that is not committed yet."""
        row = self._pending.get(key)
        return row if row is not None else self._writing.get(key)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Rows of a prefix that are not committed yet, unsorted."""
        found: dict[bytes, bytes] = {}
        # `list` of a dict is one step for other threads. Pending before writing: see the module.
        for rows in (self._pending, self._writing):
            for key in list(rows) if rows else ():
                if key.startswith(prefix):
                    row = rows.get(key)
                    if row is not None:
                        found.setdefault(key, row)
        return list(found.items())

    def flush(self) -> None:
        """Return when everything that was put before is committed (or was refused)."""
        if self._pid != os.getpid():
            self.forget()
        if not self._work.acquire(timeout=_PATIENCE):
            return
        try:
            with self._state:
                rows, counts, files = self._pending, self._counts, self._files
                if not (rows or counts or files):
                    return
                self._writing, self._pending = rows, {}
                self._counts, self._files, self._pending_size = {}, [], 0
            try:
                if rows or counts:
                    self._environment.write(lambda txn: _commit(txn, rows, counts))
            except (lmdb.Error, OSError, ValueError) as error:
                self._failed(error)
            finally:
                self._writing = {}
            for path in files:
                _settle(path)
        finally:
            self._work.release()

    def stop(self) -> None:
        """Write what is left and end the thread; the next `put` starts another."""
        self.flush()
        with self._state:
            if not self._running:
                return
            self._stopping = True
            for lock in (self._bell, self._soon):
                if lock.locked():
                    lock.release()
        if self._ended.acquire(timeout=_PATIENCE):
            self._ended.release()
        # The interpreter counts threads in /proc when it forks: wait until the kernel has let go of this one, too.
        task = f"/proc/self/task/{self._thread_id}"
        for _ in range(1000):
            try:
                os.stat(task)
            except OSError:
                break
            os.sched_yield()

    def close(self) -> None:
        """`stop`, for good."""
        self.stop()
        if self in _writers:
            _writers.remove(self)

    def resume(self) -> None:
        """After a fork: another thread may have put something while ours was ending."""
        with self._state:
            if self._pending and not self._running:
                self._wake()

    def forget(self) -> None:
        """In a forked child: what was pending is the parent's, and its thread does not exist here."""
        self._begin()
        self._pending, self._writing = {}, {}

    def _wake(self) -> None:
        self._rung = True
        if not self._running:
            self._start()
        elif self._bell.locked():
            self._bell.release()

    def _start(self) -> None:
        self._bell, self._soon, self._ended = allocate_lock(), allocate_lock(), allocate_lock()
        self._soon.acquire()
        self._ended.acquire()
        self._stopping = False
        self._running = True
        try:
            start_new_thread(self._run, ())
        except RuntimeError:
            # No thread to be had (a limit, or the interpreter is ending): `flush` will write.
            self._running = False

    def _run(self) -> None:
        bell, soon, ended = self._bell, self._soon, self._ended
        self._thread_id = get_native_id()
        try:
            while True:
                # The bell is open at the start (there is a row) and whenever `put` rings.
                bell.acquire()
                if self._stopping:
                    break
                soon.acquire(timeout=_DELAY)
                with self._state:
                    self._rung = False
                self.flush()
        finally:
            with self._state:
                self._running = self._rung = False
            ended.release()


def _commit(txn: lmdb.Transaction[bytes], rows: dict[bytes, bytes], counts: dict[bytes, int]) -> None:
    for key, row in rows.items():
        txn.put(key, row)
    for key, amount in counts.items():
        old = txn.get(key)
        total = amount + (int.from_bytes(old, "big") if old else 0)
        txn.put(key, max(total, 0).to_bytes(8, "big"))


def _settle(path: str) -> None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.fsync(fd)
    except OSError:
        pass
    finally:
        os.close(fd)


def _before_fork() -> None:
    for writer in _writers[:]:
        writer.stop()


def _after_fork_in_parent() -> None:
    for writer in _writers:
        writer.resume()


def _after_fork_in_child() -> None:
    for writer in _writers:
        writer.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
