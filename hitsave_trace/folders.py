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
    from collections.abc import Iterable, Mapping

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


def own_names(written: Mapping[str, object], folder: str) -> set[str]:
    """Find the names in a folder that a call wrote or removed, among all paths that it did this to."""
    if not written:
        return set()
    head = "" if folder == "." else folder.rstrip("/") + "/"
    found = {path[len(head) :] for path in written if path.startswith(head)}
    own = {name for name in found if name and "/" not in name and name != "."}
    return own | {MADE} if folder in written else own


def wrote(written: Mapping[str, object], name: str) -> bool:
    """Whether a call itself wrote a file, or something in the folder `name`."""
    if name in written:
        return True
    prefix = name + "/" if name != "." else ""
    return any(path.startswith(prefix) for path in written) and bool(prefix)


def seen_around(seen: Seen, written: Mapping[str, object], dependency: Dependency) -> tuple[Seen, Dependency]:
    """Give what a call saw in a folder as what the call around it saw there, which had written the paths `written` before."""
    own = own_names(written, folder_of(seen[0]))
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
