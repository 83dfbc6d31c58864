"""States of the global generators: cheap to read, and right."""

from __future__ import annotations

import marshal
import random

import pytest

from hitsave_trace.taps import state

np = pytest.importorskip("numpy")
pytest.importorskip("numpy.random")

DRAWS = {
    "random": [random.random, lambda: random.gauss(0, 1), lambda: random.sample(range(2000), 800)],
    "numpy.random": [lambda: np.random.rand(), lambda: np.random.randn(), lambda: np.random.permutation(2000)],
}
SAME = {"random": random.getstate, "numpy.random": lambda: repr(np.random.get_state())}
CASES = [(name, draw) for name, draws in DRAWS.items() for draw in draws]


@pytest.fixture(autouse=True)
def as_before():
    kept = {name: state.get_state(name) for name in DRAWS}
    yield
    for name, was in kept.items():
        state.set_state(name, was)


def test_raw_memory_is_read_on_this_interpreter():
    state.random_states()
    assert {name: reader.__qualname__ for name, (_, reader) in state._readers.items() if name in DRAWS} == {
        "random": "_random_reader.<locals>.read",
        "numpy.random": "_numpy_reader.<locals>.read",
    }


@pytest.mark.parametrize(("name", "draw"), CASES)
def test_each_draw_changes_the_fingerprint_of_its_own_generator(name, draw):
    before = state.random_states()
    assert state.random_states() == before
    draw()
    after = state.random_states()
    assert {one for one in DRAWS if before[one] != after[one]} == {name}


@pytest.mark.parametrize("name", DRAWS)
def test_the_spare_deviate_belongs_to_the_state(name):
    draw = DRAWS[name][1]
    seed = random.seed if name == "random" else np.random.seed
    seed(5)
    draw()
    with_spare = state.random_states()[name]
    kept = state.get_state(name)
    draw()
    assert state.random_states()[name] != with_spare
    state.set_state(name, kept)
    assert state.random_states()[name] == with_spare


@pytest.mark.parametrize(("name", "draw"), CASES)
def test_a_state_that_is_kept_comes_back(name, draw):
    draw()
    kept = marshal.loads(marshal.dumps(state.get_state(name)))
    public = SAME[name]()
    first = repr(draw())
    state.set_state(name, kept)
    assert SAME[name]() == public
    assert repr(draw()) == first


def test_the_slow_way_tells_the_same_changes_apart(monkeypatch):
    monkeypatch.setattr(state, "_readers", {})
    monkeypatch.setattr(state, "_random_matches", lambda *_: False)
    monkeypatch.setattr(state, "_numpy_matches", lambda *_: False)
    before = state.random_states()
    assert "read" not in {reader.__name__ for _, reader in state._readers.values()}
    for name, draw in CASES:
        draw()
        after = state.random_states()
        assert {one for one in DRAWS if before[one] != after[one]} == {name}
        before = after


def test_another_bit_generator_is_followed():
    kept = np.random.get_bit_generator()
    try:
        np.random.set_bit_generator(np.random.PCG64(1))
        before = state.random_states()["numpy.random"]
        saved = state.get_state("numpy.random")
        value = np.random.rand()
        assert state.random_states()["numpy.random"] != before
        state.set_state("numpy.random", saved)
        assert np.random.rand() == value
    finally:
        np.random.set_bit_generator(kept)
