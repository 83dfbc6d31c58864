"""What a call sees when it looks into a folder: all names in it but for those that it has put there, or removed, itself.

So the subject of such a read is the folder with the names that don't count.
"""

from __future__ import annotations

import os

from hitsave_trace.around import around
from hitsave_trace.fingerprint import files
from hitsave_trace.model import ABSENT, LISTING, Dependency

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsave_trace.model import Fingerprint

    Names = tuple[str, ...] | None  # None: there is no such folder
    Seen = tuple[str, Names]
    Listings = dict[str, Seen]  # by folder

MADE = "."
"""Stands among the names that don't count, if the call made the folder."""
_LONG = 300


def listing_name(folder: str, own: Iterable[str] = ()) -> str:
    """Name what there is to see in a folder, but for what the call itself had done there."""
    return "\0".join((folder, *sorted(own)))


def folder_of(name: str) -> str:
    """Give the folder that is looked into."""
    return name.partition("\0")[0]


def names_listed(name: str) -> Names:
    """Give the names that count, as they are now."""
    folder, *own = name.split("\0")
    try:
        entries = os.listdir(around.locate(folder))
    except (OSError, ValueError):
        return () if MADE in own else None
    return tuple(entry for entry in entries if entry not in own) if own else tuple(entries)


class OwnFiles(dict[str, str]):
    """Paths that a call itself wrote, made or removed, each with how, and which folders they are in."""

    __slots__ = ("_above", "_names")

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, set[str]] = {}  # by folder
        self._above: set[str] = set()  # folders in which there is one of them, at whatever depth

    def __setitem__(self, path: str, how: str) -> None:
        """Note what was done to a path."""
        if path not in self:
            folder, slash, name = path.rpartition("/")
            if not slash:
                folder = "."
            if name and path != ".":
                self._names.setdefault(folder or "/", set()).add(name)
            while folder and folder != "." and folder not in self._above:
                self._above.add(folder)
                folder = folder.rpartition("/")[0]
        super().__setitem__(path, how)

    def join(self, others: OwnFiles) -> None:
        """Add those of a call inside of this one."""
        for path, how in others.items():
            self[path] = how

    def names_in(self, folder: str) -> set[str]:
        """Give the names in a folder that are of them, and `MADE` if the folder is one of them."""
        found = set(self._names.get(folder, ()))
        return found | {MADE} if folder in self else found

    def touch(self, name: str) -> bool:
        """Whether a file is one of them, or a folder holds one."""
        return name in self or name in self._above


def seen_around(seen: Seen, written: OwnFiles, dependency: Dependency) -> tuple[Seen, Dependency]:
    """Give what a call saw in a folder as what the call around it saw there, which had done something to the paths `written` before."""
    own = written.names_in(folder_of(seen[0]))
    if not own:
        return seen, dependency
    folder, *others = seen[0].split("\0")
    name = listing_name(folder, {*own, *others})
    left = tuple(entry for entry in seen[1] or () if entry not in own)
    return (name, left), Dependency(LISTING, name, listing_fingerprint(left), listing_text(left), dependency.reader)


def listing_fingerprint(entries: Names) -> Fingerprint:
    """Fingerprint names that were seen."""
    return ABSENT if entries is None else files.listing(entries)


def listing_text(entries: Names) -> str:
    """Say in words which names were seen."""
    if entries is None:
        return "absent"
    names = sorted(entries)
    whole = ", ".join(names) or "empty"
    return whole if len(whole) <= _LONG else f"{len(names)} names: {whole}"[:_LONG]
