"""Arrays of objects in which few values stand many times, as columns of text: the distinct ones, and which stands where.

To look at each of a million strings takes Python longer than to find out that there are seven of them. pandas finds that
out from their addresses, at the speed of C; without pandas it takes about as long as to write each of them.

Which form an array has depends on its values alone: on how many different strings are among its first elements, and on
whether all elements are atoms.

A frame is looked at wherever something is done with it, and mostly its texts are what they were. Of an array whose elements are
the very objects that they were when it was written last, the form is remembered: atoms don't change. The objects are held as
long as the array is there, so that no other one gets an address of theirs.
"""

from __future__ import annotations

import sys
from ctypes import c_char
from functools import partial
from weakref import ref

from hitsave_trace.fingerprint import hasher
from hitsave_trace.fingerprint.hasher import ATOMS, WRITERS, digest_of, marshalled, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.fingerprint.values import Walk

FROM = 2048
"""Elements from which on an array may be written in this form."""
_SAMPLE, _MOST = 1024, 256
"""Elements at its beginning that are looked at, and how many different strings may be among them."""


_remembered: dict[bytes, tuple[bytes, int, object, object]] = {}
"""By the addresses of its elements: the form of an array, how many objects it has, these, and a weak reference to who has them."""


def by_address(array: Anything) -> tuple[list[object], Anything] | None:
    """Give the distinct objects of a flat array, in order of appearance, and for each element which of them it is.

    None where pandas is not loaded. Equal objects at two addresses are two.
    """
    factorize = getattr(sys.modules.get("pandas.core.algorithms"), "factorize", None)
    if factorize is None or not array.flags.c_contiguous:
        return None
    import numpy as np

    codes, addresses = factorize(np.frombuffer(_addresses(array), np.intp))
    first: Anything = np.empty(len(addresses), np.intp)
    first[codes[::-1]] = np.arange(array.size - 1, -1, -1)
    return array[first].tolist(), codes


def _addresses(array: Anything) -> Anything:
    """The memory of an array in one piece: where its elements lie."""
    return (c_char * array.nbytes).from_address(array.__array_interface__["data"][0])


def is_remembered(array: Anything) -> bool:
    """Whether the elements of a flat array are held here as well, once."""
    return digest_of(_addresses(array)) in _remembered


def _forget(where: bytes, _: object, pop: Anything = _remembered.pop) -> None:
    pop(where, None)  # the interpreter may have ended: then a name of this module means nothing


def seems_pooled(array: Anything) -> bool:
    """Whether few strings stand many times in a flat array, as far as its first elements tell."""
    if array.size < FROM:
        return False
    texts = [item for item in array[:_SAMPLE].tolist() if type(item) is str]
    return len(texts) > _SAMPLE // 2 and len(set(texts)) <= _MOST


def write(walk: Walk, array: Anything) -> bool:
    """Write the elements of an array of objects, in the order of its memory, if this is the form for it."""
    flat = array.ravel()
    if flat.size < FROM:
        return False
    where = digest_of(_addresses(flat))
    known = _remembered.get(where)
    if known is not None:
        form, count = known[:2]
    else:
        made = _form(walk, flat)
        if made is None:
            return False
        form, count = made
    walk.write(form)
    walk.texts += count
    walk.fed = None  # no part of it is what the array holds
    if known is None:
        owner = array
        while type(owner.base) is type(flat):
            owner = owner.base
        held = flat.copy()
        if digest_of(_addresses(held)) == where:
            _remembered[where] = form, count, held, ref(owner, partial(_forget, where))
    return True


def _form(walk: Walk, flat: Anything) -> tuple[bytes, int] | None:
    """Make the form of an array, and say how many objects there are in it."""
    if not seems_pooled(flat):
        return None
    walk.check_clock()
    found = _by_value(flat)
    if found is None:
        return None
    values, codes, count = found
    texts = marshalled(values, 2)
    places = memoryview(codes.astype("<i4", copy=False)).cast("B")
    sizes = number(flat.size) + number(len(texts))
    return hasher.POOL + sizes + digest_of(texts) + digest_of(places), count


def _by_value(flat: Anything) -> tuple[list[object], Anything, int] | None:
    """Give the distinct values of an array, in order of appearance, for each element which of them it is, and how many objects
    there may be.

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
            return list(known), codes if len(known) == len(items) else np.array(order, np.intp)[codes], len(items)
    items = flat.tolist()
    kinds = list(map(type, items))
    if kinds.count(str) == len(kinds):
        factorize = getattr(sys.modules.get("pandas.core.algorithms"), "factorize", None)
        if factorize is not None:
            codes, distinct = factorize(flat)
            return distinct.tolist(), codes, flat.size
    elif not ATOMS.issuperset(kinds):
        return None
    known, order = _numbered(items)
    return list(known), np.array(order, np.intp), flat.size


def _numbered(items: list[object]) -> tuple[dict[object, int], list[int]]:
    known: dict[object, int] = {}
    place = known.setdefault
    return known, [place(item if type(item) is str else WRITERS[type(item)](item), len(known)) for item in items]
