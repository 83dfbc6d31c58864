"""Looks at files that raise no audit event: `os.stat` and its kin, the working directory, bytes written to 1 and 2.

The functions are wrapped once at start-up and stay wrapped: a module that says `from os import stat` gets the
wrapper too, whenever it does. (Rejected: to put the wrappers in only while something is recorded. Names that were
bound before would be missed, and each swap makes the interpreter forget what it had specialised for `os`.) A module
that was imported before start-up and holds one of the functions by name gets the wrapper in its place.

What a look asks for decides what it depends on. `os.path.exists` calls `os.stat`, but a program that asks whether a
file is there must not depend on its time: the calling function says which it is.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from hitsave_trace.fingerprint.terminals import SIZE, STREAMS
from hitsave_trace.model import CWD
from hitsave_trace.names import code_infos
from hitsave_trace.taps import places as _places
from hitsave_trace.taps.audit import opened
from hitsave_trace.taps.noting import noting
from hitsave_trace.taps.unseen import StandIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.audit import Audit
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.streams import Streams
    from hitsave_trace.taps.unseen import Note

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]

_stat = os.stat

_ASK_PRESENCE = frozenset((
    "exists", "lexists", "isfile", "isdir", "islink", "ismount", "is_file", "is_dir", "is_symlink", "is_mount",
    "is_socket", "is_fifo", "is_block_device", "is_char_device", "realpath", "_joinrealpath", "resolve", "isjunction",
    "is_junction", "_is_regular_file",
))  # fmt: skip
_PATH_MODULES = frozenset(("genericpath", "posixpath", "pathlib", "pathlib._local", "pathlib._abc", "glob", "shutil"))
_SMALL_BYTES = 16 << 20


class Files:
    """The wrappers of one installation."""

    __slots__ = ("audit", "streams")

    def __init__(self, audit: Audit, streams: Streams) -> None:
        self.audit = audit
        self.streams = streams

    def install(self, patches: Patches) -> None:
        """Put the wrappers in place."""
        for name in ("stat", "lstat"):
            patches.function(os, name, self._noting(_stat_asked))
        for name in ("access", "readlink", "statvfs", "pathconf"):
            if hasattr(os, name):
                patches.function(os, name, self._noting(_other_asked))
        for name in ("getcwd", "getcwdb"):
            patches.function(os, name, self._noting(_directory_asked))
        patches.function(os, "isatty", self._noting(_terminal_asked))
        patches.function(os, "get_terminal_size", self._noting(_size_asked))
        for name in ("pread", "preadv", "read", "readv"):
            if hasattr(os, name):
                patches.function(os, name, self._noting(_descriptor_read))
        for name in ("write", "writev", "pwrite", "pwritev", "sendfile", "splice", "copy_file_range"):
            if hasattr(os, name):
                patches.function(os, name, self._noting(_write_of(name, self.streams)), after=True)
        patches.function(os, "open", self._noting(_opened_in_folder))
        entry = os.DirEntry
        for name in ("stat", "is_dir", "is_file", "is_symlink"):
            patches.method(entry, name, self._noting(_entry_asked_of(name)))

    def imported(self, patches: Patches) -> None:
        """Wrap `linecache`, once it is loaded.

        A traceback, a warning and `inspect.getsource` show lines of the program and their numbers. They ask this
        module, which answers from memory from the second time on: then nothing is opened.
        """
        module = sys.modules.get("linecache")
        if module is not None and type(module.getlines) is not StandIn:
            patches.function(module, "getlines", self._noting(_lines_asked))

    def _noting(self, note: Callable[[Audit, Arguments, Keywords, FrameType], None]) -> Note:
        audit = self.audit

        def told(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            note(audit, arguments, keywords, frame)

        return noting(told, audit.recording, "files")


def _path_of(arguments: Arguments, keywords: Keywords) -> object:
    return arguments[0] if arguments else keywords.get("path")


def facet(frame: FrameType | None) -> str:
    """Say what a `stat` by this frame is after: 'presence', 'content', 'size', 'stat' (size and time) or 'nothing': who makes
    sure that a folder is there does the same in the end whether it is there or not.
    """
    steps = 0
    while frame is not None and steps < 4:
        module = frame.f_globals.get("__name__")
        name = frame.f_code.co_name
        if module in _PATH_MODULES:
            if name == "exists" and _is_making_folders(frame.f_back):
                return "nothing"
            if name in _ASK_PRESENCE:
                return "presence"
            if name == "getsize":
                return "size"
            if name.startswith(("rmtree", "_rmtree")):
                return "presence"  # whether it is the folder that it was a moment ago
            if name not in {"stat", "lstat"}:
                return "stat"
        elif module == "linecache":
            # Asks whether its copy of a source file is fresh: what it then shows is the file's text.
            return "content"
        else:
            return "stat"
        frame = frame.f_back
        steps += 1
    return "stat"


def _is_making_folders(frame: FrameType | None) -> bool:
    return frame is not None and frame.f_code.co_name == "makedirs" and frame.f_globals.get("__name__") == "os"


def _stat_asked(audit: Audit, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
    asked = _path_of(arguments, keywords)
    if isinstance(asked, int):
        return  # an open file: what was read of it has been reported
    wanted = facet(frame)
    if wanted == "nothing":
        return
    folder = keywords.get("dir_fd")
    named = _places.text(asked) or ""
    known = audit.recording.own() if named and folder is None else None
    look = (named, wanted)
    if known is not None and look in known.looks:
        return
    path = audit.path(asked, frame, folder)
    if path is None:
        return
    if wanted == "size":
        # Equal content has an equal size. A large file is not worth reading for that.
        try:
            size = _stat(path).st_size
        except OSError:
            size = _SMALL_BYTES
        wanted = "content" if size < _SMALL_BYTES else "stat"
    counts = True
    if wanted == "content":
        audit.recording.file_read(path)
    elif wanted != "presence" or path not in _places.ABOVE_LIBRARIES:
        counts = bool(audit.recording.looked(path, wanted))
    if counts and known is not None and path.endswith(named):
        known.looks.add(look)


def _other_asked(audit: Audit, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
    asked = _path_of(arguments, keywords)
    if isinstance(asked, int):
        return
    path = audit.path(asked, frame, keywords.get("dir_fd"))
    if path is not None and path not in _places.ABOVE_LIBRARIES:
        audit.recording.looked(path, "presence")


def _directory_asked(audit: Audit, _: Arguments, __: Keywords, frame: FrameType) -> None:
    # `abspath` of an absolute path does not ask; of a relative one it does, and the path depends on the answer.
    known = audit.recording.own()
    if known is not None and (CWD, "") in known.reads:
        return
    if not audit.places.in_library_import(frame):
        audit.recording.working_directory()


def _terminal_asked(audit: Audit, arguments: Arguments, _: Keywords, frame: FrameType) -> None:
    number = arguments[0] if arguments else None
    if type(number) is int and 0 <= number < len(STREAMS) and not audit.places.in_library_import(frame):
        audit.recording.asked_terminal(STREAMS[number])


def _size_asked(audit: Audit, _: Arguments, __: Keywords, frame: FrameType) -> None:
    if not audit.places.in_library_import(frame):
        audit.recording.asked_terminal(SIZE)


def _lines_asked(audit: Audit, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
    filename = arguments[0] if arguments else keywords.get("filename")
    if isinstance(filename, str) and not filename.startswith("<"):
        path = audit.path(filename, frame)
        if path is not None:
            audit.recording.file_read(path)
            asker: FrameType | None = frame
            while asker is not None and asker.f_globals.get("__name__") == "linecache":
                asker = asker.f_back
            if asker is not None and id(asker.f_code) in code_infos:
                # It reads data: what is kept of a file stays what it was, also if the file changes.
                audit.recording.forbid("hidden-state", "linecache")


def _descriptor_read(audit: Audit, arguments: Arguments, keywords: Keywords, _: FrameType) -> None:
    descriptor = arguments[0] if arguments else keywords.get("fd")
    if descriptor == 0:
        audit.recording.forbid("stdin", "os.read(0)")


def _write_of(name: str, streams: Streams) -> Callable[[Audit, Arguments, Keywords, FrameType], None]:
    def note(audit: Audit, arguments: Arguments, _: Keywords, frame: FrameType) -> None:
        target = 1 if name in {"splice", "copy_file_range"} else 0
        descriptor = arguments[target] if len(arguments) > target else None
        if descriptor not in {1, 2} or streams.writing(frame) or audit.places.in_library_import(frame):
            return
        if name == "write":
            audit.recording.text(-int(descriptor), bytes(arguments[1]))  # type: ignore[call-overload]
        else:
            audit.recording.forbid("stdout-replaced", f"os.{name}({descriptor}, …)")

    return note


def _opened_in_folder(audit: Audit, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
    """Report `os.open(path, flags, dir_fd=…)`, whose audit event does not say relative to what."""
    folder = keywords.get("dir_fd")
    asked = _path_of(arguments, keywords)
    flags = arguments[1] if len(arguments) > 1 else keywords.get("flags")
    if folder is None or not isinstance(flags, int):
        return
    audit.reported[get_ident()] = asked
    path = audit.path(asked, frame, folder)
    if path is not None:
        opened(audit, path, None, flags)


def _entry_asked_of(name: str) -> Callable[[Audit, Arguments, Keywords, FrameType], None]:
    wanted = "stat" if name == "stat" else "presence"

    def note(audit: Audit, arguments: Arguments, _: Keywords, frame: FrameType) -> None:
        entry = arguments[0]
        if "/" not in entry.path:  # type: ignore[attr-defined]
            # From `os.scandir(descriptor)`: the name says nothing of the folder, whose listing has been reported.
            if name == "stat" and audit.places.is_user_file(frame.f_code.co_filename):
                audit.recording.forbid("dynamic-read", "os.scandir(descriptor)")
            return
        path = audit.path(entry.path, frame)  # type: ignore[attr-defined]
        if path is not None:
            audit.recording.looked(path, "presence" if _walks(frame) else wanted)

    return note


def _walks(frame: FrameType) -> bool:
    """Whether the library's own recursion looks at an entry only to tell folders from files."""
    return frame.f_globals.get("__name__") in {"glob", "shutil", "os"} and frame.f_code.co_name not in {
        "copystat",
        "_copytree",
    }
