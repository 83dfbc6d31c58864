"""The audit hook: what the interpreter itself reports.

One hook serves all events, and is called for few of them (`audit_hook.py`). It can't be taken out again, so it tests a flag first
and is switched off by it.
While nothing is recorded two things are kept: which paths were opened for writing, so that a recording can tell
that a file that was open before it (a log file) was written to while it ran (`written.py`), and for the log what was read
(`unrecorded.py`).

What an event means is in one table, `_EVENTS`: a function that translates the event's arguments into calls of the
recorder. Events that are not in it mean nothing to us. Two rules apply to all: what HitSave does itself is no event
of the program (`quiet.py`), and neither is what happens while a library is being imported (`places.py`).
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from hitsave_trace.in_c import getframe
from hitsave_trace.recording import busy
from hitsave_trace.taps import audit_hook, databases
from hitsave_trace.taps import places as _places
from hitsave_trace.taps.lookups import class_found
from hitsave_trace.taps.metadata import attributes, chmod, forbidden, made_link, timed
from hitsave_trace.taps.processes import (
    NETWORK_EVENTS,
    PROCESS_EVENTS,
    asks_about_machine,
    network_words,
    process_words,
)
from hitsave_trace.taps.quiet import depths
from hitsave_trace.unrecorded import unrecorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.written import Written

    Arguments = tuple[object, ...]
    Handler = Callable[["Audit", Arguments, FrameType], None]

_WRITES = os.O_WRONLY | os.O_RDWR
_TMPFILE = getattr(os, "O_TMPFILE", 0)
_isdir = os.path.isdir

# Library modules that look into the variables of whoever called them.
_PEEKERS = (
    "/pandas/core/computation/scope.py",
    "/patsy/eval.py",
    "/formulaic/formula.py",
    "/formulaic/utils/context.py",
    "/numexpr/necompiler.py",
)


class Audit:
    """The hook of one installation."""

    __slots__ = ("connecting", "live", "outer", "places", "reported", "recording", "written")

    def __init__(self, recording: Recorder, places: Places, written: Written) -> None:
        self.recording = recording
        self.places = places
        self.written = written
        self.live = True
        self.outer: dict[str, Callable[[Arguments], None]] = {}  # what the recording of the whole run wants to be told
        # Thread → path object of an `os.open` with `dir_fd`: the event leaves that out, so `files.py` reports it.
        self.reported: dict[int, object] = {}
        self.connecting: dict[int, object] = {}  # thread → a database connection that is being made

    def install(self) -> None:
        """Start to listen. A hook that the program added before may refuse this; then there is nothing to record."""
        stacks: dict[int, object] = self.recording.stacks  # type: ignore[assignment]
        audit_hook.listen(self._hook(), stacks, _AT_ANY_TIME, _EVENTS, self.outer)

    def remove(self) -> None:
        """Stop to listen for recordings. What happens after the run was kept is still told to the recording of the run."""
        self.live = False

    def _hook(self) -> Callable[[str, Arguments], None]:
        handlers = _EVENTS
        recording = self.recording
        written = self.written
        outer = self.outer

        def hook(event: str, arguments: Arguments) -> None:
            # Some events come with each call of `id`: nothing must be done for those that nobody wants.
            if event not in handlers and event not in outer:
                return
            told = outer.get(event)
            if told is not None:
                told(arguments)
            if not recording.stacks:
                if event == "open" and self.live:
                    # Anybody may raise an event of this name, with any arguments.
                    try:
                        if arguments[2] & _WRITES:  # type: ignore[operator]
                            written.opened(arguments[0])
                        if unrecorded.on and not _is_code(arguments[0]):
                            self.handle(event, _open, arguments)
                    except Exception:
                        return
                elif event == "sqlite3.connect" and self.live and unrecorded.on:
                    self.handle(event, handlers[event], arguments)
                return
            handler = handlers.get(event)
            if handler is not None and self.live:
                self.handle(event, handler, arguments)

        return hook

    def handle(self, event: str, handler: Handler, arguments: Arguments) -> None:
        """Translate one event while something is recorded. Never raises: what can't be understood is unsaved."""
        thread = get_ident()
        if thread in depths or (
            thread in busy and event == "sys._getframe"
        ):  # each hook looks at the frame that it is for
            return
        depths[thread] = 1
        try:
            handler(self, arguments, getframe(2))
        except Exception as error:
            self.recording.forbid("internal", f"{event}: {type(error).__name__}")
        finally:
            depths.pop(thread, None)

    def path(self, path: object, frame: FrameType, folder: object = None) -> str | None:
        """Give the absolute path that an event is about, or None if it is none of the program's business."""
        named = _places.text(path)
        if named is None:
            return None
        absolute = _places.absolute(named, folder)
        if absolute is None or self.places.outside(absolute):
            return None
        code = frame.f_code
        if code.co_filename.startswith("<frozen ") and _places.import_system_reads(frame, absolute):
            return None
        if self.places.in_library_import(frame) or _places.for_a_warning(frame):
            return None
        if named[:1] != "/" and not (isinstance(folder, int) and folder >= 0):
            self.recording.working_directory()
        return absolute


def _is_code(path: object) -> bool:
    """Whether a path is that of a module: most of what is opened while nothing is recorded."""
    return isinstance(path, str) and path.endswith((".py", ".pyc", ".so"))


def _open(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path, mode, flags = arguments[0], arguments[1], arguments[2]
    if audit.reported and audit.reported.pop(get_ident(), None) is path:
        return
    if isinstance(path, int):
        _open_descriptor(audit, path, frame)
        return
    if not isinstance(flags, int) or flags & _TMPFILE == _TMPFILE != 0:
        return
    named = _places.text(path)
    device = _places.source(named) if named is not None else None
    if device is not None:
        if not audit.places.in_library_import(frame):
            audit.recording.forbid(*device)
        return
    absolute = audit.path(path, frame)
    if absolute is not None:
        opened(audit, absolute, mode, flags)


def opened(audit: Audit, absolute: str, mode: object, flags: int) -> None:
    """Tell the recorder of a file that is about to be opened; `mode` is None for `os.open`."""
    writes = flags & _WRITES
    # `tempfile` opens a folder with an opener that makes a file in it; `shutil` opens folders to work inside them.
    if (writes or mode is None) and _isdir(absolute):
        return
    if not writes:
        audit.recording.file_read(absolute)
        return
    audit.written.opened(absolute)
    if flags & os.O_TRUNC:
        audit.recording.file_written(absolute, "w")
        return
    if flags & os.O_APPEND:
        if flags & os.O_RDWR:
            audit.recording.file_read(absolute)
        audit.recording.file_written(absolute, "a")
    elif flags & os.O_EXCL:
        audit.recording.file_written(absolute, "x")
    else:
        # Written in place: what is not overwritten stays, and what the file held can be read.
        audit.recording.file_read(absolute)
        audit.recording.file_written(absolute, "r+")


def _open_descriptor(audit: Audit, descriptor: int, frame: FrameType) -> None:
    """Descriptors above 2 come from an `os.open` or a pipe that raised its own event."""
    if descriptor > 2 or audit.places.in_library_import(frame):
        return
    if descriptor == 0:
        audit.recording.forbid("stdin", "open(0)")
    else:
        audit.recording.forbid("stdout-replaced", f"open({descriptor})")


def _listed(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0] if arguments else None, frame)
    if path is not None:
        audit.recording.listed(path)


def _removed(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0], frame, arguments[1] if len(arguments) > 1 else None)
    if path is not None:
        audit.recording.removed(path)


def _directory_removed(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0], frame, arguments[1] if len(arguments) > 1 else None)
    if path is not None:
        audit.recording.directory_removed(path)


def _directory_made(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
    if path is not None:
        audit.recording.directory_made(path, exist_ok(frame))


def exist_ok(frame: FrameType) -> bool:
    """Whether a directory is made by somebody who does not mind that it is there: `os.makedirs` and `Path.mkdir`."""
    if frame.f_code.co_name not in {"makedirs", "mkdir"} or frame.f_globals.get("__name__") not in _MAKERS:
        return False
    return frame.f_locals.get("exist_ok") is True


_MAKERS = frozenset({"os", "pathlib", "pathlib._local"})


def _renamed(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    old = audit.path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
    new = audit.path(arguments[1], frame, arguments[3] if len(arguments) > 3 else None)
    if old is None and new is None:
        return
    if old is None or new is None:
        audit.recording.forbid("hidden-state", "os.rename between the project and a place that is not followed")
        return
    audit.recording.renamed(old, new, not _isdir(new))


def _truncated(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0], frame)
    if path is not None:
        audit.recording.file_read(path)
        audit.recording.file_written(path, "r+")


def _environment_changed(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    name = _places.text(arguments[0])
    if name is not None and not audit.places.in_library_import(frame):
        value = _places.text(arguments[1]) if len(arguments) > 1 else None
        plainly = frame.f_code.co_name in ("__setitem__", "__delitem__") and frame.f_globals.get("__name__") == "os"
        audit.recording.environment_changed(name, value, plainly=plainly)


def _forbid(slug: str, words: str) -> Handler:
    def handler(audit: Audit, _: Arguments, frame: FrameType) -> None:
        if not audit.places.in_library_import(frame):
            audit.recording.forbid(slug, words)

    return handler


def _process(event: str) -> Handler:
    def handler(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
        if not audit.places.in_library_import(frame) and not asks_about_machine(frame):
            audit.recording.forbid("process", process_words(event, arguments))

    return handler


def _network(event: str) -> Handler:
    def handler(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
        words = network_words(event, arguments)
        if words is not None and not audit.places.in_library_import(frame):
            audit.recording.forbid("network", words)

    return handler


def _dlopen(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    # Libraries open shared objects to ask them something (threadpoolctl does at each `fit`); that is their affair.
    caller: FrameType | None = frame
    while caller is not None and str(caller.f_globals.get("__name__", "")).startswith("ctypes"):
        caller = caller.f_back
    if caller is not None and audit.places.is_user_file(caller.f_code.co_filename):
        audit.recording.forbid("native-io", f"ctypes: {arguments[0]}")


def _getframe(audit: Audit, _: Arguments, frame: FrameType) -> None:
    if frame.f_globals.get("__name__") == "logging":
        _logged(audit, frame)
    elif frame.f_code.co_filename.endswith(_PEEKERS):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        peeked = getattr(audit.recording, "peeked", None)
        if peeked is not None:
            peeked(package)
        else:
            audit.recording.forbid("caller-frame", package)


def _logged(audit: Audit, frame: FrameType) -> None:
    """Make the file of a line that logs a dependency, if a handler shows the line's number."""
    for reference in sys.modules["logging"]._handlerList:
        handler = reference() if callable(reference) else reference
        formatter = getattr(handler, "formatter", None)
        if formatter is not None and "lineno" in str(getattr(formatter, "_fmt", "")):
            break
    else:
        return
    caller: FrameType | None = frame
    while caller is not None and not audit.places.is_user_file(caller.f_code.co_filename):
        caller = caller.f_back
    if caller is not None:
        path = audit.path(caller.f_code.co_filename, caller)
        if path is not None:
            audit.recording.file_read(path)


_AT_ANY_TIME: dict[str, None] = {"open": None, "sqlite3.connect": None}
"""Events that count while nothing is recorded, too."""
_EVENTS: dict[str, Handler] = {
    "open": _open,
    "os.listdir": _listed,
    "os.scandir": _listed,
    "os.remove": _removed,
    "os.rmdir": _directory_removed,
    "os.mkdir": _directory_made,
    "os.rename": _renamed,
    "os.truncate": _truncated,
    "os.chmod": chmod,
    "os.chown": forbidden("os.chown"),
    "os.chflags": forbidden("os.chflags"),
    "os.utime": timed,
    "os.setxattr": forbidden("os.setxattr"),
    "os.removexattr": forbidden("os.removexattr"),
    "os.link": made_link("os.link"),
    "os.symlink": made_link("os.symlink"),
    "os.getxattr": attributes,
    "os.listxattr": attributes,
    "os.putenv": _environment_changed,
    "os.unsetenv": _environment_changed,
    "os.chdir": _forbid("directory-changed", "os.chdir"),
    "pickle.find_class": class_found,
    "sqlite3.connect": databases.opened,
    "sqlite3.connect/handle": databases.made,
    "builtins.input": _forbid("stdin", "input()"),
    "ctypes.dlopen": _dlopen,
    "sys._getframe": _getframe,
    "webbrowser.open": _forbid("gui", "webbrowser.open"),
    "resource.setrlimit": _forbid("switch", "resource.setrlimit"),
    "resource.prlimit": _forbid("switch", "resource.prlimit"),
    "signal.pthread_kill": _forbid("signal", "signal.pthread_kill"),
    "syslog.syslog": _forbid("hidden-state", "syslog.syslog"),
    "syslog.openlog": _forbid("hidden-state", "syslog.openlog"),
    **{name: _process(name) for name in PROCESS_EVENTS},
    **{name: _network(name) for name in NETWORK_EVENTS},
}  # fmt: skip
