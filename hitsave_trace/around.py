"""What observing needs to know of the world around the program: where its project is, how its files are read.

One object a process, filled in by the session before the program starts.
"""

from __future__ import annotations

import os
import sys
from stat import S_ISDIR
from time import perf_counter, thread_time

from xxhash import xxh3_128

from hitsave_trace.fingerprint import files
from hitsave_trace.model import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.files import FileDigests
    from hitsave_trace.model import Fingerprint


class Surroundings:
    """What recordings need to know of the world: set once, by the session."""

    __slots__ = (
        "caches_told",
        "clocks_refused",
        "digests",
        "environ",
        "flags_told",
        "getcwd",
        "in_use",
        "is_user_file",
        "overhead",
        "overhead_by_clock",
        "project",
        "random_states",
        "site_seconds",
        "sizes_told",
    )

    def __init__(self) -> None:
        self.project = ""
        self.digests: FileDigests = None  # type: ignore[assignment]  # the session puts it in
        self.getcwd = os.getcwd
        self.environ: object = None
        self.clocks_refused = False
        self.caches_told = False  # whether the program looks at what functions keep of their results, or clears it
        self.flags_told = False  # whether the program looks at the flags that inexact decimals raise, or clears them
        self.sizes_told = False  # whether the program asks how much memory objects take
        self.overhead = 0.0  # seconds of the processor's time that hooks took so far
        self.overhead_by_clock = 0.0  # the same with what they waited for a processor
        self.site_seconds = 0.0  # those of them that asking about calls of libraries took
        self.in_use: Callable[[str], bool] = bool
        self.is_user_file: Callable[[str], bool] = bool
        self.random_states: Callable[[], dict[str, Fingerprint]] = dict

    def hook_took(self, began: float, clock: float) -> None:
        """A hook is over that began at these times of the processor and of the clock."""
        self.overhead += thread_time() - began
        self.overhead_by_clock += perf_counter() - clock

    def place(self, path: str) -> str:
        """Name a path: relative to the project when inside it."""
        if not os.path.isabs(path):
            path = os.path.join(self.getcwd(), path)
        path = os.path.normpath(path)
        project = self.project
        if project and (path == project or path.startswith(project + os.sep)):
            return path[len(project) + 1 :].replace(os.sep, "/") or "."
        return path

    def locate(self, name: str) -> str:
        """Give the absolute path of what `place` named."""
        if os.path.isabs(name):
            return name
        return os.path.join(self.project, name) if name != "." else self.project


around = Surroundings()


def shows_warnings() -> object:
    """Give what is handed warnings that are to be shown: `catch_warnings(record=True)` puts a list in its place."""
    return getattr(sys.modules.get("warnings"), "_showwarnmsg_impl", None)


_LONG = 300


def file_text(fingerprint: Fingerprint, path: str) -> str:
    if fingerprint == ABSENT:
        return "absent"
    try:
        size = files.plain_lstat(path).st_size
    except OSError:
        return fingerprint.hex()[:12]
    return f"{size} bytes, digest {fingerprint.hex()[:12]}"


def presence_text(fingerprint: Fingerprint) -> str:
    """Say in words what was there, from the fingerprint of a presence."""
    return {ABSENT: "absent", files.FILE: "a file", files.DIRECTORY: "a folder"}.get(fingerprint, "something else")


def stat_text(path: str) -> str:
    """Say what `stat` tells of a path, as far as it is compared."""
    try:
        found = files.plain_stat(path)
    except OSError:
        return "absent"
    size = "" if S_ISDIR(found.st_mode) else f"{found.st_size} bytes, "
    return f"{size}mode {found.st_mode & 0o7777:o}, time {found.st_mtime_ns / 1e9:.3f}"


def path_fingerprint(path: str) -> Fingerprint:
    """Fingerprint a path so that a moved project keeps it."""
    return xxh3_128(b"path " + around.place(path).encode("utf-8", "surrogateescape")).digest()


def argv_fingerprint() -> Fingerprint:
    """Fingerprint the command line without the script's own path."""
    return xxh3_128(repr(sys.argv[1:]).encode("utf-8", "surrogateescape")).digest()
