"""Files that were open for writing before a recording, and whether they grew while it ran.

A file that was opened at the top of the script is written to by the calls below it, and no event says so: it was
opened long ago. So every path that is opened for writing is remembered, and a recording compares size and time of
those that are still open. Paths that no descriptor refers to any more are forgotten at the next look, so the
comparison costs one `stat` for each file that is really open. What a log file grew by that is noted elsewhere does not count
(`log_files.py`).
"""

from __future__ import annotations

import os

from hitsave_trace.taps import log_files, places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Look = tuple[int, int, int]
    Looks = dict[str, tuple[Look | None, int]]  # how each path looks, and how much was logged to it so far

_stat = os.stat
_listdir = os.listdir
_readlink = os.readlink


class Written:
    """The paths that this process holds open for writing, as far as it opened them through Python."""

    __slots__ = ("_outside", "databases", "fresh", "paths")

    def __init__(self, outside: Callable[[str], bool]) -> None:
        self._outside = outside
        self.paths: set[str] = set()
        self.databases: dict[str, Look | None] = {}  # path → how it looked when it was first connected to
        self.fresh = False  # whether something was opened since the descriptors were last looked at

    def opened(self, path: object) -> None:
        """Remember a path that is about to be opened for writing."""
        named = places.text(path) if not isinstance(path, int) else None
        if named is None:
            return
        absolute = places.absolute(named)
        if absolute is not None and not self._outside(absolute):
            self.paths.add(absolute)
            self.fresh = True

    def connected(self, path: str) -> None:
        """Remember a database file, which sqlite writes to through descriptors of its own."""
        if path not in self.databases:
            self.databases[path] = _look(path)

    def _forget_closed(self) -> None:
        self.fresh = False
        try:
            held = set()
            for descriptor in _listdir("/proc/self/fd"):
                try:
                    held.add(_readlink(f"/proc/self/fd/{descriptor}"))
                except OSError:
                    continue
        except OSError:
            return  # a system without /proc: all stay watched
        self.paths = {path for path in self.paths if path in held or os.path.realpath(path) in held}

    def left_open(self, paths: Collection[str]) -> list[str]:
        """Name those of `paths`, which a recording wrote, that are still open for writing now that it closes.

        What is in their buffers has not reached the file, and will when the object is dropped, right after the close:
        the file as it stands is not what the call leaves. To be called inside `quiet`.
        """
        mine = self.paths.intersection(paths)
        if not mine:
            return []
        self._forget_closed()
        return sorted(mine & self.paths)

    def snapshot(self) -> Looks:
        """Look at every file that is open for writing now. To be called inside `quiet`."""
        if not self.paths and not self.databases:
            return {}
        if self.fresh:
            self._forget_closed()
        return {path: (_look(path), log_files.noted.get(path, 0)) for path in (*self.paths, *self.databases)}

    def since(self, snapshot: Looks) -> list[tuple[str, str]]:
        """Name what changed since `snapshot`: (slug, path). To be called inside `quiet`.

        A file that was opened since is no matter of this comparison (its opening was reported). A database that was
        is: it is compared with what it was when it was connected to.
        """
        changed = []
        for path, (look, logged) in snapshot.items():
            now = _look(path)
            if now != look and not _only_logged(look, now, log_files.noted.get(path, 0) - logged):
                changed.append(("database" if path in self.databases else "already-open-file", path))
        for path, look in self.databases.items():
            if path not in snapshot and _look(path) != look:
                changed.append(("database", path))
        return changed


def _only_logged(before: Look | None, after: Look | None, logged: int) -> bool:
    """Whether a file grew by as much as was logged to it, and nothing else."""
    return before is not None and after is not None and after[2] == before[2] and after[0] - before[0] == logged > 0


def _look(path: str) -> Look | None:
    try:
        found = _stat(path)
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino)
