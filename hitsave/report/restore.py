"""The files of a run as they were: every source that ran, and the small input files that were kept.

Names are those of the run's record: relative to the project, or absolute for what lies outside of it (an editable install).
What lies outside goes below `outside-the-project`, since it must not be written where it came from.
"""

from __future__ import annotations

import os

from hitsave.report.archive import Archive, Run, as_digest, mapping_of
from hitsave.report.history import used_by
from hitsave_trace.model import ABSENT

OUTSIDE = "outside-the-project"


class Plan:
    """What there is to write, and what there is not."""

    __slots__ = ("data", "lost", "not_kept", "sources")

    def __init__(self) -> None:
        self.sources: dict[str, bytes] = {}
        self.data: dict[str, bytes] = {}
        self.not_kept: dict[str, str] = {}  # input files by name, with what is known of them
        self.lost: list[str] = []  # sources whose text is gone


def plan(archive: Archive, run: Run, *, data: bool) -> Plan:
    """What restoring `run` means; with its input files if `data`."""
    found = Plan()
    for name, digest in mapping_of(run, "sources").items():
        text = archive.text(digest)
        if text is None:
            found.lost.append(name)
        else:
            found.sources[name] = text
    for (kind, name), (fingerprint, text_of_it) in used_by(archive, run).items() if data else ():
        if kind != "file" or name in found.sources or as_digest(fingerprint) == ABSENT:
            continue
        content = archive.text(fingerprint)
        if content is None or os.path.isabs(name):
            found.not_kept[name] = text_of_it or fingerprint[:12]
        else:
            found.data[name] = content
    return found


def target(folder: str, name: str) -> str:
    """Where a file goes below `folder`. No name leads out of it."""
    if os.path.isabs(name):
        name = f"{OUTSIDE}/{name.lstrip('/')}"
    path = os.path.normpath(os.path.join(folder, name))
    if not path.startswith(os.path.normpath(folder) + os.sep):
        raise ValueError(f"{name} leads out of {folder}")
    return path


def write(path: str, content: bytes) -> None:
    """Write a file whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "wb") as file:
            file.write(content)
        os.replace(partial, path)
    except BaseException:
        try:
            os.unlink(partial)
        except OSError:
            pass
        raise


def link_rest(project: str, folder: str) -> None:
    """Let what the project holds besides code be found from `folder`, too, where nothing was restored in its place."""
    for entry in _entries(project):
        if entry.name.startswith(".") or entry.name == "__pycache__" or entry.name.endswith((".py", ".pyc")):
            continue
        there = os.path.join(folder, entry.name)
        if os.path.isdir(there) and entry.is_dir():
            link_rest(entry.path, there)
        elif entry.is_dir() and _holds_code(entry.path):
            os.makedirs(there, exist_ok=True)
            link_rest(entry.path, there)
        elif not os.path.lexists(there):
            os.symlink(entry.path, there)


def _holds_code(folder: str) -> bool:
    return any(entry.name.endswith(".py") for entry in _entries(folder))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
