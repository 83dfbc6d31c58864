"""Modules and classes of libraries that a call got hold of as values, by an argument or a name, and what it changed in them.

`def mark(cls): cls.seen = True` says nothing of which class that is. What the program sets on anything is known by the last
name alone (`fingerprint.assigned`); it is looked at before and after.
"""

from __future__ import annotations

from _thread import _local as local
from collections import deque
from contextvars import ContextVar
from time import thread_time
from types import ModuleType

from hitsave_trace.fingerprint.altered import changed_on_anything
from hitsave_trace.fingerprint.assigned import entries_of_anything, set_by_functions, set_on_anything
from hitsave_trace.fingerprint.libraries import is_library
from hitsave_trace.fingerprint.objects import class_shape
from hitsave_trace.fingerprint.registry import qualified
from hitsave_trace.fingerprint.state import names_of
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hitsave_trace.fingerprint.registry import Anything

CONTAINERS = (dict, list, set, deque, bytearray)
_PATIENCE_SECONDS = 0.005
"""What looking at an object of a library may cost: it is done each time that a call is asked about. Above that it counts by its type."""
_dear: set[int] = set()
"""Addresses of objects of which that is so."""
_MISSING = object()


def content(thing: Anything) -> bytes | str:
    """Fingerprint what a library holds; what has no fingerprint counts by its type."""
    try:
        if id(thing) in _dear:
            raise OverBudget
        held = thing
        if issubclass(type(thing), ContextVar):
            held = thing.get(None)
        elif issubclass(type(thing), local):
            held = dict(names_of(thing))
        walk = Walk(thread_time() + _PATIENCE_SECONDS)
        found = walk.fingerprint(held)
        if not walk.classes:
            return found
        # The program's classes that it holds are in it by their names.
        shapes: dict[type, bytes] = {}
        while len(shapes) < len(walk.classes):
            cls = next(one for one in walk.classes if one not in shapes)
            shapes[cls] = class_shape(cls, walk)
        return b"".join((found, *shapes.values()))
    except (Unfingerprintable, OverBudget) as error:
        if isinstance(error, OverBudget):
            _dear.add(id(thing))
        size = f" of {len(thing)}" if issubclass(type(thing), CONTAINERS) else ""
        return ".".join(qualified(type(thing))) + size


class InHand:
    """A module or class of a library, as it was when a recording got hold of it."""

    __slots__ = ("_inside", "_own", "thing")

    def __init__(self, thing: Anything) -> None:
        self.thing = thing
        own = names_of(thing)
        names = set_on_anything()
        self._own = dict(own) if entries_of_anything(names) else {name: own.get(name, _MISSING) for name in names}
        self._inside = {
            name: content(own[name])
            for name in changed_on_anything & own.keys()
            if issubclass(type(own[name]), CONTAINERS)
        }

    def changed(self, names: set[str]) -> str | None:
        """Say what is not as it was, of what may have been set under these names."""
        own = names_of(self.thing)
        if entries_of_anything(names):
            # The interpreter puts names between underscores there, too.
            names = {name for name in own.keys() | self._own.keys() if not name.startswith("__")} | names
        for name in names:
            now = own.get(name, _MISSING)
            # What a package imports becomes its attribute.
            if now is not self._own.get(name, _MISSING) and not issubclass(type(now), ModuleType):
                return f"{_called(self.thing)}.{name}"
        for name, before in self._inside.items():
            if name not in own or content(own[name]) != before:
                return f"{_called(self.thing)}.{name}"
        return None


def _called(thing: Anything) -> str:
    return thing.__qualname__ if issubclass(type(thing), type) else str(names_of(thing).get("__name__"))


def note_in_hand(known: dict[int, InHand], thing: Anything) -> None:
    """Note how a module or class of a library is, if the program sets anything on what it gets hold of."""
    if id(thing) in known or not (set_on_anything() or changed_on_anything):
        return
    is_module = issubclass(type(thing), ModuleType)
    name = names_of(thing).get("__name__") if is_module else qualified(thing)[0]
    if type(name) is str and is_library(name):
        known[id(thing)] = InHand(thing)


def changed_in_hand(known: dict[int, InHand], functions: Iterable[str]) -> Iterator[str]:
    """Name what was changed in modules and classes since they were noted, as `functions` may have done."""
    names = set_by_functions(functions) if known else set()
    yield from (name for held in known.values() if (name := held.changed(names)) is not None)
