"""Whether a result is also held by a cache of the program.

What `functools.lru_cache` keeps can't be looked into by name, so a part of a result that it keeps as well has no place by
which it could be found again. After a hit the cache would hold nothing, or another object: a later call of the cached
function would not give the same object as before.
"""

from __future__ import annotations

import gc
from types import FunctionType

from hitsave.memo.results import Refused
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave.memo.changes import Changes
    from hitsave_trace.recording import Recording


def refuse(found: Recording, value: object, changed: Changes) -> None:
    """Refuse what shares an object with a cache whose function the call could have used. Raises `Refused`."""
    caches = {id(cache): (name, cache) for name, cache in _caches(found)}
    if not caches:
        return
    own = Walk()
    try:
        own.fingerprint(value)
        if changed:
            own.fingerprint(changed.states())
    except Unfingerprintable:
        return  # refused for that
    mine = set(map(id, own.objects))
    if not mine:
        return
    for name, cache in caches.values():
        for kept in _kept(cache):
            walk = Walk()
            try:
                walk.fingerprint(kept)
            except Unfingerprintable:
                walk.objects.append(kept)
            if not mine.isdisjoint(map(id, walk.objects)):
                raise Refused("identity", f"result (a part of it is kept by the cache of {name})")


def _caches(found: Recording) -> Iterator[tuple[str, object]]:
    for (_, name), before in found.watched.items():
        cache = getattr(before, "kept_results", None)
        if cache is not None:
            yield name, cache
        for attribute, value in getattr(before, "attributes", {}).items():
            function = getattr(value, "__func__", value)  # of static and class methods
            if hasattr(type(function), "cache_info"):
                yield f"{name}.{attribute}", function


def _kept(cache: object) -> Iterator[object]:
    """The results in a cache: it holds them itself, or in the dict that it holds."""
    for thing in gc.get_referents(cache):
        if type(thing) is dict and thing is not getattr(cache, "__dict__", None):
            yield from list(thing.values())
        elif type(thing) is not dict and not isinstance(thing, (type, FunctionType)):
            yield thing
