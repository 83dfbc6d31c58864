"""Arrays of objects in which few strings stand many times: their form depends on their values alone."""

from __future__ import annotations

import itertools
import random
import sys

import numpy as np
import pytest

from hitsave_trace.fingerprint import pooled
from hitsave_trace.fingerprint.values import Walk, fingerprint

TEXTS = ["a", "bb", "é", "\ud800", ""]
POOLS = {
    "texts": TEXTS,
    "missing": [*TEXTS, float("nan")],
    "none": [*TEXTS, None],
    "mixed": [*TEXTS * 3, 1, True, 1.0, b"a", 2j, -0.0, 0.0],
}


def made(pool, size=5000):
    chosen = random.Random(1)
    return [chosen.choice(pool) for _ in range(size)]


def fresh(value):
    """The same text as an object of its own."""
    return (value + " ")[:-1] if type(value) is str else value


def array(values):
    found = np.empty(len(values), object)
    found[:] = values
    return found


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_equal_values_have_one_form_whoever_counts_them(pool, monkeypatch):
    values = made(pool)
    shared, own = array(values), array([fresh(value) for value in values])
    assert pooled.seems_pooled(shared)
    found = {fingerprint(shared), fingerprint(own)}
    monkeypatch.delitem(sys.modules, "pandas.core.algorithms", raising=False)
    found |= {fingerprint(shared), fingerprint(own)}
    assert len(found) == 1


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_any_other_element_is_another_form(pool):
    values = made(pool)
    forms = {fingerprint(array(values))}
    for place, other in itertools.product([0, 1500, 4999], ["new", "", None, 1, True, 1.0, float("nan"), 0.0, -0.0]):
        changed = array(values)
        if type(changed[place]) is type(other) and repr(changed[place]) == repr(other):
            continue
        changed[place] = other
        forms.add(fingerprint(changed))
        # 1, 1.0 and True, 0.0 and -0.0 are different values.
        assert fingerprint(changed) != fingerprint(array(values))
    swapped = array(values)
    one = next(i for i in range(2000) if values[i] != values[-1])
    swapped[one], swapped[-1] = swapped[-1], swapped[one]
    assert fingerprint(swapped) not in forms


def test_types_are_told_apart():
    values = made(TEXTS)
    forms = set()
    for other in (1, 1.0, True, "1", b"1", 0, False, 0.0, -0.0):
        changed = array(values)
        changed[4000] = other
        forms.add(fingerprint(changed))
    assert len(forms) == 9


def test_objects_with_an_identity_are_met_as_ever():
    values = made(TEXTS)
    one, two = array(values), array(values)
    held = [1]
    one[3000] = one[3001] = held
    two[3000], two[3001] = held, list(held)
    walk = Walk()
    assert walk.fingerprint(one) != fingerprint(two)
    assert any(thing is held for thing in walk.objects)


def test_other_strings_in_the_same_places_are_a_change():
    # The codes of both are the same; they must not stand for the content.
    one = array(["x", "y"] * 10_000)
    two = array(["x", "z"] * 10_000)
    walk = Walk()
    assert walk.fingerprint(one) != fingerprint(two)
    assert not walk.contents


def test_an_element_that_was_replaced_is_seen():
    found = array([fresh(text) for text in made(TEXTS)])
    before = fingerprint(found)
    assert fingerprint(found) == before
    was = found[3000]
    found[3000] = "another"
    assert fingerprint(found) != before
    found[3000] = was
    assert fingerprint(found) == before
    found[3000] = fresh(was)
    assert fingerprint(found) == before


def test_what_is_remembered_goes_with_the_array():
    count = len(pooled._remembered)
    found = array(made(TEXTS))
    fingerprint(found)
    fingerprint(found[:4000])
    assert len(pooled._remembered) == count + 2
    del found
    assert len(pooled._remembered) == count


def test_addresses_that_are_used_again_mean_nothing():
    # Thousands of arrays, one after the other, of strings that are made anew each time.
    for i in range(300):
        found = array([f"{i}-{k % 7}" for k in range(2100)])
        assert fingerprint(found) == fingerprint(array(found.tolist()))
        forms = {fingerprint(found), fingerprint(array([f"{i + 1}-{k % 7}" for k in range(2100)]))}
        assert len(forms) == 2
