"""Columns of text, pickled as a whole instead of string by string.

Pickle asks of each element whether it has met it before, and puts as many references into the pickle. Here an array of objects is
its distinct objects, and which of them stands where: objects, not values, so that what is one object stays one. Of these, strings
that nobody holds but the array are written as one text; the others as ever, since they may stand somewhere else as well.
"""

from __future__ import annotations

import sys
from _operator import is_
from itertools import repeat
from sys import getrefcount

from hitsave_trace.fingerprint.hasher import ATOMS
from hitsave_trace.fingerprint.pooled import FROM, by_address, is_remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

_OTHERS = 4
"""An array is pickled in this way if not more than a part like this of its elements are objects to be pickled one by one."""
_BETWEEN = "\0"


def reductions() -> dict[type, Callable[[object], object]]:
    """Give what reduces arrays, if pandas is loaded, from which such arrays come."""
    kind = getattr(sys.modules.get("numpy"), "ndarray", None)
    return {kind: _reduced} if isinstance(kind, type) and "pandas" in sys.modules else {}


def _reduced(thing: object) -> object:
    array: np.ndarray = thing  # type: ignore[assignment]
    dtype, flags = array.dtype, array.flags
    if dtype.kind == "O" and array.size >= FROM and flags.c_contiguous and flags.writeable and dtype.metadata is None:
        found = _pooled(array.reshape(-1))
        if found is not None:
            text, others, codes = found
            return array_of, (text, others, codes.reshape(array.shape))
    return array.__reduce_ex__(5)


def _pooled(array: np.ndarray) -> tuple[bytes | None, list[object], np.ndarray] | None:
    """Give the strings that only a flat array has, its other objects, and which of both stands where."""
    found = by_address(array)
    if found is None:
        return None
    distinct, codes = found
    if not ATOMS.issuperset(map(type, distinct)):
        return None
    text = None
    if _OTHERS * len(distinct) > array.size:
        import numpy as np

        own = _texts(distinct) & (_holders(distinct) == _only_one() + is_remembered(array)) & (np.bincount(codes) == 1)
        strings = [distinct[i] for i in np.flatnonzero(own).tolist()]
        distinct = [distinct[i] for i in np.flatnonzero(~own).tolist()]
        joined = _BETWEEN.join(strings)  # type: ignore[arg-type]
        if _OTHERS * len(distinct) > array.size or joined.count(_BETWEEN) != len(strings) - 1:
            return None
        text = joined.encode("utf-8", "surrogatepass")
        place: np.ndarray = np.empty(len(own), np.intp)
        place[own], place[~own] = np.arange(len(strings)), np.arange(len(strings), len(own))
        codes = place[codes]
    return text, distinct, codes.astype("<i4")


def _texts(things: list[object]) -> np.ndarray:
    """Which of these objects are strings."""
    import numpy as np

    found: np.ndarray = np.fromiter(map(is_, map(type, things), repeat(str)), bool, len(things))
    return found


def _holders(things: list[object]) -> np.ndarray:
    """How many references there are to each of these objects."""
    import numpy as np

    found: np.ndarray = np.fromiter(map(getrefcount, things), np.intp, len(things))
    return found


def _only_one() -> int:
    """What `_holders` says of an object that is in one array, and in the list of its distinct objects."""
    if not _counted:
        import numpy as np

        array: np.ndarray = np.empty(FROM, object)
        array[:] = [f"hitsave {i}" for i in range(FROM)]
        found = by_address(array)
        _counted.append(int(_holders(found[0])[0]) if found is not None else 0)
    return _counted[0]


_counted: list[int] = []


def array_of(text: bytes | None, others: list[object], codes: np.ndarray) -> np.ndarray:
    """Put an array of objects together: each string of `text` is an object of its own."""
    import numpy as np

    strings = [] if text is None else text.decode("utf-8", "surrogatepass").split(_BETWEEN)
    pool: np.ndarray = np.empty(len(strings) + len(others), object)
    pool[:] = [*strings, *others]
    made: np.ndarray = pool[codes]
    return made
