"""Calls of libraries from user code: what a call site does when it is on.

A site (`probes.callsites`) asks here what is to be called. If that belongs to a library (`callees`), the answer is a
*stand-in*, an object that is called with the very arguments. It lets the interceptor decide, as for a call of a user
function: answer it, record it, or let it run. Everything else (traces, effects, verdicts) is the same, too.

The frame in which a stand-in calls the real thing is unseen, by the trick of `taps.unseen`: no traceback, no
`sys._getframe` and no stack level of a warning finds it. So is what it costs: a site whose first call is quick is
switched off, and costs two instructions from then on; what is known of a site is kept in the store.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident
from ctypes import c_void_p
from time import perf_counter, thread_time

from hitsave_trace import callees
from hitsave_trace.around import around
from hitsave_trace.fingerprint import registry
from hitsave_trace.fingerprint.hasher import ATOMS
from hitsave_trace.importing.apart import replaced
from hitsave_trace.in_c import getframe
from hitsave_trace.model import FILE
from hitsave_trace.names import CodeInfo
from hitsave_trace.probes.arming import disarm
from hitsave_trace.recording import busy, stacks
from hitsave_trace.taps.unseen import ForOneCall, calling
from hitsave_trace.unfilled import Unfilled, leaves_unfilled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.callees import Callee
    from hitsave_trace.observer import Observer
    from hitsave_trace.probes.hooks import Site
    from hitsave_trace.recording import Recording

STRIKES = 3
"""Times that a site called something else than a library before it is switched off."""
FEW_ITEMS = 2000
"""Items of the arguments up to which a class is made unasked, since that is mostly quick."""
MOST_SHAPES = 50
MOST_FILLS = 1000
"""Arrays that a site may make unfilled before it is switched off: by then it costs more than it is worth."""


MOST_INSIDE = 20
"""Times that a site that is not known to be slow may be reached inside of a library's recorded call before it is switched off:
callbacks run often. If it is reached elsewhere and takes long there, it is seen by the sampler."""


class LibraryCalls:
    """The call sites of one process."""

    __slots__ = ("_observer", "_timed")

    def __init__(self, observer: Observer, timed: Callable[[CodeInfo, float, tuple[str, str] | None], None]) -> None:
        self._observer = observer
        self._timed = timed  # called when a call that was not asked about has taken so long; with what forbids it

    def reached(self, site: Site, callee: object) -> object:
        """A site that is on is about to call `callee`: give what is called instead."""
        observer = self._observer
        thread = get_ident()
        if observer.off or thread in busy:
            return callee
        if leaves_unfilled(callee):
            site.fills += 1
            if site.fills >= MOST_FILLS:
                disarm(site.cell)  # type: ignore[arg-type]
            return Unfilled(callee)
        own = stacks.get(thread)
        if own and own[-1].is_of_library:
            # The outermost call of a library is the one that is worth answering.
            site.inside += 1
            if site.inside >= MOST_INSIDE and not getattr(site.costs, "slow", 0):
                disarm(site.cell)  # type: ignore[arg-type]
            return callee
        if replaced():
            return callee
        try:
            found = callees.find(callee)
        except Exception:  # what is called may be anything
            found = None
        if found is None:
            site.strikes += 1
            if site.strikes >= STRIKES:
                disarm(site.cell)  # type: ignore[arg-type]
            return callee
        return StandIn(self, site, callee, *found)

    def info_of(self, site: Site, callee: Callee, methods: int, count: int, keywords: tuple[str, ...]) -> CodeInfo:
        """Give what the call is known as: one for each way in which a site passes arguments."""
        key = (callee.name, methods, count, keywords)
        info = site.infos.get(key)
        if info is None:
            info = CodeInfo(site.module, callee.name, b"")
            known = callee.parameters
            named = [known[i] if i < len(known) else f"#{i + 1}" for i in range(count)]
            info.parameters = (*(("self",) if methods else ()), *named, *keywords)
            info.shape = f"{methods} {count} {' '.join(keywords)}".encode("utf-8", "surrogatepass")
            info.blocks = ((),)
            info.first_line = info.last_line = info.def_line = site.line
            info.entry_cell = c_void_p()
            info.recordable = info.candidate = True
            info.policy = site.costs
            if len(site.infos) < MOST_SHAPES:
                site.infos[key] = info
        return info

    def ask(self, call: StandIn, arguments: tuple[object, ...], keywords: dict[str, object]) -> tuple[object] | None:
        """Answer a call, or open a recording for it, or let it run."""
        thread = get_ident()
        if thread in busy:
            return None
        busy.add(thread)
        began, clock = thread_time(), perf_counter()
        used = began
        try:
            registry.prepare()
            used = thread_time()
            return self._ask(thread, call, arguments, keywords)
        except BaseException as error:
            self._observer.fault(error)
            return None
        finally:
            busy.discard(thread)
            around.hook_took(began, clock)
            around.site_seconds += thread_time() - used
            call.started = perf_counter()

    def _ask(
        self, thread: int, call: StandIn, arguments: tuple[object, ...], keywords: dict[str, object]
    ) -> tuple[object] | None:
        callee, owner = call.known, call.owner
        info = call.info = self.info_of(call.site, callee, len(owner), len(arguments), tuple(keywords))
        if not info.candidate:
            return None
        given = (*owner, *arguments, *keywords.values())
        slow = getattr(info.policy, "slow", 0)
        if callee.forbidden is not None or (callee.is_class and not slow and _size(given) < FEW_ITEMS):
            return None
        if any(type(value).__module__.partition(".")[0] in callees.LEFT_ALONE for value in given):
            return None  # such as axes to draw on
        frame = id(getframe(2))
        answer = self._observer.interceptor.enter(info, given, (), frame)
        if type(answer) is tuple:
            return answer
        if answer is not None:
            recording: Recording = answer  # type: ignore[assignment]
            recording.is_of_library = True
            call.recording = recording
            recording.distributions.add(callee.library)
            call.paths = _paths(given)
            self._observer.open(thread, recording)
        else:
            _be_patient(call.site, info)
        return None

    def leave(self, call: StandIn, value: object, kept: bool) -> None:
        """A call has returned `value`; `kept`: somebody else holds it as well."""
        recording = call.recording
        ended = perf_counter()
        if recording is None:
            call.told = True
            if call.info is not None:
                self._settle(call, ended - call.started)
            return
        thread = get_ident()
        stack = stacks.get(thread)
        call.told = True
        if not stack or (stack[-1] is not recording and not self._drop_above(stack, recording)):
            return

        def deal() -> None:
            if kept and not _is_theirs(value, call.owner):
                recording.forbid("identity", "result (the library keeps it as well)", "", spreads=False)
            _note_paths(recording, call.paths, ended - recording.started)
            self._observer.interceptor.leave(recording, value)
            self._settle(call, None)

        self._observer.finish(thread, stack, deal)

    def end(self, call: StandIn) -> None:
        """A call is over, by an exception if `leave` has not been told."""
        recording = call.recording
        if call.told or recording is None:
            return
        thread = get_ident()
        stack = stacks.get(thread)
        if not stack or (stack[-1] is not recording and not self._drop_above(stack, recording)):
            return
        error = sys.exc_info()[1]

        def deal() -> None:
            self._observer.interceptor.abandon(recording, error)
            self._settle(call, None)

        self._observer.finish(thread, stack, deal)

    def _drop_above(self, stack: list[Recording], recording: Recording) -> bool:
        """Drop recordings inside of `recording` that nobody has closed; whether it is open at all."""
        if not any(one is recording for one in stack):
            return False
        thread = get_ident()
        busy.add(thread)
        try:
            while stack[-1] is not recording:
                self._observer.interceptor.abandon(stack[-1], None)
                self._observer.close(thread, stack)
        finally:
            busy.discard(thread)
        return True

    def _settle(self, call: StandIn, seconds: float | None) -> None:
        """A call that ran is over: switch its site off where asking about it does not pay. `seconds`: it was not asked."""
        info, site = call.info, call.site
        if info is None:
            return
        if seconds is not None:
            forbidden = call.known.forbidden
            self._timed(info, seconds, None if forbidden is None else (forbidden.slug, forbidden.what))
        costs = site.costs
        quick = getattr(costs, "cheap", 1) and not getattr(costs, "slow_now", 0) and not getattr(costs, "slow", 0)
        if quick or not info.candidate:
            disarm(site.cell)  # type: ignore[arg-type]


def _be_patient(site: Site, info: CodeInfo) -> None:
    """A call was not asked about: asking may have cost enough for now, and later it may not have."""
    site.strikes += 1
    if site.strikes < STRIKES:
        info.candidate = True


def _size(values: tuple[object, ...]) -> int:
    """Guess how much there is in arguments, without looking into them."""
    total = 0
    for value in values:
        size = getattr(value, "size", None) if type(value).__module__.partition(".")[0] in _SIZED else None
        if type(size) is int:
            total += size
        elif type(value) in (list, tuple, dict, set, str, bytes, bytearray, frozenset):
            total += len(value)  # type: ignore[arg-type]
    return total


_SIZED = frozenset(("numpy", "pandas", "scipy"))


def _is_theirs(value: object, owner: tuple[object, ...]) -> bool:
    """Whether who holds a result as well is known: the object whose method it was, or a library whose values never change."""
    if type(value).__module__.partition(".")[0] in _NEVER_CHANGE:
        return True
    for one in owner:
        held = getattr(one, "__dict__", None)
        if value is one or (type(held) is dict and any(value is item for item in held.values())):
            return True
    return False


_NEVER_CHANGE = frozenset(("sympy",))


def _paths(values: tuple[object, ...]) -> list[tuple[str, tuple[int, ...] | None]]:
    """Find the arguments that may name files, with what these files look like now.

    Native code may open them unseen. What it reads then counts, whether it was seen or not.
    """
    found = []
    for value in values:
        if isinstance(value, os.PathLike) and type(value).__module__.partition(".")[0] == "pathlib":
            text: object = os.fspath(value)
        else:
            text = value
        if type(text) is str and 0 < len(text) < 1000 and "\n" not in text and ("." in text or os.sep in text):
            found.append((text, _look(text)))
    return found


def _look(path: str) -> tuple[int, ...] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino


def _note_paths(recording: Recording, paths: list[tuple[str, tuple[int, ...] | None]], seconds: float) -> None:
    if seconds < 0.005:
        return
    for path, before in paths:
        name = around.place(path)
        if (FILE, name) in recording.reads or recording.written.touch(name):
            continue
        if _look(path) != before:
            recording.forbid("native-io", f"{name} was changed by native code", "")
        elif before is not None and os.path.isfile(path):
            from hitsave_trace.around import file_text

            fingerprint = around.digests.content(around.locate(name))
            recording.read(FILE, name, fingerprint, file_text(fingerprint, path), 0)


class StandIn(ForOneCall):
    """Stands for something of a library."""

    __slots__ = ("calls", "info", "known", "owner", "paths", "recording", "site", "started", "told")

    def __init__(
        self, calls: LibraryCalls, site: Site, callee: object, known: Callee, owner: tuple[object, ...]
    ) -> None:
        self.callee = callee
        self.calls = calls
        self.site = site
        self.known = known
        self.owner = owner
        self.info: CodeInfo | None = None
        self.recording: Recording | None = None
        self.paths: list[tuple[str, tuple[int, ...] | None]] = []
        self.started = 0.0
        self.told = False


def _standing_in(mark: object) -> Callable[..., object]:
    counted = sys.getrefcount

    def wrapper(self: StandIn, /, *args: object, **kwargs: object) -> object:
        try:
            answer = self.calls.ask(self, args, kwargs)
            if answer is None:
                result = self.callee(*args, **kwargs)  # type: ignore[operator]
                self.calls.leave(self, result, counted(result) > HELD and type(result) not in ATOMS)
            else:
                result = answer[0]
            return result
        finally:
            mark  # noqa: B018
            self.calls.end(self)

    return wrapper


HELD = 3
"""References to a result that nobody else holds: the variable, the argument of `leave`, and that of who counts."""


StandIn.__call__ = calling(_standing_in, HELD=HELD, ATOMS=ATOMS)  # type: ignore[method-assign]
