"""What pickle loses of builtin values: the order of sets, and that a NaN is `math.nan` itself.

The order in which a set gives its elements depends on the size of its table, and on the order in which those that want the
same place came. Pickle puts them in one after the other, into a table as small as can be. And a float is written
as a number, although `x is np.nan` and `len({nan, nan})` tell one NaN from another.

Both are named to the pickler by *persistent ids* that begin with `HERE`, and such a pickle ends with a mark behind its
last instruction, where pickle itself does not look.
"""

from __future__ import annotations

import sys
from math import nan

from hitsave_trace.fingerprint.orders import fill, frozen, way_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[object], object]

HERE = "\0exact"
MARK = b"\0exact"
NAN = b"G\x7f\xf8\0\0\0\0\0\0"
"""How pickle writes the usual NaN."""


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
            made[number] = fill(set(), items, others) if changeable else frozen(items, others)
        return made[number]

    return find


def _nans() -> dict[str, float]:
    """Give the NaNs that programs get by name."""
    found = {"math": nan}
    for name in ("numpy", "cmath"):
        value = getattr(sys.modules.get(name), "nan", None)
        if type(value) is float:
            found[name] = value
    return found
