"""Arrays of objects in which few values stand many times, as columns of text: the distinct ones, and which stands where.

To look at each of a million strings takes Python longer than to find out that there are seven of them. pandas finds that
out from their addresses, at the speed of C; without pandas it takes about as long as to write each of them.

Which form an array has depends on its values alone: on how many different strings are among its first elements, and on
whether all elements are atoms.
"""

from __future__ import annotations

import sys
from ctypes import c_char

from hitsave_trace.fingerprint import hasher
from hitsave_trace.fingerprint.hasher import ATOMS, WRITERS, marshalled, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.fingerprint.values import Walk

FROM = 2048
"""Elements from which on an array may be written in this form."""
_SAMPLE, _MOST = 1024, 256
"""Elements at its beginning that are looked at, and how many different strings may be among them."""


def by_address(array: Anything) -> tuple[list[object], Anything] | None:
    """Give the distinct objects of a flat array, in order of appearance, and for each element which of them it is.

    None where pandas is not loaded. Equal objects at two addresses are two.
    """
    factorize = getattr(sys.modules.get("pandas"), "factorize", None)
    if factorize is None or not array.flags.c_contiguous:
        return None
    import numpy as np

    memory = (c_char * array.nbytes).from_address(array.__array_interface__["data"][0])
    codes, addresses = factorize(np.frombuffer(memory, np.intp))
    first = np.empty(len(addresses), np.intp)
    first[codes[::-1]] = np.arange(array.size - 1, -1, -1)
    return array[first].tolist(), codes


def seems_pooled(array: Anything) -> bool:
    """Whether few strings stand many times in a flat array, as far as its first elements tell."""
    if array.size < FROM:
        return False
    texts = [item for item in array[:_SAMPLE].tolist() if type(item) is str]
    return len(texts) > _SAMPLE // 2 and len(set(texts)) <= _MOST


def write(walk: Walk, array: Anything) -> bool:
    """Write the elements of an array of objects, in the order of its memory, if this is the form for it."""
    flat = array.ravel()
    if not seems_pooled(flat):
        return False
    walk.check_clock()
    found = _by_value(flat)
    if found is None:
        return False
    values, codes = found
    form = marshalled(values, 2)
    walk.write(hasher.POOL + number(flat.size) + number(len(form)))
    walk.feed(form)
    walk.feed(memoryview(codes.astype("<i4", copy=False)).cast("B"))
    walk.fed = None  # the codes alone are not what the array holds
    return True


def _by_value(flat: Anything) -> tuple[list[object], Anything] | None:
    """Give the distinct values of an array, in order of appearance, and for each element which of them it is.

    Text stands for itself; all else for its form, which is bytes, so that 1, 1.0 and True are three. None if there is
    more than atoms.
    """
    import numpy as np

    if len(set(map(id, flat[:_SAMPLE].tolist()))) <= _MOST:
        found = by_address(flat)
        if found is not None:
            items, codes = found
            if not ATOMS.issuperset(map(type, items)):
                return None
            known, order = _numbered(items)
            return list(known), codes if len(known) == len(items) else np.array(order, np.intp)[codes]
    items = flat.tolist()
    kinds = list(map(type, items))
    if kinds.count(str) == len(kinds):
        factorize = getattr(sys.modules.get("pandas"), "factorize", None)
        if factorize is not None:
            codes, distinct = factorize(flat)
            return distinct.tolist(), codes
    elif not ATOMS.issuperset(kinds):
        return None
    known, order = _numbered(items)
    return list(known), np.array(order, np.intp)


def _numbered(items: list[object]) -> tuple[dict[object, int], list[int]]:
    known: dict[object, int] = {}
    place = known.setdefault
    return known, [place(item if type(item) is str else WRITERS[type(item)](item), len(known)) for item in items]
