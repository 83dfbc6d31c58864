"""Inside of a run that `hitsave bench` looks at: where the main thread is, a thousand times a second.

A run is looked at if its interpreter was started with `-X hitsave_bench=FILE`; any other run asks for that once and pays
nothing. A flag and not a variable of the environment, since a program sees its environment, and so do its children.

What is kept is how long each stack of HitSave's own frames was seen, up to the user's code that it was called from. A
look needs the interpreter's lock. So it comes late where native code holds that, and stands for all the time since
the look before: what it finds is the call that has just ended.

Two processes are looked at, the one that the user starts and the one that it becomes (see `launch`). Each adds lines to FILE:

    = MOMENT NAME                       a moment, in seconds of the monotonic clock
    MICROSECONDS FRAME;FRAME;…          the outermost first, as other tools that draw flames know it

The file is opened before anything is observed and written after everything has been: a run can be kept and replayed
though it is looked at.
"""

from __future__ import annotations

import _thread
import atexit
import os
import sys
from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType

FLAG = "hitsave_bench"
PROGRAM, IMPORT, NOTHING = "program", "import", "?"
EVERY_SECONDS = 0.001
DEPTH = 80

_OWN = tuple(
    os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), name) + os.sep
    for name in ("hitsave", "hitsave_trace")
)
_STANDARD = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_current_frames = sys._current_frames
_write = os.write
_exec, _exit = os.execve, os._exit


class Watcher:
    """The looks at the main thread of one process."""

    __slots__ = ("_done", "_file", "_kinds", "_main", "_marks", "_process", "_running", "_times", "_wake")

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._main = _thread.get_ident()
        self._process = os.getpid()
        self._times: dict[tuple[str, ...], float] = {}
        # What a code object is: a name if it is HitSave's, None if it is a library's, "" if it is the user's.
        self._kinds: dict[CodeType, str | None] = {}
        self._marks: list[str] = []
        self._wake = _thread.allocate_lock()
        self._done = _thread.allocate_lock()
        self._running = False

    def mark(self, name: str) -> None:
        """Note that a moment has come."""
        self._marks.append(f"= {perf_counter():.6f} {name}\n")

    def start(self) -> None:
        """Begin to look."""
        self._running = True
        self._wake = _thread.allocate_lock()
        self._wake.acquire()
        self._done = _thread.allocate_lock()
        self._done.acquire()
        _thread.start_new_thread(self._run, (self._wake, self._done))

    def stop(self) -> None:
        """Look no more, and wait until the thread has gone: a process that forks should have none."""
        if self._running:
            self._running = False
            self._wake.release()
            self._done.acquire(timeout=1)

    def end(self, name: str) -> None:
        """Write down what was found, in the process that was looked at."""
        if os.getpid() != self._process:
            return
        self.stop()
        self.mark(name)
        lines = [f"{seconds * 1e6:.0f} {';'.join(stack)}\n" for stack, seconds in self._times.items()]
        data = "".join(self._marks + lines).encode("utf-8", "backslashreplace")
        self._times, self._marks = {}, []
        try:
            while data:
                data = data[_write(self._file, data) :]
        except OSError:  # the program closed what it had not opened
            return

    def _run(self, wake: _thread.LockType, done: _thread.LockType) -> None:
        try:
            before = perf_counter()
            while not wake.acquire(timeout=EVERY_SECONDS):
                stack = self._look()
                now = perf_counter()
                if not stack[-1].startswith("hitsave.bench."):
                    self._times[stack] = self._times.get(stack, 0.0) + now - before
                before = now
        except BaseException:  # the interpreter is ending
            pass
        finally:
            done.release()

    def _look(self) -> tuple[str, ...]:
        frame: FrameType | None = _current_frames().get(self._main)
        own: list[str] = []
        importing = False  # whether an import is at work inside of what has been seen so far
        imports = False  # the same, of the innermost frame of ours
        depth = 0
        while frame is not None and depth < DEPTH:
            code = frame.f_code
            kind = self._kinds.get(code, NOTHING)
            if kind == NOTHING:
                kind = self._kinds[code] = kind_of(code)
            if kind == "":
                break
            if kind is None:
                importing = importing or code.co_filename.startswith("<frozen importlib")
            else:
                if not own:
                    imports = importing or code.co_name == "<module>"
                own.append(kind)
            frame = frame.f_back
            depth += 1
        if not own:
            told: tuple[str, ...] = (PROGRAM,) if frame is not None or not importing else (IMPORT,)
        else:
            own.reverse()
            told = (*own, IMPORT) if imports else tuple(own)
        del frame
        return told


def kind_of(code: CodeType) -> str | None:
    """`hitsave.memo.call:Call.begin` for a code object of ours, None for one of a library, "" for the user's."""
    path = code.co_filename
    for folder in _OWN:
        if path.startswith(folder):
            module = path[len(folder) - len(os.path.basename(folder[:-1])) - 1 :].removesuffix(".py")
            return f"{module.replace(os.sep, '.')}:{code.co_qualname}"
    if path.startswith((_STANDARD, "<")) or f"{os.sep}site-packages{os.sep}" in path:
        return None
    return ""


def _watch(moment: str) -> Watcher | None:
    path = sys._xoptions.get(FLAG)
    if not isinstance(path, str):
        return None
    watcher = Watcher(path)
    watcher.mark(moment)
    # Who waits for the interpreter's lock gets it after that long.
    sys.setswitchinterval(EVERY_SECONDS)
    watcher.start()
    return watcher


def begin() -> None:
    """Look at this process from now on, until it ends or becomes another one."""
    watcher = _watch("begun")
    if watcher is None:
        return
    atexit.register(watcher.end, "ended")  # before HitSave registers anything: so it comes last
    os.register_at_fork(before=watcher.stop, after_in_parent=watcher.start)


def begin_before() -> None:
    """The same for the process that the user starts, which becomes another one or ends at once."""
    watcher = _watch("started")
    if watcher is None:
        return

    def become(*arguments: object) -> None:
        watcher.end("became")
        _exec(*arguments)  # type: ignore[arg-type]

    def leave(status: int) -> None:
        watcher.end("replayed")
        _exit(status)

    os.execve = become  # type: ignore[assignment]
    os._exit = leave  # type: ignore[assignment]
