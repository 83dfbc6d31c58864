"""What git says of a project, read from its files: no process is started.

The commit is asked for when a run begins (who commits while a long run goes on must not change what it says), whether the
tree is dirty when it has ended. `dirty` compares the index with the files, first by their stat and then by content, and the
index with the commit, as far as git's own cache in the index tells. None is: can't be told.
"""

from __future__ import annotations

import os

MOST_FILES = 5000
"""Files of the index that are looked at; of a larger project only those that ran."""

Entry = tuple[int, int, bytes]  # mtime in ns, size, blob digest


class Repository:
    """The repository that a folder lies in."""

    __slots__ = ("_common", "_folder", "branch", "commit", "root")

    def __init__(self, root: str, folder: str) -> None:
        self.root = root
        self._folder = folder
        self._common = os.path.normpath(os.path.join(folder, _text(os.path.join(folder, "commondir")) or "."))
        head = _text(os.path.join(folder, "HEAD")) or ""
        reference = head.removeprefix("ref: ") if head.startswith("ref: ") else None
        self.branch = reference.removeprefix("refs/heads/") if reference is not None else None
        self.commit = head or None if reference is None else self._resolve(reference)

    def _resolve(self, reference: str) -> str | None:
        for folder in (self._folder, self._common):
            found = _text(os.path.join(folder, reference))
            if found:
                return found
        for line in (_text(os.path.join(self._common, "packed-refs")) or "").splitlines():
            commit, _, name = line.partition(" ")
            if name == reference:
                return commit
        return None  # a repository without a commit

    def state(self, ran: dict[str, bytes | None]) -> dict[str, object]:
        """The record of this repository; `ran` has the full path of each file of user code that ran, with its text."""
        told: dict[str, object] = {"commit": self.commit, "branch": self.branch, "dirty": None, "untracked": []}
        found = self._index()
        if found is None:
            return told
        entries, tree = found
        names = {path: os.path.relpath(path, self.root).replace(os.sep, "/") for path in ran}
        own = {path: name for path, name in names.items() if not name.startswith("../")}
        told["untracked"] = sorted(name for name in own.values() if name not in entries)
        dirty = any(
            text is not None and path in own and own[path] in entries and _blob(text) != entries[own[path]][2]
            for path, text in ran.items()
        )
        if not dirty and len(entries) <= MOST_FILES:
            dirty = any(self._differs(name, entry) for name, entry in entries.items())
        told["dirty"] = dirty or self._staged(tree)
        return told

    def _differs(self, name: str, entry: Entry) -> bool:
        path = os.path.join(self.root, name)
        try:
            found = os.lstat(path)
            if found.st_mtime_ns == entry[0] and found.st_size & 0xFFFFFFFF == entry[1]:
                return False
            if os.path.islink(path):
                return _blob(os.fsencode(os.readlink(path))) != entry[2]
            if os.path.isdir(path):  # a submodule
                return False
            with open(path, "rb") as file:
                return _blob(file.read()) != entry[2]
        except OSError:
            return True

    def _staged(self, tree: bytes | None) -> bool | None:
        """Whether the index holds something else than the commit."""
        if tree is None:
            return True  # git forgets the digest of a tree when something in it is added
        if self.commit is None:
            return None
        import zlib

        try:
            with open(os.path.join(self._common, "objects", self.commit[:2], self.commit[2:]), "rb") as file:
                text = zlib.decompress(file.read())
        except (OSError, zlib.error):
            return None if self.branch is None else False  # in a pack: what was packed was committed long ago
        return not text.partition(b"\0")[2].startswith(b"tree " + tree.hex().encode())

    def _index(self) -> tuple[dict[str, Entry], bytes | None] | None:
        """The files that git knows, and the digest of their tree."""
        try:
            with open(os.path.join(self._folder, "index"), "rb") as file:
                data = file.read()
        except OSError:
            return None
        version = int.from_bytes(data[4:8], "big")
        if data[:4] != b"DIRC" or version not in (2, 3):
            return None
        entries: dict[str, Entry] = {}
        at = 12
        for _ in range(int.from_bytes(data[8:12], "big")):
            seconds, nanoseconds, size = (int.from_bytes(data[at + k : at + k + 4], "big") for k in (8, 12, 36))
            flags = int.from_bytes(data[at + 60 : at + 62], "big")
            start = at + (64 if flags & 0x4000 else 62)
            end = data.index(b"\0", start)
            entries[os.fsdecode(data[start:end])] = (seconds * 10**9 + nanoseconds, size, data[at + 40 : at + 60])
            at += (end - at + 8) // 8 * 8
        return entries, _tree(data, at)


def find(folder: str) -> Repository | None:
    """The repository that `folder` lies in."""
    while True:
        marker = os.path.join(folder, ".git")
        if os.path.isdir(marker):
            return Repository(folder, marker)
        if os.path.isfile(marker):  # a worktree or a submodule
            told = _text(marker) or ""
            return Repository(folder, os.path.normpath(os.path.join(folder, told.removeprefix("gitdir: "))))
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _tree(data: bytes, at: int) -> bytes | None:
    """The digest of the whole tree, from the index's own cache."""
    while at + 8 <= len(data) - 20:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        if kind == b"TREE":
            body = data[at + 8 : at + 8 + size]
            head, _, rest = body.partition(b"\0")[2].partition(b"\n")
            count = head.split(b" ")[0]
            return rest[:20] if head and not count.startswith(b"-") else None
        at += 8 + size
    return None


def _blob(text: bytes) -> bytes:
    from hashlib import sha1

    return sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).digest()


def _text(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "surrogateescape").strip()
    except OSError:
        return None
