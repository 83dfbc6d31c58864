"""The recording of a whole run: what came from outside, what was left outside, and what speaks against doing it again.

What a program computes is determined by its code and by what came in from outside. So this needs no probes: files,
folders and variables of the environment as they were when they were first read, and the paths that were written, are all
there is to know. The events come from the audit hook and the wrapped functions, whether a call is being recorded or not
(`whole_events.py`); what goes to the standard streams is seen at their descriptors (`descriptors.py`).

A reason given here holds for the run. Much that speaks against saving a call does not: the run begins and ends with the
process, so whatever the program changes inside of it (arguments, settings, open files, the working directory) is gone.
"""

from __future__ import annotations

import os
from _thread import get_ident
from stat import S_ISDIR, S_ISREG

from hitsave_trace.around import around
from hitsave_trace.fingerprint.files import AT_ONCE_BYTES, ROOMS, link, packages_in, settled, stamp_of, whole_listing
from hitsave_trace.fingerprint.variables import env, every
from hitsave_trace.folders import folder_of
from hitsave_trace.model import ABSENT, ENV, FILE, LISTING, PRESENCE, STAT
from hitsave_trace.recording import busy, user_line
from hitsave_trace.taps import places as _places
from hitsave_trace.taps.quiet import depths, quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.files import Stamp

    Read = tuple[bytes | None, Stamp | None, tuple[str, ...]]

LINK = "link"
"""Kind of a reading: what a symbolic link says."""
PACKAGES = "packages"
"""Kind of a reading: which packages' metadata stand in a folder."""
MOST_READS = 20_000
"""Things that a run may read before it is given up: each costs some microseconds, and a check as much again."""
DRAW_AT_IMPORT = frozenset(("rich.style",))
"""Libraries that draw from `random` while they are imported, for names that only they see."""

_stat = os.stat
_listdir = os.listdir


_UNKNOWN: Read = (None, None, ())


class Whole:
    """The recording of one run."""

    __slots__ = (
        "_adopted", "_before", "_variables", "asked", "asked_machine", "awake", "born", "environ", "ignore", "inherited",
        "late", "lost", "on", "reads", "reasons", "searched", "seeded", "written",
    )  # fmt: skip

    def __init__(self, ignore: Callable[[str], bool]) -> None:
        self.ignore = ignore  # absolute paths that are no business of the program's results
        self.on = False
        self.asked_machine = False  # whether a library had a program of the system tell it about the machine
        self.lost = False  # whether something speaks against it: then only further reasons are of interest
        # (kind, path or variable) → fingerprint or None; how the file looked; names in a folder that don't count
        self.reads: dict[tuple[str, str], Read] = {}
        self._adopted: set[str] = set()  # paths that only answered calls wrote
        self.written: dict[str, int | None] = {}  # path → its size before, or None if what it held was lost
        self.asked: set[str] = set()  # variables that were read
        self.environ: set[str] = set()  # variables that the run itself set
        self.reasons: list[tuple[str, str, str]] = []  # slug, what, where
        self.searched: set[str] = set()  # last parts of the names of modules that were looked for
        self.born: dict[str, bytes] = {}  # global generators → the state in which they came into the world
        self.seeded: set[str] = set()
        self._before: dict[str, bytes] = {}
        self.late: Callable[[], None] | None = None  # once the run is kept: makes it worthless
        self.awake: set[int] = set()  # threads that do the program's work inside of HitSave's code
        self.inherited: frozenset[int] = frozenset()
        self._variables: dict[bytes, bytes] = {}  # of the environment, as the run began

    def open(self) -> None:
        """The next thing that happens is the program's first line."""
        self.born = dict(around.random_states())
        self._variables = dict(os.environb)
        self.inherited = frozenset(_descriptors()) - {0, 1, 2}
        self.on = True

    def minds(self) -> bool:
        """Whether what this thread does now is the program's doing."""
        if not self.on:
            return False
        thread = get_ident()
        return thread in self.awake or not (thread in depths or thread in busy)

    def forbid(self, slug: str, what: str, where: str | None = None) -> None:
        """The run can't be replayed, for this reason."""
        if len(self.reasons) < 20 and not any(row[:2] == (slug, what) for row in self.reasons):
            self.reasons.append((slug, what, user_line(3) if where is None else where))
        self.lost = True

    # --- files --------------------------------------------------------------------------------------------------

    def outside(self, path: str) -> bool:
        """Whether a path is covered otherwise: the library's, the store's, the machine's."""
        return _places.machine(path) or _places.in_library(path) or self.ignore(path)

    def look(self, kind: str, path: str) -> None:
        """Something about a path is about to be read: its content, its being there, its size and time, or the names in it.

        Only the first look counts, and none after the run has written there itself. A folder of which the run made sure
        may have been there before, with what others put into it: of its names, only those that the run wrote are its own.
        """
        key = (kind, path)
        if self.lost or key in self.reads or self.outside(path):
            return
        if path in self.written and (kind != LISTING or self.reads.get((PRESENCE, path), _UNKNOWN)[0] == ABSENT):
            return
        if len(self.reads) >= MOST_READS:
            self.forbid("too-much", f"{MOST_READS} files and folders read")
            return
        with quiet:
            if kind == FILE:
                self.reads[key] = self._content(path)
            elif kind == LISTING:
                own = self.own_names(path)
                self.reads[key] = whole_listing(path, own), None, own
            elif kind == STAT:
                self.reads[key] = around.digests.stat(path), None, ()
            elif kind == PACKAGES:
                self.reads[key] = packages_in(path), None, ()
            elif kind == LINK:
                self.reads[key] = link(path), None, ()
            elif kind in ROOMS:
                found = around.digests.presence(path)
                self.reads[key] = ROOMS[kind] if found == ABSENT else found, None, ()
            else:
                self.reads[key] = around.digests.presence(path), None, ()

    def _content(self, path: str) -> Read:
        try:
            found = _stat(path)
        except OSError:
            return around.digests.content(path), None, ()
        if not S_ISREG(found.st_mode):
            if not S_ISDIR(found.st_mode):
                self.forbid("special-file", path)
            return around.digests.content(path), None, ()
        stamp = stamp_of(found)
        if found.st_size > AT_ONCE_BYTES:
            return None, stamp, ()
        return around.digests.content(path), stamp if settled(found) else None, ()

    def own_names(self, folder: str) -> tuple[str, ...]:
        """Names in a folder that the run wrote itself."""
        head = folder.rstrip("/") + "/"
        return tuple(sorted({path[len(head) :].partition("/")[0] for path in self.written if path.startswith(head)}))

    def wrote(self, path: str, *, keeps: bool = False) -> None:
        """A path is about to be written, made, moved to or removed. `keeps`: what the file holds stays, in part."""
        if self.lost or path in self.written or self.outside(path):
            return
        if len(self.written) >= MOST_READS:
            self.forbid("too-much", f"{MOST_READS} files written")
            return
        size = 0
        if keeps:
            try:
                size = _stat(path).st_size
            except OSError:
                size = 0
        self.written[path] = size

    def source(self, path: str) -> None:
        """A module was loaded from this file, wherever it lies."""
        if (FILE, path) not in self.reads:
            self.reads[FILE, path] = self._content(path)

    # --- other things -------------------------------------------------------------------------------------------

    def variable(self, name: str) -> None:
        """A variable of the environment is about to be read; `*` is all of them."""
        key = (ENV, name)
        self.asked.add(name)
        if self.lost or key in self.reads or name in self.environ:
            return
        if name == "*" and self.environ:
            # With its own changes it is what it is, if it was then what it is now.
            held = self._variables.items()
            self.reads[key] = every((os.fsdecode(one), os.fsdecode(value)) for one, value in held)[0], None, ()
            return
        self.reads[key] = env(name)[0], None, ()

    def reseeded(self, generator: str) -> None:
        """The state of a global generator is about to be overwritten."""
        if self.lost or generator in self.seeded:
            return
        if around.random_states().get(generator) == self.born.get(generator):
            self.seeded.add(generator)
        else:
            self.forbid("entropy", f"{generator}, before it was seeded")

    def state_read(self, generator: str) -> None:
        """The state of a global generator is about to be read."""
        if generator not in self.seeded:
            self.forbid("entropy", f"the state of {generator}, which has no seed")

    def arrived(self, generator: str) -> None:
        """A library with a global generator has just been imported."""
        state = around.random_states().get(generator)
        if state is not None:
            self.born.setdefault(generator, state)

    def arriving(self, module: str) -> None:
        """A library is about to be imported that may draw from a global generator, for its own use, while it is imported."""
        if module in DRAW_AT_IMPORT:
            self._before = dict(around.random_states())

    def drew(self, module: str) -> None:
        """That library has been imported: what it drew is no matter of the run."""
        now = around.random_states()
        for generator, before in self._before.items():
            if self.born.get(generator) == before and generator not in self.seeded:
                self.born[generator] = now[generator]
        self._before = {}

    def adopt(self, nodes: list[tuple[str, str, bytes, str | None]], effects: tuple[tuple[object, ...], ...]) -> None:
        """A call was answered: what it had read counts as read, what it did is done."""
        if not self.on or self.lost:
            return
        for kind, name, fingerprint, text in nodes:
            if kind == ENV:
                if name not in self.environ:
                    self.reads.setdefault((ENV, name), (fingerprint, None, ()))
            elif kind in (FILE, PRESENCE, STAT, LISTING):
                self.look(kind, around.locate(folder_of(name) if kind == LISTING else name))
            elif kind == "code" and text:
                self.look(FILE, around.locate(text.rpartition(":")[0]))
        for record in effects:
            if record[0] == "environ":
                self.environ.add(str(record[1]))
            if record[0] == "file":
                path = around.locate(str(record[1]))
                if path not in self.written:
                    self._adopted.add(path)
                self.wrote(path)

    def left_alone(self, path: str) -> None:
        """What an answered call had written stands there already: nothing is written."""
        if path in self._adopted and path in self.written:
            try:
                self.written[path] = _stat(path).st_size
            except OSError:
                pass


class Awake:
    """While it is entered, what HitSave's code does on this thread is the program's doing, for the recording of a run."""

    __slots__ = ("_whole",)

    def __init__(self, whole: Whole | None) -> None:
        self._whole = whole

    def __enter__(self) -> None:
        if self._whole is not None:
            self._whole.awake.add(get_ident())

    def __exit__(self, *_: object) -> None:
        if self._whole is not None:
            self._whole.awake.discard(get_ident())


def _descriptors() -> list[int]:
    found = []
    try:
        names = _listdir("/proc/self/fd")
    except OSError:
        return []
    for name in names:
        try:
            if os.get_inheritable(int(name)):
                found.append(int(name))
        except OSError:
            continue
    return found
