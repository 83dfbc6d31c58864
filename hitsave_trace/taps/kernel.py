"""What the kernel knows of this process that no tap sees: bytes written by native code, and children.

C, Fortran and Rust write to descriptor 1 without asking Python. A run that printed in this way can't be replayed, since
those bytes were not seen. If a descriptor is a file, its position tells. Else the bytes that the process wrote in sum
(`accounts`) are compared with those that are known: what went through `sys.stdout`, what HitSave wrote for itself, and the
files that the run left. If the sum comes out, nothing was written past us. If it does not, the run may have written a
file twice, or printed natively: then it depends on whether any native library is loaded that might print.
"""

from __future__ import annotations

import os
import sys
from _imp import extension_suffixes
from fcntl import F_GETFL, fcntl
from select import POLLERR, poll
from stat import S_ISREG
from time import time_ns

from hitsave_trace.accounts import ours, written
from hitsave_trace.fingerprint.state import names_of
from hitsave_trace.taps.places import in_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hitsave_trace.taps.descriptors import Descriptors

_QUIET = frozenset((
    "numpy", "pandas", "matplotlib", "PIL", "kiwisolver", "contourpy", "lmdb", "xxhash", "yaml", "_yaml", "markupsafe",
    "msgpack", "orjson", "ujson", "regex", "lxml", "greenlet", "pyarrow", "bottleneck", "numexpr", "charset_normalizer",
    "hitsave_trace", "pydantic_core", "multidict", "frozenlist", "yarl", "propcache", "rpds", "wrapt", "simplejson", "cffi", "_cffi_backend",
))  # fmt: skip
"""Native libraries that print nothing by themselves."""

_AT_IMPORT = {"joblib._multiprocessing_helpers": 32}
"""What modules write while they are imported: a semaphore, to see whether there are any."""

_TRIED_FOLDER = 4
"""What `tempfile` writes when it looks for a folder for the first time, into a file that is gone at once."""

_LAG = 20_000_000
"""Nanoseconds by which the clock of a file system may be late."""

_fstat = os.fstat


class Accounts:
    """How things stood when the run began."""

    __slots__ = ("_began", "_loaded", "_places", "_written")

    def __init__(self) -> None:
        ours.on = True
        self._began = time_ns() - _LAG
        self._loaded = frozenset(sys.modules)
        self._places = {number: _position(number) for number in (0, 1, 2)}
        before = written()
        self._written = None if before is None else before - ours.total()

    def was_read(self) -> bool:
        """Whether standard input is a file, and was read by whoever it may be."""
        return _position(0) != self._places[0]

    def unseen_output(self, descriptors: Descriptors, files: Mapping[str, int | None]) -> str | None:
        """Say what was written past the taps, as far as can be told; None if nothing was.

        `files` are the paths that the run wrote, with the size that each had before if it was kept.
        """
        if _nobody_reads():
            return "nobody reads it any more"
        pending = _pending()
        if pending:
            return "text that native code has not yet written out"
        uncertain = False
        for number in (1, 2):
            before, now = self._places[number], _position(number)
            if before is None and now is None:
                uncertain = uncertain or _is_open(number)
            elif before is None or now is None or now - before not in self._expected(descriptors, number):
                return f"descriptor {number}"
        if not uncertain:
            return None
        now = written()
        if now is None or self._written is None:
            return "the system does not say how much is written"
        known = sum(descriptors.bytes.values())
        rest = now - self._written - ours.total() - known
        if rest < 0:
            return "standard output"
        rest -= _sizes(files)
        if rest in _of_libraries() or rest - self._bytecode() in _of_libraries():
            return None
        return next(_talkative(), None)

    def _bytecode(self) -> int:
        """Bytes that the interpreter has written since, to keep what it had compiled of modules that were imported."""
        total = 0
        for name, path in _loaded("__cached__"):
            try:
                found = None if name in self._loaded else os.lstat(path)
            except (OSError, ValueError):
                continue
            if found is not None and found.st_ctime_ns >= self._began:
                total += found.st_size
        return total

    def _expected(self, descriptors: Descriptors, number: int) -> tuple[int, ...]:
        # Both may lead to one file, with one position or with two.
        return descriptors.bytes[number], sum(descriptors.bytes.values())


def _of_libraries() -> set[int]:
    """The sums that the standard library and others may have written for themselves, none of it for anybody to see."""
    imported = sum(size for name, size in _AT_IMPORT.items() if name in sys.modules)
    tried = _TRIED_FOLDER if getattr(sys.modules.get("tempfile"), "tempdir", None) is not None else 0
    return {0, imported, tried, imported + tried}


def had_children(*, known: bool) -> bool:
    """Whether this process has, or ever had, a child: what that did is not known. `known`: there was one that is."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        pass
    except OSError:
        return True
    else:
        return True
    if known:
        return False
    from resource import RUSAGE_CHILDREN, getrusage

    return getrusage(RUSAGE_CHILDREN).ru_maxrss > 0


def _nobody_reads() -> bool:
    """Whether a reader of standard output or error went away: what it did not get was not noted."""
    asked = poll()
    for number in (1, 2):
        asked.register(number, 0)
    return any(event & POLLERR for _, event in asked.poll(0))


def _is_open(number: int) -> bool:
    try:
        _fstat(number)
    except OSError:
        return False
    return True


def _position(number: int) -> int | None:
    """Where a descriptor stands in its file; None if it leads to no file."""
    try:
        found = _fstat(number)
        if not S_ISREG(found.st_mode):
            return None
        if number and fcntl(number, F_GETFL) & os.O_APPEND:
            return found.st_size  # before the first write it stands at the beginning
        return os.lseek(number, 0, os.SEEK_CUR)
    except OSError:
        return None


def _sizes(files: Mapping[str, int | None]) -> int:
    total = 0
    for path, before in files.items():
        try:
            found = os.lstat(path)
        except OSError:
            continue
        if S_ISREG(found.st_mode):
            total += found.st_size - (before or 0)
    return total


def _loaded(attribute: str) -> Iterator[tuple[str, str]]:
    """The modules that are loaded, each with the path that it has by this name."""
    for name, module in list(sys.modules.items()):
        path = names_of(module).get(attribute)
        if type(path) is str:
            yield name, path


def _talkative() -> Iterator[str]:
    """Native libraries that are loaded and might print: not those that come with the interpreter."""
    suffixes = tuple(extension_suffixes())
    standard = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
    for name, path in _loaded("__file__"):
        if not path.endswith(suffixes) or name.partition(".")[0] in _QUIET:
            continue
        real = os.path.realpath(path)
        if real.startswith(standard) and "-packages/" not in real:
            continue
        yield f"perhaps {name.partition('.')[0]}" if in_library(path) else path


def _pending() -> int:
    """Bytes that wait in the buffers of C's own stdout and stderr."""
    try:
        from ctypes import CDLL, c_size_t, c_void_p

        library = CDLL(None)
        count = library.__fpending
        count.argtypes, count.restype = (c_void_p,), c_size_t
        return sum(int(count(c_void_p.in_dll(library, name))) for name in ("stdout", "stderr"))
    except (OSError, AttributeError, ValueError, ImportError):
        return 0
