"""The canonical form of weak references: which of the objects that were met is the one that they lead to.

A reference leads to something that others hold. If it is a part of the same value, its place there is written, once all of the
value has been met; a class counts as it does anywhere. What is held from elsewhere can't be said: to look at it is to hold it.

A program that uses weak references itself may ask whether what they lead to is still there, and what a call is given is held while it
is recorded: of such a program none is written.
"""

from __future__ import annotations

from _weakref import ReferenceType
from types import FunctionType

from hitsave_trace import names
from hitsave_trace.fingerprint import hasher, objects, registry
from hitsave_trace.fingerprint.places import ATTRIBUTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

WHY = "what a weak reference leads to is held from elsewhere"
ASKED = "the program may ask whether what a weak reference leads to is still there"
_LABELS = (ATTRIBUTES, ["()", "__callback__"])
_OF_CALLBACK = (ATTRIBUTES, ["__callback__"])


def target(reference: Anything) -> object:
    """Give what a reference leads to, whatever its class answers when it is called; None if that has gone."""
    return ReferenceType.__call__(reference)


def canonical(walk: Walk, reference: Anything) -> Children:
    """Write a weak reference and its callback; which object it leads to follows at the end (`close`)."""
    if names.weak_users:
        objects.refuse(reference, ASKED)
    found, callback = target(reference), reference.__callback__
    if found is None:
        walk.write(hasher.WEAK + b"dead")
        return [callback], _OF_CALLBACK
    if walk.is_key or isinstance(found, type) or _is_named(found):
        walk.write(hasher.WEAK + b"held")
        return [found, callback], _LABELS
    walk.write(hasher.WEAK)
    walk.weak.append((reference, walk.place))
    return [callback], _OF_CALLBACK


def close(walk: Walk) -> None:
    """Write where what was referred to stands in the value. Raises `Unfingerprintable` for what does not."""
    for reference, place in walk.weak:
        found = walk.position(target(reference))
        if found is None:
            walk.place = place
            objects.refuse(reference, WHY)
        walk.write(hasher.BACK + hasher.number(found))
    walk.weak.clear()


def _is_named(thing: object) -> bool:
    """Whether this is a function of a module or a class, which its name leads to."""
    if type(thing) is not FunctionType or type(thing.__module__) is not str:
        return False
    return registry.reach(thing.__module__, thing.__qualname__) is thing
