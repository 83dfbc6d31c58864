"""True randomness makes a call unsaved, by whichever door; what nobody sees of it does not."""

from __future__ import annotations

import os
import random
import secrets
import tempfile
import time
import uuid

import pytest

np = pytest.importorskip("numpy")


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: os.urandom(4), "os.urandom"),
        (lambda: os.getrandom(4), "os.urandom"),
        (uuid.uuid4, "uuid.uuid4"),
        (lambda: uuid.uuid1(), "uuid.uuid1"),
        (secrets.token_hex, "secrets.token_hex"),
        (random.SystemRandom().random, "random.SystemRandom, or a generator without a seed"),
        (lambda: random.Random(), "random.Random() without a seed"),
        (lambda: random.seed(), "random.seed() without a seed"),
        (lambda: np.random.default_rng(), "random.SystemRandom, or a generator without a seed"),
        (lambda: np.random.SeedSequence(), "random.SystemRandom, or a generator without a seed"),
        (lambda: np.random.seed(None), "random.SystemRandom, or a generator without a seed"),
    ],
)
def test_a_draw_makes_the_call_unsaved(observe, draw, words):
    assert ("entropy", words) in observe.reasons(draw)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: random.Random(3).random(),
        lambda: np.random.default_rng(3).random(),
        lambda: np.random.RandomState(3).rand(),
        random.random,
        lambda: np.random.rand(),
        lambda: tempfile.NamedTemporaryFile().close(),
        tempfile.mktemp,
    ],
)
def test_what_is_seeded_or_seen_by_nobody_does_not(observe, draw):
    assert observe.reasons(draw) == []


@pytest.mark.parametrize(
    ("make", "unseeded"),
    [
        (lambda: np.random.RandomState(), True),
        (lambda: np.random.RandomState(None), True),
        (lambda: np.random.RandomState(3), False),
        (lambda: np.random.RandomState([1, 2]), False),
        (lambda: np.random.RandomState(np.random.PCG64(3)), False),
        (lambda: [np.random.RandomState(seed) for seed in range(600)], False),
        (lambda: [np.random.RandomState(seed) for seed in [*range(300), None, *range(300)]], True),
    ],
)
def test_a_random_state_is_judged_by_the_seed_it_gets(observe, make, unseeded):
    installed = observe.installed

    def use():
        before = installed.snapshot()
        make()
        return installed.written_since(before)

    assert observe.reasons(use) == []
    assert observe.value == ([("entropy", "numpy.random.RandomState() without a seed")] if unseeded else [])


def test_a_random_state_is_what_it_was(observe):
    def use():
        made = np.random.RandomState(3)
        first = made.rand()
        made.seed(3)
        return first, made.rand(), np.random.RandomState(3).rand(), type(made._bit_generator)

    observe(use)
    assert observe.value == (0.5507979025745755,) * 3 + (np.random.MT19937,)


def test_joblib_names_its_work_at_random(observe):
    joblib = pytest.importorskip("joblib")
    assert observe.reasons(lambda: joblib.Parallel(n_jobs=1)(joblib.delayed(abs)(-1) for _ in range(2))) == []


def test_seeding_is_told_before_it_happens(observe):
    seen = []
    observe.notebook.seeded = lambda name: seen.append((name, random.getstate(), np.random.get_state()[1].tolist()))
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    for seed in (
        lambda: random.seed(2),
        lambda: random.setstate(random.Random(3).getstate()),
        lambda: np.random.seed(2),
        lambda: np.random.set_state(np.random.RandomState(3).get_state()),
    ):
        seen.clear()
        observe(seed)
        [(name, python, numpy)] = seen
        assert (python, numpy) == before, name
        random.setstate(before[0])
        np.random.seed(1)


def test_a_library_that_comes_inside_a_recording_is_tapped_at_once(program):
    printed = program(
        "import sys\n"
        "observe = Observed()\n"
        "assert 'random' not in sys.modules\n"
        "def use():\n"
        "    import random\n"
        "    random.Random()\n"
        "    random.seed(0)\n"
        "    return random.random.__self__ is random._inst\n"
        "print(observe(use), observe.value)\n"
        "print('exec_module' in vars(sys.modules['random'].__loader__))\n"
    )
    assert printed == "[('forbid', 'entropy', 'random.Random() without a seed'), ('seeded', 'random')] True\nFalse\n"


def test_a_generator_that_is_born_inside_a_recording_has_a_state_at_entry(program):
    printed = program(
        "import sys\n"
        "observe = Observed()\n"
        "def use():\n"
        "    import random\n"
        "    observe.born = dict(observe.random)\n"
        "    random.random()\n"
        "    from hitsave_trace.taps.state import random_states\n"
        "    return random_states()\n"
        "def recorded():\n"
        "    observe.random = {}\n"
        "    return use()\n"
        "observe(recorded)\n"
        "print(list(observe.born), observe.born['random'] != observe.value['random'])\n"
    )
    assert printed == "['random'] True\n"


@pytest.mark.parametrize("read", [time.localtime, time.gmtime, time.ctime, time.asctime, lambda: time.strftime("%Y")])
def test_the_date_makes_a_call_unsaved(observe, read):
    [(slug, _)] = observe.reasons(read if read.__name__ == "<lambda>" else lambda: getattr(time, read.__name__)())
    assert slug == "calendar"


@pytest.mark.parametrize(
    "read",
    [
        lambda: time.localtime(0),
        lambda: time.gmtime(0.5),
        lambda: time.ctime(0),
        lambda: time.asctime(time.gmtime(0)),
        lambda: time.strftime("%Y", time.gmtime(0)),
        time.time,
        time.perf_counter,
    ],
)
def test_a_function_of_a_moment_does_not(observe, read):
    assert observe.reasons(read) == []


def test_logging_with_the_time_does_not(observe):
    import logging

    record = logging.LogRecord("x", 10, "f", 1, "text", None, None)
    formatter = logging.Formatter("%(asctime)s %(message)s")
    assert observe.reasons(formatter.format, record) == []
