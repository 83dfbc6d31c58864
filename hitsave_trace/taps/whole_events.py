"""What an event means for the recording of a whole run: the audit events, and the calls of wrapped functions.

Two tables. `events(whole)` is asked by the audit hook, `notes(whole)` by the wrappers (`patches.py`), each by name. What
is not in them means nothing for a run. Unlike for a call, it does not matter who does it: what a library reads while it is
imported is read by the run. Only the import system's own doings are left out; modules are known by what was loaded.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from hitsave_trace.model import FILE, LISTING, PRESENCE, STAT
from hitsave_trace.taps import places as _places
from hitsave_trace.taps.audit import exist_ok
from hitsave_trace.taps.clocks import ALLOWED as CLOCKS_ALLOWED
from hitsave_trace.taps.clocks import READS_WITHOUT
from hitsave_trace.taps.entropy import asker
from hitsave_trace.taps.files import facet
from hitsave_trace.taps.processes import NETWORK_EVENTS, PROCESS_EVENTS, network_words, process_words
from hitsave_trace.taps.quiet import depths
from hitsave_trace.taps.suspects import mentions
from hitsave_trace.taps.whole import LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from hitsave_trace.taps.descriptors import Descriptors
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.whole import Whole

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]
    Event = Callable[[Arguments, FrameType], None]

_WRITES = os.O_WRONLY | os.O_RDWR
_TMPFILE = getattr(os, "O_TMPFILE", 0)
_isdir = os.path.isdir
_lstat = os.lstat
_getframe = sys._getframe


class Listener:
    """Tells one recording of a run what happens."""

    __slots__ = ("_reported", "databases", "descriptors", "left", "places", "whole")

    def __init__(self, whole: Whole, places: Places, descriptors: Descriptors) -> None:
        self.whole = whole
        self.places = places
        self.descriptors = descriptors
        self._reported: dict[int, object] = {}  # as in `audit.Audit`
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
                hook = _getframe(1)
                thread = get_ident()
                depths[thread] = depths.get(thread, 0) + 1
                try:
                    # What the interpreter calls by itself has no frame below it: an exit function, the script.
                    event(arguments, hook.f_back or hook)
                except Exception as error:
                    whole.forbid("internal", f"{event.__name__}: {type(error).__name__}: {error}")
                finally:
                    _leave(thread)

        return heard

    def _path(self, path: object, frame: FrameType, folder: object = None) -> str | None:
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
        if self._reported and self._reported.pop(get_ident(), None) is path:
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
        found = self._path(path, frame)
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
        path = self._path(arguments[0] if arguments else None, frame)
        if path is not None:
            self.whole.look(LISTING, path)

    def _removed(self, arguments: Arguments, frame: FrameType) -> None:
        path = self._path(arguments[0], frame, arguments[1] if len(arguments) > 1 else None)
        if path is not None:
            self.whole.look(PRESENCE, path)
            self.whole.wrote(path)

    def _made(self, arguments: Arguments, frame: FrameType) -> None:
        path = self._path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
        if path is not None:
            if not exist_ok(frame):
                self.whole.look(PRESENCE, path)
            self.whole.wrote(path)

    def _renamed(self, arguments: Arguments, frame: FrameType) -> None:
        old = self._path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
        new = self._path(arguments[1], frame, arguments[3] if len(arguments) > 3 else None)
        if old is None or new is None or (self.whole.outside(old) and self.whole.outside(new)):
            return
        if _isdir(old) or self.whole.outside(old) != self.whole.outside(new):
            self.whole.forbid("hidden-state", f"os.rename of {old}")
            return
        self.whole.look(FILE, old)
        self.whole.look(PRESENCE, new)
        self.whole.wrote(new)
        self.whole.wrote(old)

    def _rewritten(self, arguments: Arguments, frame: FrameType) -> None:
        path = self._path(arguments[0], frame)
        if path is not None:
            self.whole.look(FILE, path)
            self.whole.wrote(path, keeps=True)

    def _mode(self, arguments: Arguments, frame: FrameType) -> None:
        path = self._path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
        if path is None or self.whole.outside(path):
            return
        try:
            same = _lstat(path).st_mode & 0o7777 == arguments[1]
        except OSError:
            return
        if not same:
            self.whole.look(FILE, path)
            self.whole.look(STAT, path)
            self.whole.wrote(path, keeps=True)

    def _metadata(self, words: str, position: int) -> Event:
        def metadata(arguments: Arguments, frame: FrameType) -> None:
            path = self._path(arguments[position], frame)
            if path is not None and not self.whole.outside(path):
                self.whole.forbid("hidden-state", words)

        return metadata

    def _attributes(self, arguments: Arguments, frame: FrameType) -> None:
        path = self._path(arguments[0], frame)
        if path is not None:
            self.whole.look(STAT, path)

    def _variable_set(self, arguments: Arguments, _: FrameType) -> None:
        name = _places.text(arguments[0])
        if name is not None:
            self.whole.environ.add(name)

    def _database(self, arguments: Arguments, frame: FrameType) -> None:
        named = _places.text(arguments[0])
        if named is None or named in {"", ":memory:"} or "mode=memory" in named:
            return
        if named.startswith("file:"):
            named = named[5:].partition("?")[0]
            named = "/" + named.lstrip("/") if named.startswith("//") else named
        path = self._path(named, frame)
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

        Nobody will know which of its functions are called, so all that any of them mentions counts.
        """
        code: CodeType = arguments[0]  # type: ignore[assignment]
        filename = code.co_filename
        if self.places.is_probed(filename) or _places.in_library(filename) or self.whole.ignore(filename):
            return
        for slug, what in mentions(code):
            self.whole.forbid(slug, what)

    def _forbidden(self, slug: str, words: str) -> Event:
        def forbidden(_: Arguments, __: FrameType) -> None:
            self.whole.forbid(slug, words)

        return forbidden

    def _process(self, event: str) -> Event:
        def process(arguments: Arguments, _: FrameType) -> None:
            self.whole.forbid("process", process_words(event, arguments))

        return process

    def _network(self, event: str) -> Event:
        def network(arguments: Arguments, _: FrameType) -> None:
            words = network_words(event, arguments)
            if words is not None:
                self.whole.forbid("network", words)

        return network

    # --- wrapped functions --------------------------------------------------------------------------------------

    def notes(self) -> dict[str, Callable[[Arguments, Keywords], None]]:
        """What the wrappers ask, by the dotted name of the function."""
        plain: dict[str, Callable[[Arguments, Keywords, FrameType], None]] = {
            "os.stat": self._stat,
            "os.lstat": self._stat,
            "os.access": self._asked,
            "os.pathconf": self._asked,
            "os.readlink": self._link,
            "os.statvfs": self._refused("hidden-state", "os.statvfs"),
            "os.open": self._opened_in_folder,
            "os.dup": self._duplicated,
            "os.dup2": self._duplicated,
            "os.write": self._written,
            "os.urandom": self._drawn,
            "os.getrandom": self._drawn,
            "uuid.uuid1": self._refused("entropy", "uuid.uuid1"),
            "multiprocessing.util.spawnv_passfds": self._refused("process", "multiprocessing"),
            "random.Random.seed": self._seeded,
            "random.seed": self._seeding("random"),
            "random.setstate": self._seeding("random"),
            "random.getstate": self._state("random"),
            "numpy.random.seed": self._seeding("numpy.random"),
            "numpy.random.set_state": self._seeding("numpy.random"),
            "numpy.random.get_state": self._state("numpy.random"),
            "numpy.random.get_bit_generator": self._state("numpy.random"),
            "numpy.random.set_bit_generator": self._refused("entropy", "numpy.random.set_bit_generator"),
            "torch.manual_seed": self._seeding("torch"),
            "torch.set_rng_state": self._seeding("torch"),
            "torch.get_rng_state": self._state("torch"),
            "torch.initial_seed": self._state("torch"),
            "torch.seed": self._refused("entropy", "torch.seed"),
        }
        for name in ("read", "readv", "pread", "preadv"):
            plain[f"os.{name}"] = self._descriptor_read
        for name in ("writev", "pwrite", "pwritev", "sendfile", "splice", "copy_file_range"):
            plain[f"os.{name}"] = self._written_otherwise
        for name, enough in READS_WITHOUT.items():
            plain[f"time.{name}"] = self._clock(name, enough)
        environ = f"os.{type(os.environ).__qualname__}"
        plain[f"{environ}.__getitem__"] = self._variable
        for name in ("__iter__", "__len__", "__repr__"):
            plain[f"{environ}.{name}"] = self._all_variables
        entry = f"{os.DirEntry.__module__}.{os.DirEntry.__qualname__}"
        plain[f"{entry}.stat"] = self._entry(STAT)
        for name in ("is_dir", "is_file"):
            plain[f"{entry}.{name}"] = self._entry(PRESENCE)
        return {name: self._noting(note) for name, note in plain.items()}

    def _noting(
        self, note: Callable[[Arguments, Keywords, FrameType], None]
    ) -> Callable[[Arguments, Keywords], None]:
        whole = self.whole

        def noted(arguments: Arguments, keywords: Keywords) -> None:
            if whole.minds():
                own = _getframe(0)
                thread = get_ident()
                depths[thread] = depths.get(thread, 0) + 1
                try:
                    note(arguments, keywords, own.f_back or own)
                except Exception as error:
                    whole.forbid("internal", f"{note.__name__}: {type(error).__name__}: {error}")
                finally:
                    _leave(thread)

        return noted

    def _refused(self, slug: str, words: str) -> Callable[[Arguments, Keywords, FrameType], None]:
        def refused(_: Arguments, __: Keywords, ___: FrameType) -> None:
            self.whole.forbid(slug, words)

        return refused

    def _stat(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        asked = arguments[0] if arguments else keywords.get("path")
        if isinstance(asked, int) or self.whole.lost:
            return
        wanted = facet(frame)
        kind = FILE if wanted in ("content", "size") else PRESENCE if wanted == "presence" else STAT
        if (kind, asked) in self.whole.reads:
            return
        path = self._path(asked, frame, keywords.get("dir_fd"))
        if path is not None and path not in _places.ABOVE_LIBRARIES:
            self.whole.look(kind, path)

    def _asked(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        asked = arguments[0] if arguments else keywords.get("path")
        path = None if isinstance(asked, int) else self._path(asked, frame, keywords.get("dir_fd"))
        if path is not None and path not in _places.ABOVE_LIBRARIES:
            self.whole.look(STAT, path)

    def _link(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        asked = arguments[0] if arguments else keywords.get("path")
        path = self._path(asked, frame, keywords.get("dir_fd"))
        if path is not None:
            self.whole.look(LINK, path)

    def _entry(self, kind: str) -> Callable[[Arguments, Keywords, FrameType], None]:
        def entry_asked(arguments: Arguments, _: Keywords, frame: FrameType) -> None:
            entry: os.DirEntry[str] = arguments[0]  # type: ignore[assignment]
            if kind == PRESENCE and not entry.is_symlink():
                return  # the listing tells files from folders
            if "/" not in str(entry.path):
                self.whole.forbid("dynamic-read", "os.scandir(descriptor)")
                return
            path = self._path(entry.path, frame)
            if path is not None:
                self.whole.look(kind, path)

        return entry_asked

    def _opened_in_folder(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        folder = keywords.get("dir_fd")
        asked = arguments[0] if arguments else keywords.get("path")
        flags = arguments[1] if len(arguments) > 1 else keywords.get("flags")
        if folder is None or not isinstance(flags, int):
            return
        self._reported[get_ident()] = asked
        path = self._path(asked, frame, folder)
        if path is not None:
            self.opened(path, None, flags)

    def _duplicated(self, arguments: Arguments, keywords: Keywords, _: FrameType) -> None:
        if not {0, 1, 2}.isdisjoint((*arguments[:2], *keywords.values())):
            self.whole.forbid("stdout-replaced", "os.dup")

    def _written(self, arguments: Arguments, _: Keywords, __: FrameType) -> None:
        if arguments[0] in (1, 2):
            self.descriptors.wrote(arguments[0], bytes(arguments[1]))  # type: ignore[call-overload, arg-type]

    def _written_otherwise(self, arguments: Arguments, _: Keywords, __: FrameType) -> None:
        if not {1, 2}.isdisjoint(one for one in arguments[:2] if isinstance(one, int)):
            self.whole.forbid("stdout-replaced", "bytes written to a descriptor")

    def _descriptor_read(self, arguments: Arguments, keywords: Keywords, _: FrameType) -> None:
        descriptor = arguments[0] if arguments else keywords.get("fd")
        if descriptor == 0:
            self.whole.forbid("stdin", "os.read(0)")
        elif descriptor in self.whole.inherited:
            self.whole.forbid("special-file", f"descriptor {descriptor}")

    def _variable(self, arguments: Arguments, keywords: Keywords, _: FrameType) -> None:
        key = arguments[1] if len(arguments) > 1 else keywords.get("key")
        if isinstance(key, (str, bytes)):
            self.whole.variable(os.fsdecode(key))

    def _all_variables(self, _: Arguments, __: Keywords, ___: FrameType) -> None:
        self.whole.variable("*")

    def _clock(self, name: str, enough: int) -> Callable[[Arguments, Keywords, FrameType], None]:
        def clock(arguments: Arguments, _: Keywords, frame: FrameType) -> None:
            if len(arguments) >= enough and arguments[enough - 1] is not None:
                return
            library = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if library not in CLOCKS_ALLOWED and not self.places.in_library_import(frame):
                self.whole.forbid("calendar", f"time.{name}")

        return clock

    def _drawn(self, _: Arguments, __: Keywords, frame: FrameType) -> None:
        words, allowed = asker(frame)
        # What a library draws while it is imported is for its own use: scipy makes up examples for its docstrings.
        if not allowed and not self.places.in_library_import(frame):
            self.whole.forbid("entropy", words or "os.urandom")

    def _seeded(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        """A generator of the class `random.Random` gets a seed, which may be the shared one."""
        shared = getattr(sys.modules.get("random"), "_inst", None)
        if arguments and arguments[0] is shared:
            self.whole.reseeded("random")
        seed = arguments[1] if len(arguments) > 1 else keywords.get("a")
        if seed is None and not asker(frame)[1] and not self.places.in_library_import(frame):
            self.whole.forbid("entropy", "random.Random() without a seed")

    def _seeding(self, generator: str) -> Callable[[Arguments, Keywords, FrameType], None]:
        def seeding(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            self.whole.reseeded(generator)
            if next(iter((*arguments, *keywords.values())), None) is None and not asker(frame)[1]:
                self.whole.forbid("entropy", f"{generator}.seed() without a seed")

        return seeding

    def _state(self, generator: str) -> Callable[[Arguments, Keywords, FrameType], None]:
        def state(_: Arguments, __: Keywords, ___: FrameType) -> None:
            self.whole.state_read(generator)

        return state


def _leave(thread: int) -> None:
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
