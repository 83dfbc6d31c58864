"""What a call left in an instance is the same thing, whether it is told of the instance or of its dict."""

import pytest

from hitsave.memo.attributes import by_owner


class Thing:
    def __init__(self, n):
        self.n = n


class Slotted:
    __slots__ = ("__dict__", "m")


ALONE = (None, ("__dict__",), [{"n": 2}], True)
"""What is told of an instance that has no dict."""


@pytest.fixture
def thing():
    return Thing(1)


@pytest.fixture
def left(thing):
    """A function: what was left, of the thing at place 0 or of its dict at place 1."""
    known = [(0, thing), (1, vars(thing)), (2, [3])]
    return lambda told: by_owner(list(told), list(told.values()), known, dict(known).__getitem__)


def test_of_the_instance_or_of_its_dict(thing, left):
    own = (None, ("__dict__",), [vars(thing)])
    expected = {(0, "__dict__"): {"n": 2}}
    assert left({0: ALONE}) == expected
    assert left({0: own, 1: {"n": 2}}) == expected
    assert left({1: {"n": 2}, 0: own}) == expected
    # It has got a dict since, of which nothing was told: then it holds what it holds now.
    thing.n = 2
    assert left({0: own}) == expected


def test_another_value_is_another(left):
    assert left({0: ALONE}) != left({0: (None, ("__dict__",), [{"n": 3}], True)})
    assert left({0: ALONE}) != left({})


def test_what_else_an_instance_holds_stays_its_own():
    one = Slotted()
    one.m, one.n = 5, 1
    known = [(0, one), (1, vars(one))]
    told = by_owner([0, 1], [(None, ("m", "__dict__"), [5, vars(one)]), {"n": 2}], known, dict(known).__getitem__)
    assert told == {0: (None, ("m",), [5]), (0, "__dict__"): {"n": 2}}


def test_other_objects_are_told_of_as_they_were(left):
    assert left({2: [4]}) == {2: [4]}
