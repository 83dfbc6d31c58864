"""What pickle loses of builtin values: the order of sets, and which NaN a NaN is.

The order in which a set gives its elements depends on the size of its table, and on the order in which those that want the
same place came. Pickle puts them in one after the other, into a table as small as can be. And a float is written
as a number, although `x is np.nan` and `len({nan, nan})` tell one NaN from another. One that a module holds is known by its
name, and one without a name is the same wherever it stands in a value.

Both are named to the pickler by *persistent ids* that begin with `HERE`, and such a pickle ends with a mark behind its
last instruction, where pickle itself does not look.
"""

from __future__ import annotations

import sys
from math import isnan, nan
from struct import pack, unpack

from hitsave_trace.fingerprint.orders import fill, frozen, way_to
from hitsave_trace.names import user_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Find = Callable[[object], object]

HERE = "\0exact"
MARK = b"\0exact"
NAN = b"G\x7f\xf8\0\0\0\0\0\0"
"""How pickle writes the usual NaN."""


MOST_NANS = 10_000
"""NaNs without a name that are told apart in one value."""


class _Names:
    """A `persistent_id` that names NaNs, and with `orders` sets; everything else is up to `inner`."""

    def __init__(self, inner: Find | None, *, orders: bool, named: Mapping[int, tuple[str, str]] | None = None) -> None:
        self.inner = inner
        self.named = named or {}
        self.orders = orders
        self.used = False
        self._nans: dict[int, str] | None = None
        self._nameless: dict[int, tuple[float, object]] = {}
        self._sets: dict[int, object] = {}

    def __call__(self, thing: object) -> object:
        if self.inner is not None:
            found = self.inner(thing)
            if found is not None:
                return found
        kind = type(thing)
        if id(thing) in self.named:
            self.used = True
            return (HERE, "library", *self.named[id(thing)])
        if kind is float:
            return self._nan(thing) if isnan(thing) else None  # type: ignore[arg-type]
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

    def _nan(self, thing: float) -> object:
        if self._nans is None:
            self._nans = {id(value): name for name, value in _nans().items()}
        name = self._nans.get(id(thing))
        if name is not None:
            self.used = True
            return (HERE, name)
        known = self._nameless.get(id(thing))
        if known is None:
            if len(self._nameless) >= MOST_NANS:
                return None
            # It is kept, so that no other one gets its address.
            known = self._nameless[id(thing)] = thing, (HERE, len(self._nameless), pack("<d", thing))
        self.used = True
        return known[1]


def with_nans(inner: Find | None) -> Find:
    """Name the NaNs that modules hold, besides what `inner` names."""
    return _Names(inner, orders=False)


def with_objects(inner: Find | None, named: Mapping[int, tuple[str, str]], *, orders: bool) -> Find:
    """Name objects of libraries, by (module, name), besides NaNs and, with `orders`, sets."""
    return _Names(inner, orders=orders, named=named)


def with_orders(inner: Find | None) -> Find:
    """Name sets that pickle would put together in another order, too."""
    return _Names(inner, orders=True)


def finder(inner: Find | None) -> Find:
    """Make the `persistent_load` for a pickle with a mark."""
    made: dict[int, object] = {}
    named: dict[str, float] = {}

    def find(place: object) -> object:
        if type(place) is not tuple or place[0] != HERE:
            if inner is None:
                raise KeyError(place)
            return inner(place)
        if len(place) == 2:
            if not named:
                named.update(_nans())
            return named.get(place[1], nan)
        if len(place) == 4:
            from importlib import import_module

            return vars(import_module(place[2]))[place[3]]
        if len(place) == 3:
            bits = place[2]
            if (number := -1 - place[1]) not in made:
                made[number] = unpack("<d", bits)[0]
            return made[number]
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
    for module in list(user_modules.values()):
        for name, value in list((module.globals or {}).items()):
            if type(value) is float and isnan(value):
                found.setdefault(f"{module.name}:{name}", value)
    return found
