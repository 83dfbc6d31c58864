"""Log files that were open before a recording: what is logged to them is text, and can be written again.

A `logging.FileHandler` that the top of a script makes is written to by the calls below it. It is known by its logger and its
number there, not by the name of the file, in which many a program puts the time. What passes through the handler's stream is
noted there, as for standard output (`streams.py`); a file that grew by anything else is another matter (`written.py`). Handlers
that do more than write (rotation, classes of the program) are left alone.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from io import TextIOWrapper

from hitsave_trace.taps.quiet import depths, quiet
from hitsave_trace.taps.streams import set_own
from hitsave_trace.taps.unseen import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator

    from hitsave_trace.taps.recorder import Recorder

    Streams = dict[str, TextIOWrapper]  # by the names of the handlers

noted: dict[str, int] = {}
"""Bytes that were written to each path by what is noted here."""

_names: dict[int, str] = {}
"""Handler by its address → the name under which it was found last."""


class LogFiles:
    """The taps on the log files of one installation."""

    __slots__ = ("_lock", "_open", "_put", "recording")

    def __init__(self, recording: Recorder) -> None:
        self.recording = recording
        self._lock = allocate_lock()
        self._open = 0
        self._put: Streams = {}

    def before(self) -> None:
        """Tap the log files that are open, when a recording opens."""
        with self._lock:
            self._open += 1
            for name, stream in open_now().items():
                if self._put.get(name) is not stream:
                    # Noted once it has been written: what raised was not.
                    set_own(stream, "write", wrap(stream.write, self._note(name, stream), self.recording, after=True))
                    self._put[name] = stream

    def after(self) -> None:
        """Take the taps off when the last recording has closed."""
        with self._lock:
            self._open -= 1
            if self._open <= 0:
                self._take_off()

    def remove(self) -> None:
        """Take everything off, however many recordings are open."""
        with self._lock:
            self._take_off()

    def _take_off(self) -> None:
        self._open = 0
        for stream in self._put.values():
            vars(stream).pop("write", None)
        self._put.clear()

    def _note(self, name: str, stream: TextIOWrapper) -> Callable[..., None]:
        def note(arguments: tuple[object, ...], _: dict[str, object]) -> None:
            if get_ident() not in depths and arguments and isinstance(arguments[0], str):
                with quiet:
                    _count(stream, arguments[0])
                    self.recording.logged(name, str.__str__(arguments[0]))

        return note


def open_now() -> Streams:
    """Give the streams of the handlers that write to a file which is open, by the handlers' names."""
    module = sys.modules.get("logging")
    kind = getattr(module, "FileHandler", None)
    found: Streams = {}
    for reference in list(getattr(module, "_handlerList", ())):
        handler = reference()
        if type(handler) is not kind:  # as most are: asked for each recording
            continue
        stream = stream_of(handler)
        name = _name_of(handler) if stream is not None else None
        if stream is not None and name is not None:
            found[name] = stream
    return found


def closed_since(before: Streams) -> list[str]:
    """Name the log files of `before` that their handlers do not write to any more."""
    now = open_now()
    return [stream.name for name, stream in before.items() if now.get(name) is not stream]


def write(name: str, text: str) -> None:
    """Write to a handler's file what was logged by it, as `emit` does. The handler must be there (`can_write`)."""
    handler = _named(name)
    stream = stream_of(handler)
    if handler is None or stream is None:
        return
    handler.acquire()
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        return  # a disk that is full ends no program that logs
    finally:
        handler.release()


def can_write(name: str) -> bool:
    """Whether the handler of this name is there, and its file is open."""
    return stream_of(_named(name)) is not None


def _count(stream: TextIOWrapper, text: str) -> None:
    try:
        noted[stream.name] = noted.get(stream.name, 0) + len(text.encode(stream.encoding, stream.errors or "strict"))
    except UnicodeError:
        return  # then the file is seen to grow by something else


def stream_of(handler: object) -> TextIOWrapper | None:
    """Give the open file of a handler that does nothing but write to it, else None."""
    module = sys.modules.get("logging")
    if handler is None or type(handler) is not getattr(module, "FileHandler", None):
        return None
    stream = getattr(handler, "stream", None)
    if type(stream) is not TextIOWrapper or stream.closed:
        return None
    return stream if stream.name == getattr(handler, "baseFilename", None) else None


def _name_of(handler: object) -> str | None:
    name = _names.get(id(handler))
    if name is not None and _named(name) is handler:
        return name
    for logger in _loggers():
        for number, one in enumerate(logger.handlers):
            if one is handler:
                _names[id(handler)] = name = f"{number} {logger.name}"
                # The root logger is found by its name alone: another one may bear it.
                return name if _named(name) is handler else None
    return None


def _named(name: str) -> logging.FileHandler | None:
    """Find a handler by the name that it was given; None if there is none."""
    number, _, of = name.partition(" ")
    module = sys.modules.get("logging")
    root = getattr(module, "root", None)
    if root is None:
        return None
    logger = root if of == root.name else root.manager.loggerDict.get(of)
    handlers = getattr(logger, "handlers", ())
    return handlers[int(number)] if int(number) < len(handlers) else None


def _loggers() -> Iterator[logging.Logger]:
    root = sys.modules["logging"].root
    yield root
    for logger in list(root.manager.loggerDict.values()):
        if hasattr(logger, "handlers"):  # and is no place that is kept free for one
            yield logger
