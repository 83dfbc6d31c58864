"""One LMDB environment: its growth, and its life across fork.

Promises: a read sees all that any process committed before it; it never waits for a writer. A map that is full, or that
another process made larger, is no error. A forked process never touches its parent's environment: it opens its own.
One environment per file in a process, as LMDB demands: `open_environment` hands out the same one again. A file that was
not left by us as it is found is walked before LMDB sees it (see `soundness`).

How: a read holds `_reading` for the microseconds that its transaction is open. Only a change of the map's size takes
both locks, since it moves the map under the feet of every reader in this process. The locks are re-entrant because a
signal handler or a finaliser may look something up in the middle of a lookup.
"""

from __future__ import annotations

import os
from _thread import RLock
from os import getpid
from time import sleep

import lmdb

from hitsave_trace.accounts import ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

_MAX_READERS = 1024
_PATIENCE = 10.0
_STAMP = "stamp"

_opened: dict[str, Environment] = {}


def open_environment(folder: str, map_size: int, *, readonly: bool = False) -> Environment:
    """The environment in `folder`, made if there is none; raises lmdb.Error or OSError.

    One that is `readonly` needs no right to write and makes nothing. Where this process has it open for writing already,
    that one serves.
    """
    folder = os.path.realpath(folder)
    known = _opened.get(folder)
    if known is None or known.is_elsewhere():
        known = Environment(folder, map_size, readonly)
        _opened[folder] = known
    elif known.readonly and not readonly:
        known.open_for_writing()
    known.users += 1
    return known


_LOW_NUMBERS = 99
_dup = os.dup


class Environment:
    """See the module."""

    __slots__ = ("folder", "readonly", "users", "_env", "_map_size", "_pid", "_reading", "_reads", "_writing")

    def __init__(self, folder: str, map_size: int, readonly: bool = False) -> None:
        self.folder = folder
        self.readonly = readonly
        self.users = 0
        self._map_size = map_size
        self._reads = 0
        self._env: lmdb.Environment | None = None
        self._start()

    def _start(self) -> lmdb.Environment:
        self._reading = RLock()
        self._writing = RLock()
        self._pid = getpid()
        self._reads = 0
        data = os.path.join(self.folder, "data.mdb")
        size = os.stat(data).st_size if os.path.exists(data) else 0
        if size and not _is_as_we_left_it(self.folder):
            _walk(self.folder, data)
        if self.readonly:
            with _HighNumbers():
                env = self._env = _open_to_read(self.folder, max(self._map_size, size))
            return env
        with _HighNumbers():
            env = lmdb.open(
                self.folder,
                map_size=max(self._map_size, size),
                mode=0o600,
                metasync=False,
                max_readers=_MAX_READERS,
            )
        env.reader_check()
        info, page = env.info(), env.stat()["psize"]
        # Pages that were taken and given back in one transaction may be missing at the end of the file. No tree leads
        # there, but to touch one by mistake must not be a SIGBUS.
        length, needed = os.stat(data).st_size, (info["last_pgno"] + 1) * page
        if needed > length and hasattr(os, "posix_fallocate"):
            # Not ftruncate, which would cut off what another process has appended in the meantime.
            fd = os.open(data, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.posix_fallocate(fd, length, needed - length)
            finally:
                os.close(fd)
        _note(self.folder)
        self._env = env
        return env

    def open_for_writing(self) -> None:
        """From now on this environment can be written, too. Nobody may be reading."""
        with self._writing, self._reading:
            if self._env is not None:
                self._env.close()
                self._env = None
            self.readonly = False
            self._start()

    def _live(self) -> lmdb.Environment:
        env = self._env
        if env is None:
            raise lmdb.Error("this environment is closed")
        if self._pid != getpid():
            # A fork: LMDB's locks and its table of readers belong to our parent. Closing gives back what is ours of
            # it (the map, the descriptors) and leaves the parent's locks alone.
            self._env = None
            env.close()
            env = self._start()
        return env

    def get(self, key: bytes) -> bytes | None:
        """The row of `key`, or None."""
        if self._env is None or self._pid != getpid():
            self._live()
        try:
            with self._reading:
                self._reads += 1
                try:
                    with self._env.begin() as txn:  # type: ignore[union-attr]
                        return txn.get(key)
                finally:
                    self._reads -= 1
        except lmdb.MapResizedError:
            self._resize(0)
            return self.read(lambda txn: txn.get(key))

    def read(self, ask: Callable[[lmdb.Transaction[bytes]], T]) -> T:
        """What `ask` finds in one consistent view. It must be short and must not call user code."""
        self._live()
        while True:
            try:
                with self._reading:
                    self._reads += 1
                    try:
                        with self._env.begin() as txn:  # type: ignore[union-attr]
                            return ask(txn)
                    finally:
                        self._reads -= 1
            except lmdb.MapResizedError:
                self._resize(0)

    def scan(self, prefix: bytes, limit: int = 0, reverse: bool = False) -> list[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix`, in order of their keys; `limit` 0 means all."""

        def ask(txn: lmdb.Transaction[bytes]) -> list[tuple[bytes, bytes]]:
            cursor, found = txn.cursor(), []
            if reverse:
                after = _successor(prefix)
                there = cursor.set_range(after) and cursor.prev() if after else cursor.last()
                if not there:
                    there = cursor.last()
                step = cursor.prev
            else:
                there, step = cursor.set_range(prefix), cursor.next
            while there:
                key, row = cursor.item()
                if not key.startswith(prefix):
                    break
                found.append((key, row))
                if len(found) == limit:
                    break
                there = step()
            return found

        return self.read(ask)

    def write(self, change: Callable[[lmdb.Transaction[bytes]], T]) -> T:
        """Commit what `change` does; it may be called again, with a larger map. Raises lmdb.Error."""
        self._live()
        while True:
            with self._writing:
                try:
                    with ours:
                        with self._env.begin(write=True) as txn:  # type: ignore[union-attr]
                            result = change(txn)
                        _note(self.folder)
                    return result
                except lmdb.MapFullError:
                    grown = self._env.info()["map_size"] * 2  # type: ignore[union-attr]
                except lmdb.MapResizedError:
                    grown = 0
            self._resize(grown)

    def _resize(self, size: int) -> None:
        with self._writing, self._reading:
            if self._reads:
                # We stand in a signal handler inside another read of this thread: its view must stay.
                raise lmdb.MapResizedError("the map can't move while it is read")
            env = self._live()
            # Another thread, or another process, may have been quicker.
            if size == 0 or size > env.info()["map_size"]:
                env.set_mapsize(size)
            self._map_size = env.info()["map_size"]

    def used(self) -> int:
        """Bytes in use; the file itself never shrinks."""
        self._live()
        with self._reading:
            stat = self._env.stat()  # type: ignore[union-attr]
        return int((stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"]) * stat["psize"])

    def is_elsewhere(self) -> bool:
        """Whether the folder was removed, or removed and made again, since."""
        if self._env is None:
            return True
        try:
            return not os.path.exists(os.path.join(self.folder, "data.mdb"))
        except OSError:
            return True

    def close(self) -> None:
        """Give the environment back; the last user closes it."""
        self.users -= 1
        if self.users > 0 or self._env is None:
            return
        with self._writing, self._reading:
            env, self._env = self._env, None  # in this order: a signal handler may want to read now
            env.close()
        if _opened.get(self.folder) is self:
            del _opened[self.folder]

    def hold(self) -> list[RLock]:
        """Keep every other thread out of LMDB, for the moment of a fork. Returns the locks that were taken: the wait is
        bounded because a signal handler may fork in the middle of a read that another thread waits for.
        """
        return [lock for lock in (self._writing, self._reading) if lock.acquire(timeout=_PATIENCE)]


class _HighNumbers:
    """Files that are opened in here get descriptors above those that the program will be given: it may show them."""

    __slots__ = ("_taken",)

    def __enter__(self) -> None:
        self._taken: list[int] = []
        try:
            self._taken.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
            while self._taken[-1] < _LOW_NUMBERS:
                self._taken.append(_dup(self._taken[0]))
        except OSError:
            pass  # there are few of them: then it is the program that needs them

    def __exit__(self, *_: object) -> None:
        for descriptor in self._taken:
            os.close(descriptor)


def _open_to_read(folder: str, map_size: int) -> lmdb.Environment:
    """Open for reading, as one of LMDB's readers; where that would need a right to write, as a guest without a lock.

    A guest may meet a page that a writer has taken again since; the checksums of the records tell.
    """
    try:
        return lmdb.open(folder, map_size=map_size, readonly=True, create=False, max_readers=_MAX_READERS)
    except (lmdb.Error, OSError):
        if os.access(os.path.join(folder, "lock.mdb"), os.W_OK):
            raise
        return lmdb.open(folder, map_size=map_size, readonly=True, create=False, lock=False)


def _successor(prefix: bytes) -> bytes:
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else b""


def _walk(folder: str, data: str) -> None:
    """Walk a file before LMDB sees it. One that others write to while we look may seem torn: then look again."""
    from hitsave.store import soundness

    for attempt in range(100):
        before = os.stat(data)
        try:
            soundness.check(folder)
        except soundness.Unsound as error:
            sleep(0.02)
            after = os.stat(data)
            same = (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)
            if same or attempt == 99:
                raise lmdb.CorruptedError(str(error)) from None
            continue
        return


def _is_as_we_left_it(folder: str) -> bool:
    """Whether the data file has the length and time that were noted last."""
    try:
        with open(os.path.join(folder, _STAMP), "rb") as file:
            return file.read() == _stamp_of(folder)
    except OSError:
        return False


def _note(folder: str) -> None:
    """Note length and time of the data file. Two processes may do it at once: then it is checked once too often."""
    try:
        fd = os.open(f"{folder}/{_STAMP}", os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            os.write(fd, _stamp_of(folder))
        finally:
            os.close(fd)
    except OSError:
        pass


def _stamp_of(folder: str) -> bytes:
    stat = os.stat(f"{folder}/data.mdb")
    return b"%020d %020d\n" % (stat.st_size, stat.st_mtime_ns)


_held: list[RLock] = []


def _before_fork() -> None:
    for environment in list(_opened.values()):
        _held.extend(environment.hold())


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop().release()


def _after_fork_in_child() -> None:
    # The locks that the parent holds for us: each environment makes new ones when it is used first.
    _held.clear()


# Registered at import, so that it runs after the writer's own hook: hooks run before a fork in reverse order.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
