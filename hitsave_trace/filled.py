"""What a call finds in caches that `functools.lru_cache` made, and what it leaves there.

A call that a cache answers is seen by nobody, and what a cache holds has no name. So

- what a recording finds in a cache is a dependency (FILLED), but for results that would be the same whenever they were
  computed (`fingerprint.purity`), and for those that a call has put there which is saved: such a call does not fill the cache when it
  is answered. Of these, what that call had read is a dependency;
- an object in a cache that is changed, or that a cached function made and somebody changed since, speaks against saving: on
  a hit there would be nothing to change.
"""

from __future__ import annotations

import gc
from _thread import get_ident
from _weakref import ref
from types import FunctionType

from xxhash import xxh3_128

from hitsave_trace.fingerprint.hasher import ATOMS
from hitsave_trace.fingerprint.purity import is_pure
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk
from hitsave_trace.model import CLOSURE, FILLED, GLOBAL, NAMESPACE, RANDOM, SETTING, SHAPE, SHARING, Dependency
from hitsave_trace.names import info_of
from hitsave_trace.recording import busy, stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.model import Fingerprint, Subject
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.recording import Recording

    Reads = dict[tuple[str, str], Dependency]
    Pair = tuple[object, object]  # a key, and what is kept for it

ENOUGH = 64
"""Results that can't be changed, after which one takes it that a function gives none that can."""
_PURE = b"whatever it holds"


class Known:
    """What is known of one cache, for as long as it exists."""

    __slots__ = ("_of", "inside", "still")

    def __init__(self, cache: object) -> None:
        mark = id(cache)
        self._of = ref(cache, lambda _: _known.pop(mark, None))
        # What was put there by calls that are saved, by address of the key: the key, fingerprint of the pair, what the call had read.
        self.inside: dict[int, tuple[object, Fingerprint, Reads]] = {}
        self.still: tuple[int, int] | None = None  # a moment at which all it held could not be changed


_known: dict[int, Known] = {}


class Found:
    """What a recording found in one cache when it came across it."""

    __slots__ = ("addressed", "before", "cache", "keys", "misses")

    def __init__(self, cache: object, addressed: bool) -> None:
        self.cache = cache
        self.addressed = addressed  # whether a name leads to it
        told = cache.cache_info()  # type: ignore[attr-defined]
        self.misses = told.misses
        self.keys: dict[int, object] = {}
        self.before: dict[int, Fingerprint | None] = {}
        if known_of(cache).still == (told.misses, told.currsize) and is_pure(cache):
            return
        held = pairs(cache)
        self.keys = {id(key): key for key, _ in held}
        # Of what can be changed.
        if not is_still(cache, held):
            self.before = {id(key): fingerprint_pair(key, kept) for key, kept in held}


def known_of(cache: object) -> Known:
    """Give what is known of a cache."""
    known = _known.get(id(cache))
    if known is None:
        known = _known[id(cache)] = Known(cache)
    return known


def pairs(cache: Anything) -> list[Pair]:
    """List what a cache holds: keys and results."""
    told = cache.cache_info()
    if not told.currsize:
        return []
    found = gc.get_referents(cache)
    table = next((one for one in found if type(one) is dict and len(one) == told.currsize), {})
    if told.maxsize is None:
        return list(table.items())
    place = {id(one): position for position, one in reversed(list(enumerate(found)))}
    return [(key, found[place[id(key)] + 1]) for key in table if id(key) in place]


def fingerprint_pair(key: object, kept: object) -> Fingerprint | None:
    """Fingerprint a key with its result; None if that can't be done."""
    try:
        walk = Walk()
        return walk.fingerprint(_plain(key)) + walk.fingerprint(kept)
    except Unfingerprintable:
        return None


def _plain(key: object) -> object:
    """A key without the object that parts positions from keywords."""
    return tuple("/" if type(one) is object else one for one in key) if type(key) is tuple else key


def can_change(value: object) -> bool:
    """Whether there is something in a value that can be changed."""
    if type(value) in ATOMS:
        return False
    walk = Walk()
    try:
        walk.fingerprint(value)
    except Unfingerprintable:
        return True
    return bool(walk.objects or walk.loose)


def is_still(cache: Anything, held: list[Pair]) -> bool:
    """Whether nothing that a cache holds, nor its keys, can be changed."""
    told = cache.cache_info()
    known = known_of(cache)
    moment = told.misses, told.currsize
    if known.still != moment:
        if any(can_change(_plain(key)) or can_change(kept) for key, kept in held):
            return False
        known.still = moment
    return True


def _is_certain(cache: object, held: list[Pair]) -> bool:
    """Whether what a cache holds would be the same whenever it was computed."""
    return is_pure(cache) and not any(can_change(_plain(key)) for key, _ in held)


def fingerprint(caches: Sequence[object]) -> Fingerprint | None:
    """Fingerprint what caches hold that does not come from saved calls; None if that can't be done."""
    hasher = xxh3_128()
    for cache in caches:
        held = pairs(cache)
        if _is_certain(cache, held):
            hasher.update(_PURE)
            continue
        inside = known_of(cache).inside
        for key, kept in held:
            pair = fingerprint_pair(key, kept)
            if pair is None:
                return None
            if id(key) not in inside or inside[id(key)][1] != pair:
                hasher.update(pair)
    return hasher.digest()


def come_across(recording: Recording, name: str, caches: Iterable[object], reader: int, where: str) -> None:
    """A recording has come to where these caches can be reached, by a name or (if that is empty) by what it was given."""
    fresh = [cache for cache in caches if id(cache) not in recording.caches]
    if not fresh:
        return
    for cache in fresh:
        info = _info_of(cache)
        if info is not None and info.kept < 0:
            info.kept = ENOUGH
        recording.caches[id(cache)] = found = Found(cache, bool(name))
        if None in found.before.values():
            recording.forbid("cache-content", walk_name(cache), where)
    digest = fingerprint(fresh)
    if digest is None:
        return
    if name:
        recording.read(FILLED, name, digest, None, reader)
    for cache in fresh:
        held = pairs(cache)
        if _is_certain(cache, held):
            continue
        if held and not name:
            recording.forbid("cache-content", walk_name(cache), where)
        inside = known_of(cache).inside
        for key, kept in held:
            filled = inside.get(id(key))
            if filled is not None and filled[1] == fingerprint_pair(key, kept):
                _adopt(recording, cache, filled[2], where)


def _info_of(cache: Anything) -> CodeInfo | None:
    """The function of the program behind a cache."""
    function = cache.__wrapped__
    return info_of(function.__code__) if type(function) is FunctionType else None


def _adopt(recording: Recording, cache: object, reads: Reads, where: str) -> None:
    """What a saved call had read when it filled a cache counts for who takes from the cache."""
    for subject, one in reads.items():
        if subject[0] in (CLOSURE, SETTING, SHARING):
            continue
        own = recording.reads.get(subject)
        if own is None:
            recording.reads[subject] = Dependency(one.kind, one.name, one.fingerprint, one.text, -1)
        elif own.fingerprint != one.fingerprint:
            recording.forbid("cache-content", walk_name(cache), where)


def returned(info: CodeInfo, value: object) -> None:
    """A function whose results are kept returns `value`. How it looks now tells later whether somebody has changed it."""
    thread = get_ident()
    ours = thread not in busy
    busy.add(thread)
    try:
        if not can_change(value):
            info.kept -= 1
            return
        looks = value, fingerprint_pair(None, value)
        for recording in stacks.get(thread, ()):
            recording.returned[id(value)] = looks
    finally:
        if ours:
            busy.discard(thread)


def check(recording: Recording) -> None:
    """See what a call that has ended changed of what caches hold."""
    for found in recording.caches.values():
        cache = found.cache
        if cache.cache_info().misses == found.misses and not found.before:  # type: ignore[attr-defined]
            continue
        held = pairs(cache)
        if is_still(cache, held):
            continue
        for key, kept in held:
            if id(key) in found.keys:
                if not found.before or fingerprint_pair(key, kept) == found.before.get(id(key)):
                    continue
            elif not can_change(kept):
                continue
            else:
                made = recording.returned.get(id(kept))
                if made is not None and made[1] is not None and fingerprint_pair(None, kept) == made[1]:
                    continue
            recording.forbid("kept-result-changed", walk_name(cache), "", spreads=True)
            break


def saved(recording: Recording, changes: bool) -> None:
    """A call is saved: what it has put into caches is not there when it is answered."""
    if changes or recording.written or recording.drawn or any(kind == RANDOM for kind, _ in recording.reads):
        return  # then it counts by value
    for found in recording.caches.values():
        cache = found.cache
        if not found.addressed or cache.cache_info().misses == found.misses:  # type: ignore[attr-defined]
            continue
        held = pairs(cache)
        inside = known_of(cache).inside
        alive = {id(key) for key, _ in held}
        for mark in [mark for mark in inside if mark not in alive]:
            del inside[mark]
        for key, kept in held:
            if id(key) not in found.keys and id(key) not in inside:
                pair = fingerprint_pair(key, kept)
                if pair is not None:
                    inside[id(key)] = key, pair, recording.reads


def walk_name(cache: object) -> str:
    """What a cache is called."""
    name = getattr(cache, "__qualname__", None)
    return f"{getattr(cache, '__module__', '?')}:{name}"


_ALL = ":\0all"
_CLASS = "\0class"


def name_of(kind: str, name: str) -> str:
    """Name what is in the caches that another subject leads to."""
    return name + _CLASS if kind == SHAPE else name + _ALL if kind == NAMESPACE else name


def leading_to(name: str) -> Subject:
    """Give the subject that leads to the caches."""
    if name.endswith(_CLASS):
        return SHAPE, name.removesuffix(_CLASS)
    return (NAMESPACE, name.removesuffix(_ALL)) if name.endswith(_ALL) else (GLOBAL, name)
