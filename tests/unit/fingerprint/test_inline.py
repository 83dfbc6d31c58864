"""Attributes of instances, read without making a dict of them."""

from __future__ import annotations

import random

import pytest

from hitsave_trace.fingerprint import inline
from hitsave_trace.fingerprint.describe import describe
from hitsave_trace.fingerprint.met import identities, real
from hitsave_trace.fingerprint.values import Walk
from hitsave_trace.pythons import ATTRIBUTES_ARE_INLINE

pytestmark = pytest.mark.skipif(not ATTRIBUTES_ARE_INLINE, reason="this interpreter keeps the array")


class Thing:
    pass


class Child(Thing):
    def __init__(self):
        self.first = 1
        super().__init__()


def test_it_works_here():
    assert inline._works


def test_any_order_of_setting_and_deleting():
    source = random.Random(3)
    read = inline.reader_of(Thing)
    for _ in range(2000):
        one = Thing()
        for _ in range(source.randrange(9)):
            name = source.choice("abcdefg")
            if source.random() < 0.25 and hasattr(one, name):
                delattr(one, name)
            else:
                setattr(one, name, source.random())
        found = read(one)
        if found is None:  # a name that no instance had before
            assert inline.has_dict(one)
        else:
            assert not inline.has_dict(one)
            assert list(found.items()) == list(vars(one).items())
            assert read(one) is None


def test_too_many_attributes():
    class Crowded:
        pass

    one = Crowded()
    read = inline.reader_of(Crowded)
    for i in range(200):
        setattr(one, f"name{i}", i)
        found = read(one)
        if found is not None:
            assert len(found) == i + 1
    assert len(vars(one)) == 200


def test_another_class():
    one, other = Child(), Child()
    inline.reader_of(Child)(other)
    one.__class__ = Thing
    assert inline.reader_of(Thing)(one) in (None, {"first": 1})
    assert vars(one) == {"first": 1}


def test_who_is_not_read_like_this():
    class Slotted:
        __slots__ = ("a",)

    class Both(Slotted):
        pass

    class Counts(dict):
        pass

    assert inline.reader_of(Slotted) is None
    assert inline.reader_of(object) is None
    for kind in (Both, Counts):
        one = kind()
        one.b = 1
        Walk().fingerprint(one)


class Link:
    pass


class Ring:
    pass


def fill(kind, count):
    things = [kind() for _ in range(count)]
    for i, one in enumerate(things):
        one.number, one.name = i, str(i)
        one.other = things[i - 1]
    return things


def test_a_walk_leaves_them_without_a_dict_and_sees_the_same():
    fill(Link, 3)[0].__dict__
    Walk().fingerprint(fill(Link, 2))
    things = fill(Link, 50)
    walk = Walk()
    first = walk.fingerprint(things)
    describe(things)
    assert not any(map(inline.has_dict, things))
    for one in things:
        vars(one)
    again = Walk()
    assert again.fingerprint(things) == first
    assert [type(one) for one in again.objects] == [type(one) for one in walk.objects]
    assert identities(walk.objects) == identities(again.objects)
    for position, one in enumerate(again.objects):
        assert real(walk.objects, position) is one


def test_identities_do_not_depend_on_who_has_a_dict():
    Walk().fingerprint(fill(Ring, 2))
    things = fill(Ring, 5)
    one, other = Walk(), Walk()
    one.fingerprint(things)
    other.fingerprint(things[::-1])
    shared = len(set(identities(one.objects)) & set(identities(other.objects)))
    for thing in things:
        vars(thing)
    assert shared == len(set(identities(one.objects)) & set(identities(other.objects)))
