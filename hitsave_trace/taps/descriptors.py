"""What a run writes to its standard output and error, seen where it leaves the process.

The lowest layer of `sys.stdout` and `sys.stderr`, the `FileIO` over the descriptor, carries an attribute `write` of its own:
whatever stands above it (text, buffers, `print`, loggers, progress bars, streams that were put in between) ends there, in
the pieces and in the order in which a reader of the descriptors gets them. It is called once for a full buffer, so it costs
a program that prints next to nothing, and a replay writes the very same bytes.

What goes to the descriptors by itself is told by a wrapper (`os.write`) or found in the accounts: the position of a file,
the kernel's own count (`kernel.py`).

Something may be written after everything else has ended, by destructors of objects that lived in modules. So a run is only
whole when the interpreter has taken everything down. A *seal*, an object that is among the last to go, says so.
"""

from __future__ import annotations

import os
import sys
from _io import FileIO
from _thread import get_ident
from marshal import dumps

from xxhash import xxh3_64_digest

from hitsave_trace.taps.quiet import depths
from hitsave_trace.taps.unseen import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Arguments = tuple[object, ...]
    Told = Callable[[int, bytes], None]

KEPT_BYTES = 16 << 20
"""What a run may print. More of it is not kept, and the run not replayed."""


class _Always:
    """Stands where a recorder is asked whether anything is recorded."""

    stacks: object = (True,)


class Descriptors:
    """The taps on the descriptors 1 and 2 of one run."""

    __slots__ = ("_forbid", "_listened", "_told", "_tapped", "bytes", "chunks", "size")

    def __init__(self, forbid: Callable[[str, str], None]) -> None:
        self._forbid = forbid
        self.chunks: list[tuple[int, bytes]] = []
        self.size = 0  # of what is kept
        self.bytes = {1: 0, 2: 0}  # all that went by
        self._told: list[Told] = [self.wrote]
        self._tapped: list[tuple[FileIO, object]] = []
        self._listened: FileIO | None = None

    def install(self) -> None:
        """Put the taps on."""
        for number, stream in ((1, sys.__stdout__), (2, sys.__stderr__)):
            if stream is None:
                continue
            raw = getattr(stream, "buffer", None)
            raw = getattr(raw, "raw", raw)
            if type(raw) is not FileIO or raw.fileno() != number:
                self._forbid("stdout-replaced", f"descriptor {number}")
                continue
            tap = wrap(raw.write, _note(number, self._told), _Always(), after=True)
            raw.write = tap  # type: ignore[method-assign]
            self._tapped.append((raw, tap))
        raw = getattr(sys.__stdin__, "buffer", None)
        raw = getattr(raw, "raw", raw)
        if type(raw) is FileIO:
            for name in ("read", "readall", "readinto"):
                setattr(raw, name, wrap(getattr(raw, name), self._read, _Always()))
            self._listened = raw

    def _read(self, _: Arguments, __: dict[str, object]) -> None:
        """Standard input is about to be read."""
        self._forbid("stdin", "sys.stdin")

    def wrote(self, number: int, data: bytes) -> None:
        """Bytes went to a descriptor."""
        self.bytes[number] += len(data)
        if self.size > KEPT_BYTES:
            return
        self.size += len(data)
        if self.size > KEPT_BYTES:
            self.chunks.clear()
            self._forbid("too-much", f"{KEPT_BYTES >> 20} MB of output")
            return
        self.chunks.append((number, data))

    def intact(self) -> bool:
        """Whether the taps are where they were put, so that nothing went by them."""
        return all(raw.__dict__.get("write") is tap for raw, tap in self._tapped)

    def joined(self) -> list[tuple[int, bytes]]:
        """What was written, what goes to one descriptor in a row in one piece."""
        found: list[tuple[int, list[bytes]]] = []
        for number, data in self.chunks:
            if found and found[-1][0] == number:
                found[-1][1].append(data)
            else:
                found.append((number, [data]))
        return [(number, b"".join(parts)) for number, parts in found]

    def remove(self) -> None:
        """Take the taps off."""
        for raw, _ in self._tapped:
            try:
                del raw.write
            except AttributeError:
                continue
        self._tapped.clear()
        for name in ("read", "readall", "readinto") if self._listened is not None else ():
            if name in self._listened.__dict__:
                delattr(self._listened, name)
        self.chunks.clear()

    def seal(self, path: str, status: int, files: tuple[str, ...]) -> Callable[[], None]:
        """From now on what is written is a postscript. The file `path` will hold it, with what `files`
        hold in the end, and be there only when all has ended. What is returned takes that back: something happened that was
        not recorded.
        """
        late: list[tuple[int, bytes]] = []
        told = self._told
        unlink, getpid, process = os.unlink, os.getpid, os.getpid()
        keep = _keeper(path, status, files)
        keep(late, False)

        def wrote_late(number: int, data: bytes) -> None:
            late.append((number, data))

        spoilt: list[bool] = []
        closing: list[bool] = []
        error = OSError

        def spoil() -> None:
            if closing or spoilt:
                return  # what closes the seal opens a file, and what breaks it removes one
            spoilt.append(True)
            try:
                unlink(path)
            except error:
                pass

        def wrote_too_late(_: int, __: bytes) -> None:
            spoil()

        def close() -> None:
            if getpid() == process and not spoilt:
                told[0] = wrote_too_late
                closing.append(True)
                keep(late, True)
                closing.clear()

        told[0] = wrote_late
        sys.__dict__["hitsave_seal"] = Seal(close)
        return spoil


class Seal:
    """Calls a function when it goes. It stands last in the namespace of `sys`, which is taken down last but one."""

    __slots__ = ("_close",)

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def __del__(self) -> None:
        self._close()


def _note(number: int, told: list[Told]) -> Callable[[Arguments, dict[str, object]], None]:
    as_bytes, ident, not_heard = bytes, get_ident, depths

    def note(arguments: Arguments, keywords: dict[str, object]) -> None:
        if ident() not in not_heard:  # the line after a run is none of the program's
            for data in arguments or keywords.values():
                told[0](number, as_bytes(data))  # type: ignore[call-overload]

    return note


def _keeper(path: str, status: int, files: tuple[str, ...]) -> Callable[[list[tuple[int, bytes]], bool], None]:
    """What writes the file of a seal. When it is called last, modules are empty: it holds all that it needs.

    The form is that of `hitsave.store.codec`.
    """
    fresh = path + ".new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)
    opened: Callable[..., int] = _plain(os.open)  # type: ignore[no-untyped-call]
    read: Callable[..., bytes] = _plain(os.read)  # type: ignore[no-untyped-call]
    write, closed, rename = _plain(os.write), os.close, os.rename  # type: ignore[no-untyped-call]
    read_only = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)
    encoded, digest, as_tuple, error = dumps, xxh3_64_digest, tuple, OSError

    def content(path: str) -> bytes:
        descriptor = opened(path, read_only)
        data = b""
        while piece := read(descriptor, 1 << 20):
            data += piece
        closed(descriptor)
        return data

    def keep(late: list[tuple[int, bytes]], done: bool) -> None:
        try:
            if late or files or not done:
                contents = [(name, content(name)) for name in files] if done else []
                body = b"\1" + encoded((status, as_tuple(late), as_tuple(contents)), 2)
                descriptor = opened(fresh, flags, 0o600)
                write(descriptor, digest(body) + body)
                closed(descriptor)
            if done:
                rename(fresh, path)
        except error:
            pass

    return keep


def _plain(function):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """A function of `os` without its tap."""
    return getattr(function, "__wrapped__", function)
