"""The fingerprint of a file, a folder or an absence.

Content is what counts. It is read once and then stands behind a stat check: a file whose size, times, inode and device
are as they were when it was read is not read again. A file that was written less than two seconds before it was read
may be written again within the same tick of its clock, so its entry is not trusted.

What is not a regular file (a pipe, a device) has no content that could be read twice; only its kind counts.
"""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG
from time import time_ns

from xxhash import xxh3_128, xxh3_128_digest

from hitsave_trace.model import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from hitsave_trace.model import Fingerprint

    Stamp = tuple[int, int, int, int, int]

    class Memory(Protocol):
        """Where content digests outlive the process."""

        def get(self, path: str) -> tuple[Stamp, Fingerprint] | None: ...
        def put(self, path: str, stamp: Stamp, digest: Fingerprint) -> None: ...


plain_stat, plain_lstat = os.stat, os.lstat
"""As they are before anybody takes note of who asks."""

_UNSETTLED_NS = 2_000_000_000
_BUFFER = 1 << 20

FILE = xxh3_128_digest(b"presence file")
DIRECTORY = xxh3_128_digest(b"presence directory")
OTHER = xxh3_128_digest(b"presence other")
UNREADABLE = xxh3_128_digest(b"content that may not be read")
SPECIAL = xxh3_128_digest(b"content of what is no regular file")

ROOM_FOR_FILE, ROOM_FOR_FOLDER = "room for a file", "room for a folder"
ROOMS = {ROOM_FOR_FILE: FILE, ROOM_FOR_FOLDER: DIRECTORY}
"""Kinds of readings by who makes or writes over something: nothing may be there, or one of what it makes."""
KIND_WORDS = {ABSENT: "absent", FILE: "file", DIRECTORY: "directory", OTHER: "other"}


class FileDigests:
    """What files were like when they were last looked at, for the whole process.

    `memory` keeps content digests between processes, if the caller has such a place.
    """

    __slots__ = ("_known", "_memory")

    def __init__(self, memory: Memory | None = None) -> None:
        self._known: dict[str, tuple[Stamp, Fingerprint]] = {}
        self._memory = memory

    def content(self, path: str) -> Fingerprint:
        """Fingerprint the bytes of a regular file; `ABSENT` if there is nothing."""
        try:
            found = plain_stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return ABSENT
        except (OSError, ValueError):
            return UNREADABLE
        if not S_ISREG(found.st_mode):
            return SPECIAL
        stamp = stamp_of(found)
        absolute = os.path.abspath(path)
        known = self._known.get(absolute)
        if known is None and self._memory is not None:
            known = self._memory.get(absolute)
        if known is not None and known[0] == stamp:
            return known[1]
        return self._read(path, absolute)

    def _read(self, path: str, absolute: str) -> Fingerprint:
        try:
            # Straight to the descriptor: `open` would be seen by whoever watches what the program opens.
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            return ABSENT
        except OSError:
            return UNREADABLE
        try:
            before = os.fstat(descriptor)
            digest = _digest(descriptor, before.st_size)
            after = os.fstat(descriptor)
        except OSError:
            return UNREADABLE
        finally:
            os.close(descriptor)
        stamp = stamp_of(before)
        newest = max(before.st_mtime_ns, before.st_ctime_ns)
        if stamp == stamp_of(after) and abs(time_ns() - newest) > _UNSETTLED_NS:
            self._known[absolute] = stamp, digest
            if self._memory is not None:
                self._memory.put(absolute, stamp, digest)
        else:
            self._known.pop(absolute, None)
        return digest

    def presence(self, path: str) -> Fingerprint:
        """Tell absent, file, directory and other apart; links are followed."""
        try:
            mode = plain_stat(path).st_mode
        except (OSError, ValueError):
            return ABSENT
        if S_ISREG(mode):
            return FILE
        return DIRECTORY if S_ISDIR(mode) else OTHER

    def stat(self, path: str) -> Fingerprint:
        """Fingerprint what a program asks `stat` for: kind, permissions, size and time of change."""
        try:
            found = plain_stat(path)
        except (OSError, ValueError):
            return ABSENT
        size = 0 if S_ISDIR(found.st_mode) else found.st_size
        return xxh3_128_digest(b"stat %d %d %d" % (found.st_mode, size, found.st_mtime_ns))

    def forget(self, path: str) -> None:
        """Drop what is known of a file, because it is about to be written."""
        self._known.pop(os.path.abspath(path), None)


def link(path: str) -> Fingerprint:
    """Fingerprint what a symbolic link says; `ABSENT` if it is none."""
    try:
        return xxh3_128_digest(os.fsencode(os.readlink(path)))
    except (OSError, ValueError):
        return ABSENT


def packages_in(path: str) -> Fingerprint:
    """Fingerprint the names in a folder that say which packages are installed there."""
    try:
        names = [name for name in os.listdir(path) if name.endswith((".dist-info", ".egg-info", ".egg", ".egg-link"))]
    except (OSError, ValueError):
        return ABSENT
    return xxh3_128_digest(b"\0".join(sorted(map(os.fsencode, names))) + b"\0packages")


def listing(entries: Iterable[str]) -> Fingerprint:
    """Fingerprint the names in a directory."""
    return xxh3_128_digest(b"\0".join(sorted(map(os.fsencode, entries))) + b"\0listing")


def whole_listing(path: str, without: tuple[str, ...]) -> Fingerprint:
    """Fingerprint the names in a folder, all but some, and what each is; `ABSENT` if it is no folder."""
    try:
        with os.scandir(path) as entries:
            told = [
                os.fsencode(entry.name)
                + (b"\0link" if entry.is_symlink() else b"\0folder" if entry.is_dir(follow_symlinks=False) else b"\0")
                for entry in entries
                if entry.name not in without
            ]
    except (OSError, ValueError):
        return ABSENT
    return xxh3_128_digest(b"\0".join(sorted(told)) + b"\0listing")


def settled(found: os.stat_result) -> bool:
    """Whether a file that looks like this now, and does so later, was not written in between."""
    return abs(time_ns() - max(found.st_mtime_ns, found.st_ctime_ns)) > _UNSETTLED_NS


AT_ONCE_BYTES = 1 << 20
"""Up to this size a file that the run reads is fingerprinted when it is opened; the run may write it later. Larger ones when the
run ends, if they are then what they were."""
LATER_BYTES = 64 << 20
"""Files that are larger than this are known by size and times alone, or not at all."""


def stamp_of(found: os.stat_result) -> Stamp:
    """What tells a version of a file from every other, short of its content."""
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev


def _digest(descriptor: int, size: int) -> Fingerprint:
    if size <= _BUFFER:
        # A small file in one go; it may have grown since.
        first = os.read(descriptor, size + 1)
        if len(first) <= size:
            rest = os.read(descriptor, _BUFFER) if len(first) < size else b""
            if not rest:
                return xxh3_128_digest(first)
            first += rest
    else:
        first = b""
    hasher = xxh3_128(first)
    buffer = bytearray(_BUFFER)
    view = memoryview(buffer)
    while count := _read_into(descriptor, buffer):
        hasher.update(view[:count])
    return hasher.digest()


def _read_into(descriptor: int, buffer: bytearray) -> int:
    return os.readv(descriptor, [buffer]) if hasattr(os, "readv") else _read_plain(descriptor, buffer)


def _read_plain(descriptor: int, buffer: bytearray) -> int:
    data = os.read(descriptor, len(buffer))
    buffer[: len(data)] = data
    return len(data)


def content_of(data: bytes | memoryview) -> Fingerprint:
    """Fingerprint bytes as `FileDigests.content` would if they stood in a file."""
    return xxh3_128_digest(data)
