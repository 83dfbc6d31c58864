"""The order in which a set gives its elements, and how to come by another set that gives them in that order.

It depends on the size of the set's table, and on the order in which those that want the same place came.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from itertools import islice, permutations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EMPTY = sys.getsizeof(set())
_ENTRY = 16
_SMALL = 8
_TRIES = 200


def way_to(thing: set[object] | frozenset[object]) -> tuple[tuple[object, ...], int] | None:
    """Say in which order elements must be put into a new set, and how, to get one with the order of `thing`.

    None if no way is found, or pickle's own will do.
    """
    changeable = isinstance(thing, set)
    items = list(set.__iter__(thing) if isinstance(thing, set) else thing)
    if list(_filled(items, -1) if changeable else frozenset(items)) == items:
        return None
    # An instance of a subclass is larger, by less than the smallest table that does not lie in the set itself.
    entries = (sys.getsizeof(thing) - _EMPTY) // _ENTRY
    room = 1 << entries.bit_length() - 1 if entries > _SMALL else _SMALL
    make = _filled if changeable else frozen
    others = max(room // 2 - 1 - len(items), 0) if room > _SMALL else 0
    hows = (others,) if changeable else range(3)
    for order in islice(_orders(items, room - 1), _TRIES):
        for how in hows:
            if list(make(order, how)) == items:
                return tuple(order), how
    return None


def way_to_fill(thing: set[object]) -> tuple[tuple[object, ...], int] | None:
    """Say how to `fill` an empty set so that it has the order of `thing`; None if no way is found."""
    items = tuple(set.__iter__(thing))
    return (items, -1) if tuple(_filled(items, -1)) == items else way_to(thing)


def _filled(items: Sequence[object], others: int) -> set[object]:
    return fill(set(), items, others)


def frozen(items: Sequence[object], how: int) -> frozenset[object]:
    """Make a frozen set of elements in one of three ways, whose tables differ in size."""
    return frozenset((dict.fromkeys, list, set)[how](items))


def fill(empty: set[object], items: Sequence[object], others: int) -> set[object]:
    """Put elements into an empty set whose table has from the start the size that it needs for them and for others.

    Those come last, and are taken out again. A negative number of others: one element after the other.
    """
    if others < 0:
        for item in items:
            set.add(empty, item)
        return empty
    more = dict.fromkeys([object() for _ in range(others)])
    set.update(empty, dict.fromkeys(items) | more)
    set.difference_update(empty, more)
    return empty


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
