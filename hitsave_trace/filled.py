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
from itertools import islice
from time import thread_time
from types import FunctionType

from xxhash import xxh3_128

from hitsave_trace.fingerprint.purity import is_fixed, is_pure
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
MANY = 10_000
"""Results that can be changed, after which it is not noted any more how they look when they are made."""
HEAVY_SECONDS = 0.02
"""What a look at all that a cache holds may cost; one that costs more is not looked at any more."""
_PURE = b"whatever it holds"


class Known:
    """What is known of one cache, for as long as it exists."""

    __slots__ = ("_moment", "_of", "fixed", "fixed_keys", "heavy", "inside", "pure")

    def __init__(self, cache: object) -> None:
        mark = id(cache)
        self._of = ref(cache, lambda _: _known.pop(mark, None))
        # What was put there by calls that are saved, by address of the key: the key, fingerprint of the pair, what the call had read.
        self.inside: dict[int, tuple[object, Fingerprint, Reads]] = {}
        self._moment = (0, 0)  # of the last look: how often its function had run, and how much it held
        self.fixed = self.fixed_keys = True  # whether nothing of what it holds can be changed; of its keys
        self.heavy = False
        self.pure = False

    def look(self, cache: Anything) -> None:
        """See what has come since the last look."""
        told = cache.cache_info()
        self.pure = is_pure(cache)
        moment = told.misses, told.currsize
        if moment == self._moment:
            return
        came = moment[0] - self._moment[0]
        start = self._moment[1] if came > 0 and came == moment[1] - self._moment[1] else 0
        if start == 0:
            self.fixed = self.fixed_keys = True
        self._moment = moment
        if self.fixed_keys:
            held = pairs(cache, start)
            self.fixed_keys = all(is_fixed(key) or not can_change(_plain(key)) for key, _ in held)
            self.fixed = self.fixed and self.fixed_keys and all(is_fixed(one) or not can_change(one) for _, one in held)

    @property
    def certain(self) -> bool:
        """Whether what it holds is what would be computed now: it does not matter when that was, and nobody can change it."""
        return self.pure and self.fixed


_known: dict[int, Known] = {}


class Found:
    """What a recording found in one cache when it came across it."""

    __slots__ = ("addressed", "before", "cache", "keys", "misses", "unknown")

    def __init__(self, cache: Anything, addressed: bool) -> None:
        self.cache = cache
        self.addressed = addressed  # whether a name leads to it
        self.misses = cache.cache_info().misses
        self.keys: dict[int, object] = {}
        self.before: dict[int, Fingerprint | None] = {}  # of what can be changed
        known = known_of(cache)
        if known.certain:
            self.unknown = False
            return
        held = pairs(cache)
        self.keys = {id(key): key for key, _ in held}
        looks = {} if known.fixed else look_at(held, known)
        self.unknown = looks is None
        self.before = looks or {}


def known_of(cache: object) -> Known:
    """Give what is known of a cache."""
    known = _known.get(id(cache))
    if known is None:
        known = _known[id(cache)] = Known(cache)
    known.look(cache)
    return known


def pairs(cache: Anything, start: int = 0) -> list[Pair]:
    """List what a cache holds: keys and results, without the `start` oldest of them."""
    told = cache.cache_info()
    if told.currsize <= start:
        return []
    found = gc.get_referents(cache)
    table = next((one for one in found if type(one) is dict and len(one) == told.currsize), {})
    if told.maxsize is None:
        return list(islice(table.items(), start, None))
    place = {id(one): position for position, one in reversed(list(enumerate(found)))}
    return [(key, found[place[id(key)] + 1]) for key in islice(table, start, None) if id(key) in place]


def look_at(held: list[Pair], known: Known) -> dict[int, Fingerprint | None] | None:
    """Fingerprint what a cache holds, by the addresses of its keys; None if that takes too long."""
    found: dict[int, Fingerprint | None] = {}
    until = thread_time() + HEAVY_SECONDS
    for key, kept in held if not known.heavy else ():
        found[id(key)] = fingerprint_pair(key, kept)
        if thread_time() > until:
            known.heavy = True
            break
    return None if known.heavy else found


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
    walk = Walk()
    try:
        walk.fingerprint(value)
    except Unfingerprintable:
        return True
    return bool(walk.objects or walk.loose)


def fingerprint(caches: Sequence[object]) -> Fingerprint | None:
    """Fingerprint what caches hold that does not come from saved calls; None if that can't be done."""
    hasher = xxh3_128()
    for cache in caches:
        known = known_of(cache)
        if known.certain:
            hasher.update(_PURE)
            continue
        looks = look_at(pairs(cache), known)
        if looks is None or None in looks.values():
            return None
        for mark, pair in looks.items():
            if pair is not None and (mark not in known.inside or known.inside[mark][1] != pair):
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
            info.kept = MANY
        recording.caches[id(cache)] = Found(cache, bool(name))
    digest = fingerprint(fresh)
    if digest is None:
        recording.forbid("cache-content", ", ".join(map(walk_name, fresh)), where)
        return
    if name:
        recording.read(FILLED, name, digest, None, reader)
    for cache in fresh:
        known = known_of(cache)
        held = [] if known.certain else pairs(cache)
        if held and not name:
            recording.forbid("cache-content", walk_name(cache), where)
        for key, kept in held if known.inside else ():
            filled = known.inside.get(id(key))
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
        info.kept -= 1
        if is_fixed(value) or not can_change(value):
            info.kept = max(info.kept - MANY // ENOUGH, 0)
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
        cache: Anything = found.cache
        if cache.cache_info().misses == found.misses and not found.before and not found.unknown:
            continue
        known = known_of(cache)
        fresh = cache.cache_info().misses != found.misses and not known.certain
        if fresh and not is_pure(cache, alone=False):
            # Plain Python keeps what it got, though what that came from may change in the next line. A hit keeps nothing.
            recording.forbid("filled-by-state", walk_name(cache), "")
        if known.fixed:
            continue
        looks = None if found.unknown else look_at(pairs(cache), known)
        if looks is None:
            recording.forbid("cache-content", walk_name(cache), "")
            continue
        for key, kept in pairs(cache):
            slug = _changed(found, recording, key, kept, looks[id(key)])
            if slug is not None:
                recording.forbid(slug, walk_name(cache), "")
                break


def _changed(found: Found, recording: Recording, key: object, kept: object, looks: Fingerprint | None) -> str | None:
    """Say whether a result is another than it was when the recording came to the cache, or when it was made."""
    if id(key) in found.keys:
        return "kept-result-changed" if found.before and looks != found.before.get(id(key)) else None
    if is_fixed(kept) or not can_change(kept):
        return None
    made = recording.returned.get(id(kept))
    if made is None or made[1] is None:
        return "cache-content"
    return "kept-result-changed" if fingerprint_pair(None, kept) != made[1] else None


def saved(recording: Recording, changes: bool) -> None:
    """A call is saved: what it has put into caches is not there when it is answered."""
    if changes or recording.written or recording.drawn or any(kind == RANDOM for kind, _ in recording.reads):
        return  # then it counts by value
    for found in recording.caches.values():
        cache: Anything = found.cache
        if not found.addressed or cache.cache_info().misses == found.misses:
            continue
        known = known_of(cache)
        looks = None if known.certain else look_at(pairs(cache), known)
        if looks is None:
            continue
        for mark in [mark for mark in known.inside if mark not in looks]:
            del known.inside[mark]
        for key, _ in pairs(cache):
            pair = looks.get(id(key))
            if pair is not None and id(key) not in found.keys and id(key) not in known.inside:
                known.inside[id(key)] = key, pair, recording.reads


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


def forget() -> None:
    """Let go of what is known: the program has ended."""
    _known.clear()
