"""A call: a function together with the fingerprints of its arguments."""

from __future__ import annotations

from xxhash import xxh3_128

from hitsave_trace import sights
from hitsave_trace.fingerprint.before import Before
from hitsave_trace.fingerprint.describe import describe
from hitsave_trace.fingerprint.met import real
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk
from hitsave_trace.model import ABSENT, CLOSURE
from hitsave_trace.names import resolve_function
from hitsave_trace.recording import rebound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CellType

    from hitsave.memo.check import Difference, Node
    from hitsave.memo.trace import Trace
    from hitsave.memo.verify import Expected
    from hitsave_trace.model import Fingerprint, Subject
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.namespace import Names
    from hitsave_trace.sight import Sight
    from hitsave_trace.taps.installed import Snapshot
    from hitsave_trace.taps.switches import Switches
    from hitsave_trace.warned import Shown

    # What is compared when the call ends: switches, open files, warnings that had been shown.
    World = tuple[Switches, Snapshot | None, Shown]


CELL = "cell"
"""The kind of the place of a captured variable itself, as against what it held."""


class Call:
    """One call that may be answered."""

    __slots__ = (
        "_cells",
        "_rows",
        "_walk",
        "arguments",
        "before",
        "caches",
        "candidates",
        "captured",
        "captured_objects",
        "cell_before",
        "cells",
        "classes",
        "cpu_before",
        "differed",
        "digest",
        "distributions",
        "expected",
        "failed",
        "fingerprints",
        "gone",
        "has_row",
        "in_hand",
        "info",
        "looked_before",
        "names",
        "objects",
        "overhead_before",
        "overhead_by_clock_before",
        "ranges",
        "rebound",
        "refused",
        "saved_seconds",
        "seen",
        "slept_before",
        "spent",
        "started",
        "started_cpu",
        "world",
    )

    def __init__(
        self, info: CodeInfo, arguments: tuple[object, ...], cells: tuple[CellType, ...], started: float, cpu: float
    ) -> None:
        self.info = info
        self.arguments = arguments
        self.cells = cells
        self.started = started
        self.started_cpu = cpu
        self.digest = b""
        self.fingerprints: list[Fingerprint] = []
        self.captured: dict[str, tuple[Fingerprint | None, str]] = {}
        self.captured_objects: dict[str, Sequence[object]] = {}
        self.caches: list[object] = []  # made by `lru_cache`, in arguments and captured variables
        self.classes: tuple[type, ...] = ()
        self.in_hand: tuple[object, ...] = ()  # modules and classes of libraries that it was given
        self.distributions: tuple[str, ...] = ()
        self.objects: list[object] = []
        self.ranges: list[range] = []  # for each argument, the positions of the objects that were met in it first
        self.before: Before | None = None  # the arguments, of the moment at which the recording opens
        self.cell_before: dict[str, Before] = {}
        self._walk: Walk | None = None
        self._cells: dict[str, tuple[object, Walk]] = {}
        self.candidates: list[tuple[Trace, list[Node]]] = []
        self.differed: list[Difference] = []  # for each candidate that did not hold, what differed first
        self.gone = False
        self.has_row = False  # in the journal: others were too quick to be worth one
        self.failed = ""  # if it is there and can't be put together: what was raised
        self.expected: Expected | None = None  # what would have answered it, if it runs to be compared
        self.refused: list[tuple[str, str]] = []
        self.saved_seconds = 0.0
        self.looked_before = 0.0
        self.overhead_before = 0.0
        self.overhead_by_clock_before = 0.0
        self.cpu_before = 0.0
        self.slept_before = 0
        self.seen: dict[Subject, Sight] = {}
        self.spent = 0.0
        self.world: World = ((), None, {})  # of the moment at which the recording opens
        self.names: Names | None = None  # of a statement that is closing: what its module's names meant when it began
        self.rebound = rebound()  # names that a statement around it has bound before
        self._rows: list[tuple[str, Fingerprint, str, bool]] | None = None

    def refuse(self, slug: str, what: str) -> None:
        """Note that the call can't be saved, before it has begun."""
        self.refused.append((slug, what))

    @property
    def cells_now(self) -> dict[str, Fingerprint | None]:
        """The fingerprints of the captured variables, by subject name."""
        return {name: fingerprint for name, (fingerprint, _) in self.captured.items()}

    def see(self, kind: str, name: str) -> Sight:
        """Look at what a name means, once: whoever lets code of the program run forgets what was `seen`."""
        sight = self.seen.get((kind, name))
        if sight is None:
            names = self.names
            sight = sights.see(kind, name) if names is None else names.see(kind, name)
            self.seen[kind, name] = sight
        return sight

    def came_from(self, objects_of: Callable[[str, str], Sequence[object]] | None = None) -> Callable[[object], object]:
        """Give what finds an object that was there before the call by its place.

        `objects_of`: says which objects a name led to, if that is not what it means now.
        """
        objects_of = objects_of or self.objects_of

        def find(place: object) -> object:
            if isinstance(place, int):
                return real(self.objects, place)
            named: tuple[str, str, int] = place  # type: ignore[assignment]
            kind, name, position = named
            if kind == CELL:
                return self.cells[position]
            return real(objects_of(kind, name), position)

        return find

    def objects_of(self, kind: str, name: str) -> Sequence[object]:
        """What can be changed in what a name means now."""
        return self.captured_objects.get(name, ()) if kind == CLOSURE else self.see(kind, name).objects

    def kept_by_walks(self) -> list[list[object]]:
        """Give what the walks over what came in hold, so far."""
        walks = [walk for _, walk in self._cells.values()]
        if self._walk is not None:
            walks.append(self._walk)
        return [*(walk.kept for walk in walks), *(sight.held for sight in self.seen.values())]

    def keep(self) -> None:
        """Note how everything that came in is now, just before the body runs, to see later what was changed."""
        if self._walk is not None:
            if self.objects or self._walk.loose:
                self.before = Before(self._walk, None, [places.start for places in self.ranges])
            self.rows()  # while the arguments are what they were
        for subject, (value, walk) in self._cells.items():
            if walk.objects or walk.loose:
                self.cell_before[subject] = Before(walk, value)
        self._cells.clear()

    def let_go(self) -> None:
        """Hold the arguments no longer than plain Python does."""
        self.rows()
        self.arguments = ()

    def path(self, position: int) -> str:
        """Where in the arguments an object was found, such as `self.model.layers[0]`."""
        return self._walk.path(position) if self._walk is not None and position >= 0 else ""

    def rows(self) -> list[tuple[str, Fingerprint, str, bool]]:
        """(parameter, fingerprint, readable value, whether it is the default) of each argument, as at entry."""
        if self._rows is None:
            defaults = _defaults(self.info)
            self._rows = [
                (name, fingerprint, describe(value), name in defaults and value is defaults[name])
                for name, value, fingerprint in zip(
                    self.info.parameters, self.arguments, self.fingerprints, strict=False
                )
            ]
        return self._rows


def _defaults(info: CodeInfo) -> dict[str, object]:
    """Give the default values of a function by parameter, as far as the function can be found by its name."""
    function = resolve_function(info)
    if function is None:
        return {}
    values = function.__defaults__ or ()
    positional = info.parameters[: function.__code__.co_argcount]
    found = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
    found.update(function.__kwdefaults__ or {})
    return found


def fingerprint_arguments(call: Call, interpreter: Fingerprint, deadline: float | None) -> None:
    """Take the fingerprints of a call's arguments and captured variables, and its digest.

    Raises `Unfingerprintable` and `OverBudget`.
    """
    info = call.info
    walk = Walk(deadline)
    hasher = xxh3_128(interpreter)
    hasher.update(info.name.encode("utf-8", "surrogatepass"))
    if info.shape:
        hasher.update(b"\0" + info.shape)
    fingerprints = call.fingerprints
    for name, value in zip(info.parameters, call.arguments, strict=True):
        start = len(walk.objects)
        fingerprint = walk.fingerprint(value, name)
        fingerprints.append(fingerprint)
        hasher.update(fingerprint)
        call.ranges.append(range(start, len(walk.objects)))
    call.digest = hasher.digest()
    call.objects = walk.objects
    call._walk = walk
    call.caches = walk.caches
    call.classes, call.in_hand = tuple(walk.classes), tuple(walk.in_hand.values())
    call.distributions = tuple(walk.distributions)
    if call.cells:
        for name, cell, text in _captured(call):
            call.captured[name] = (cell, text)


def _captured(call: Call) -> Iterator[tuple[str, Fingerprint | None, str]]:
    for name, cell in zip(call.info.captured, call.cells, strict=True):
        subject = f"{call.info.name}:{name}"
        try:
            value = cell.cell_contents
        except ValueError:
            yield subject, ABSENT, "unset"
            continue
        try:
            walk = Walk()
            fingerprint = walk.fingerprint(value, name)
        except Unfingerprintable as error:
            yield subject, None, error.why
            continue
        call.captured_objects[subject] = walk.objects
        call._cells[subject] = value, walk
        call.caches += walk.caches
        call.classes, call.in_hand = (*call.classes, *walk.classes), (*call.in_hand, *walk.in_hand.values())
        call.distributions = (*call.distributions, *walk.distributions)
        yield subject, fingerprint, describe(value)
