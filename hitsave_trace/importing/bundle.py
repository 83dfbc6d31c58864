"""HitSave's own bytecode in one file.

A run imports some hundred and forty small modules of ours. To find, open, read and close the files of each takes longer than to run it, and
that is a good part of what a run takes to begin. So the run that had to do it leaves their bytecode in a file beside `hitsave/__pycache__/image`,
and later ones read that. It is trusted as far as a `.pyc` is: a module whose source has another size or time than was noted is
looked for in the usual way, and the file is written anew.

It also says which modules had been run when the program's first line was reached, in the order in which each was done: `apart`
runs them one after another, without what the import system does for each.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER, cache_from_source
from os import stat  # as it is now: a recording puts another in its place

TYPE_CHECKING = False
if TYPE_CHECKING:
    # whether it is a package, the path below the folder of our packages, time and size of the source, its code
    Entry = tuple[bool, str, int, int, bytes]

HEADER = MAGIC_NUMBER + bytes(12)
"""That of a bytecode file without source."""
_PYC_HEADER = 16
_LOW = 0xFFFFFFFF
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = cache_from_source(os.path.join(TOP, "hitsave", "bundle.py"))


def is_ours(module: str) -> bool:
    """Whether a module is HitSave's own: it may have been imported for our sake, at any moment."""
    return module.partition(".")[0] in ("hitsave", "hitsave_trace")


class Place:
    """The source of a module."""

    __slots__ = ("is_package", "path")

    def __init__(self, path: str, is_package: bool) -> None:
        self.path = path
        self.is_package = is_package


class Bundle:
    """What the file holds, and whether it is enough."""

    __slots__ = ("alone", "begin_with", "entries", "missed", "run", "version")

    def __init__(self) -> None:
        self.version = ""
        self.begin_with: tuple[str, ...] = ()  # what a run imports before the program's first line
        self.alone = False  # whether nothing of ours was imported by others, which `run` would not tell
        self.run: list[str] = []  # modules that this process has run, in the order in which they were done
        self.entries: dict[str, Entry | None] = {}  # None: it has no bytecode, and is looked for in the usual way
        self.missed: set[str] = set()  # modules that were looked for elsewhere

    def read(self, version: str) -> None:
        """Take what is there. Without a file, or with one that is damaged or of another version, there is nothing in the bundle: an
        installer may give all files of all versions one time.
        """
        self.version = version
        try:
            with open(PATH, "rb") as file:
                data = file.read()
            if data.startswith(HEADER):
                made_by, begin_with, entries = marshal.loads(memoryview(data)[len(HEADER) :])
                if made_by == version:
                    self.begin_with, self.entries = begin_with, entries
        except (OSError, ValueError, EOFError, TypeError):
            pass

    def place(self, name: str) -> Place | None:
        """Where a module is, if it is in the bundle and its source has not changed."""
        entry = self.entries.get(name)
        if entry is not None:
            is_package, below, time, size, _ = entry
            path = os.path.join(TOP, below)
            try:
                found = stat(path)
            except OSError:
                pass
            else:
                if time == int(found.st_mtime) & _LOW and size == found.st_size & _LOW:
                    return Place(path, is_package)
        if entry is not None or name not in self.entries:
            self.missed.add(name)
        return None

    def code(self, name: str) -> object:
        """The code of a module that has a `place`, or None if it is damaged."""
        try:
            return marshal.loads(self.entries[name][4])  # type: ignore[index]
        except (ValueError, EOFError, TypeError):
            self.missed.add(name)
            return None

    def begun(self) -> None:
        """The program's first line is next: what has been run by now is what a run begins with."""
        if self.alone:
            self.begin_with = tuple(self.run)

    def write(self) -> None:
        """Leave what this process has imported for those that come later, if they would have to look for it."""
        if not self.missed or sys.dont_write_bytecode or not os.access(os.path.dirname(PATH), os.W_OK):
            return
        # The parts in C are no bytecode, and maybe not there.
        absent = dict.fromkeys(name for name in self.missed if name not in sys.modules)
        self.missed = set()
        entries = {**self.entries, **absent}
        for name, module in list(sys.modules.items()):
            if is_ours(name):
                path = module.__dict__.get("__file__")
                entry = _entry(path)
                if entry is not None or not str(path).endswith(".py"):
                    entries[name] = entry
        if entries == self.entries:
            return
        fresh = f"{PATH}.{os.getpid()}"
        try:
            with open(fresh, "xb") as file:
                file.write(HEADER + marshal.dumps((self.version, self.begin_with, entries)))
            os.replace(fresh, PATH)
        except OSError:
            pass


def _entry(path: object) -> Entry | None:
    """What is to be noted of a module, if its bytecode lies where it is looked for first and is that of its source."""
    if not isinstance(path, str) or not path.startswith(TOP + os.sep):
        return None
    try:
        found = stat(path)
        with open(cache_from_source(path), "rb") as file:
            data = file.read()
    except OSError:
        return None
    time, size = int(found.st_mtime) & _LOW, found.st_size & _LOW
    # Flags that are not 0 mean that it is checked by what the source contains, or not at all.
    if data[:_PYC_HEADER] != MAGIC_NUMBER + bytes(4) + time.to_bytes(4, "little") + size.to_bytes(4, "little"):
        return None
    is_package = os.path.basename(path) == "__init__.py"
    return is_package, path[len(TOP) + 1 :], time, size, data[_PYC_HEADER:]
