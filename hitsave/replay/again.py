"""Answer a whole run from the store, in the process that the user started: the program is not run, nor anything imported.

This stands before every run, so it imports little: LMDB, xxhash and small modules of ours. What is in doubt is left to the
ordinary way, with the reason: another version of the store, a foreign one, a record that is damaged, a file that can't
be written. Nothing is touched before all contents are at hand, and once the first byte of output is written, the
program is not run any more.

Nothing is unpickled here: what is kept of a run is plain data.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter, time

import lmdb

from hitsave import config, errors
from hitsave.replay import conditions as begins
from hitsave.replay import doing
from hitsave.replay.look import importable, is_same_library
from hitsave.replay.record import Run
from hitsave.store import place, schema
from hitsave.store.blobs import BlobFolder
from hitsave.store.codec import Damaged, Gone, decode, decode_named, digest_of, encode
from hitsave.store.environment import Environment, open_environment
from hitsave.store.seals import read_seal
from hitsave_trace.fingerprint.files import KIND_WORDS, ROOMS, FileDigests, link, packages_in, stamp_of, whole_listing
from hitsave_trace.fingerprint.variables import env
from hitsave_trace.model import ABSENT, ENV, FILE, LISTING, PRESENCE, STAT
from hitsave_trace.scope import project_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.config import Settings
    from hitsave.options import Options
    from hitsave.replay.record import Reading

    Row = dict[str, object]
    Contents = dict[str, bytes]

CANDIDATES = 4
"""Kept runs of one name that are looked at, the newest first."""


def attempt(options: Options, head: list[str]) -> str | None:
    """Answer the run, and never return; or say what the process that runs the program should know, if anything."""
    started, clock = time(), perf_counter()
    try:
        if begins.prevented() is not None:
            return None
        project = _project(options)
        settings = config.load(
            project,
            {
                "store": options.store,
                "quiet": options.quiet or None,
                "replay": options.replay,
                "verify": options.verify,
            },
        )
        if project == "" or not settings.replay or settings.verify[0]:
            return None
        attempt = _Attempt(options, settings, project, head, started, clock)
        return attempt.go()
    except errors.ConfigError:
        return None  # it will be said where it is said
    except Exception:
        if os.environ.get("HITSAVE_DEBUG"):
            sys.excepthook(*sys.exc_info())
        return None


def _project(options: Options) -> str:
    """The project folder of the program, as the run itself will find it."""
    if options.module is not None:
        return project_of(os.getcwd())
    full = os.path.join(os.getcwd(), options.script or "")
    return project_of(full if os.path.isdir(full) else os.path.dirname(full))


class _Attempt:
    """One attempt."""

    __slots__ = (
        "_began", "_clock", "_conditions", "_digests", "_head", "_missed", "_values", "folder", "name", "options", "project",
        "settings",
    )  # fmt: skip

    def __init__(
        self, options: Options, settings: Settings, project: str, head: list[str], began: float, clock: float
    ) -> None:
        self.options = options
        self.settings = settings
        self.project = project
        self._head = head
        self._began = began
        self._clock = clock
        self.folder = os.path.abspath(settings.store)  # of the store
        self.name = begins.name_of(head, options)  # under which runs like this one are kept
        self._conditions = begins.conditions(settings)
        self._missed: list[Row] = []
        self._digests = FileDigests()
        self._values: Environment | None = None

    def go(self) -> str:
        """Look for a kept run that holds, and do it again; else the conditions of this one."""
        try:
            self._look()
        except (errors.Failure, lmdb.Error, OSError, Damaged, Gone):
            pass  # the run itself will find that its store can't be used, and say so
        finally:
            if self._values is not None:
                self._values.close()
        told = (self.name, self._conditions, self._missed, self._began)
        return encode(told).hex()

    def _look(self) -> None:
        if place.format_of(self.folder) != schema.FORMAT:
            return
        place.examine(self.folder)
        if not os.path.exists(os.path.join(self.folder, "values", "data.mdb")):
            return
        self._values = values = open_environment(os.path.join(self.folder, "values"), schema.VALUES_MAP, readonly=True)
        prefix = schema.CALL + schema.namespace(self.project) + self.name
        seen = set()
        for position, (_, trace) in enumerate(values.scan(prefix, CANDIDATES)):
            if trace in seen:
                continue
            seen.add(trace)
            run = self._kept(trace)
            if run is None:
                continue
            missed = self._differences(run)
            if missed is None:
                contents = self._contents(run, trace)
                if contents is not None:
                    self._answer(run, trace, contents, again=position > 0)
                missed = [_reason("gone", "")]
            # The newest tells what has changed.
            self._missed = self._missed or missed

    def _kept(self, trace: bytes) -> Run | None:
        assert self._values is not None  # noqa: S101
        row = self._values.get(schema.TRACE + trace)
        try:
            return None if row is None else Run.from_record(decode_named(row, trace))
        except Damaged:
            return None

    # --- checking -----------------------------------------------------------------------------------------------

    def _differences(self, run: Run) -> list[Row] | None:
        """The first thing that is not what it was; None if all is."""
        if run.name != self.name:
            return [_reason("gone", "")]
        if run.conditions != self._conditions:
            return self._other_conditions(run.conditions)
        for folder, stamp, digest in run.libraries:
            if not is_same_library(folder, stamp, digest):
                return [_reason("distribution", f"in {folder}")]
        stems = frozenset(run.stems)
        for folder, names in run.folders:
            now = importable(folder, stems)
            if now != tuple(names):
                others = sorted(set(now) ^ set(names))
                return [
                    _reason("import", ", ".join(os.path.join(folder, name.partition("/")[0]) for name in others[:3]))
                ]
        for reading in run.reads:
            if not self._is_as_read(reading):
                return [self._told(reading)]
        return None

    def _other_conditions(self, before: dict[str, str]) -> list[Row]:
        now = self._conditions
        for name in (*before, *now):
            if before.get(name) != now.get(name):
                if name.startswith("env "):
                    return [_reason("env", name[4:], before.get(name), now.get(name))]
                return [_reason("condition", name, before.get(name), now.get(name))]
        return [_reason("condition", "order")]

    def _is_as_read(self, reading: Reading) -> bool:
        kind, name, fingerprint, stamp, without = reading
        if kind == FILE:
            if stamp is not None:
                try:
                    if stamp_of(os.stat(name)) == tuple(stamp):
                        return True
                except OSError:
                    return False
            return fingerprint is not None and self._digests.content(name) == fingerprint
        if fingerprint is None:
            return False
        if kind == ENV:
            return env(name)[0] == fingerprint
        if kind == PRESENCE:
            return self._digests.presence(name) == fingerprint
        if kind == LISTING:
            return whole_listing(name, tuple(without)) == fingerprint
        if kind == STAT:
            return self._digests.stat(name) == fingerprint
        if kind in ROOMS:
            now = self._digests.presence(name)
            return now == fingerprint or (now == ABSENT and fingerprint == ROOMS[kind])
        if kind == "packages":
            return packages_in(name) == fingerprint
        return kind == "link" and link(name) == fingerprint

    def _told(self, reading: Reading) -> Row:
        """The reason, where something is not as it was read."""
        kind, name, fingerprint = reading[:3]
        shown = self._shown(name)
        if kind == PRESENCE or kind in ROOMS:
            before, after = (KIND_WORDS.get(one or b"") for one in (fingerprint, self._digests.presence(name)))
            return _reason("file", shown, before, after)
        if kind == STAT and os.path.isdir(name):
            return _reason("folder", shown)
        kinds = {"packages": "distribution", STAT: "file", "link": "link"}
        return _reason(kinds.get(kind, kind), shown)

    def _shown(self, name: str) -> str:
        return name.removeprefix(self.project + os.sep)

    # --- doing it again -----------------------------------------------------------------------------------------

    def _contents(self, run: Run, trace: bytes) -> Contents | None:
        """All that is to be written: the output under "", what was written last under "late", and files by their paths."""
        sealed = read_seal(self.folder, trace)
        if sealed is None:
            return None
        try:
            seal: tuple[int, tuple[object, ...], tuple[tuple[str, bytes], ...]] = decode(sealed)  # type: ignore[assignment]
            status, late, files = seal
            contents: Contents = {"": self._blob(run.output), "late": encode(late)}
            contents.update(files)
            for file in run.files:
                if file[1] == "content" and file[0] not in contents:
                    path, _, digest, mode, stamp = file
                    if stamp is None or not doing.looks(path, stamp, mode):  # type: ignore[arg-type]
                        contents[path] = self._blob(digest)  # type: ignore[index, arg-type]
        except (Damaged, Gone, ValueError, TypeError):
            return None
        if (
            status != run.status
            or sum(length for _, length in run.pieces) != len(contents[""])
            or set(run.late) - set(contents)
        ):
            return None
        return contents if all(doing.possible(file) for file in run.files) else None

    def _blob(self, digest: bytes) -> bytes:
        assert self._values is not None  # noqa: S101
        row = self._values.get(schema.BLOB + digest)
        if row is None:
            return BlobFolder(os.path.join(self.folder, "values")).read(digest)
        if digest_of(row) != digest:
            raise Damaged("a stored blob is not what its name says")
        return row

    def _answer(self, run: Run, trace: bytes, contents: Contents, *, again: bool) -> None:
        """Do the run again, and end this process as it ended. Returns if that can't be done, with no output written."""
        from hitsave.replay.log import finish

        if not doing.has_readers({number for number, _ in run.pieces}):
            return  # plain Python meets that in the middle of the program
        read = {name for kind, name, *_ in run.reads if kind == FILE}
        # What the program reads before it writes it comes last: should something fail, it is run after all.
        for file in sorted(run.files, key=lambda file: file[0] in read):
            doing.restore(file, contents)
        output, at = contents[""], 0
        late: list[tuple[int, bytes]] = list(decode(contents["late"]))  # type: ignore[arg-type]
        pieces: list[tuple[int, bytes | memoryview]] = []
        view = memoryview(output)
        for number, length in run.pieces:
            pieces.append((number, view[at : at + length]))
            at += length
        status = doing.write(pieces, run.status)

        finish(self, run, trace, again=again)
        status = doing.write(late, status)
        if self._values is not None:
            self._values.close()
        os._exit(status)

    def record(self, run: Run) -> Row:
        """What the log says of a run that was answered in this way; the rest is as in the run that was kept."""
        options = self.options
        command = ["-m", options.module] if options.module is not None else [options.script]
        return {
            "command": [*command, *options.arguments],
            "project": self.project,
            "cwd": os.getcwd(),
            "started": self._began,
            "seconds": perf_counter() - self._clock,
            "saved_seconds": run.seconds,
            "exit": run.status,
            "state": "done",
            "traceback": None,
            "hits": 0,
            "misses": 0,
            "unsaved": 0,
            "replayed": True,
            "replay_of": run.run,
            "at": None,
            "faults": [],
        }


def _reason(kind: str, subject: str, before: str | None = None, after: str | None = None) -> Row:
    return {"kind": kind, "subject": subject, "where": None, "before": before, "after": after, "path": []}
