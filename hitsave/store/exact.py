"""What pickle loses of builtin values: the order of sets, which NaN a NaN is, and that equal strings are one.

The order in which a set gives its elements depends on the size of its table, and on the order in which those that want the
same place came. Pickle puts them in one after the other, into a table as small as can be. And a float is written
as a number, although `x is np.nan` and `len({nan, nan})` tell one NaN from another. One that a module holds is known by its
name, and one without a name is the same wherever it stands in a value.

Of a string that stands in code there is one, wherever it stands: the interpreter *interns* it. Pickle makes another one. A
program that pickles two results together writes `"lbfgs"` once if they hold one string, and twice if not: another file.

Sets and NaNs are named to the pickler by *persistent ids* that begin with `HERE`, interned strings by their bytes, and such a
pickle ends with a mark behind its last instruction, where pickle itself does not look.
"""

from __future__ import annotations

import sys
from ctypes import c_uint32
from math import isnan, nan
from struct import pack, unpack
from sys import intern

from hitsave_trace.fingerprint.orders import fill, frozen, way_to
from hitsave_trace.names import user_modules
from hitsave_trace.pythons import IS_TESTED

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
STRING = b"\x8c"
"""How pickle begins a string that may be interned."""
LONGEST_STRING, MOST_STRINGS = 64, 2_000
"""Longer strings, and more of them in one value, are not asked about."""


class _Names:
    """A `persistent_id` that names NaNs, interned strings, and with `orders` sets; everything else is up to `inner`."""

    def __init__(self, inner: Find | None, *, orders: bool, named: Mapping[int, tuple[str, str]] | None = None) -> None:
        self.inner = inner
        self.named = named or {}
        self.orders = orders
        self.used = False
        self._nans: dict[int, str] | None = None
        self._nameless: dict[int, tuple[float, object]] = {}
        self._sets: dict[int, object] = {}
        self._strings: dict[int, tuple[str, bytes | None]] = {}

    def __call__(self, thing: object) -> object:
        kind = type(thing)
        if kind is int:
            return None
        if kind is str and id(thing) not in self.named:
            known = self._strings.get(id(thing))
            return self._string(thing) if known is None else known[1]  # type: ignore[arg-type]
        if self.inner is not None:
            found = self.inner(thing)
            if found is not None:
                return found
        if id(thing) in self.named:
            self.used = True
            return (HERE, "library", *self.named[id(thing)])
        if kind is float:
            return self._nan(thing) if isnan(thing) else None  # type: ignore[arg-type]
        elif self.orders and (kind is set or kind is frozenset):
            order = self._sets.get(id(thing))
            if order is None:
                way = way_to(thing)  # type: ignore[arg-type]
                if way is None:
                    return None
                order = self._sets[id(thing)] = (HERE, len(self._sets), kind is set, *way)
            self.used = True
            return order
        return None

    def _string(self, thing: str) -> bytes | None:
        if len(thing) > LONGEST_STRING or len(self._strings) >= MOST_STRINGS:
            return None
        name = None
        if is_interned(thing):
            self.used = True
            name = thing.encode("utf-8", "surrogatepass")
        self._strings[id(thing)] = thing, name  # It is kept, so that no other one gets its address.
        return name

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


def _by_its_state(text: str) -> bool:
    """Look at the bits in which a string says whether it is interned. To intern another one and compare would keep that for
    ever in 3.12.
    """
    state: int = c_uint32.from_address(id(text) + _STATE).value
    return bool(state & 3)


_STATE = 32
"""Where the state stands in a string (`PyASCIIObject`): behind two words of every object, its length and its hash."""


def _never(_: str) -> bool:
    return False


def _find_out() -> Callable[[str], bool]:
    tells: Callable[[str], bool] | None = getattr(sys, "_is_interned", None)  # from 3.13
    if tells is None and IS_TESTED:
        tells = _by_its_state
    known = intern("hitsave knows this string")
    return tells if tells is not None and tells(known) and not tells(known + "!") else _never


is_interned = _find_out()
"""Whether a string is the one that all code that mentions it has."""


def with_strings(inner: Find | None) -> Find:
    """Name interned strings and the NaNs that modules hold, besides what `inner` names."""
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
        if type(place) is bytes:
            return intern(place.decode("utf-8", "surrogatepass"))
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
