"""What is remembered of settings files, in the user's own folder: the table that was read from each version of one.

To read TOML takes as long as to start an interpreter, and a run that is replayed does little else. What is remembered is found
by the digest of the file's bytes, so it can't be out of date. A folder that can't be written costs time, nothing else.
"""

from __future__ import annotations

import os
from marshal import dumps, loads

from xxhash import xxh3_64_digest, xxh3_128_hexdigest


def recall(folder: str, data: bytes) -> object:
    """The table that was read from a file with this content; None if none is remembered."""
    try:
        with open(_path(folder, data), "rb") as file:
            kept = file.read()
        # Checked before marshal sees it: that may crash on damaged bytes.
        return loads(kept[8:]) if xxh3_64_digest(kept[8:]) == kept[:8] else None
    except (OSError, ValueError, EOFError, TypeError):
        return None


def remember(folder: str, data: bytes, table: object) -> None:
    """Keep the table that was read from a file with this content."""
    path = _path(folder, data)
    fresh = f"{path}.{os.getpid()}"
    try:
        body = dumps(table, 2)  # type: ignore[arg-type]
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(fresh, "xb") as file:
            file.write(xxh3_64_digest(body) + body)
        os.replace(fresh, path)
    except (OSError, ValueError):  # a date in the table is no plain value
        return


def _path(folder: str, data: bytes) -> str:
    return os.path.join(folder, "settings", xxh3_128_hexdigest(data))
