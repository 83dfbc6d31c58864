"""The canonical form against a slow and obvious one: equal exactly when the structure is."""

from __future__ import annotations

import copy
import sys
import types

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hitsave_trace import names
from hitsave_trace.fingerprint import hasher
from hitsave_trace.fingerprint.values import Walk, fingerprint

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


class Thing:
    def __init__(self, state):
        self.__dict__.update(state)


class Slots:
    __slots__ = ("left", "right")


class Kind(list):
    pass


@pytest.fixture(autouse=True, scope="module")
def user_code():
    names.user_modules[__name__] = names.ModuleInfo(__name__, __file__, "test_values.py")
    known = sys.modules.setdefault(__name__, types.ModuleType(__name__))
    for cls in (Thing, Slots, Kind):
        setattr(known, cls.__name__, cls)
    yield
    del names.user_modules[__name__]


atoms = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(), max_size=5)
    | st.binary(max_size=5)
    | st.just(...)
)
keys = st.integers(-3, 3) | st.text(max_size=3) | st.binary(max_size=2) | st.none() | st.tuples(st.integers(0, 3))


def containers(children):
    lists = st.lists(children, max_size=5)
    return (
        lists
        | lists.map(tuple)
        | lists.map(Kind)
        | st.dictionaries(keys, children, max_size=4)
        | st.dictionaries(st.text("ab", min_size=1, max_size=2), children, max_size=3).map(Thing)
        | st.tuples(children, children).map(slotted)
        | st.sets(keys, max_size=5)
        | st.frozensets(keys, max_size=5)
        | st.binary(max_size=4).map(bytearray)
    )


def slotted(pair):
    thing = Slots()
    thing.left, thing.right = pair
    return thing


plain = st.recursive(atoms, containers, max_leaves=25)


@st.composite
def shared(draw):
    """A value in which some objects stand in several places, and some hold themselves."""
    pool = draw(st.lists(plain, min_size=1, max_size=3))
    value = draw(st.recursive(st.sampled_from(pool) | atoms, containers, max_leaves=15))
    holders = [item for item in reachable(value) if type(item) in (list, dict)]
    if holders and draw(st.booleans()):
        holder = draw(st.sampled_from(holders))
        target = draw(st.sampled_from(holders))
        if type(holder) is list:
            holder.append(target)
        else:
            holder["self"] = target
    return value


def reachable(value):
    found, waiting, seen = [], [value], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        found.append(item)
        waiting.extend(held(item))
    return found


def held(item):
    if isinstance(item, (list, tuple, set, frozenset)):
        return list(item)
    if isinstance(item, dict):
        return [*item, *item.values()]
    if isinstance(item, Thing):
        return list(vars(item).values())
    if isinstance(item, Slots):
        return [item.left, item.right]
    return []


def structure(value, seen=None):
    """Write a value out, slowly: nested tuples of type names and exact contents, with places for what is met again."""
    seen = {} if seen is None else seen
    kind = type(value).__name__
    if isinstance(value, float):
        return kind, value.hex() if value == value else bits(value)
    if isinstance(value, complex):
        return kind, structure(value.real), structure(value.imag)
    if not held(value) and not isinstance(value, (list, dict, set, frozenset, tuple, bytearray, Thing, Slots)):
        return kind, repr(value)
    if isinstance(value, tuple):
        return kind, *(structure(item, seen) for item in value)
    if isinstance(value, frozenset):
        return kind, *sorted(map(repr, map(structure, value)))
    if id(value) in seen:
        return "again", seen[id(value)]
    seen[id(value)] = len(seen)
    if isinstance(value, Thing):
        seen[id(vars(value))] = len(seen)
        return kind, *((name, structure(item, seen)) for name, item in vars(value).items())
    if isinstance(value, dict):
        return kind, *((structure(key), structure(item, seen)) for key, item in value.items())
    if isinstance(value, set):
        return kind, *sorted(map(repr, map(structure, value)))
    if isinstance(value, bytearray):
        return kind, bytes(value)
    if isinstance(value, Kind):
        seen[id(vars(value))] = len(seen)
    return kind, *(structure(item, seen) for item in held(value))


def bits(value):
    import struct

    return struct.pack("<d", value)


@QUICK
@given(shared())
def test_a_copy_of_equal_structure_is_the_same(value):
    twin = copy.deepcopy(value)
    assume(structure(twin) == structure(value))  # copies share less where two empty containers were one
    assert fingerprint(twin) == fingerprint(value)


@QUICK
@given(shared(), shared())
def test_equal_exactly_if_the_structure_is(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (structure(one) == structure(other))


@QUICK
@given(shared(), st.data())
def test_any_single_change_is_seen(value, data):
    before = fingerprint(value)
    old = structure(value)
    holders = [item for item in reachable(value) if isinstance(item, (list, dict, set, bytearray, Thing, Slots))]
    assume(holders)
    holder = data.draw(st.sampled_from(range(len(holders))))
    change(holders[holder], data)
    assert (fingerprint(value) != before) == (structure(value) != old)


def change(holder, data):
    new = data.draw(atoms)
    if isinstance(holder, (list, bytearray)):
        if isinstance(holder, bytearray):
            new = data.draw(st.integers(0, 255))
        if holder and data.draw(st.booleans()):
            holder[data.draw(st.integers(0, len(holder) - 1))] = new
        else:
            holder.insert(data.draw(st.integers(0, len(holder))), new)
    elif isinstance(holder, dict):
        if holder and data.draw(st.booleans()):
            holder[data.draw(st.sampled_from(list(holder)))] = new
        elif holder and data.draw(st.booleans()):
            first = next(iter(holder))
            holder[first] = holder.pop(first)  # moves it to the end
        else:
            holder[data.draw(keys)] = new
    elif isinstance(holder, set):
        holder ^= {data.draw(keys)}
    elif isinstance(holder, Thing):
        setattr(holder, data.draw(st.sampled_from("abc")), new)
    else:
        setattr(holder, data.draw(st.sampled_from(("left", "right"))), new)


@QUICK
@given(st.lists(shared(), max_size=4))
def test_a_walk_over_several_values_is_a_walk_over_their_tuple(values):
    one, other = Walk(), Walk()
    first = [one.fingerprint(value) for value in values]
    second = [other.fingerprint(value) for value in copy.deepcopy(values)]
    if structure(tuple(values)) == structure(tuple(copy.deepcopy(values))):
        assert first == second
    assert len(one.paths) == len(one.objects) == len(one.index)


@QUICK
@given(st.lists(st.lists(plain, max_size=3) | st.dictionaries(st.text(max_size=2), plain, max_size=3), max_size=12))
def test_long_values_in_pieces(rows):
    """With pieces of four elements, every container here is long."""
    twin, other = copy.deepcopy(rows), [*rows, []]
    assume(structure(twin) == structure(rows))
    from hitsave_trace.fingerprint import containers, objects, values

    modules = (containers, objects, values)
    before = [module.CHUNK for module in modules]
    try:
        for module in modules:
            module.CHUNK = 4
        assert fingerprint(rows) == fingerprint(twin) != fingerprint(other)
        longer = copy.deepcopy(rows)
        longer.append(1)
        if rows:
            longer[0], longer[-1] = longer[-1], longer[0]
            assert fingerprint(longer) != fingerprint(rows)
    finally:
        for module, size in zip(modules, before, strict=True):
            module.CHUNK = size
    assert hasher.CHUNK > 1000


@QUICK
@given(st.lists(atoms, max_size=4) | st.dictionaries(keys, atoms, max_size=4) | st.lists(atoms, max_size=3).map(tuple))
def test_what_is_met_most_takes_a_short_way_to_the_same_bytes(value):
    short, long = Walk(), Walk()
    assert short.fingerprint(value, "x") == whole(long, value, "x")
    assert short.objects == long.objects or len(short.objects) == len(long.objects) == 1
    assert short.paths == long.paths
    assert short.fingerprint(value, "y") == long.fingerprint(value, "y")


def whole(walk, value, path):
    walk._walk(value, path)
    digest = walk.digest()
    walk._parts.clear()
    return digest
