"""Text that the program writes to its standard streams, recorded where it enters them and written again the same way.

While something is recorded, `sys.stdout` and `sys.stderr` carry an attribute `write` of their own; `print`,
`writelines`, `logging` and progress bars all look it up on the object. So does what goes round the text layer,
`sys.stdout.buffer.write`. When nothing is recorded the objects are untouched, and cost nothing. Bytes written with
`os.write(1, …)` are noted in `files.py`.

Three layers, three codes, so that a replay goes through the same one (text waits in the text layer's buffer while
bytes overtake it, and a terminal shows that): 1 and 2 with str are `sys.stdout.write` and `sys.stderr.write`; 1 and 2
with bytes are their `buffer.write`; -1 and -2 are the descriptors.

What is tapped is whatever object stands in `sys.stdout` when the outermost recording opens, be it a file, a
`StringIO` or a test runner's capture: the replay writes to what stands there then. A redirection inside a recording
is the program's own affair and is not output. If a recording opens inside such a redirection, what it writes would
be output for it and none for those around it: those are given up.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock, get_ident
from io import TextIOWrapper

from hitsave_trace.fingerprint.terminals import STREAMS
from hitsave_trace.in_c import getframe
from hitsave_trace.taps.places import shows_warning
from hitsave_trace.taps.quiet import depths, quiet
from hitsave_trace.taps.unseen import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder

    Tap = tuple[object, str, object]  # owner, attribute, value

_write = os.write


class Streams:
    """The taps on the streams of one installation."""

    __slots__ = (
        "_base", "_blind", "_kept", "_lock", "_nested", "_open", "_put", "_tellers", "_writing", "places", "recording",
    )  # fmt: skip

    def __init__(self, recording: Recorder, places: Places) -> None:
        self.recording = recording
        self.places = places
        self._lock = allocate_lock()
        self._open = 0
        self._nested = False
        self._base: dict[int, object] = {}  # 1 and 2 → the stream object that is tapped for it
        self._put: list[Tap] = []  # attributes that are set now, with what an object itself had by that name before
        self._kept: dict[int, tuple[object, list[Tap]]] = {}  # the taps of the process's own streams, made once
        self._blind: list[tuple[object, object]] = []  # streams that take no attribute, with what they held
        self._tellers: dict[int, object] = {}  # code of the program that wrote text, by id
        self._writing: dict[int, tuple[int, int]] = {}  # thread → frame and instruction that writes text now

    def before(self) -> None:
        """Tap the streams, or look whether they are still those that are tapped."""
        with self._lock:
            self._open += 1
            base = self._base
            if self._open > 1:
                if sys.stdout is not base[1] or sys.stderr is not base[2]:
                    self._another()
                return
            base[1], base[2] = sys.stdout, sys.stderr
            self._tap(1, sys.stdout, self._stream_taps)
            if sys.stderr is not sys.stdout:
                self._tap(2, sys.stderr, self._stream_taps)
            if sys.__stdout__ is not sys.stdout:
                self._tap(3, sys.__stdout__, self._past_taps)
            if sys.__stderr__ is not sys.stderr:
                self._tap(4, sys.__stderr__, self._past_taps)
            self._tap(5, sys.stdin, self._stdin_taps)

    def after(self) -> None:
        """Take the taps off when the last recording has closed."""
        with self._lock:
            self._open -= 1
            if self._open <= 0:
                self._open = 0
                self._take_off()

    @property
    def any_open(self) -> bool:
        """Whether a recording is open."""
        return self._open > 0

    def redirected(self, *numbers: int) -> bool:
        """Whether what is written to a stream now, 1 or 2, is no output of the recordings that are open."""
        now = (None, sys.stdout, sys.stderr)
        return self._open > 0 and any(now[number] is not self._base[number] for number in numbers or (1, 2))

    def changed(self) -> str | None:
        """Name a stream that takes no tap and has been written to since the outermost recording opened."""
        for stream, before in self._blind:
            if before is None or _position(stream) != before:
                return type(stream).__name__
        return None

    def writing(self, frame: FrameType | None) -> bool:
        """Whether `frame` runs inside a write of text that has been noted, as the stream's own way to do it."""
        found = self._writing.get(get_ident())
        if found is None:
            return False
        wanted, instruction = found
        while frame is not None:
            if id(frame) == wanted and frame.f_lasti == instruction:
                return True
            frame = frame.f_back
        return False

    def remove(self) -> None:
        """Take everything off, however many recordings are open."""
        with self._lock:
            self._open = 0
            self._take_off()
            self._kept.clear()

    def _another(self) -> None:
        """Serve a recording that has been opened inside a redirection."""
        self.recording.forbid_around("stdout-replaced", "a call inside a redirected sys.stdout")
        self._nested = True
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            if stream is not self._base[number]:
                self._base[number] = stream
                if not any(tap[0] is stream for tap in self._put):
                    self._tap(number, stream, self._stream_taps)

    def _tap(self, number: int, stream: object, make: Callable[[int, object], list[Tap]]) -> None:
        if stream is None:
            return
        kept = self._kept.get(number)
        if kept is not None and kept[0] is stream:
            taps = kept[1]
        else:
            taps = make(number, stream)
            if stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
                self._kept[number] = (stream, taps)
        for tap in taps:
            under = getattr(tap[0], "__dict__", {}).get(tap[1])
            try:
                set_own(*tap)
            except (AttributeError, TypeError):
                if number <= 2:
                    self._blind.append((stream, _position(stream)))
                return
            self._put.append((tap[0], tap[1], under))

    def _take_off(self) -> None:
        for owner, name, under in self._put:
            try:
                if under is None:
                    delattr(owner, name)
                else:
                    setattr(owner, name, under)  # the tap of the whole run, where a buffer is the descriptor itself
            except AttributeError:
                continue
        self._put.clear()
        self._base.clear()
        self._blind.clear()
        self._writing.clear()
        self._nested = False

    def _stream_taps(self, number: int, stream: object) -> list[Tap]:
        recording = self.recording
        # Noted once it has been written: what raised was not. Marked before: the text layer passes bytes on while it
        # writes, and looks `buffer.write` up like anybody else.
        mark, note = self._mark, self._text_note(number, stream)
        write = wrap(stream.write, note, recording, after=True, before=mark)  # type: ignore[attr-defined]
        taps: list[Tap] = [(stream, "write", write)]
        taps += self._terminal_tap(number, stream)
        buffer = getattr(stream, "buffer", None)
        if buffer is not None:
            note = self._flush_note(number, stream, number)
            flush = wrap(stream.flush, note, recording, after=True, before=mark)  # type: ignore[attr-defined]
            taps.append((stream, "flush", flush))
            taps.append((buffer, "write", wrap(buffer.write, self._bytes_note(number, stream), recording, after=True)))
            below = self._flush_note(number, stream, -number)
            taps.append((buffer, "flush", wrap(buffer.flush, below, recording, after=True)))
        return taps

    def _past_taps(self, _: int, stream: object) -> list[Tap]:
        """Watch for writes that go to the process's own stream while another stands in its place."""

        def note(_: tuple[object, ...], __: dict[str, object]) -> None:
            if get_ident() not in depths and not self.writing(getframe(1)):
                self.recording.forbid("stdout-replaced", "text written past a replaced sys.stdout")

        write = stream.write  # type: ignore[attr-defined]
        return [(stream, "write", wrap(write, note, self.recording))]

    def _stdin_taps(self, _: int, stream: object) -> list[Tap]:
        def note(_: tuple[object, ...], __: dict[str, object]) -> None:
            if get_ident() not in depths:
                self.recording.forbid("stdin", "sys.stdin")

        taps = self._terminal_tap(0, stream)
        for owner in (stream, getattr(stream, "buffer", None)):
            for name in ("read", "readline", "readlines"):
                method = getattr(owner, name, None)
                if method is not None and hasattr(method, "__name__"):
                    taps.append((owner, name, wrap(method, note, self.recording)))
        return taps

    def _terminal_tap(self, number: int, stream: object) -> list[Tap]:
        def note(_: tuple[object, ...], __: dict[str, object]) -> None:
            if get_ident() not in depths and not self.places.in_library_import(getframe(1)):
                self.recording.asked_terminal(STREAMS[number])

        if not isinstance(stream, TextIOWrapper):
            return []
        return [(stream, "isatty", wrap(stream.isatty, note, self.recording))]

    def _mark(self, _: tuple[object, ...], __: dict[str, object]) -> None:
        frame = getframe(1)
        self._writing[get_ident()] = (id(frame), frame.f_lasti)

    def _text_note(self, number: int, stream: object) -> Callable[..., None]:
        recording, tellers = self.recording, self._tellers

        def note(arguments: tuple[object, ...], keywords: dict[str, object]) -> None:
            thread = get_ident()
            self._writing.pop(thread, None)
            if thread in depths:
                return
            written = arguments[0] if arguments else next(iter(keywords.values()), "")
            if not written:
                return
            frame = getframe(1)
            code = frame.f_code
            if id(code) in tellers and type(written) is str and not self._nested and recording.goes_on(number, written):
                return
            with quiet:
                if not self._is_output(number, stream, frame):
                    return
                if self.places.is_user_file(code.co_filename):
                    tellers[id(code)] = code  # what it writes is output, wherever it was called from
                if isinstance(written, str):
                    recording.text(number, str.__str__(written))
                else:
                    recording.forbid("stdout-replaced", f"{type(written).__name__} written to a stream")

        return note

    def _flush_note(self, number: int, stream: object, what: int) -> Callable[..., None]:
        """Note a flush: it decides what a program's descriptors show first, when it writes to them in two ways.

        `what`: the number again, or below zero if it is the buffer: what waits in the text layer goes on waiting then.
        """

        def note(_: tuple[object, ...], __: dict[str, object]) -> None:
            thread = get_ident()
            frame = getframe(1)
            if what < 0 and self.writing(frame):
                return  # by the text layer, which is noted as a whole
            self._writing.pop(thread, None)
            if thread in depths:
                return
            with quiet:
                if self._is_output(number, stream, frame):
                    self.recording.flushed(what)

        return note

    def _bytes_note(self, number: int, stream: object) -> Callable[..., None]:
        recording = self.recording

        def note(arguments: tuple[object, ...], keywords: dict[str, object]) -> None:
            frame = getframe(1)
            if get_ident() in depths or self.writing(frame):
                return
            written = arguments[0] if arguments else next(iter(keywords.values()), b"")
            with quiet:
                if self._is_output(number, stream, frame):
                    recording.text(number, bytes(written))  # type: ignore[call-overload]

        return note

    def _is_output(self, number: int, stream: object, frame: FrameType) -> bool:
        if self._nested and self._base.get(number) is not stream:
            self.recording.forbid("stdout-replaced", "text written past a redirected stream")
            return False
        if shows_warning(frame):
            return False  # its text is shown again as a warning (`warned`)
        return not self.places.in_library_import(frame)


def set_own(owner: object, name: str, value: object) -> None:
    """Set an attribute of an object itself. Raises `AttributeError` for one that would hand it on to another object.

    A stand-in for a stream (tqdm's, colorama's) may do so: the stream that it stands for would then write to itself.
    """
    if type(owner).__setattr__ is not object.__setattr__ or type(owner).__delattr__ is not object.__delattr__:
        raise AttributeError(name)
    setattr(owner, name, value)


def _position(stream: object) -> object:
    """Say how much a stream without attributes of its own holds, or None if it can't tell."""
    try:
        value = stream.getvalue()  # type: ignore[attr-defined]
    except Exception:
        try:
            return stream.tell()  # type: ignore[attr-defined]
        except Exception:
            return None
    return value


class Silence:
    """Lets nothing that is written to the standard streams come through.

    For the top level of a module that is imported again: what it printed stands in the recorded text. The streams stay
    the objects they are, since the module may keep them.
    """

    __slots__ = ("_put",)

    def __init__(self) -> None:
        self._put: list[tuple[object, str, object]] = []

    def __enter__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            for owner in (stream, getattr(stream, "buffer", None)):
                before = getattr(owner, "__dict__", {}).get("write")
                try:
                    set_own(owner, "write", len)
                except (AttributeError, TypeError):
                    continue
                self._put.append((owner, "write", before))

    def __exit__(self, *_: object) -> None:
        for owner, name, before in reversed(self._put):
            if before is None:
                delattr(owner, name)
            else:
                setattr(owner, name, before)


def flush(what: int) -> None:
    """Do a recorded flush again: of a stream, or below zero, of its buffer alone."""
    target: object = sys.stdout if abs(what) == 1 else sys.stderr
    if what < 0:
        target = getattr(target, "buffer", None)
    if target is not None:
        target.flush()  # type: ignore[attr-defined]


def replay(stream: int, data: str | bytes) -> None:
    """Write recorded text again, through the layer by which it came."""
    if stream < 0:
        view = memoryview(data)  # type: ignore[arg-type]
        while view:
            view = view[_write(-stream, view) :]
        return
    target = sys.stdout if stream == 1 else sys.stderr
    if target is None:
        return
    if isinstance(data, str):
        target.write(data)
        return
    buffer = getattr(target, "buffer", None)
    if buffer is not None:
        buffer.write(data)
    else:
        target.write(data)  # type: ignore[arg-type]
