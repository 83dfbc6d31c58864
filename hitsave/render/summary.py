"""The one line on stderr after a run.

It is written by a process that has just run somebody's program, so it must not fail, must not
import, and must not touch standard output. It goes to the stderr that the process was started
with: a program that had replaced `sys.stderr` did so for its own words, not for ours.
"""

from __future__ import annotations

import os
import sys

from hitsave.report.words import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

_RED, _GREEN, _YELLOW, _DIM, _OFF = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[2m", "\x1b[0m"


def wants_colour(stream: TextIO | None, environ: Mapping[str, str] | None = None) -> bool:
    """Whether to colour what goes to `stream`.

    The order is CPython's own: NO_COLOR, then FORCE_COLOR, then TERM=dumb, then whether it is a
    terminal. An empty variable counts as not set.
    """
    environ = os.environ if environ is None else environ
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    if environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether `stream` is a terminal; a stream that is closed or strange is none."""
    try:
        return stream is not None and stream.isatty()
    except (ValueError, AttributeError, OSError):
        return False


def summary_line(run: Mapping[str, object], *, colour: bool = False, unicode: bool = True) -> str:
    """The line for the run record `run`, without its line end."""

    def tint(text: str, code: str) -> str:
        return f"{code}{text}{_OFF}" if colour else text

    hits, misses, unsaved = (_number(run, key) for key in ("hits", "misses", "unsaved"))
    verified, different = _number(run, "verified"), _number(run, "different")
    saved = run.get("saved_seconds")
    parts = []
    number = run.get("run")
    if number is not None:
        parts.append(f"run {number}")
    gain = f" (saved {duration(saved)})" if isinstance(saved, float | int) and saved >= 0.0005 else ""
    if run.get("replayed"):
        parts.append(tint("replayed whole" + gain, _GREEN))
    elif not (hits or misses or unsaved or verified):
        parts.append("no call was worth saving")
    else:
        if hits:
            parts.append(tint(f"{hits} reused{gain}", _GREEN))
        if verified:
            parts.append(f"{verified} compared with what was stored")
            parts[-1] += ": " + (tint(f"{different} different", _RED) if different else tint("all alike", _GREEN))
        if misses:
            parts.append(f"{misses} computed")
        if unsaved:
            parts.append(tint(f"{unsaved} not saved", _YELLOW))
        if misses or unsaved or different:
            parts[-1] += tint(" (why: hitsave why)", _DIM)
    against = run.get("not_replayable")
    if isinstance(against, list) and against and run.get("state") == "done":
        words = dict.fromkeys(str(reason.get("kind")) for reason in against if isinstance(reason, dict))
        parts.append(tint(f"can't be replayed: {', '.join(list(words)[:2])}", _DIM))
    faults = run.get("faults")
    if isinstance(faults, list) and faults:
        parts.append(tint("HitSave failed at some calls, which ran plainly: hitsave why", _YELLOW))
    line = tint("hitsave:", _DIM) + " " + " · ".join(parts)
    return line if unicode else line.replace("·", "|").replace("µ", "u")


def show_summary(run: Mapping[str, object], *, quiet: bool = False, stream: TextIO | None = None) -> None:
    """Write the line of `run` to stderr, unless `quiet`. Never raises."""
    if quiet:
        return
    stream = sys.__stderr__ if stream is None else stream
    if stream is None:
        return
    try:
        # The program's own last words first, should its stderr be a stream of its own.
        if sys.stderr is not None and sys.stderr is not stream:
            sys.stderr.flush()
        line = summary_line(run, colour=wants_colour(stream), unicode=speaks_unicode(stream))
        stream.write(line + "\n")
        stream.flush()
    except (OSError, ValueError, AttributeError):
        # A closed or full stderr. The exit status belongs to the program; nothing is said.
        pass


def say(run: Mapping[str, object]) -> None:
    """Write the line of `run` to stderr."""
    show_summary(run)


def speaks_unicode(stream: TextIO) -> bool:
    """Whether the stream's encoding can write our few signs beyond ASCII."""
    try:
        "·→×µ…".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def _number(run: Mapping[str, object], key: str) -> int:
    value = run.get(key)
    return value if isinstance(value, int) else 0
