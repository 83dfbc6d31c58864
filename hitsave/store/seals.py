"""The seals of whole runs: small files beside the values, one for each run that was kept and came to its end.

See `hitsave.replay.record`. A seal is written when nothing else of a process works any more, so it is a file and no row.
"""

from __future__ import annotations

import os

_SUFFIX = ".seal"


def seal_path(store: str, trace: bytes) -> str:
    """Where the seal of a run lies, if it is there."""
    return os.path.join(store, "values", "seals", trace.hex() + _SUFFIX)


def read_seal(store: str, trace: bytes) -> bytes | None:
    """The content of a seal, or None."""
    try:
        with open(seal_path(store, trace), "rb") as file:
            return file.read()
    except OSError:
        return None


def remove_seals(store: str, kept: set[bytes]) -> None:
    """Remove the seals of runs that are no longer stored."""
    folder = os.path.join(store, "values", "seals")
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        try:
            if bytes.fromhex(name.partition(".")[0]) not in kept:
                os.unlink(os.path.join(folder, name))
        except (ValueError, OSError):
            continue
