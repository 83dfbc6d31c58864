"""Taking a result apart so that it can be put together again, with its identities.

What was there before the call (an argument, a global that it read, or a part of one) is that very object again after
a hit: such parts are not pickled but named by their place in the walk over what they belong to. A value is only kept
if its round trip is faithful: put together at once, its fingerprint is the same, taken from its real state and not
through its pickler.
"""

from __future__ import annotations

import sys
from time import thread_time

from hitsave.memo import memory
from hitsave.store.pickles import Unpicklable, dump, load
from hitsave.store.states import runs_code
from hitsave_trace.around import around
from hitsave_trace.fingerprint.containers import SETS_OF_OTHERS
from hitsave_trace.fingerprint.libraries import is_library
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk
from hitsave_trace.in_c import by_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsave.store.pickles import Pickled

    # A position among the objects of the arguments, or (kind, name, position) among those of a global.
    Place = int | tuple[str, str, int]

PLAIN = frozenset((list, dict, set, bytearray))


class Refused(Exception):
    """A result that can't be kept: `slug` of the reason, and what in the result it is about."""

    def __init__(self, slug: str, what: str) -> None:
        super().__init__(what)
        self.slug = slug
        self.what = what


class Taken:
    """A result as it will be stored."""

    __slots__ = ("pickled", "shares")

    def __init__(self, pickled: Pickled, shares: bool) -> None:
        self.pickled = pickled
        self.shares = shares  # whether the result holds something that was there before the call


TEXT_SECONDS = 5e-8
"""What a string of a column of text counts for when it is asked what fingerprinting took: the column's form may be remembered."""
PLAIN_PART, PART = 0.2, 0.1
"""The part of a call's time that fingerprinting its result may take, if that is plain data or not. To put it together takes
about as long, and to keep it some five times that, as it is put together once to see whether it is the same."""


def take(
    value: object,
    come_in: Sequence[tuple[Place, object]],
    changed: tuple[list[object], list[object]] | None = None,
    seconds: float | None = None,
) -> Taken:
    """Take `value` apart. `come_in` are the objects that were there before the call, each with its place.

    `changed`: what objects hold and names mean after the call. It is kept together with the result, as a tuple of three.
    `seconds`: what the call is worth; a result that takes too long for that is not taken apart. Raises `Refused`.
    """
    try:
        return _take(value, come_in, changed, seconds)
    except OverBudget:
        raise Refused("too-cheap", "result") from None


def _take(
    value: object,
    come_in: Sequence[tuple[Place, object]],
    changed: tuple[list[object], list[object]] | None,
    seconds: float | None,
) -> Taken:
    began = thread_time()
    deadline = None if seconds is None else began + PLAIN_PART * seconds
    walk = Walk(deadline)
    fingerprint = _fingerprint(walk, value, "result")

    places = {id(thing): place for place, thing in come_in}
    inside = _views_of(walk, come_in, places)
    shares = bool(inside) or any(id(thing) in places for thing in walk.objects)
    beyond = _Beyond(dict(come_in) if shares or changed is not None else None, after_result=not shares)

    def both(walk: Walk) -> bytes:
        found = _fingerprint(walk, value, "result")
        if changed is None:
            return found
        beyond.result_is_over(walk)
        return found + _fingerprint(walk, changed, "changed")

    persistent_id = None
    if beyond.known is not None:
        persistent_id = by_address(places)
        if shares:
            walk = beyond.walk(deadline)
            fingerprint = both(walk)
        else:
            beyond.result_is_over(walk)
            fingerprint += _fingerprint(walk, changed, "changed")
        inside = _views_of(walk, come_in, places)
    if memory.watched(thing for thing in walk.objects if id(thing) not in places):
        raise Refused("identity", "result (pandas warns when this part of a frame is written to)")
    ties = memory.inside(walk)
    named = _of_libraries(walk)
    what = "result" if changed is None else "the result or what was changed"
    plain = not around.sizes_told and _is_plain(value, walk, places)
    sizes = _sizes(walk)
    if around.sizes_told and changed is not None:
        raise Refused("unfaithful", what)
    if seconds is not None and not plain and thread_time() - began + TEXT_SECONDS * walk.texts > PART * seconds:
        raise OverBudget

    together = value if changed is None else (value, *changed)

    def kept(*, exactly: bool) -> Pickled:
        try:
            pickled = dump(together, persistent_id, views=exactly, owners=inside, named=named)
        except Unpicklable as error:
            raise Refused("unpicklable", f"{what}{error.path} ({error.type_name}: {error.why})") from None
        if plain or _is_faithful(pickled, fingerprint, beyond, ties, sizes, with_changes=changed is not None):
            return pickled
        # Some classes of libraries work something out when they are asked how they are pickled, and keep it.
        filled = both(beyond.walk())
        if filled != fingerprint and _is_faithful(
            pickled, filled, beyond, ties, sizes, with_changes=changed is not None
        ):
            return pickled
        raise Refused("unfaithful", what)

    exactly = bool(inside) or bool(ties) or walk.sets == SETS_OF_OTHERS or any(map(runs_code, walk.classes))
    try:
        return Taken(kept(exactly=exactly), shares)
    except Refused:
        if exactly:
            raise
        # Most often for arrays that are views of others, the order of sets, or what a class leaves out of its state.
        return Taken(kept(exactly=True), shares)


def _of_libraries(walk: Walk) -> dict[int, tuple[str, str]]:
    """Find the objects that a library keeps under a name beside their class, such as what stands for "not given".

    Whoever gets one may ask whether it is that very object. They are given by address, with module and name.
    """
    found: dict[int, tuple[str, str]] = {}
    tables: dict[type, dict[int, str]] = {}
    for thing in walk.objects:
        kind = type(thing)
        table = tables.get(kind)
        if table is None:
            table = tables[kind] = _named(kind)
        if table and id(thing) in table:
            found[id(thing)] = kind.__module__, table[id(thing)]
    for home, name in _PLAIN_MARKS:
        if any(kind.__module__ == home for kind in tables):
            found[id(getattr(sys.modules[home], name))] = home, name
    return found


_PLAIN_MARKS = (("argparse", "SUPPRESS"), ("optparse", "NO_DEFAULT"))
"""A string and a tuple that objects of these modules hold, and of which they ask whether it is that very one."""


def _named(kind: type) -> dict[int, str]:
    """The names of the instances of a class that its module holds, by their addresses."""
    home = kind.__module__
    if type(home) is not str or home in _GENERATORS or not is_library(home):
        return {}
    names = getattr(sys.modules.get(home), "__dict__", {})
    return {id(one): name for name, one in list(names.items()) if type(one) is kind}


_GENERATORS = frozenset(("builtins", "random", "numpy.random.mtrand"))
"""Modules in which no such objects are looked for; how `numpy.random` is kept stands in `store.views`."""


class _Beyond:
    """How a result is walked: what was there before the call stands for itself, and what it holds now may be new."""

    __slots__ = ("_after_result", "known")

    def __init__(self, known: dict[Place, object] | None, *, after_result: bool) -> None:
        self.known = known  # what was there, if that matters
        # Whether the result holds nothing of it: what was changed may, and one walk does for both.
        self._after_result = after_result

    def walk(self, deadline: float | None = None) -> Walk:
        """Begin a walk over the result."""
        walk = Walk(deadline)
        if self.known is not None and not self._after_result:
            walk.pass_over(self.known.values())
        return walk

    def result_is_over(self, walk: Walk) -> None:
        """What was changed is next."""
        if self.known is not None and self._after_result:
            walk.pass_over(self.known.values())


def _fingerprint(walk: Walk, value: object, what: str) -> bytes:
    try:
        return walk.fingerprint(value, what)
    except Unfingerprintable as error:
        slug = "unfingerprintable-result" if what == "result" else "unfingerprintable-change"
        raise Refused(slug, f"{error.path or what} ({error.type_name}: {error.why})") from None


def _is_plain(value: object, walk: Walk, places: dict[int, Place]) -> bool:
    """Whether all that is new is made of nothing but builtin containers, atoms and plain arrays, which pickle keeps exactly."""
    if walk.classes or walk.sets:
        return False
    numpy = sys.modules.get("numpy")
    array = getattr(numpy, "ndarray", None)
    seen = False
    for thing in walk.objects:
        kind = type(thing)
        if kind in PLAIN or (kind is array and not thing.dtype.hasobject and thing.flags.owndata):  # type: ignore[attr-defined]
            seen = seen or thing is value
        elif id(thing) not in places:
            return False
    return seen or id(value) in places or type(value) in _ATOMS


_ATOMS = frozenset((int, float, str, bytes, bool, complex, type(None)))


def _is_faithful(
    pickled: Pickled,
    fingerprint: bytes,
    beyond: _Beyond,
    ties: list[memory.Tie],
    sizes: list[int],
    *,
    with_changes: bool,
) -> bool:
    """Put a value together again, and see whether it is what it was. Raises `Refused` if that can't be done at all."""
    persistent_load = None if beyond.known is None else beyond.known.__getitem__
    try:
        buffers = [bytearray(buffer) if not buffer.readonly else bytes(buffer) for buffer in pickled.buffers]
        again = load(pickled.data, buffers, persistent_load)  # type: ignore[arg-type]
        walk = beyond.walk()
        if with_changes:
            parts: tuple[object, object, object] = again  # type: ignore[assignment]
            now = walk.fingerprint(parts[0])
            beyond.result_is_over(walk)
            now += walk.fingerprint(parts[1:])
        else:
            now = walk.fingerprint(again)
        return now == fingerprint and memory.inside(walk) == ties and _sizes(walk) == sizes
    except Exception as error:  # the program's own classes run here
        raise Refused("unpicklable", f"result ({type(error).__name__}: {error})") from None


def _sizes(walk: Walk) -> list[int]:
    """How much memory the objects take, if the program asks: a list that grew has room that pickle does not give it."""
    return [sys.getsizeof(thing) for thing in walk.objects if type(thing) in PLAIN] if around.sizes_told else []


def _views_of(walk: Walk, come_in: Sequence[tuple[Place, object]], places: dict[int, Place]) -> list[object]:
    """Give the arrays that came in and of which new ones are views; raises `Refused` if that can't be kept."""
    kinds: dict[type, str] = {}
    outside = memory.stretches([thing for _, thing in come_in], "", kinds)
    if not outside:
        return []
    new = [one for one in memory.stretches([*walk.objects, *walk.loose], "", kinds) if id(one.thing) not in places]
    if not new:
        return []
    from hitsave.store.views import can_own, owner_of
    from hitsave_trace.fingerprint.regions import Regions

    numpy = sys.modules["numpy"]
    regions = Regions()
    for one in outside:
        regions.add(one.low, one.high, one)
    found: dict[int, object] = {}
    for one in new:
        others: list[memory.Stretch] = [region.arrays[0] for region in regions.touching(one.low, one.high)]
        if not others or (one.framed and all(other.framed for other in others)):
            continue  # no frame tells that it has memory in common with another
        if one.thing is not one.array:
            raise Refused("identity", "result (it shows the memory of an argument)")
        # Which array it is in which a data frame keeps its values is its own affair: a view of that can't be kept.
        if any(other.framed for other in others):
            raise Refused("identity", "result (a view of what a data frame holds)")
        owners = [other.array for other in others if type(other.thing) is numpy.ndarray and can_own(other.thing)]
        owner = owner_of(one.array, owners) if type(one.array) is numpy.ndarray else None
        if owner is None or not all(other.thing is other.array for other in others):
            raise Refused("identity", "result (a view of an argument)")
        found[id(owner)] = owner
    return list(found.values())
