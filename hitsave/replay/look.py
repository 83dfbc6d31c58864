"""How folders look in which modules are found, to a run that ends and to the check of one that begins.

A module is found in the first folder of `sys.path` that has it. So what counts of a folder is which of its names could
answer to a module that the run looked for, found or not: a new `numpy.py` beside the script changes what `import numpy`
means, and a new `results.csv` changes nothing.
"""

from __future__ import annotations

import os
from _imp import extension_suffixes

from xxhash import xxh3_128_digest

from hitsave_trace.fingerprint.files import settled, stamp_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsave.replay.record import Stamp

SUFFIXES = (*extension_suffixes(), ".py", ".pyc")


def importable(folder: str, stems: frozenset[str]) -> tuple[str, ...]:
    """The names in a folder that `import` of one of `stems` could find; a package says whether it is a regular one."""
    try:
        names = os.listdir(folder)
    except OSError:
        return ()
    return tuple(sorted(_told(folder, name) for name in names if matches(name, stems)))


def matches(name: str, stems: frozenset[str]) -> bool:
    """Whether a name in a folder could be a module with one of these names."""
    if name in stems:
        return True
    return any(name.endswith(suffix) and name[: -len(suffix)] in stems for suffix in SUFFIXES)


def _told(folder: str, name: str) -> str:
    path = os.path.join(folder, name)
    if not os.path.isdir(path):
        return name
    regular = any(os.path.exists(os.path.join(path, "__init__" + suffix)) for suffix in SUFFIXES)
    return name + ("/regular" if regular else "/")


def library(folder: str) -> tuple[Stamp | None, bytes]:
    """How a folder of installed packages looks: its stamp, if that can be trusted, and the fingerprint of its names.

    To install, upgrade or remove a package puts a folder with its version there, or takes one away.
    """
    try:
        found = os.stat(folder)
        names = os.listdir(folder)
    except OSError:
        return None, b""
    return (stamp_of(found) if settled(found) else None), _digest(names)


def is_same_library(folder: str, stamp: Stamp | None, digest: bytes) -> bool:
    """Whether the same packages are installed in a folder as when it looked like this."""
    try:
        if stamp is not None and stamp_of(os.stat(folder)) == tuple(stamp):
            return True
        return _digest(os.listdir(folder)) == digest
    except OSError:
        return not digest


def _digest(names: Iterable[str]) -> bytes:
    # A folder of bytecode comes and goes without any package.
    return xxh3_128_digest("\0".join(sorted(set(names) - {"__pycache__"})).encode("utf-8", "surrogatepass"))
