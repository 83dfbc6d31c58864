"""Where a file event happened: which path is meant, and whether it is the program's doing.

Paths leave here absolute and as text. Three kinds of events are not the program's: what the import system opens,
what a library does while it is being imported (that belongs to its distribution, and happens again when it is
imported on a hit), and paths that lie outside of any result (the store, the standard library, installed packages,
`/proc`, the time zone tables).
"""

from __future__ import annotations

import os
import sys

from hitsave_trace.in_c import getframe
from hitsave_trace.names import user_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_getcwd = os.getcwd
_readlink = os.readlink
_OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_OWN_FOLDERS = (_OWN + "/hitsave_trace/", _OWN + "/hitsave/")

# Machine state that programs look at to size their thread pools and the like, and tables of the system.
_OUTSIDE = ("/proc/", "/sys/", "/usr/share/zoneinfo", "/usr/share/locale", "/etc/localtime", "/dev/pts/")
_SYSTEM = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/local/lib/")


def _library_roots() -> tuple[str, ...]:
    """Give the folders of the standard library, of installed packages and of the system's shared objects."""
    roots = [os.path.dirname(os.path.realpath(os.__file__)) + "/", os.path.dirname(os.__file__) + "/", *_SYSTEM]
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        roots += [f"{prefix}/{folder}/" for folder in ("lib", "lib64", "bin", "include", "share", "etc")]
    if sys.prefix not in {"/usr", "/usr/local"}:
        roots.append(sys.prefix + "/pyvenv.cfg")
    return tuple(dict.fromkeys(roots))


_LIBRARIES = _library_roots()
_INSTALLED = ("/site-packages/", "/dist-packages/")


def in_library(path: str) -> bool:
    """Whether a file belongs to an installed distribution, the standard library or the system."""
    return path.startswith(_LIBRARIES) or _INSTALLED[0] in path or _INSTALLED[1] in path


def _start() -> str:
    try:
        return _getcwd()
    except OSError:
        return "/"


def _above_libraries() -> frozenset[str]:
    """Give the folders that libraries and the program lie in: to resolve a path of theirs asks for each of them."""
    above = {"/"}
    for root in (*_LIBRARIES, *sys.path, os.path.join(_start(), "")):
        folder = os.path.dirname(root.rstrip("/"))
        while folder not in above and folder[:1] == "/":
            above.add(folder)
            folder = os.path.dirname(folder)
    return frozenset(above | {root.rstrip("/") for root in _LIBRARIES})


ABOVE_LIBRARIES = _above_libraries()
_SINKS = frozenset(("/dev/null", "/dev/zero", "/dev/full", "/proc", "/sys", "/dev"))
_SOURCES = {
    "/dev/urandom": ("entropy", "/dev/urandom"),
    "/dev/random": ("entropy", "/dev/random"),
    "/dev/hwrng": ("entropy", "/dev/hwrng"),
    "/dev/stdin": ("stdin", "/dev/stdin"),
    "/dev/fd/0": ("stdin", "/dev/fd/0"),
    "/proc/self/fd/0": ("stdin", "/proc/self/fd/0"),
    "/dev/tty": ("stdin", "/dev/tty"),
    "/dev/stdout": ("stdout-replaced", "/dev/stdout"),
    "/dev/stderr": ("stdout-replaced", "/dev/stderr"),
    "/dev/fd/1": ("stdout-replaced", "/dev/fd/1"),
    "/dev/fd/2": ("stdout-replaced", "/dev/fd/2"),
    "/proc/self/fd/1": ("stdout-replaced", "/proc/self/fd/1"),
    "/proc/self/fd/2": ("stdout-replaced", "/proc/self/fd/2"),
}


def source(path: str) -> tuple[str, str] | None:
    """Say what reading or writing a device means: the slug and the words of the reason, or None for a plain path."""
    return _SOURCES.get(path)


def machine(path: str) -> bool:
    """Whether a path is a device, or tells of the machine: nothing that a result is compared by."""
    return path in _SINKS or path.startswith(_OUTSIDE)


def text(path: object) -> str | None:
    """Give a path as text: str, bytes, PathLike, or a descriptor of a folder or file. None if it names nothing."""
    if type(path) is str:
        return path
    if path is None:
        return "."
    if isinstance(path, int):
        try:
            return _readlink(f"/proc/self/fd/{path}")
        except OSError:
            return None
    try:
        return os.fsdecode(path)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def absolute(path: str, folder: object = None) -> str | None:
    """Make `path` absolute, relative to `folder` (a `dir_fd`) or to the working directory."""
    if path[:1] != "/":
        if isinstance(folder, int) and folder >= 0:
            base = text(folder)
        else:
            base = _getcwd()
        if base is None:
            return None
        path = path.removeprefix("./")
        path = base if path in {"", "."} else base.rstrip("/") + "/" + path
    if "/../" in path or path.endswith("/.."):
        # `..` after a link is not what it looks like, so only the links in front of it may decide.
        head, tail = os.path.split(path)
        return os.path.realpath(path) if tail in {"..", ""} else os.path.join(os.path.realpath(head), tail)
    if "//" in path or "/./" in path or path.endswith(("/", "/.")):
        return os.path.normpath(path)
    return path


class Places:
    """Decides for one installation which events are the program's."""

    __slots__ = ("_files", "_ignore")

    def __init__(self, ignore: Callable[[str], bool]) -> None:
        self._ignore = ignore
        self._files: dict[str, bool] = {}

    def outside(self, path: str) -> bool:
        """Whether an absolute path can't matter to any result."""
        return path in _SINKS or path.startswith(_OUTSIDE) or in_library(path) or self._ignore(path)

    def is_probed(self, filename: str) -> bool:
        """Whether the functions of a file have probes, so that it is known which of them run."""
        return any(module.filename == filename for module in user_modules.values())

    def is_user_file(self, filename: str) -> bool:
        """Whether code of this file is the program's own, as opposed to a library's or ours."""
        known = self._files.get(filename)
        if known is None:
            known = not filename.startswith(("<", *_OWN_FOLDERS))
            if known:
                absolute_name = os.path.abspath(filename)
                known = not (in_library(absolute_name) or self._ignore(absolute_name))
            self._files[filename] = known
        return known

    def in_library_import(self, frame: FrameType | None) -> bool:
        """Whether the import of a module stands between `frame` and the program's own code around it."""
        files = self._files
        while frame is not None:
            code = frame.f_code
            filename = code.co_filename
            user = files.get(filename)
            if user is None:
                user = self.is_user_file(filename)
            if user:
                return False
            if code.co_name == "_load_unlocked" and filename == "<frozen importlib._bootstrap>":
                return True
            frame = frame.f_back
        return False

    def caller(self, frame: FrameType | None, through: tuple[str, ...]) -> tuple[str, str]:
        """Name the module and function of the first frame that is not in one of the modules `through`."""
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module not in through:
                return str(module), frame.f_code.co_name
            frame = frame.f_back
        return "", ""


def shows_warning(frame: FrameType | None) -> bool:
    """Whether this is where `warnings` writes one that it has just decided to show; not where a program asks it to write."""
    if frame is None or frame.f_code.co_name != "_showwarnmsg_impl" or frame.f_globals.get("__name__") != "warnings":
        return False
    caller = frame.f_back
    return caller is not None and caller.f_code.co_name == "_showwarnmsg"


def for_a_warning(frame: FrameType | None) -> bool:
    """Whether a line is looked up for a warning that is shown, and will be looked up again when it is shown again."""
    while frame is not None and frame.f_globals.get("__name__") in {"linecache", "tokenize"}:
        frame = frame.f_back
    if frame is None or frame.f_code.co_name != "_formatwarnmsg_impl" or frame.f_globals.get("__name__") != "warnings":
        return False
    caller = frame.f_back
    return caller is not None and caller.f_code.co_name == "_formatwarnmsg" and shows_warning(caller.f_back)


def import_system_reads(frame: FrameType | None, path: str) -> bool:
    """Whether the import system opened `path` for itself, given the frame that did.

    A loader's `get_data` is also how `pkgutil.get_data` reads the data of a package: then a frame outside of the
    import system asked for it.
    """
    if frame is None or not frame.f_code.co_filename.startswith("<frozen "):
        return False
    filename = frame.f_code.co_filename
    if filename not in {
        "<frozen importlib._bootstrap_external>",
        "<frozen importlib._bootstrap>",
        "<frozen zipimport>",
    }:
        return False
    if frame.f_code.co_name != "get_data" or path.endswith((".pyc", ".so")):
        return True
    outer = frame.f_back
    return outer is not None and outer.f_code.co_filename.startswith("<frozen ")


def here(depth: int) -> FrameType:
    """Give the frame `depth` levels above the caller."""
    return getframe(depth + 1)
