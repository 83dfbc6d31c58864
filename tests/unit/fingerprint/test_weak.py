"""Weak references: which of the objects of a value they lead to."""

import weakref

import pytest

from hitsave.store.pickles import dump, load
from hitsave_trace import names
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk


class Part:
    def __init__(self, number=1):
        self.number = number

    def told(self):
        return self.number


def of(value):
    return Walk().fingerprint(value)


def test_it_is_the_place_in_the_value_that_counts():
    one, other = Part(), Part()

    assert of([one, other, weakref.ref(one)]) == of([other, one, weakref.ref(other)])
    assert of([one, other, weakref.ref(one)]) != of([one, other, weakref.ref(other)])
    assert of([weakref.ref(one), one, other]) != of([weakref.ref(other), one, other])
    assert of([weakref.ref(one), one]) != of([weakref.ref(one, print), one])


def test_what_is_held_from_elsewhere_has_none():
    held = Part()
    for value in (
        weakref.ref(held),
        [weakref.ref(held)],
        weakref.WeakKeyDictionary({held: 1}),
        weakref.WeakMethod(held.told),
    ):
        with pytest.raises(Unfingerprintable, match="held from elsewhere"):
            of(value)


def test_a_class_and_what_has_gone():
    part, other = Part(), Part(2)
    gone, also_gone = weakref.ref(part), weakref.ref(other)
    del part, other

    assert of(gone) == of(also_gone) != of(weakref.ref(weakref.WeakSet))


@pytest.mark.parametrize("kind", [weakref.WeakSet, lambda held: weakref.WeakKeyDictionary(dict.fromkeys(held))])
def test_containers(kind):
    def world(*held):
        parts = [Part(number) for number in range(3)]
        return [*parts, kind([parts[number] for number in held])]

    assert of(world(0, 1)) == of(world(0, 1))
    assert of(world(0, 1)) != of(world(0, 2)) != of(world(0))


def test_a_program_that_uses_weak_references_may_ask_what_is_there(monkeypatch):
    monkeypatch.setattr(names, "weak_users", ["main:f"])
    held = Part()

    with pytest.raises(Unfingerprintable, match="may ask whether"):
        of([held, weakref.ref(held)])


def test_pickled_with_what_they_lead_to():
    part = Part(5)
    named = weakref.WeakValueDictionary(a=part)
    value = [
        part,
        weakref.ref(part),
        weakref.ref(Part()),
        weakref.WeakMethod(part.told, print),
        named,
        weakref.WeakSet([part]),
    ]
    pickled = dump(value, views=True)
    made, reference, gone, method, by_name, all_of_them = load(pickled.data, pickled.buffers)

    assert reference() is made is by_name["a"]
    assert gone() is None
    assert method()() == 5
    assert list(all_of_them) == [made]
    made = method = None
    assert reference() is None and len(by_name) == len(all_of_them) == 0
