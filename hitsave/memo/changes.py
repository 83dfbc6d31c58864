"""What a call changed of what was there before it: found when it has ended, kept, and done again on a hit.

Objects that came in (in the arguments, in captured variables, in globals that it read) keep their identity. What
each of them holds after the call is kept together with the result, in one pickle: so what is new, what is old and what
is part of the result refer to one another as they did. On a hit the objects are found by their places and set. Names and
captured variables that mean something else after the call are bound anew.

An object counts as changed if what leads to it has another fingerprint than before: then all that came in with it is
kept as it is after the call.
"""

from __future__ import annotations

import sys
from types import FunctionType

from hitsave.memo.call import CELL
from hitsave.memo.results import Refused, take
from hitsave.memo.statements import look_for_modules
from hitsave.store.codec import Gone
from hitsave_trace import names, sights
from hitsave_trace.classes import watch_class
from hitsave_trace.fingerprint.before import Unsettable
from hitsave_trace.fingerprint.forms import form_of
from hitsave_trace.fingerprint.objects import SELF_MADE
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk
from hitsave_trace.model import ABSENT, BINDING, CLOSURE, GLOBAL, NAMESPACE, SHAPE
from hitsave_trace.namespace import only_imported
from hitsave_trace.sights import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsave.memo.call import Call
    from hitsave.memo.check import Node
    from hitsave.memo.results import Place, Taken
    from hitsave.memo.trace import Trace
    from hitsave.store.store import Store
    from hitsave_trace.classes import ClassBefore
    from hitsave_trace.fingerprint.before import Before
    from hitsave_trace.fingerprint.forms import Form
    from hitsave_trace.model import Subject
    from hitsave_trace.recording import Recording
    from hitsave_trace.sight import Sight

    # kind, name and, for an attribute of a class, the attribute; whether it is bound after the call
    Name = tuple[str, str, str, bool]
    Record = tuple[tuple[Place, ...], tuple[Name, ...]]


class Changes:
    """What one call changed."""

    __slots__ = ("_known", "_states", "forms", "names", "objects", "places", "values")

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.objects: list[object] = []
        self.forms: list[Form] = []
        self.names: list[Name] = []
        self.values: list[object] = []
        self._known: set[int] = set()
        self._states: list[object] | None = None  # taken once: large arrays are copied

    def __bool__(self) -> bool:
        return bool(self.places or self.names)

    def add(self, place: Place, thing: object, form: Form) -> None:
        """Note an object that may have been changed."""
        if id(thing) not in self._known:
            self._known.add(id(thing))
            self.places.append(place)
            self.objects.append(thing)
            self.forms.append(form)

    def bind(self, kind: str, name: str, attribute: str, value: object) -> None:
        """Note a name that means something else now; MISSING if it is gone."""
        self.names.append((kind, name, attribute, value is not MISSING))
        self.values.append(None if value is MISSING else value)

    def take(self, value: object, known: Sequence[tuple[Place, object]], seconds: float | None = None) -> Taken:
        """Take a result apart, with what was changed, if that is worth it for `seconds`. Raises `Refused`."""
        return take(value, known, self.states() if self else None, seconds)

    def states(self) -> tuple[list[object], list[object]]:
        """Give what the objects hold and what the names mean after the call. Raises `Refused`."""
        if self._states is None:
            held = []
            for thing, form in zip(self.objects, self.forms, strict=True):
                try:
                    held.append(form.take(thing))
                except Exception as error:
                    what = f"{type(thing).__name__} ({type(error).__name__}: {error})"
                    raise Refused("argument-changed", what) from None
            self._states = held
        return self._states, self.values

    def record(self) -> Record:
        """Give what is kept of it in the trace."""
        return tuple(self.places), tuple(self.names)


def find(found: Recording, call: Call, seconds: float | None = None) -> Changes:
    """Find what a call has changed, within `seconds`; what of it can't be done again is told to the recording."""
    changes = Changes()
    try:
        with sights.within(seconds):
            _arguments(found, call, changes)
            _captured(found, call, changes)
            for (kind, name), before in found.watched.items():
                if (kind, name) not in found.reads:
                    continue
                if kind == SHAPE:
                    _class(found, name, before, changes)  # type: ignore[arg-type]
                else:
                    _global(found, call, kind, name, before, changes)  # type: ignore[arg-type]
    except OverBudget:
        found.forbid("over-budget", "what it may have changed", "", spreads=False)
    return changes


def came_in(found: Recording, call: Call) -> list[tuple[Place, object]]:
    """Give what was there before the call, each with its place."""
    known: list[tuple[Place, object]] = list(enumerate(call.objects))
    for name, things in call.captured_objects.items():
        known += [((CLOSURE, name, i), thing) for i, thing in enumerate(things)]
    known += [((CELL, "", i), cell) for i, cell in enumerate(call.cells)]
    for (kind, name), before in found.watched.items():
        things = before.objects  # type: ignore[attr-defined]
        known += [((kind, name, i), thing) for i, thing in enumerate(things)]
    return known


def objects_before(found: Recording, call: Call) -> Callable[[str, str], Sequence[object]]:
    """Give what says which objects a name led to when the call read it."""

    def objects_of(kind: str, name: str) -> Sequence[object]:
        if kind == CLOSURE:
            return call.captured_objects.get(name, ())
        return getattr(found.watched.get((kind, name)), "objects", ())

    return objects_of


def _arguments(found: Recording, call: Call, changes: Changes) -> None:
    before = call.before
    if before is None:
        return
    walk = Walk(sights.deadline)
    changed: list[int] = []
    for i, (name, value, known) in enumerate(
        zip(call.info.parameters, call.arguments, call.fingerprints, strict=False)
    ):
        try:
            now = walk.fingerprint(value, name)
        except Unfingerprintable as error:
            found.forbid(
                "argument-changed", f"{error.path or name} ({error.type_name}: {error.why})", "", spreads=False
            )
            return
        if now != known:
            changed.append(i)
    if not changed:
        if before.same_as(walk.objects):
            return
        changed = list(range(len(call.fingerprints)))  # parts were replaced by equal ones
    for i in changed:
        try:
            for position, form in before.changed(call.ranges[i]):
                changes.add(position, before.objects[position], form)
        except Unsettable as error:
            path = call.path(error.position) or call.info.parameters[i]
            found.forbid("argument-changed", path, "", spreads=False)


def _captured(found: Recording, call: Call, changes: Changes) -> None:
    # Whoever called either made the variable or reached the function by a value, which is compared.
    for name, cell in zip(call.info.captured, call.cells, strict=True):
        subject = f"{call.info.name}:{name}"
        known = call.captured.get(subject)
        if known is None:  # a call that was refused for its arguments was not asked for its cells
            continue
        before = call.cell_before.get(subject)
        value: object
        try:
            value = cell.cell_contents
        except ValueError:
            value = MISSING
        walk = Walk(sights.deadline)
        try:
            now = walk.fingerprint(value, name) if value is not MISSING else ABSENT
        except Unfingerprintable:
            now = None
        if now == known[0] and (before is None or before.same_as(walk.objects)):
            continue
        if now is None:
            found.forbid("closure-changed", subject, "", spreads=False)
            continue
        if before is None or value is not before.value:
            changes.bind(CLOSURE, name, "", value)
        if before is not None:
            _add(found, changes, before, CLOSURE, subject, "closure-changed", spreads=False)


def _global(found: Recording, call: Call, kind: str, name: str, before: Sight, changes: Changes) -> None:
    now = call.see(kind, name)
    same = now.fingerprint == found.reads[kind, name].fingerprint
    if same and (before.before is None or before.before.same_as(now.objects)):
        return
    module = name.partition(":")[0]
    if kind == NAMESPACE and only_imported(name, found.loaded, found.reads[kind, name].fingerprint):
        return
    if now.fingerprint is None or kind == NAMESPACE or module in found.loaded or name.startswith("import "):
        found.forbid("global-changed", name, "")
        return
    if now.value is not before.value:
        if _goes_by(now.value, name):
            # Pickled, it is only this name, and that still means what stood there before when a hit looks it up.
            found.forbid("global-changed", name, "")
            return
        changes.bind(kind, name, "", now.value)
    if before.before is not None:
        _add(found, changes, before.before, kind, name, "global-changed", spreads=True)
    elif now.value is before.value:
        found.forbid("global-changed", name, "")


def _goes_by(value: object, name: str) -> bool:
    """Whether a value is a function or class that is named as the global `name`: `global f; def f(): …`."""
    if not isinstance(value, (FunctionType, type)):
        return False
    return name == f"{value.__module__}:{value.__qualname__}"


def _class(found: Recording, name: str, before: ClassBefore, changes: Changes) -> None:
    if sights.present(SHAPE, name) == found.reads[SHAPE, name].fingerprint:
        return
    cls = before.cls
    if names.resolve_class(name) is not cls or name.partition(":")[0] in found.loaded or not before.is_same_kind():
        found.forbid("global-changed", f"the class {name}", "")
        return
    now = dict(vars(cls))
    count = len(changes.names) + len(changes.places)
    for attribute in {**before.attributes, **now}:
        was, value = before.attributes.get(attribute, MISSING), now.get(attribute, MISSING)
        if was is not value and attribute not in SELF_MADE:
            changes.bind(SHAPE, name, attribute, value)
    _add(found, changes, before.before, SHAPE, name, "global-changed", spreads=True)
    if len(changes.names) + len(changes.places) == count and not _changed_base(found, cls):
        found.forbid("global-changed", f"the class {name}", "")


def _changed_base(found: Recording, cls: type) -> bool:
    """Whether the shape of a class differs because that of one of its bases does, which is told there."""
    for base in cls.__mro__[1:]:
        name = names.class_name(base)
        if name is not None and (SHAPE, name) in found.watched:
            known = found.reads.get((SHAPE, name))
            if known is not None and sights.present(SHAPE, name) != known.fingerprint:
                return True
    return False


def _add(found: Recording, changes: Changes, before: Before, kind: str, name: str, slug: str, *, spreads: bool) -> None:
    try:
        for position, form in before.changed(range(len(before.objects))):
            changes.add((kind, name, position), before.objects[position], form)
    except Unsettable as error:
        thing = before.objects[error.position] if error.position >= 0 else None
        detail = f" ({type(thing).__name__})" if thing is not None else ""
        found.forbid(slug, name + detail, "", spreads=spreads)


def watch_answered(nodes: list[Node], call: Call) -> dict[Subject, object]:
    """Note how what an answered call read is now, before its changes are done again: the recordings around it must
    see what it changes, and what they change of it later.
    """
    found: dict[Subject, object] = {}
    for kind, name, _, _ in nodes:
        if kind == SHAPE:
            cls = names.resolve_class(name)
            before = None if cls is None else watch_class(cls)
            if before is not None:
                found[kind, name] = before
        elif kind in (GLOBAL, BINDING, NAMESPACE):
            sight = call.see(kind, name)
            sight.keep()
            found[kind, name] = sight
    return found


# --- doing it again -------------------------------------------------------------------------------------------------


class Restored:
    """A stored result that has been put together, and what the call left in objects and names: nothing of it is done yet."""

    __slots__ = ("_call", "_names", "_states", "_things", "_values", "value")

    def __init__(self, call: Call, trace: Trace, store: Store) -> None:
        """Raises whatever goes wrong."""
        find = call.came_from()
        self._call = call
        self._things: list[object] = []
        self._states: Sequence[object] = ()
        self._values: Sequence[object] = ()
        places, self._names = trace.changes
        if places or self._names:
            kept: tuple[object, Sequence[object], Sequence[object]] = store.load_value(trace.value, find)  # type: ignore[assignment]
            self.value, self._states, self._values = kept
            self._things = [find(place) for place in places]
            if any(_is_seen(thing, call.kept_by_walks()) for thing in self._things):
                raise Gone("a frame whose memory shows elsewhere")
        else:
            self.value = store.load_value(trace.value, find if trace.shares else None)
        look_for_modules(call, self.value)

    def put_objects(self) -> None:
        """Set the objects that the call changed; raises what goes wrong, and then none is."""
        put_objects(self._things, self._states)

    def put_names(self) -> None:
        """Bind the names that the call bound anew."""
        put_names(self._names, self._call, self._values)


def _is_seen(thing: object, ours: Sequence[list[object]]) -> bool:
    form = form_of(type(thing))
    return form is not None and form.is_seen(thing, ours)


def put_objects(things: Sequence[object], held: Sequence[object]) -> None:
    """Set the objects that a call changed; all of them, or none and an exception."""
    done: list[tuple[Form, object, object]] = []
    found = [(form_of(type(thing)), thing, state) for thing, state in zip(things, held, strict=True)]
    found.sort(key=lambda one: one[0] is not None and one[0].last)
    try:
        for form, thing, state in found:
            if form is None:
                raise TypeError(type(thing).__name__)
            done.append((form, thing, _taken(form, thing)))
            form.put(thing, state)
    except BaseException:
        for form, thing, was in reversed(done):
            if was is not MISSING:
                form.put(thing, was)
        raise


def _taken(form: Form, thing: object) -> object:
    """What an object holds, should it have to be set back; MISSING where that can't be needed or can't be told."""
    try:
        return MISSING if form.sure else form.take(thing)
    except Exception:  # a set whose order can't be made again
        return MISSING


def put_names(bound_names: Sequence[Name], call: Call, values: Sequence[object]) -> None:
    """Bind the names that a call bound anew."""
    for (kind, name, attribute, bound), value in zip(bound_names, values, strict=True):
        if kind == CLOSURE:
            cell = call.cells[call.info.captured.index(name)]
            if bound:
                cell.cell_contents = value
            else:
                del cell.cell_contents
        elif kind == SHAPE:
            cls = names.resolve_class(name)
            if cls is not None:
                _set_attribute(cls, attribute, value, bound)
        elif kind in (GLOBAL, BINDING):
            _bind(name, value, bound)


def _set_attribute(cls: type, attribute: str, value: object, bound: bool) -> None:
    if bound:
        type.__setattr__(cls, attribute, value)
    else:
        type.__delattr__(cls, attribute)


def _bind(name: str, value: object, bound: bool) -> None:
    """Make `module:a.b` mean a value: the other way round of `sights.look`."""
    module, _, path = name.partition(":")
    holder: object = sys.modules.get(module)
    *way, last = path.split(".")
    for step in way:
        held = vars(holder)
        holder = held[step]
    if isinstance(holder, type):
        _set_attribute(holder, last, value, bound)
    elif last in sights.OF_FUNCTIONS:
        setattr(holder, last, value)
    elif bound:
        vars(holder)[last] = value
    else:
        vars(holder).pop(last, None)
