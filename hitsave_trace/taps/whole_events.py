"""What an audit event means for the recording of a whole run.

One table, asked by the audit hook by the name of the event; what is not in it means nothing for a run. Unlike for a call, it
does not matter who does it: what a library reads while it is imported is read by the run. Only the import system's own
doings are left out; modules are known by what was loaded. Functions that raise no events stand in `whole_notes.py`.
"""

from __future__ import annotations

import os
from _thread import get_ident

from hitsave_trace.fingerprint.files import ROOM_FOR_FILE, ROOM_FOR_FOLDER
from hitsave_trace.in_c import getframe
from hitsave_trace.model import FILE, LISTING, PRESENCE, STAT
from hitsave_trace.taps import places as _places
from hitsave_trace.taps.audit import exist_ok
from hitsave_trace.taps.databases import file_of
from hitsave_trace.taps.metadata import changes_mode
from hitsave_trace.taps.processes import (
    NETWORK_EVENTS,
    PROCESS_EVENTS,
    asks_about_machine,
    network_words,
    process_words,
)
from hitsave_trace.taps.quiet import depths
from hitsave_trace.taps.suspects import mentions
from hitsave_trace.taps.whole import PACKAGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

    from hitsave_trace.taps.descriptors import Descriptors
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.whole import Whole

    Arguments = tuple[object, ...]
    Event = Callable[[Arguments, FrameType], None]

_WRITES = os.O_WRONLY | os.O_RDWR
_TMPFILE = getattr(os, "O_TMPFILE", 0)
_isdir = os.path.isdir
_lstat = os.lstat


class Listener:
    """Tells one recording of a run what happens."""

    __slots__ = ("reported", "databases", "descriptors", "left", "places", "whole")

    def __init__(self, whole: Whole, places: Places, descriptors: Descriptors) -> None:
        self.whole = whole
        self.places = places
        self.descriptors = descriptors
        self.reported: dict[int, object] = {}  # as in `audit.Audit`
        self.left: set[str] = set()  # names that `tempfile` made up
        self.databases: dict[str, object] = {}  # path → how it looked when it was connected to

    # --- audit events -------------------------------------------------------------------------------------------

    def events(self) -> dict[str, Callable[[Arguments], None]]:
        """What the audit hook asks, by event."""
        plain: dict[str, Event] = {
            "open": self._open,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "os.remove": self._removed,
            "os.rmdir": self._removed,
            "os.mkdir": self._made,
            "os.rename": self._renamed,
            "os.truncate": self._rewritten,
            "os.chmod": self._mode,
            "os.getxattr": self._attributes,
            "os.listxattr": self._attributes,
            "os.putenv": self._variable_set,
            "os.unsetenv": self._variable_set,
            "sqlite3.connect": self._database,
            "tempfile.mkstemp": self._temporary,
            "tempfile.mkdtemp": self._temporary,
            "builtins.input": self._forbidden("stdin", "input()"),
            "builtins.breakpoint": self._forbidden("debugger", "breakpoint()"),
            "webbrowser.open": self._forbidden("gui", "webbrowser.open"),
            "syslog.syslog": self._forbidden("hidden-state", "syslog.syslog"),
            "ctypes.dlopen": self._dlopen,
            "exec": self._executed,
        }
        for name in ("os.chown", "os.chflags", "os.utime", "os.setxattr", "os.removexattr"):
            plain[name] = self._metadata(name, 0)
        for name in ("os.link", "os.symlink"):
            plain[name] = self._metadata(name, 1)
        for name in PROCESS_EVENTS:
            plain[name] = self._process(name)
        for name in NETWORK_EVENTS:
            plain[name] = self._network(name)
        return {name: self._guarded(event) for name, event in plain.items()}

    def _guarded(self, event: Event) -> Callable[[Arguments], None]:
        whole = self.whole

        def heard(arguments: Arguments) -> None:
            if whole.minds():
                thread = get_ident()
                depths[thread] = depths.get(thread, 0) + 1
                try:
                    event(arguments, caller(3))
                except Exception as error:
                    whole.forbid("internal", f"{event.__name__}: {type(error).__name__}: {error}")
                finally:
                    leave(thread)
            elif whole.late is not None:
                whole.late()  # when everything has ended: whatever it is, it was not recorded

        return heard

    def path(self, path: object, frame: FrameType, folder: object = None) -> str | None:
        """The absolute path that is meant; None if it is the import system that means it."""
        named = _places.text(path)
        if named is None or frame.f_code.co_filename.startswith("<frozen importlib"):
            return None
        found = _places.absolute(named, folder)
        if found is not None and found.startswith(("/proc/", "/sys/")):
            self._machine(found, frame)
        return found

    def _machine(self, path: str, frame: FrameType | None) -> None:
        """The state of the machine: libraries size their thread pools by it; what the program makes of it is unknown."""
        while frame is not None:
            filename = frame.f_code.co_filename
            if self.places.is_user_file(filename):
                self.whole.forbid("hidden-state", path)
                return
            if "-packages/" in filename:
                return
            frame = frame.f_back

    def _open(self, arguments: Arguments, frame: FrameType) -> None:
        path, mode, flags = arguments[0], arguments[1], arguments[2]
        if self.reported and self.reported.pop(get_ident(), None) is path:
            return
        if isinstance(path, int):
            if path == 0:
                self.whole.forbid("stdin", "open(0)")
            elif path <= 2:
                self.whole.forbid("stdout-replaced", f"open({path})")
            elif path in self.whole.inherited:
                self.whole.forbid("special-file", f"descriptor {path}")
            return
        if not isinstance(flags, int) or flags & _TMPFILE == _TMPFILE != 0:
            return
        named = _places.text(path)
        if named is None:
            return
        if named.startswith("/proc/") and named.endswith("/io"):
            return  # HitSave looks at its own account; the program can't know what it says either
        device = _places.source(named)
        if device is not None:
            self.whole.forbid(*device)
            return
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            # The source of a module, or data of a package; bytecode goes with its source.
            if frame.f_code.co_name == "get_data" and not named.endswith(".pyc") and not flags & _WRITES:
                self.whole.look(FILE, named)
            return
        found = self.path(path, frame)
        if found is not None:
            self.opened(found, mode, flags)

    def opened(self, path: str, mode: object, flags: int) -> None:
        """A file is about to be opened; `mode` is None for `os.open`."""
        whole = self.whole
        writes = flags & _WRITES
        if (writes or mode is None) and _isdir(path):
            return
        if not writes:
            whole.look(FILE, path)
        elif flags & os.O_TRUNC:
            whole.wrote(path)
        elif flags & os.O_EXCL:
            whole.look(PRESENCE, path)
            whole.wrote(path)
        else:
            whole.look(FILE, path)
            whole.wrote(path, keeps=True)

    def _listed(self, arguments: Arguments, frame: FrameType) -> None:
        path = self.path(arguments[0] if arguments else None, frame)
        if path is not None:
            self.whole.look(PACKAGES if seeks_packages(frame) else LISTING, path)

    def _removed(self, arguments: Arguments, frame: FrameType) -> None:
        path = self.path(arguments[0], frame, arguments[1] if len(arguments) > 1 else None)
        if path is not None:
            self.whole.look(PRESENCE, path)
            self.whole.wrote(path)

    def _made(self, arguments: Arguments, frame: FrameType) -> None:
        path = self.path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
        if path is not None:
            self.whole.look(ROOM_FOR_FOLDER if exist_ok(frame) else PRESENCE, path)
            self.whole.wrote(path)

    def _renamed(self, arguments: Arguments, frame: FrameType) -> None:
        old = self.path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
        new = self.path(arguments[1], frame, arguments[3] if len(arguments) > 3 else None)
        if old is None or new is None or (self.whole.outside(old) and self.whole.outside(new)):
            return
        if _isdir(old) or self.whole.outside(old) != self.whole.outside(new):
            self.whole.forbid("hidden-state", f"os.rename of {old}")
            return
        self.whole.look(FILE, old)
        self.whole.look(ROOM_FOR_FILE, new)
        self.whole.wrote(new)
        self.whole.wrote(old)

    def _rewritten(self, arguments: Arguments, frame: FrameType) -> None:
        path = self.path(arguments[0], frame)
        if path is not None:
            self.whole.look(FILE, path)
            self.whole.wrote(path, keeps=True)

    def _mode(self, arguments: Arguments, frame: FrameType) -> None:
        path = self.path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
        if path is not None and not self.whole.outside(path) and changes_mode(path, arguments[1]):
            self.whole.look(FILE, path)
            self.whole.look(STAT, path)
            self.whole.wrote(path, keeps=True)

    def _metadata(self, words: str, position: int) -> Event:
        def metadata(arguments: Arguments, frame: FrameType) -> None:
            path = self.path(arguments[position], frame)
            if path is not None and not self.whole.outside(path):
                self.whole.forbid("hidden-state", words)

        return metadata

    def _attributes(self, arguments: Arguments, frame: FrameType) -> None:
        path = self.path(arguments[0], frame)
        if path is not None:
            self.whole.look(STAT, path)

    def _variable_set(self, arguments: Arguments, _: FrameType) -> None:
        name = _places.text(arguments[0])
        if name is not None:
            self.whole.environ.add(name)

    def _database(self, arguments: Arguments, frame: FrameType) -> None:
        named = file_of(arguments[0])
        path = None if named is None else self.path(named, frame)
        if path is None or self.whole.outside(path):
            return
        self.whole.look(FILE, path)
        for more in ("-wal", "-journal"):
            self.whole.look(FILE, path + more)
        self.databases.setdefault(path, database_look(path))

    def _temporary(self, arguments: Arguments, _: FrameType) -> None:
        named = _places.text(arguments[0])
        if named is not None:
            self.left.add(named)

    def _dlopen(self, arguments: Arguments, frame: FrameType) -> None:
        caller: FrameType | None = frame
        while caller is not None and str(caller.f_globals.get("__name__", "")).startswith("ctypes"):
            caller = caller.f_back
        if caller is not None and self.places.is_user_file(caller.f_code.co_filename):
            self.whole.forbid("native-io", f"ctypes: {arguments[0]}")

    def _executed(self, arguments: Arguments, frame: FrameType) -> None:
        """Code that has no probes is about to run: made from text, or of a file that is nobody's.

        Nobody will know which of its functions are called, so all that any of them mentions counts. What a library makes while it is
        imported is code of the library; and methods that are made of the fields of a class mention these.
        """
        code: CodeType = arguments[0]  # type: ignore[assignment]
        filename = code.co_filename
        if self.places.is_probed(filename) or _places.in_library(filename) or self.whole.ignore(filename):
            return
        if frame.f_globals.get("__name__") in _MAKERS or self.places.in_library_import(frame):
            return
        for slug, what in mentions(code):
            self.whole.forbid(slug, what)

    def _forbidden(self, slug: str, words: str) -> Event:
        def forbidden(_: Arguments, __: FrameType) -> None:
            self.whole.forbid(slug, words)

        return forbidden

    def _process(self, event: str) -> Event:
        def process(arguments: Arguments, frame: FrameType) -> None:
            if asks_about_machine(frame):
                self.whole.asked_machine = True
            else:
                self.whole.forbid("process", process_words(event, arguments))

        return process

    def _network(self, event: str) -> Event:
        def network(arguments: Arguments, _: FrameType) -> None:
            words = network_words(event, arguments)
            if words is not None:
                self.whole.forbid("network", words)

        return network


_MAKERS = frozenset(("dataclasses", "collections", "attr._make"))
"""Modules that make methods from text."""


def _nothing() -> Iterator[None]:
    yield


_waiting = _nothing()
_NOBODY: FrameType = _waiting.gi_frame  # type: ignore[attr-defined]


def seeks_packages(frame: FrameType) -> bool:
    """Whether somebody looks for installed packages: what else is in a folder does not matter then."""
    return str(frame.f_globals.get("__name__", "")).startswith(("importlib.metadata", "importlib_metadata"))


def caller(depth: int) -> FrameType:
    """The frame of who did something. What the interpreter does by itself has none: exit functions, the script.

    Nobody may keep a frame in a variable of its own: that lives until the next garbage collection, and with it all that
    the program's frames below it hold.
    """
    try:
        return getframe(depth)
    except ValueError:
        return _NOBODY


def leave(thread: int) -> None:
    """A thread has done what it does for the recording."""
    depth = depths[thread] - 1
    if depth:
        depths[thread] = depth
    else:
        del depths[thread]


def database_look(path: str) -> object:
    """How a database file looks: what is written to it goes by no way of Python's."""
    try:
        found = _lstat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
