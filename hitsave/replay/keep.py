"""A run has ended: can it be done again, and what must be kept for that?

Called when everything of the program has run that runs before the interpreter takes itself down. What is written after
that, and what files that are still open will hold, is added by the seal (`hitsave_trace.taps.descriptors`).
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from _frozen_importlib_external import cache_from_source
from time import clock_getres, perf_counter, time

from hitsave import errors
from hitsave.replay.look import SUFFIXES, importable, library, matches
from hitsave.replay.record import Run
from hitsave.replay.searched import paths_of, stems_of
from hitsave.store.codec import decode, digest_of
from hitsave.store.seals import seal_path
from hitsave_trace import names
from hitsave_trace.fingerprint.files import LATER_BYTES, settled, stamp_of
from hitsave_trace.importing.loader import relative
from hitsave_trace.importing.quietly import compile_quietly
from hitsave_trace.model import FILE
from hitsave_trace.taps.places import in_library
from hitsave_trace.taps.quiet import quiet
from hitsave_trace.taps.suspects import mentions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave.memo.session import Session
    from hitsave.replay.record import File
    from hitsave_trace.taps.whole import Whole

    Row = dict[str, object]

KEPT_BYTES = 64 << 20
"""Content of files that a run wrote. More of it is not kept, and the run not replayed."""
LATE_BYTES = 4 << 20
"""Content of files that were open to the end."""


def _resolution() -> float:
    """Seconds by which the clock of a file system may lag behind: what Linux calls the coarse clock, and a little more."""
    try:
        return 1.5 * clock_getres(5)
    except (OSError, ValueError):
        return 0.02


_TICK = _resolution()
_LOW = 0xFFFFFFFF  # what bytecode keeps of the second and the size of its source


def prepare(told: str | None) -> tuple[bytes, dict[str, str], list[Row], float] | None:
    """What the process before this one found: name and conditions of the run, why it was not replayed, and when."""
    if not told:
        return None
    try:
        return decode(bytes.fromhex(told))  # type: ignore[return-value]
    except Exception:
        return None


def close(session: Session, status: int, exception: BaseException | None) -> Row:
    """Keep the run, if it can be done again. Gives what its record says of that."""
    whole, taps = session.whole, session.taps
    if whole is None or taps is None or taps.run is None or session.begun is None:
        return {}
    name, conditions, missed, began = session.begun
    with quiet:
        _against(session, whole, status, exception)
        session.store.flush()
        taps.run.end()
        whole.on = False
        run, kept = None, b""
        if not whole.lost:
            run = _Closing(session, whole, began).run(name, conditions, status)
        if run is not None and not whole.lost:
            kept = _save(session, run)
        if not kept:
            taps.run.descriptors.remove()
        reasons = [_reason(slug, what, where) for slug, what, where in whole.reasons]
    return {"missed": missed, "not_replayable": reasons, "kept_as": kept.hex() or None}


def _reason(slug: str, what: str, where: str) -> Row:
    return {"kind": slug, "subject": what, "where": where or None, "before": None, "after": None, "path": []}


def _against(session: Session, whole: Whole, status: int, exception: BaseException | None) -> None:
    """What speaks against the run that has nothing to do with what it read and wrote."""
    if exception is not None or status < 0:
        words = "KeyboardInterrupt" if status < 0 else type(exception).__name__
        whole.forbid("raised" if status >= 0 else "interrupted", words, "")
    if session.journal.accepted:
        whole.forbid("accepted", ", ".join(session.journal.accepted), "")
    if session.faults or errors.said != session.said:
        whole.forbid(
            "internal", session.faults[0] if session.faults else "a message of HitSave stands in the output", ""
        )
    for loaded in session.hook.loaded if session.hook is not None else ():
        if loaded.why_not is not None:
            whole.forbid("unprobed-code", f"{loaded.module} ({loaded.why_not})", "")


def _save(session: Session, run: Run) -> bytes:
    """Keep the run; the digest under which it is kept, or b""."""
    store = session.store
    assert session.taps is not None and session.taps.run is not None  # noqa: S101, PT018
    trace = store.save_trace(run.name, run.to_record(), ())
    if not trace:
        return b""
    path = seal_path(store.folder, trace)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    except OSError:
        return b""
    session.broken = session.taps.run.descriptors.seal(path, run.status, run.late)
    return trace


class _Closing:
    """Looks at everything that a run depends on and has left, once."""

    __slots__ = ("began", "session", "whole")

    def __init__(self, session: Session, whole: Whole, began: float) -> None:
        self.session = session
        self.whole = whole
        self.began = began

    def run(self, name: bytes, conditions: dict[str, str], status: int) -> Run | None:
        """The run as it is kept; None if something speaks against it."""
        whole, session = self.whole, self.session
        assert session.taps is not None and session.taps.run is not None  # noqa: S101, PT018
        stems = frozenset(stems_of([*whole.searched, *sys.modules]))
        installed = [folder for folder in dict.fromkeys(_absolute(session.paths)) if in_library(folder + "/x")]
        libraries = tuple((folder, *library(folder)) for folder in installed)
        self._modules(tuple(folder + os.sep for folder in installed))
        folders = tuple((folder, importable(folder, stems)) for folder in self._folders(set(installed)))
        self._generated({folder for folder, _ in folders}, stems)
        self._meanwhile(folders)
        if whole.lost:
            return None
        late = self._left_open()
        files = self._files(set(late))
        if self.session.script and (FILE, os.path.abspath(self.session.script)) not in whole.reads:
            whole.forbid("internal", "the script was not seen", "")  # it would never be compared
        reads = tuple(self._readings())
        if files is None or _is_lost(whole):
            return None
        pieces = session.taps.run.descriptors.joined()
        return Run(
            name,
            conditions,
            reads,  # type: ignore[arg-type]
            folders,
            tuple(sorted(stems)) if folders else (),
            libraries,
            tuple(files),
            session.store.save_blob(b"".join(data for _, data in pieces)),
            tuple((number, len(data)) for number, data in pieces),
            status,
            perf_counter() - session.clock,
            session.run,
            time(),
            late,
        )

    # --- code ---------------------------------------------------------------------------------------------------

    def _modules(self, installed: tuple[str, ...]) -> None:
        """Make the file of every module a dependency that no folder of packages stands for."""
        # The interpreter takes the script's own `__file__` away before it comes to us.
        loaded = [one.filename for one in self.session.hook.loaded] if self.session.hook is not None else []
        for path in dict.fromkeys([*loaded, *map(_file_of, self.session.modules)]):
            if not path or path.startswith(installed) or self.session.own(path):
                continue
            path = os.path.abspath(path)
            if path in self.whole.written:
                self.whole.forbid("import-of-user-module", f"{path}, which it wrote itself", "")
                return
            if path.endswith(SUFFIXES[:-2]):
                # Machine code of the project's own: it may read and print whatever it likes.
                self.whole.forbid("native-io", path, "")
            elif path.endswith(".py"):
                self._bytecode(path)
                if not self._is_probed(path) and (self._before(path) or self.session.scope.decide(path)[0]):
                    self._unprobed(path)
            self.whole.source(path)
            self._unchanged(path)

    def _is_probed(self, path: str) -> bool:
        return any(os.path.abspath(one.filename) == path for one in names.user_modules.values())

    def _before(self, path: str) -> bool:
        """Whether a module came with the interpreter's own start: `sitecustomize`, what a `.pth` file imports."""
        return path in self.session.started_with

    def _unprobed(self, path: str) -> None:
        """Code of the project that does not tell what runs of it: nobody watched it, but for what came before the program.

        Of that all that it mentions counts, whether it ran or not.
        """
        if not self._before(path):
            self.whole.forbid("unprobed-code", path, "")
            return
        try:
            with open(path, "rb") as file:
                code = compile_quietly(file.read(), path)
        except (OSError, SyntaxError, ValueError) as error:
            self.whole.forbid("unprobed-code", f"{path}: {error}", "")
            return
        for slug, what in mentions(code):
            self.whole.forbid(slug, what, "")

    def _unchanged(self, path: str) -> None:
        """What was loaded must be what stands there: nobody may have written the file since the run began."""
        try:
            changed = os.stat(path).st_ctime >= self.began - _TICK and not self._is_as_loaded(path)
        except OSError:
            changed = True
        if changed:
            self.whole.forbid("file-changed-meanwhile", path, "")

    def _is_as_loaded(self, path: str) -> bool:
        """Whether a source is, byte by byte, what the import hook read."""
        known = self.session.sources.get(relative(path, self.session.scope.project))
        if known is None:
            return False
        with open(path, "rb") as file:
            return digest_of(file.read()).hex() == known

    def _bytecode(self, path: str) -> None:
        """See that what was loaded from bytecode is what the source says.

        Python compares second and size. A source that was written twice in a second, or that was given its old time again,
        leaves bytecode of what it was before. So if the source was touched in any way after its bytecode was made, the two
        are compared, once.
        """
        try:
            cached = cache_from_source(path)
            written = os.stat(path)
            with open(cached, "rb") as file:
                head = file.read(16)
                made = os.fstat(file.fileno())
                if made.st_mtime >= self.began - _TICK:
                    return  # this run made it
                flags = int.from_bytes(head[4:8], "little")
                if flags == 1:
                    self.whole.forbid("unprobed-code", f"{cached}, which no source is compared with", "")
                    return
                if flags or made.st_mtime > written.st_ctime + _TICK:
                    return
                noted = int.from_bytes(head[8:12], "little"), int.from_bytes(head[12:16], "little")
                if noted != (int(written.st_mtime) & _LOW, written.st_size & _LOW):
                    return  # Python sees that it is of another source, and compiled this one
                known = (stamp_of(written), stamp_of(made))
                if self.session.store.file_digest("bytecode of " + path) == known:
                    return
                body = file.read()
            with open(path, "rb") as file:
                source = file.read()
        except (OSError, NotImplementedError, ValueError):
            return  # without bytecode, the source was compiled
        try:
            same = marshal.loads(body) == compile_quietly(source, path)
        except (ValueError, EOFError, TypeError, SyntaxError):
            same = False
        if same:
            self.session.store.save_file_digest("bytecode of " + path, known)
        else:
            self.whole.forbid("unprobed-code", f"{cached} is not what its source says", "")

    def _folders(self, installed: set[str]) -> list[str]:
        """The folders in which modules were looked for, but those of packages."""
        found: dict[str, None] = {}
        packages = [path for module in self.session.modules for path in paths_of(module)]
        for folder in _absolute([*self.session.paths, *sys.path_importer_cache, *packages]):
            if folder in found or folder in installed or in_library(folder + "/x") or self.session.own(folder + os.sep):
                continue
            if os.path.isfile(folder):
                self.whole.source(folder)
            else:
                found[folder] = None
        return list(found)

    def _generated(self, folders: set[str], stems: frozenset[str]) -> None:
        for path in self.whole.written:
            folder, name = os.path.split(path)
            if folder in folders and matches(name, stems):
                self.whole.forbid("import-of-user-module", f"{path}, which it wrote itself", "")

    def _meanwhile(self, folders: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        for folder, found in folders:
            for name in found:
                path = os.path.join(folder, name.partition("/")[0])
                try:
                    changed = os.lstat(path).st_ctime >= self.began - _TICK and not self._is_as_loaded(path)
                except OSError:
                    changed = True
                # The time of a folder says that something in it was made: bytecode, as a rule.
                if changed and not name.endswith(("/", "/regular")):
                    self.whole.forbid("file-changed-meanwhile", path, "")

    # --- what was read ------------------------------------------------------------------------------------------

    def _readings(self) -> Iterator[tuple[object, ...]]:
        """What was read. Large files are fingerprinted now, if they are what they were when they were opened."""
        from hitsave_trace.around import around

        for (kind, name), (fingerprint, stamp, without) in self.whole.reads.items():
            if fingerprint is None and stamp is not None:
                try:
                    found = os.stat(name)
                except OSError:
                    found = None
                if found is None or stamp_of(found) != stamp:
                    if name not in self.whole.written:
                        self.whole.forbid("file-changed-meanwhile", name, "")
                elif found.st_size <= LATER_BYTES or not settled(found):
                    fingerprint = around.digests.content(name)
                    stamp = stamp if settled(found) else None
            yield kind, name, fingerprint, stamp, without

    # --- what was written ---------------------------------------------------------------------------------------

    def _left_open(self) -> tuple[str, ...]:
        """Files that the program never closed: what they hold is known when the interpreter has closed them."""
        assert self.session.taps is not None  # noqa: S101
        paths = tuple(self.session.taps.left_open(list(self.whole.written)))
        try:
            if sum(os.stat(path).st_size for path in paths) > LATE_BYTES:
                self.whole.forbid("too-much", f"{LATE_BYTES >> 20} MB in files that were never closed", "")
        except OSError as error:
            self.whole.forbid("unreadable-file", str(error), "")
        return paths

    def _files(self, late: set[str]) -> list[File] | None:
        """The state in which the run left each path that it wrote, or None if that can't be kept."""
        made: list[File] = []
        gone: list[File] = []
        left = KEPT_BYTES
        for path in sorted(self.whole.written):
            try:
                found = os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                gone.append((path, "absent"))
                continue
            mode = stat.S_IMODE(found.st_mode)
            if stat.S_ISDIR(found.st_mode):
                made.append((path, "directory", mode))
                continue
            if not stat.S_ISREG(found.st_mode):
                self.whole.forbid("special-file", path, "")
                return None
            left -= found.st_size
            if left < 0:
                self.whole.forbid("too-much", f"{KEPT_BYTES >> 20} MB of files", "")
                return None
            try:
                with open(path, "rb") as file:
                    data = file.read()
            except OSError as error:
                self.whole.forbid("unreadable-file", f"{path}: {error.strerror}", "")
                return None
            keep = None if path in late or not settled(found) else stamp_of(found)
            made.append((path, "content", self.session.store.save_blob(data), mode, keep))
        return [*made, *reversed(gone)]


def _is_lost(whole: Whole) -> bool:
    """Asked again: looking may have found something that speaks against the run."""
    return whole.lost


def _absolute(paths: list[object] | list[str]) -> list[str]:
    here = os.getcwd()
    return [os.path.normpath(os.path.join(here, path)) for path in paths if type(path) is str]


def _file_of(module: object) -> str:
    """The file of a module; a lazy one is not woken by the question."""
    try:
        path = object.__getattribute__(module, "__dict__").get("__file__")
    except AttributeError:
        return ""
    return path if type(path) is str and not path.startswith("<") else ""
