"""Files that libraries open in native code: no audit event tells of them, so the functions that open them do.

Which these are, and which of their arguments name files, is data (`native_entries.py`). A function is wrapped as soon as its
module has been executed, before anybody can have it by another name; a method in its class. What is given as a path becomes a
file that was read or written, as if `open` had been called with it. What can't be understood (an address, a folder to write
into, an object that nobody knows) makes the call unsaved. An object with a `read` or `write` of its own is left to whoever made
it: files that Python opened have been told of.

Classes of extension modules can't be changed. Those stay in the catalogue, by name (`entries.py`).
"""

from __future__ import annotations

import os
import sys

from hitsave_trace import catalogue
from hitsave_trace.in_c import getframe
from hitsave_trace.model import FILE, LISTING
from hitsave_trace.taps.audit import opened
from hitsave_trace.taps.linked_files import names_others
from hitsave_trace.taps.native_entries import ENTRIES
from hitsave_trace.taps.noting import noting
from hitsave_trace.taps.quiet import quiet
from hitsave_trace.taps.unseen import wrap
from hitsave_trace.unrecorded import unrecorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, ModuleType
    from typing import TypeAlias

    from hitsave_trace.taps.audit import Audit
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.unseen import Note
    from hitsave_trace.taps.whole import Whole
    from hitsave_trace.taps.whole_events import Listener

    Told: TypeAlias = "OfCalls | OfRun"
    Arguments = tuple[object, ...]
    Keywords = dict[str, object]
    Use = Callable[[Told, Arguments, Keywords, FrameType], None]
    Spec = tuple[
        str, int, str, int, str, str
    ]  # mode, position, name; for a mode from an argument: the same, and its default

MODULES = {name.removesuffix("?"): rows for name, rows in ENTRIES.items()}
MANY = 2000
"""Files below a folder, or matched by a pattern, that are followed."""
_ADDRESSES = (
    "http://",
    "https://",
    "s3://",
    "s3a://",
    "gs://",
    "gcs://",
    "az://",
    "abfs://",
    "abfss://",
    "hdfs://",
    "hf://",
)
_OF_SQLITE = ("sqlite", "sqlite+pysqlite")
"""Databases that are opened by `sqlite3`, in the thread that asks for them."""
_isdir, _isfile, _exists, _listdir = os.path.isdir, os.path.isfile, os.path.lexists, os.listdir


class Native:
    """The wrappers of one installation."""

    __slots__ = ("_audit", "_calls", "_patches", "run")

    def __init__(self, audit: Audit, patches: Patches) -> None:
        self._audit = audit
        self._patches = patches
        self._calls = OfCalls(audit)
        self.run: OfRun | None = None  # how the recording of the run is told

    def look(self) -> None:
        """Wrap what was imported before the taps were put in place."""
        for name in MODULES:
            if name in sys.modules:
                self.arrived(name)

    def arrived(self, name: str) -> None:
        """A module that has such functions was executed."""
        module = sys.modules.get(name)
        rows = MODULES.get(name)
        if module is None or rows is None:
            return
        for row in rows.splitlines():
            target, *words = row.split() or [""]
            if not target:
                continue
            try:
                self._wrap(module, target.removesuffix("?"), words)
            except Exception:
                if not target.endswith("?"):
                    catalogue.give_up(name.partition(".")[0], "native-io")

    def _wrap(self, module: ModuleType, target: str, words: list[str]) -> None:
        owner_name, _, name = target.rpartition(".")
        shown = f"{module.__name__}.{target}".removesuffix(".__init__")
        use = self._use_of(shown, words)
        note = self._note(shown, use)
        outer = self._outer(shown, note, use)
        recording = self._audit.recording
        if not owner_name:
            original = getattr(module, name)
            if hasattr(original, "__code__") and type(original).__name__ == "function":
                self._patches.set(module, name, wrap(original, note, recording, outer=outer))
            else:
                self._patches.function(module, name, note, outer=outer)
            return
        owner = getattr(module, owner_name)
        held = vars(owner)[name]
        if isinstance(held, classmethod):
            self._patches.set(owner, name, classmethod(wrap(held.__func__, note, recording, outer=outer)))
        elif self._patches.method(owner, name, note, outer=outer) is None:
            raise TypeError(f"{target} can't be changed")

    def _outer(self, shown: str, note: Note, use: Use) -> Note:
        run, recording = self.run, self._audit.recording

        def told(arguments: Arguments, keywords: Keywords) -> None:
            if run is not None and run.whole.minds():
                with quiet:
                    try:
                        use(run, arguments, keywords, getframe(1))
                    except Exception as error:
                        run.forbid("internal", f"{shown}: {type(error).__name__}")
            if not recording.stacks and unrecorded.on:
                note(arguments, keywords)

        return told

    def given_away(self, shown: str) -> Note:
        """Make what tells the recording of the whole run of work that another process does."""

        def told(_: Arguments, __: Keywords) -> None:
            if self.run is not None and self.run.whole.minds():
                self.run.forbid("process", shown)

        return told

    def _note(self, shown: str, use: Use) -> Note:
        calls = self._calls

        def told(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            use(calls, arguments, keywords, frame)

        return noting(told, self._audit.recording, shown)

    def _use_of(self, shown: str, words: list[str]) -> Use:
        places = self._audit.places
        specs = [_spec(word) for word in words if word not in ("forbid", "links", "process")]
        links = "links" in words
        never = "native-io" if "forbid" in words else ""
        if "process" in words:
            never, shown = "process", f"work given to workers of {shown.partition('.')[0]}"

        def use(told: Told, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            if places.in_library_import(frame):
                return
            if never and not _has_threads(arguments):
                told.forbid(never, shown)
            for spec in specs:
                _use(told, shown, spec, arguments, keywords, frame, links)

        return use


class OfCalls:
    """Tells the recordings of calls."""

    __slots__ = ("_audit", "file_read", "forbid", "listed", "path")

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self.path = audit.path
        self.forbid, self.listed, self.file_read = (
            audit.recording.forbid,
            audit.recording.listed,
            audit.recording.file_read,
        )

    def opened(self, path: str, flags: int) -> None:
        """A file is about to be opened."""
        opened(self._audit, path, None, flags)


class OfRun:
    """Tells the recording of the run."""

    __slots__ = ("forbid", "path", "_listener", "whole")

    def __init__(self, whole: Whole, listener: Listener) -> None:
        self.whole = whole
        self._listener = listener
        self.path, self.forbid = listener.path, whole.forbid

    def listed(self, path: str) -> None:
        """The names in a folder are about to be read."""
        self.whole.look(LISTING, path)

    def file_read(self, path: str) -> None:
        """A file is about to be read."""
        self.whole.look(FILE, path)

    def opened(self, path: str, flags: int) -> None:
        """A file is about to be opened."""
        self._listener.opened(path, None, flags)


def _has_threads(arguments: Arguments) -> bool:
    """Whether these are the arguments of a method of a pool whose workers are threads of this process."""
    return any(base.__name__ == "ThreadPool" for base in type(arguments[:1] and arguments[0]).__mro__)


def _spec(word: str) -> Spec:
    """Read one word of the data."""
    position, name, mode, *more = word.split(":")
    given, default = -1, ""
    if mode.startswith("m"):
        given, mode = int(mode[1:]), "m"
        name_of_mode, _, default = more[0].partition("=")
    else:
        name_of_mode = ""
    return mode, int(position or -1), name, given, name_of_mode, default


def _given(arguments: Arguments, keywords: Keywords, position: int, name: str, otherwise: object = None) -> object:
    if name in keywords:
        return keywords[name]
    return arguments[position] if 0 <= position < len(arguments) else otherwise


def _use(
    told: Told, shown: str, spec: Spec, arguments: Arguments, keywords: Keywords, frame: FrameType, links: bool
) -> None:
    mode, position, name, mode_position, mode_name, default = spec
    value = _given(arguments, keywords, position, name)
    if value is None or (mode == "!" and not value):
        return
    if mode == "!":
        if type(value).__name__ == "LocalFileSystem":
            return  # the files of this machine: what is meant if nothing is said
        told.forbid("native-io", f"{shown}({name}=…)")
        return
    if mode == "db":
        driver = str(getattr(value, "drivername", value)).partition(":")[0]
        if driver not in _OF_SQLITE:
            told.forbid("network", f"{shown}: {driver}://…")
        return
    flags = os.O_RDONLY
    mode, _, suffix = mode.partition(".")
    if mode == "w":
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    elif mode == "m":
        flags = _flags(str(_given(arguments, keywords, mode_position, mode_name, default)))
    for path in _paths(value):
        if not isinstance(path, (str, bytes, os.PathLike)):
            # What has a `read` of its own was made by Python, or by a function that is wrapped as well; so were the
            # handles of the library itself.
            own = type(path).__module__.partition(".")[0] == shown.partition(".")[0] and flags == os.O_RDONLY
            if type(path).__name__ == "NativeFile":
                # Opened by a file system of pyarrow's, which nobody watched, or by a function of the same module, which has said
                # which file it is.
                if not shown.startswith(f"{frame.f_globals.get('__name__')}."):
                    told.forbid("native-io", f"{shown}({name}: NativeFile)")
            elif not own and not hasattr(path, "read") and not hasattr(path, "write"):
                told.forbid("native-io", f"{shown}({name}: {type(path).__name__})")
            continue
        if suffix and isinstance(path, (str, os.PathLike)) and not str(path).endswith("." + suffix):
            if flags == os.O_RDONLY:
                _open(told, shown, path, flags, frame, links)
            path = f"{os.fspath(path)}.{suffix}"
        _open(told, shown, path, flags, frame, links)


def _flags(mode: str) -> int:
    if "+" in mode or "a" in mode:
        return os.O_RDWR | os.O_CREAT
    if "w" in mode or "x" in mode:
        return os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.O_RDONLY


def _paths(value: object) -> Iterator[object]:
    """Give the paths in an argument: it, or what is in a list of them."""
    if isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from _paths(part)
    else:
        yield value


def _open(
    told: Told, shown: str, given: str | bytes | os.PathLike[str], flags: int, frame: FrameType, links: bool
) -> None:
    try:
        path = os.fsdecode(given)
    except (TypeError, ValueError):
        return
    if isinstance(given, bytes) and not _known(path):
        return  # some functions take the content itself
    if path.startswith("file://"):
        path = path.removeprefix("file://")
    if path.startswith(_ADDRESSES) or "://" in path:
        told.forbid("network", f"{shown}: {path.partition('://')[0]}://…")
        return
    if path.startswith("~"):
        path = os.path.expanduser(path)
    absolute = told.path(path, frame)
    if absolute is None:
        return
    if flags != os.O_RDONLY:
        if _isdir(absolute):
            told.forbid("native-io", f"{shown}: {path} is a folder")
        else:
            told.opened(absolute, flags)
        return
    if _isdir(absolute):
        _folder(told, shown, absolute)
    elif not _known(absolute) and any(sign in path for sign in "*?[{"):
        _pattern(told, shown, absolute)
    else:
        told.opened(absolute, flags)
        if links and names_others(absolute):
            told.forbid("native-io", f"{shown}: {path} names other files")


def _known(path: str) -> bool:
    try:
        return _exists(path)
    except ValueError:
        return False


def _folder(told: Told, shown: str, folder: str) -> None:
    """All below a folder is read: names and contents."""
    left = MANY
    for base, folders, names in os.walk(folder):
        told.listed(base)
        left -= len(names) + len(folders)
        if left < 0:
            told.forbid("native-io", f"{shown}: more than {MANY} files")
            return
        for name in names:
            told.file_read(os.path.join(base, name))


def _pattern(told: Told, shown: str, pattern: str) -> None:
    """What a pattern matches depends on the names in each folder that it goes through; what is matched is read."""
    import glob

    if "{" in pattern:
        told.forbid("native-io", f"{shown}: a pattern with braces")
        return
    head, *rest = pattern.split("/")
    fixed = head
    while rest and not any(sign in rest[0] for sign in "*?["):
        fixed += "/" + rest.pop(0)
    deep = len(rest) > 1 or "**" in pattern
    left = MANY
    for base, folders, names in os.walk(fixed or "/"):
        told.listed(base)
        left -= len(names) + len(folders)
        if left < 0:
            told.forbid("native-io", f"{shown}: more than {MANY} files")
            return
        if not deep:
            break
    for path in glob.glob(pattern, recursive=True):
        if _isfile(path):
            told.file_read(path)
