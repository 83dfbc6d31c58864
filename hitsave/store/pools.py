"""Arrays of objects in which few strings stand many times, pickled as these strings and which of them stands where.

Pickle asks of each element whether it has met it before, and puts as many references into the pickle. What is told apart here
are objects, not values: which elements are one object stays as it was.
"""

from __future__ import annotations

import sys

from hitsave_trace.fingerprint.hasher import ATOMS
from hitsave_trace.fingerprint.pooled import FROM, by_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

_TIMES = 4
"""How often each object must stand in an array, on average, for it to be pickled in this way."""


def reductions() -> dict[type, Callable[[object], object]]:
    """Give what reduces arrays, if pandas is loaded, from which such arrays come."""
    kind = getattr(sys.modules.get("numpy"), "ndarray", None)
    return {kind: _reduced} if isinstance(kind, type) and "pandas" in sys.modules else {}


def _reduced(thing: object) -> object:
    array: np.ndarray = thing  # type: ignore[assignment]
    dtype, flags = array.dtype, array.flags
    if dtype.kind == "O" and array.size >= FROM and flags.c_contiguous and flags.writeable and dtype.metadata is None:
        found = by_address(array.reshape(-1))
        if found is not None and _TIMES * len(found[0]) <= array.size and ATOMS.issuperset(map(type, found[0])):
            distinct, codes = found
            return array_of, (distinct, codes.astype("<i4").reshape(array.shape))
    return array.__reduce_ex__(5)


def array_of(distinct: list[object], codes: np.ndarray) -> np.ndarray:
    """Put an array of objects together."""
    import numpy as np

    pool = np.empty(len(distinct), object)
    pool[:] = distinct
    made: np.ndarray = pool[codes]
    return made
