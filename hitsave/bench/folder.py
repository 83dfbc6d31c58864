"""Where a program is measured: in a copy of its project folder, so that what it writes does not meet the user's files.

Copied is what a run can need: all but virtual environments, stores of HitSave's and the like. Times are kept, so that
compiled files stay valid. What a program writes elsewhere, by an absolute path, it writes there.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys

from hitsave.store import place
from hitsave_trace.scope import FOREIGN_FOLDERS, MARKERS, project_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 500_000_000
MOST_FILES = 50_000


class TooLarge(Exception):
    """A folder that is not copied, and why."""

    def __init__(self, folder: str, why: str) -> None:
        super().__init__(folder, why)
        self.folder = folder
        self.why = why


class Place:
    """Where a program runs: the folder that is copied, its copy, and what becomes of paths in it."""

    __slots__ = ("copy", "cwd", "folder", "paths", "project")

    def __init__(self, folder: str, copy: str, cwd: str, project: str) -> None:
        self.folder = folder  # as it is
        self.copy = copy  # the same, if nothing is copied
        self.cwd = self.moved(cwd)
        self.project = self.moved(project)
        # Where the user's own code is found that is installed in place (`pip install -e .`): now in the copy.
        self.paths = [] if copy == folder else [self.moved(path) for path in sys.path if self.is_inside(path)]

    def is_inside(self, path: str) -> bool:
        """Whether a path leads into the folder, and not into an environment in it."""
        inside = path == self.folder or path.startswith(self.folder + os.sep)
        return inside and os.path.exists(self.moved(path))

    def moved(self, path: str) -> str:
        """A path of the folder, in the copy."""
        if path == self.folder:
            return self.copy
        return path.replace(self.folder + os.sep, self.copy + os.sep) if self.copy != self.folder else path


def find(cwd: str, script: str | None) -> tuple[str, str]:
    """The folder that holds all that the program may want, and the project folder. Raises TooLarge where there is none."""
    own = project(cwd, script)
    for outer, inner in ((own, cwd), (cwd, own)):
        if inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep):
            break
    else:
        raise TooLarge(own, f"the program runs in another folder, {cwd}")
    if os.path.realpath(outer) in (os.path.realpath(os.path.expanduser("~")), os.path.realpath(os.sep)):
        raise TooLarge(outer, "it is a home folder or the root")
    return outer, own


def project(cwd: str, script: str | None) -> str:
    """The project folder, as a run finds it."""
    full = os.path.join(cwd, script or "")
    return project_of(full if os.path.isdir(full) else os.path.dirname(full))


def copy(folder: str, target: str) -> None:
    """Copy a folder. Raises TooLarge before anything is copied."""
    repository = os.path.join(folder, ".git")
    files: list[tuple[str, int]] = []
    history: list[tuple[str, int]] = []  # of the repository: what a run can most easily do without
    size = 0
    for path, length in _files(folder):
        if path.startswith(repository + os.sep):
            history.append((path, length))
            continue
        files.append((path, length))
        size += length
        if size > MOST_BYTES or len(files) > MOST_FILES:
            raise TooLarge(folder, f"it holds more than {MOST_BYTES // 10**6} MB or {MOST_FILES} files")
    if len(files) + len(history) <= MOST_FILES and size + sum(length for _, length in history) <= MOST_BYTES:
        files += history
    for path, _ in [(folder, 0), *files]:
        there = target + path[len(folder) :]
        if os.path.islink(path) and path != folder:
            os.symlink(_link(path, folder), there)
        elif os.path.isdir(path):
            os.makedirs(there)
        else:
            shutil.copy2(path, there)


def _files(folder: str) -> Iterator[tuple[str, int]]:
    """Files, links and folders with their sizes. Folders come before what is in them."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            if not _is_foreign(entry):
                yield entry.path, 0
                yield from _files(entry.path)
        elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            yield entry.path, status.st_size


def _is_foreign(entry: os.DirEntry[str]) -> bool:
    if entry.name in FOREIGN_FOLDERS:
        return entry.name not in MARKERS
    return any(os.path.exists(os.path.join(entry.path, sign)) for sign in ("pyvenv.cfg", "conda-meta")) or (
        place.format_of(entry.path) is not None
    )


def _link(path: str, folder: str) -> str:
    """Where a link in the copy leads: as the original, if that stays inside of the folder."""
    target = os.readlink(path)
    full = os.path.normpath(os.path.join(os.path.dirname(path), target))
    return target if full.startswith(folder + os.sep) and not os.path.isabs(target) else full
