"""Files that are closed: what `with open(...) as file` leaves behind in the name.

A closed file can do nothing any more but say what it was. So it can be made again without the file: an object of the same
kind that is closed and says the same.
"""

from __future__ import annotations

import os
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    # the kind; name and mode of the file below; mode as opened, encoding and errors of text
    Said = tuple[str, str | bytes, str, str, str, str]


def say(value: object) -> Said | None:
    """What is left to be said of a closed file; None for anything else."""
    kind = type(value)
    if kind is TextIOWrapper:
        text: TextIOWrapper = value  # type: ignore[assignment]
        below = _below(text.buffer) if text.closed else None
        mode = vars(text).get("mode")
        if below is None or set(vars(text)) - {"__IOBase_closed"} != {"mode"} or type(mode) is not str:
            return None
        return ("text", *below, mode, text.encoding, text.errors or "strict")
    if kind in (BufferedReader, BufferedWriter):
        below = _below(value) if value.closed else None  # type: ignore[attr-defined]
        return None if below is None or set(vars(value)) - {"__IOBase_closed"} else ("bytes", *below, "", "", "")
    return None


def _below(buffer: object) -> tuple[str | bytes, str] | None:
    if type(buffer) not in (BufferedReader, BufferedWriter):
        return None
    raw = buffer.raw  # type: ignore[attr-defined]
    if (
        type(raw) is not FileIO
        or set(vars(raw)) - {"__IOBase_closed"} != {"name"}
        or type(raw.name) not in (str, bytes)
    ):
        return None
    return raw.name, raw.mode


def make(said: Said) -> object:
    """Make a closed file that says the same."""
    kind, name, below, mode, encoding, errors = said
    raw = FileIO(os.devnull, below)
    vars(raw)["name"] = name
    buffer = BufferedReader(raw) if "r" in below and "+" not in below else BufferedWriter(raw)
    if kind == "bytes":
        buffer.close()
        return buffer
    text = TextIOWrapper(buffer, encoding=encoding, errors=errors)
    vars(text)["mode"] = mode
    text.close()
    return text
