"""A call: a function together with the fingerprints of its arguments."""

from __future__ import annotations

from xxhash import xxh3_128

from hitsave_trace import sights
from hitsave_trace.fingerprint.describe import describe
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk
from hitsave_trace.model import ABSENT
from hitsave_trace.names import resolve_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CellType

    from hitsave.memo.check import Node
    from hitsave.memo.results import Place
    from hitsave.memo.trace import Trace
    from hitsave_trace.model import Fingerprint, Subject
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.sights import Sight
    from hitsave_trace.taps.installed import Snapshot
    from hitsave_trace.taps.switches import Switches
    from hitsave_trace.warned import Shown

    # What is compared when the call ends: switches, open files, warnings that had been shown.
    World = tuple[Switches, Snapshot | None, Shown]


class Call:
    """One call that may be answered."""

    __slots__ = (
        "_rows",
        "arguments",
        "candidates",
        "came_in",
        "captured",
        "captured_objects",
        "cells",
        "classes",
        "digest",
        "distributions",
        "fingerprints",
        "gone",
        "info",
        "objects",
        "objects_now",
        "overhead_before",
        "refused",
        "saved_seconds",
        "seen",
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
        self.classes: tuple[type, ...] = ()
        self.distributions: tuple[str, ...] = ()
        self.objects: list[object] = []
        self.objects_now: list[object] = []
        self.came_in: list[tuple[Place, object]] = []
        self.candidates: list[tuple[Trace, list[Node]]] = []
        self.gone = False
        self.refused: list[tuple[str, str]] = []
        self.saved_seconds = 0.0
        self.overhead_before = 0.0
        self.seen: dict[Subject, Sight] = {}
        self.spent = 0.0
        self.world: World = ((), None, {})  # of the moment at which the recording opens
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
            sight = self.seen[kind, name] = sights.see(kind, name)
        return sight

    def came_from(self) -> Callable[[object], object]:
        """Give what finds an object that was there before the call by its place."""

        def find(place: object) -> object:
            if isinstance(place, int):
                return self.objects[place]
            named: tuple[str, str, int] = place  # type: ignore[assignment]
            kind, name, position = named
            return self.see(kind, name).objects[position]

        return find

    def changed_arguments(self) -> Iterator[str]:
        """Name the parameters whose values the call has changed in place."""
        walk = Walk()
        for name, value, before in zip(self.info.parameters, self.arguments, self.fingerprints, strict=False):
            try:
                now = walk.fingerprint(value, name)
            except Unfingerprintable:
                now = None
            if now != before:
                yield name
                return  # what comes later may only differ for being shared with this one
        self.objects_now = walk.objects

    def changed_cells(self) -> Iterator[str]:
        """Name the captured variables that the call has changed."""
        for name, fingerprint, _ in _captured(self):
            # A call that was refused for its arguments was not asked for its cells.
            if name in self.captured and fingerprint != self.captured[name][0]:
                yield name

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
        fingerprint = walk.fingerprint(value, name)
        fingerprints.append(fingerprint)
        hasher.update(fingerprint)
    call.digest = hasher.digest()
    call.objects = walk.objects
    call.classes = tuple(walk.classes)
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
        call.captured_objects.setdefault(subject, walk.objects)
        call.classes = (*call.classes, *walk.classes)
        call.distributions = (*call.distributions, *walk.distributions)
        yield subject, fingerprint, describe(value)
