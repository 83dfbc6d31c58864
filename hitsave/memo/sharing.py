"""Which objects come into a call in two ways at once, and how.

`f(G)` is another call than `f(list(G))` if `f` reads the global `G` as well: it may change the one and look at the
other, or ask whether they are the same. Each alone is compared by value, so that they are one object is compared
here: as a list of the places that lead to an object which another place has led to before.
"""

from __future__ import annotations

from xxhash import xxh3_128

from hitsave_trace.model import BINDING, CLOSURE, GLOBAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hitsave.memo.call import Call
    from hitsave_trace.model import Fingerprint, Subject


def subjects(call: Call, read: Iterable[Subject]) -> str | None:
    """Name, line by line, what was read and holds objects; None where nothing can be shared."""
    found = [
        f"{kind} {name}" for kind, name in read if kind in (GLOBAL, BINDING, CLOSURE) and _objects(call, kind, name)
    ]
    return "\n".join(found) if len(found) + bool(call.objects) > 1 else None


def fingerprint(call: Call, names: str) -> Fingerprint:
    """Fingerprint how the arguments of `call` and what `names` mean now share objects."""
    first = {id(thing): f"argument {position}" for position, thing in enumerate(call.objects)}
    hasher = xxh3_128()
    for line in names.split("\n"):
        kind, _, name = line.partition(" ")
        for position, thing in enumerate(_objects(call, kind, name)):
            here = f"{line} {position}"
            place = first.setdefault(id(thing), here)
            if place is not here:
                hasher.update(f"{here} is {place}\n".encode("utf-8", "surrogatepass"))
    return hasher.digest()


def _objects(call: Call, kind: str, name: str) -> Sequence[object]:
    if kind == CLOSURE:
        return call.captured_objects.get(name, ())
    return call.see(kind, name).objects
