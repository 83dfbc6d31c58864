"""What pickle loses of builtin values: the order of sets, and that a NaN is `math.nan` itself.

The order in which a set gives its elements depends on the size of its table, and on the order in which those that want the
same place came. Pickle puts them in one after the other, into a table as small as can be. And a float is written
as a number, although `x is np.nan` and `len({nan, nan})` tell one NaN from another.

Both are named to the pickler by *persistent ids* that begin with `HERE`, and such a pickle ends with a mark behind its
last instruction, where pickle itself does not look.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from itertools import islice, permutations
from math import nan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Find = Callable[[object], object]

HERE = "\0exact"
MARK = b"\0exact"
NAN = b"G\x7f\xf8\0\0\0\0\0\0"
"""How pickle writes the usual NaN."""

_EMPTY = sys.getsizeof(set())
_ENTRY = 16
_SMALL = 8
_TRIES = 200


class _Names:
    """A `persistent_id` that names NaNs that have a name, and with `orders` sets; everything else is up to `inner`."""

    def __init__(self, inner: Find | None, *, orders: bool) -> None:
        self.inner = inner
        self.orders = orders
        self.used = False
        self._nans = {id(value): name for name, value in _nans().items()}
        self._sets: dict[int, object] = {}

    def __call__(self, thing: object) -> object:
        if self.inner is not None:
            found = self.inner(thing)
            if found is not None:
                return found
        kind = type(thing)
        if kind is float:
            name = self._nans.get(id(thing))
            if name is not None:
                self.used = True
                return (HERE, name)
        elif self.orders and (kind is set or kind is frozenset):
            known = self._sets.get(id(thing))
            if known is None:
                way = way_to(thing)  # type: ignore[arg-type]
                if way is None:
                    return None
                known = self._sets[id(thing)] = (HERE, len(self._sets), kind is set, *way)
            self.used = True
            return known
        return None


def with_nans(inner: Find | None) -> Find:
    """Name the NaNs that modules hold, besides what `inner` names."""
    return _Names(inner, orders=False)


def with_orders(inner: Find | None) -> Find:
    """Name sets that pickle would put together in another order, too."""
    return _Names(inner, orders=True)


def finder(inner: Find | None) -> Find:
    """Make the `persistent_load` for a pickle with a mark."""
    made: dict[int, object] = {}

    def find(place: object) -> object:
        if type(place) is not tuple or place[0] != HERE:
            if inner is None:
                raise KeyError(place)
            return inner(place)
        if len(place) == 2:
            return _nans().get(place[1], nan)
        _, number, changeable, items, others = place
        if number not in made:
            made[number] = _built(items, others) if changeable else _frozen(items, others)
        return made[number]

    return find


def way_to(thing: set[object] | frozenset[object]) -> tuple[tuple[object, ...], int] | None:
    """Say in which order elements must be put into a new set, and how, to get one with the order of `thing`.

    None if no way is found, or pickle's own will do.
    """
    items = list(thing)
    if list(_one_by_one(items) if type(thing) is set else frozenset(items)) == items:
        return None
    room = (sys.getsizeof(thing) - _EMPTY) // _ENTRY or _SMALL
    make = _built if type(thing) is set else _frozen
    others = max(room // 2 - 1 - len(items), 0) if room > _SMALL else 0
    hows = (others,) if type(thing) is set else range(3)
    for order in islice(_orders(items, room - 1), _TRIES):
        for how in hows:
            if list(make(order, how)) == items:
                return tuple(order), how
    return None


def _one_by_one(items: Sequence[object]) -> set[object]:
    made: set[object] = set()
    for item in items:
        made.add(item)
    return made


def _frozen(items: Sequence[object], how: int) -> frozenset[object]:
    return frozenset((dict.fromkeys, list, set)[how](items))


def _built(items: Sequence[object], others: int) -> set[object]:
    """Put elements into a new set whose table has from the start the size that it needs for them and for others.

    Those come last, and are taken out again.
    """
    fill = dict.fromkeys([object() for _ in range(others)])
    made: set[object] = set()
    made.update(dict.fromkeys(items) | fill)
    made.difference_update(fill)
    return made


def _orders(items: list[object], mask: int) -> Iterator[list[object]]:
    """Give orders of putting in that may lead to the order `items`, the likely ones first.

    An element is in its own place unless another was there first. So those that may all be in their own places, of
    which there is one longest row, go first, and those that were sent elsewhere after them.
    """
    yield items
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for position, item in enumerate(items):
        home = hash(item) & mask
        length = bisect_left(ends, home)
        if length == len(ends):
            ends.append(home)
            last.append(position)
        else:
            ends[length] = home
            last[length] = position
        before.append(last[length - 1] if length else -1)
    row = []
    position = last[-1] if last else -1
    while position >= 0:
        row.append(position)
        position = before[position]
    at_home = set(row)
    first = [item for position, item in enumerate(items) if position in at_home]
    moved = [item for position, item in enumerate(items) if position not in at_home]
    for order in islice(permutations(moved), 60):
        yield first + list(order)
    if len(items) <= 6:
        yield from map(list, permutations(items))
    for turn in range(1, len(items)):
        yield items[turn:] + items[:turn]


def _nans() -> dict[str, float]:
    """Give the NaNs that programs get by name."""
    found = {"math": nan}
    for name in ("numpy", "cmath"):
        value = getattr(sys.modules.get(name), "nan", None)
        if type(value) is float:
            found[name] = value
    return found
