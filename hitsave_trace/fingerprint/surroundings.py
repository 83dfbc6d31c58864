"""The fingerprint of what surrounds a program: interpreter, installed distributions, environment variables.

A distribution is its version. One that is installed in editable form, or from a local folder, can change without its
version: then it is the files of that folder.
"""

from __future__ import annotations

import os
import sys

from xxhash import xxh3_128, xxh3_128_digest

from hitsave_trace.fingerprint.distributions import installed, normal, text_of
from hitsave_trace.fingerprint.variables import env
from hitsave_trace.model import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.model import Fingerprint

__all__ = ["distribution", "env", "interpreter"]

_answers: dict[str, tuple[Fingerprint, str]] = {}


def interpreter() -> tuple[Fingerprint, str]:
    """Fingerprint the interpreter: implementation, full version, ABI, and the flags that change what code means."""
    flags = sys.flags
    told = (
        sys.implementation.name,
        sys.version,
        sys.implementation.cache_tag or "",
        getattr(sys, "abiflags", ""),
        sys.platform,
        sys.byteorder,
        str(sys.maxsize),
        str((flags.optimize, flags.utf8_mode, flags.dev_mode, flags.bytes_warning, flags.int_max_str_digits)),
    )
    number = sys.version.partition(" ")[0]
    short = f"{sys.implementation.name} {number}" + (f" -{'O' * flags.optimize}" if flags.optimize else "")
    return xxh3_128_digest("\0".join(told).encode()), short


def distribution(name: str) -> tuple[Fingerprint, str]:
    """Fingerprint an installed distribution: its version, and its files where those can change under it."""
    base = normal(name)
    one = installed().get(base)
    if one is None:
        return ABSENT, "not installed"
    known = _answers.get(one.folder)
    if known is None:
        version = one.read()[1]
        folder = one.local_folder()
        form = f"{base}\0{version}".encode()
        if folder is not None:
            form += _files_of(folder)
            version += " (editable)"
        elif one.copied():
            form += (text_of(one.folder, "RECORD") or "").encode()
        known = _answers[one.folder] = xxh3_128_digest(form), version
    return known


def _files_of(folder: str) -> bytes:
    """Digest the Python and extension files under a folder."""
    hasher = xxh3_128()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(files):
            if name.endswith((".py", ".so", ".pyd")):
                data = (text_of(place, name) or "").encode()
                hasher.update(f"{os.path.relpath(place, folder)}/{name}\0{len(data)}\0".encode())
                hasher.update(data)
    return hasher.digest()
