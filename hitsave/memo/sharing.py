"""Which objects come into a call in two ways at once, and how.

`f(G)` is another call than `f(list(G))` if `f` reads the global `G` as well: it may change the one and look at the
other, or ask whether they are the same. Each alone is compared by value, so that they are one object is compared
here: as a list of the places that lead to an object which another place has led to before. So it is with two arrays
that show the same memory.
"""

from __future__ import annotations

from types import CellType, FunctionType

from xxhash import xxh3_128

from hitsave.memo import memory
from hitsave_trace.fingerprint.met import identities
from hitsave_trace.model import BINDING, CLOSURE, GLOBAL, SHAPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hitsave_trace.model import Fingerprint, Subject

    ObjectsOf = Callable[[str, str], Sequence[object]]

_KINDS = frozenset((GLOBAL, BINDING, CLOSURE, SHAPE))
_PARTS_OF_CLASSES = frozenset((FunctionType, CellType, property, staticmethod, classmethod))
"""What a class consists of by itself."""


def subjects(arguments: Sequence[object], read: Iterable[Subject], objects_of: ObjectsOf) -> str | None:
    """Name, line by line, what was read and holds objects; None where nothing can be shared."""
    found = [f"{kind} {name}" for kind, name in read if kind in _KINDS and _holds_objects(kind, objects_of(kind, name))]
    return "\n".join(found) if len(found) + bool(arguments) > 1 else None


def _holds_objects(kind: str, objects: Sequence[object]) -> bool:
    if kind == SHAPE:
        return not _PARTS_OF_CLASSES.issuperset(map(type, objects))
    return bool(objects)


def fingerprint(arguments: Sequence[object], names: str, objects_of: ObjectsOf) -> Fingerprint:
    """Fingerprint how the arguments of a call and what `names` mean share objects."""
    first = {key: f"argument {position}" for position, key in enumerate(identities(arguments))}
    hasher = xxh3_128()
    kinds: dict[type, str] = {}
    shown = memory.stretches(arguments, "argument", kinds)
    for line in names.split("\n"):
        kind, _, name = line.partition(" ")
        objects = objects_of(kind, name)
        for position, key in enumerate(identities(objects)):
            here = f"{line} {position}"
            place = first.setdefault(key, here)
            if place is not here:
                hasher.update(f"{here} is {place}\n".encode("utf-8", "surrogatepass"))
        shown += memory.stretches(objects, line, kinds)
    for one, other, apart in memory.ties(shown, _tells) if len(shown) > 1 else ():
        hasher.update(f"{other} lies {apart} behind {one}\n".encode("utf-8", "surrogatepass"))
    return hasher.digest()


def _tells(one: memory.Stretch, other: memory.Stretch) -> bool:
    """Whether it matters that two objects show the same memory: each by itself tells of what is within it."""
    return one.source != other.source and one.thing is not other.thing and not (one.framed and other.framed)
