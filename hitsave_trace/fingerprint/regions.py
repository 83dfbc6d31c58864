"""Stretches of memory that the arrays of one walk lie in, found by address.

A value may hold tens of thousands of arrays. Stretches are kept by the order of magnitude of their length, and within it sorted by
where they begin: of those that are no longer than a power of two, only those that begin less than that before an array
can reach it.
"""

from __future__ import annotations

from bisect import bisect_left, insort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything


class Region:
    """A stretch of memory that arrays of this walk lie in."""

    __slots__ = ("arrays", "high", "low", "number", "origin")

    def __init__(self, low: int, high: int, number: int, array: Anything) -> None:
        self.low = low
        self.high = high
        self.number = number
        self.origin = low
        self.arrays = [array]


class Regions:
    """All stretches of one walk."""

    __slots__ = ("_by_length", "_count")

    def __init__(self) -> None:
        # Exponent of the length → (low, number, region), sorted.
        self._by_length: dict[int, list[tuple[int, int, Region]]] = {}
        self._count = 0

    def touching(self, low: int, high: int) -> list[Region]:
        """The stretches that have an address in common with this one, oldest first."""
        found = []
        for exponent, rows in self._by_length.items():
            start = bisect_left(rows, (low - (1 << exponent),))
            end = bisect_left(rows, (high,), start)
            found += [row[2] for row in rows[start:end] if row[2].high > low]
        found.sort(key=_number)
        return found

    def add(self, low: int, high: int, array: Anything) -> None:
        """Note a stretch of its own."""
        self._put(Region(low, high, self._count, array))
        self._count += 1

    def grow(self, region: Region, low: int, high: int, array: Anything) -> None:
        """Note an array that shares memory with those of a stretch."""
        region.arrays.append(array)
        if low < region.low or high > region.high:
            rows = self._by_length[(region.high - region.low).bit_length()]
            del rows[bisect_left(rows, (region.low, region.number))]
            region.low, region.high = min(region.low, low), max(region.high, high)
            self._put(region)

    def _put(self, region: Region) -> None:
        rows = self._by_length.setdefault((region.high - region.low).bit_length(), [])
        insort(rows, (region.low, region.number, region))


_number: Callable[[Region], int] = lambda region: region.number  # noqa: E731
