"""Under which names modules are looked for, and where packages look for theirs."""

from __future__ import annotations

import sys

from hitsave_trace.importing.bundle import is_ours
from hitsave_trace.taps.places import in_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def stems_of(searched: Iterable[str]) -> Iterator[str]:
    """The names by which modules were looked for in folders that are none of packages' own."""
    for name in searched:
        package, _, stem = name.rpartition(".")
        if is_ours(name):
            continue
        homes = paths_of(sys.modules.get(package)) if package else []
        if not homes or not all(in_library(home + "/x") for home in homes):
            yield stem


def paths_of(module: object) -> list[str]:
    try:
        found = object.__getattribute__(module, "__dict__").get("__path__")
        return [path for path in found or () if type(path) is str]
    except Exception:
        return []
