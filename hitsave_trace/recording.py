"""What is open while a call that may be saved runs: it collects dependencies, effects and reasons against saving.

Recordings nest. Each thread that records has a stack of them, and what is observed goes to the innermost; when it
closes, what it saw joins the one around it. A thread without a stack of its own works for whoever waits for it: what
it does goes to the innermost recording of every other thread, since attributing too much is allowed and too little
is not.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from hitsave_trace.around import shows_warnings
from hitsave_trace.at_work import at_work, serves_joblib
from hitsave_trace.folders import OwnFiles, folder_of, seen_around
from hitsave_trace.in_c import getframe
from hitsave_trace.model import (
    BINDING,
    CODE,
    FILE,
    GLOBAL,
    LISTING,
    OF_ONE_CALL,
    PRESENCE,
    RANDOM,
    SETTING,
    STAT,
    Dependency,
)
from hitsave_trace.names import code_infos
from hitsave_trace.namespace import first_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from hitsave_trace.filled import Found
    from hitsave_trace.folders import Listings
    from hitsave_trace.in_hand import InHand
    from hitsave_trace.model import Fingerprint, Subject
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.namespace import Names

stacks: dict[int, list[Recording]] = {}
"""The open recordings of each thread, innermost last. Threads without one are not in it."""

MOST_SHOWN = 64 << 20
"""Bytes of output that a recording keeps, with what it takes to keep them."""
_EACH_SHOWN = 64
PATIENCE_SECONDS = 0.05
STEP_SECONDS = 0.005
"""How long, at most, and in which steps one waits for threads that are about to end."""

busy: set[int] = set()
"""Threads that are in HitSave's own code: what they do is not the program's."""


class Recording:
    """One open recording."""

    __slots__ = (
        "below", "beside", "blocks", "cached", "caches", "call", "children", "distributions", "drawn", "effects",
        "elsewhere", "ended", "entry", "filters", "frame", "functions", "given", "handling", "in_hand", "info", "is_of_library", "listings",
        "loaded", "looked", "looks", "modules", "names", "outer", "random", "reads", "reasons", "rebound", "returned",
        "rows", "said", "seeded", "shown", "shows", "started", "thread", "threads", "variables", "watched", "written",
    )  # fmt: skip

    def __init__(self, info: CodeInfo, call: object, frame: int, started: float) -> None:
        self.info = info
        self.is_of_library = False  # a call of a library that user code makes, and not one of user code
        self.call = call
        self.elsewhere = at_work()
        self.beside = False  # a thread that it had not started ran code of the program since (company.py)
        self.blocks: set[tuple[str, int]] = set()  # that it has seen, by function and number
        self.threads: list[object] = []  # the Thread objects that were started by it
        self.given: list[object] = []  # tasks that other processes do for it (taps/workers.py)
        self.frame, self.thread = frame, get_ident()
        self.started = started
        self.handling = sys.exc_info()[1] is not None
        self.reads: dict[Subject, Dependency] = {}
        self.functions: dict[str, int] = {}
        self.rows: list[tuple[str, int, int]] = []
        self.effects: list[tuple[object, ...]] = []
        # (slug, what, where, whether those around can't be saved, functions from this one to the one that did it)
        self.reasons: list[tuple[str, str, str, bool, tuple[str, ...]]] = []
        self.written = OwnFiles()
        self.said: dict[tuple[str, str], int] = {}  # how often the same was said against saving, by slug and what
        self.variables: set[Subject] = set()  # of the environment, that it set: it knows them from then on
        self.listings: Listings = {}  # what it saw in each folder that it looked into
        self.looks: set[tuple[str, str]] = set()  # paths that it asked about, and what of them
        self.watched: dict[Subject, object] = {}
        self.random: dict[str, Fingerprint] = {}
        self.seeded: set[str] = set()  # global generators whose state at entry does not matter, since they were seeded
        self.drawn: set[str] = set()
        self.shows = shows_warnings()  # at entry: who is given warnings that are to be shown
        self.loaded: set[str] = set()
        self.distributions: set[str] = set()
        self.filters: tuple[object, ...] = ()  # of warnings, at entry
        self.cached: dict[int, str] = {}  # functions whose results `lru_cache` keeps, by id of their code
        self.caches: dict[int, Found] = {}  # that it came across, by their addresses
        self.returned: dict[int, tuple[object, Fingerprint | None]] = {}  # by cached functions: how it looked then
        self.modules = len(sys.modules)
        self.entry: object = None
        self.ended = False  # it is being closed: what other threads read now is no matter of it
        self.shown = self.children = 0
        self.in_hand: dict[int, InHand] = {}  # modules and classes of libraries that it got hold of, by their addresses
        self.outer: Recording | None = None
        self.below = 0.0  # seconds that will be saved: its own when it has been saved, else of those inside of it
        self.looked = 0.0  # seconds that looking at what was read took, as it will when the call is asked about again
        self.names: Names | None = None  # of the module, when a statement began that this is the recording of
        self.rebound = rebound()  # names that a statement around it has bound before it began

    def read(self, kind: str, name: str, fingerprint: Fingerprint, text: str | None, reader: int) -> None:
        """Note that something was read; only the first read of a subject counts."""
        subject = (kind, name)
        if subject not in self.reads and not (self.ended and get_ident() != self.thread):
            self.reads[subject] = Dependency(kind, name, fingerprint, text, reader)

    def forbid(self, slug: str, what: str, where: str, *, spreads: bool = True) -> None:
        """Note why the call can't be saved. A reason that `spreads` holds for the recordings around it as well."""
        self._forbid(slug, what, where, spreads, None)

    def _forbid(self, slug: str, what: str, where: str, spreads: bool, path: tuple[str, ...] | None) -> None:
        if len(self.reasons) >= 20 or any(row[:4] == (slug, what, where, spreads) for row in self.reasons):
            return
        self.reasons.append((slug, what, where, spreads, self.path_to(reader_of(self)[0]) if path is None else path))

    def keeps(self, size: int) -> bool:
        """Whether so many bytes more of output are kept; a program that never stops talking must not fill the memory."""
        if self.shown > MOST_SHOWN:
            return False
        self.shown += size + _EACH_SHOWN
        if self.shown <= MOST_SHOWN:
            return True
        self.forbid("too-much", f"{MOST_SHOWN >> 20} MB of output", user_line())
        self.effects = [effect for effect in self.effects if effect[0] not in ("text", "flush", "logged")]
        return False

    def path_to(self, position: int) -> tuple[str, ...]:
        """Name the functions from the recorded one down to the one at `position` of the table of functions."""
        path: list[str] = []
        while 0 <= position < len(self.rows) and len(path) < 100:
            name, position, _ = self.rows[position]
            if name in path:
                break
            path.append(name)
        return tuple(reversed(path)) or (self.info.name,)

    def enter(self, info: CodeInfo, caller: int, line: int) -> int:
        """Note that a function ran; give its position in the table of functions."""
        name = info.name
        known = self.functions.get(name)
        if known is not None or (self.ended and get_ident() != self.thread):
            return known or 0
        position = len(self.rows)
        self.functions[name] = position
        self.rows.append((name, caller, line))
        if info.fingerprint:  # the code of a library is that of its distribution
            self.read(CODE, name, info.fingerprint, f"{info.module.relative}:{info.def_line}", position)
        return position

    def adopt(self, child: Recording, *, own: bool = True) -> None:
        """Take over what a child recording that has closed saw and did. `own`: it is certainly a part of this one."""
        caller, line = self.caller_of(child)
        table: dict[int, int] = {-1: -1}
        for i, (name, above, at) in enumerate(child.rows):
            known = self.functions.get(name)
            if known is None:
                known = len(self.rows)
                self.functions[name] = known
                self.rows.append((name, table.get(above, -1) if i else caller, at if i else line))
            table[i] = known
        for subject, dependency in child.reads.items():
            if subject[0] == SETTING and "\0" not in subject[1]:
                # It has its own, which may be another one than inside of a `with`.
                self.distributions.add(subject[1])
            if subject in self.variables or subject in self.reads or subject[0] in OF_ONE_CALL:
                continue
            if subject[0] == RANDOM:
                self.random_read(subject[1], dependency.fingerprint)
                continue
            if subject[0] == LISTING:
                folder = folder_of(subject[1])
                if folder in self.listings:
                    continue
                self.listings[folder], dependency = seen_around(child.listings[folder], self.written, dependency)
                subject = dependency.kind, dependency.name
            elif self.written and subject[0] in (FILE, PRESENCE, STAT) and self.written.touch(subject[1]):
                continue
            if self.names is not None and child.rebound and self._bound_before(child, subject):
                continue
            reader = table.get(dependency.reader, -1)
            dependency = Dependency(*subject, dependency.fingerprint, dependency.text, reader)
            self.reads[subject] = dependency
            if subject in child.watched:
                self.watched.setdefault(subject, child.watched[subject])
        if child.effects and self.cached:
            self.shown_below_cache(child.info)
        self.caches = child.caches | self.caches
        self.returned.update(child.returned)
        self.written.join(child.written)
        self.variables |= child.variables
        # Which filters of warnings are set, and what torch and logging go by, shows at the end; who catches warnings has them for
        # itself.
        left = ("filter", "torch", "logging", "warning")[: 3 + (shows_warnings() is not self.shows)]
        self.effects.extend(effect for effect in child.effects if effect[0] not in left)
        self.keeps(child.shown)
        self.loaded |= child.loaded
        self.drawn |= child.drawn - self.seeded
        self.seeded |= child.seeded - self.drawn
        self.distributions |= child.distributions
        self.threads += child.threads
        self.given += child.given
        if own:
            self.children += 1 + child.children
            self.below += child.below
            self.looked += child.looked
        way = self.path_to(caller) if child.reasons else ()
        for slug, what, where, spreads, below in child.reasons:
            if spreads:
                self._forbid(slug, what, where, spreads, way + below)

    def take(self, child: Recording, thread: int) -> None:
        """The outermost recording of a thread has closed: take it over if the thread may have worked for this one.

        What it read can be attributed to too many. What it did can't: then who has not started the thread is given up.
        """
        if self.ended and child.only_read():
            return
        if self.started_thread(thread):
            self.adopt(child)
        elif child.only_read():
            self.adopt(child, own=False)
        else:
            self.forbid("thread", "a thread that it had not started worked at the same time", user_line())

    def only_read(self) -> bool:
        """Whether it did nothing that shows outside, and nothing that speaks against saving those around it."""
        acted = (self.effects, self.written, self.seeded, self.drawn, self.threads, self.given, self.loaded)
        return not any(acted) and not any(spreads for _, _, _, spreads, _ in self.reasons)

    def _bound_before(self, child: Recording, subject: Subject) -> bool:
        """Whether what a child read is what this statement itself had bound before."""
        kind, name = subject
        names = self.names
        return (
            names is not None and kind in (GLOBAL, BINDING) and names.holds(name) and first_name(name) in child.rebound
        )

    def random_read(self, generator: str, otherwise: Fingerprint | None = None) -> None:
        """Note that the state of a global generator counts: the one that it had at entry, unless it was seeded since.

        `otherwise` stands for it where that is not known.
        """
        if generator in self.seeded:
            return
        entry = self.random.get(generator, otherwise)
        if entry is None:
            self.forbid("entropy", f"{generator}, which nobody has seeded", "")
        else:
            self.read(RANDOM, generator, entry, None, 0)

    def shown_below_cache(self, info: CodeInfo | None = None) -> None:
        """Give the recording up if what it is doing now is done by a function whose result is kept for later calls.

        Plain Python does it once. After a hit the result would not be kept, and a call that runs would do it again.
        """
        name = None if info is None else self.cached.get(id(info.code))
        frame: FrameType | None = getframe(1)
        while frame is not None and name is None and id(frame) != self.frame:
            name = self.cached.get(id(frame.f_code))
            frame = frame.f_back
        if name is not None:
            self.forbid("filled-cache", name, user_line())

    def caller_of(self, child: Recording) -> tuple[int, int]:
        """Find which function of this recording called the child's."""
        if child.outer is self and child.entry is not None:
            return child.entry  # type: ignore[return-value]
        return 0, 0

    def started_thread(self, thread: int) -> bool:
        """Whether a thread was started by this recording, or by a thread that was."""
        known = _thread_object(thread)
        return known is not None and any(known is one for one in self.threads)

    def left_running(self) -> bool:
        """Whether a thread that it started still runs; those of others are no matter of it.

        The threads of a pool that was told to end may need a moment to do so.
        """
        patience = PATIENCE_SECONDS
        for thread in self.threads:
            while thread.is_alive() and patience > 0:  # type: ignore[attr-defined]
                thread.join(STEP_SECONDS)  # type: ignore[attr-defined]
                patience -= STEP_SECONDS
        return any(thread.is_alive() for thread in self.threads)  # type: ignore[attr-defined]


def _thread_object(thread: int) -> object:
    return getattr(sys.modules.get("threading"), "_active", {}).get(thread)


def rebound() -> frozenset[str]:
    """The names that the open statements have bound so far. A statement is the outermost recording of its thread."""
    found: frozenset[str] = frozenset()
    for stack in list(stacks.values()):
        if stack and stack[0].names is not None:
            found |= stack[0].names.rebound()
    return found


def concerned(thread: int) -> list[Recording]:
    """Give the recordings of other threads that a thread without one may be working for."""
    found: list[Recording] = []
    for stack in list(stacks.values()):
        for recording in reversed(stack):
            if thread not in recording.elsewhere:
                found.append(recording)
                break
    return found


def innermost() -> Iterable[Recording]:
    """Give the recordings that what this thread reads belongs to: its own, else all that it may be working for."""
    thread = get_ident()
    if thread in busy:
        return ()
    own = stacks.get(thread)
    if own:
        return (own[-1],)
    return concerned(thread)


def acting() -> Iterable[Recording]:
    """Give the recordings that what this thread does belongs to: its own, else the one that started the thread.

    Done by a thread of which that is not known, it may or may not be the work of a recording. Reads can be attributed
    to too many; effects can't, so such a recording is not saved.
    """
    thread = get_ident()
    if thread in busy:
        return ()
    own = stacks.get(thread)
    return (own[-1],) if own else mine_of(thread)


def mine_of(thread: int) -> list[Recording]:
    """Give the recordings that started a thread, and give up those that may have, for all that is known."""
    found = []
    for recording in concerned(thread):
        if recording.started_thread(thread):
            found.append(recording)
        elif not serves_joblib(_thread_object(thread)):
            recording.forbid("thread", "a thread that it had not started worked at the same time", user_line())
    return found


def all_open() -> list[Recording]:
    """Give every open recording of this thread, or of all threads when this one has none."""
    own = stacks.get(get_ident())
    if own:
        return list(own)
    return [recording for stack in list(stacks.values()) for recording in stack]


def _frame_at(depth: int) -> FrameType:
    """Give the frame that is `depth` above the caller, or the outermost: native code may have called straight into a tap."""
    while True:
        try:
            return getframe(depth + 1)
        except ValueError:
            depth -= 1


def reader_of(recording: Recording, depth: int = 2) -> tuple[int, int]:
    """Find the innermost function on the stack that is in the recording's table, and the line it is on."""
    frame: FrameType | None = _frame_at(depth)
    functions = recording.functions
    while frame is not None:
        info = code_infos.get(id(frame.f_code))
        if info is not None:
            position = functions.get(info.name)
            if position is not None:
                return position, frame.f_lineno or 0
        frame = frame.f_back
    return 0, 0


def user_line(depth: int = 2) -> str:
    """Give `file:line` of the innermost user code on the stack."""
    frame: FrameType | None = _frame_at(depth)
    while frame is not None:
        info = code_infos.get(id(frame.f_code))
        if info is not None:
            return f"{info.module.relative}:{frame.f_lineno or info.def_line}"
        frame = frame.f_back
    return ""
