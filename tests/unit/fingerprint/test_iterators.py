"""Iterators that were advanced are advanced as far again."""

from itertools import count, islice

import pytest

from hitsave_trace.fingerprint.forms import form_of
from hitsave_trace.fingerprint.values import fingerprint

ITERATORS = {
    "list": lambda: iter([1, 2, 3, 4]),
    "tuple": lambda: iter((1, 2, 3, 4)),
    "text": lambda: iter("abcd"),
    "bytes": lambda: iter(b"abcd"),
    "range": lambda: iter(range(4)),
    "count": lambda: count(3),
    "count downwards": lambda: count(3, -2),
    "count that stands still": lambda: count(5, 0),
}


@pytest.mark.parametrize("name", ITERATORS)
@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize("after", [0, 1, 2, 6])
def test_as_far_again(name, before, after):
    one, other = ITERATORS[name](), ITERATORS[name]()
    list(islice(one, before + after))
    list(islice(other, before))
    form = form_of(type(one))
    form.put(other, form.take(one))

    assert fingerprint(other) == fingerprint(one)
    assert list(islice(other, 3)) == list(islice(one, 3))
