"""A line on stderr while something takes longer than a second, gone when it is done.

Only on a terminal. No thread and no timer: both could be seen by the program that is running.
Whoever does the long work calls `tick` from time to time; the line appears at the first tick after a
second has passed, or at once when the work is known to be long.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter

from hitsave.render.summary import is_terminal, speaks_unicode
from hitsave.report.words import size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

PATIENCE_SECONDS = 1.0
# A careful guess for a warm disk; it only decides whether the line is shown before the first tick.
_BYTES_A_SECOND = 500_000_000
_REDRAW_SECONDS = 0.1


class Progress:
    """One piece of work, such as 'loading the result of train' or 'fingerprinting x of train'."""

    __slots__ = ("_drawn", "_last", "_shown", "_started", "_stream", "bytes_total", "what")

    def __init__(self, what: str, bytes_total: int = 0, stream: TextIO | None = None) -> None:
        """Begin; `bytes_total` is the amount of work if known, `stream` stderr unless a test says otherwise."""
        stream = sys.__stderr__ if stream is None else stream
        self.what = what
        self.bytes_total = bytes_total
        self._stream = stream if is_terminal(stream) and os.environ.get("TERM") != "dumb" else None
        self._started = perf_counter()
        self._last = 0.0
        self._shown = False
        self._drawn = ""
        if self._stream is not None and bytes_total > _BYTES_A_SECOND * PATIENCE_SECONDS:
            self._draw(0)

    def tick(self, bytes_done: int = 0) -> None:
        """Say how far the work is. Cheap enough for every few megabytes."""
        if self._stream is None:
            return
        now = perf_counter()
        if now - self._started < PATIENCE_SECONDS and not self._shown:
            return
        if now - self._last >= _REDRAW_SECONDS:
            self._last = now
            self._draw(bytes_done)

    def now(self, what: str) -> None:
        """Say at once what is being done now: the work is known to be long."""
        self.what = what
        if self._stream is not None:
            self._draw(0)

    def done(self) -> None:
        """Take the line away again."""
        if self._shown and self._stream is not None:
            self._write("\r\x1b[K")
            self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.done()

    def _draw(self, bytes_done: int) -> None:
        parts = [f"hitsave: {self.what}"]
        if self.bytes_total:
            parts.append(size(self.bytes_total))
            if bytes_done:
                parts.append(f"{min(bytes_done * 100 // self.bytes_total, 100)} %")
        # Narrower than any terminal in use: a wrapped line could not be taken away again.
        line = ", ".join(parts)[:58]
        if self._stream is not None and not speaks_unicode(self._stream):
            line = line.encode("ascii", "replace").decode("ascii")
        if line != self._drawn or not self._shown:
            self._drawn = line
            self._shown = True
            self._write("\r\x1b[K" + line)

    def _write(self, text: str) -> None:
        try:
            if self._stream is not None:
                self._stream.write(text)
                self._stream.flush()
        except (OSError, ValueError):
            self._stream = None
