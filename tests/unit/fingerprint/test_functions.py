"""Functions as values: by name while they can be seen running, deeply where they can't."""

from __future__ import annotations

import functools

import pytest

from hitsave_trace.fingerprint.closure import closure
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk, fingerprint


def test_a_user_function_is_its_name_and_not_its_body(load):
    before = fingerprint(load("def f(x, k=1):\n    return x + k\n").f)
    assert fingerprint(load("def f(x, k=1):\n    return x * k\n").f) == before
    for other in (
        "def f(x, k=2):\n    return x + k\n",
        "def f(x, *, k=1):\n    return x\n",
        "def g(x, k=1): pass\nf = g\n",
    ):
        assert fingerprint(load(other).f) != before
    assert fingerprint(load("def f(x, k=1):\n    return x\n", name="other").f) != before


def test_two_lambdas_on_one_line(load):
    module = load("fs = [lambda x: x, lambda x: x]\n")
    assert fingerprint(module.fs[0]) != fingerprint(module.fs[1])


def test_what_a_function_captures_and_carries(load):
    module = load("def make(n):\n    def add(x):\n        return x + n\n    return add\n")
    one, two, again = module.make(1), module.make(2), module.make(1)
    assert fingerprint(one) == fingerprint(again) != fingerprint(two)
    one.calls = 3
    assert fingerprint(one) != fingerprint(again)


def test_functions_that_share_a_cell(load):
    module = load(
        "def pair():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n"
        "    def get():\n        return n\n    return up, get\n"
    )
    up, get = module.pair()
    assert fingerprint([up, get]) != fingerprint([up, module.pair()[1]])


def test_a_function_that_captures_itself(load):
    module = load("def make():\n    def loop(n):\n        return loop(n - 1)\n    return loop\n")
    assert fingerprint(module.make()) == fingerprint(module.make())


def test_bound_methods_and_partials(load):
    module = load(
        "class C:\n    def __init__(self, a):\n        self.a = a\n    def f(self):\n        pass\n    def g(self):\n        pass\n"
    )
    one, two = module.C(1), module.C(2)
    assert fingerprint(one.f) == fingerprint(module.C(1).f)
    assert len({fingerprint(item) for item in (one.f, one.g, two.f)}) == 3
    partials = [functools.partial(module.C, 1), functools.partial(module.C, 2), functools.partial(module.C, a=1)]
    assert len(set(map(fingerprint, partials))) == 3


HELPERS = """
import functools, math
LIMIT = 3
UNUSED = 1
def inner(x):
    return x * LIMIT
@functools.lru_cache(maxsize=None)
def helper(x):
    return inner(x) + math.floor(x)
class Scale:
    factor = 2
    def by(self, x):
        return x * self.factor
@functools.cache
def scaled(x):
    return Scale().by(x)
"""


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("x * LIMIT", "x + LIMIT", "helper"),
        ("LIMIT = 3", "LIMIT = 4", "helper"),
        ("math.floor(x)", "math.ceil(x)", "helper"),
        ("maxsize=None", "maxsize=5", "helper"),
        ("return x * self.factor", "return x + self.factor", "scaled"),
        ("factor = 2", "factor = 3", "scaled"),
        ("UNUSED = 1", "UNUSED = 2", None),
        ("    return inner", "    # a comment\n    return inner", None),
    ],
)
def test_what_stands_behind_a_cache_counts_with_all_it_refers_to(load, old, new, changed):
    assert old in HELPERS
    module = load(HELPERS)
    module.helper(1)
    before = {name: fingerprint(getattr(module, name)) for name in ("helper", "scaled")}
    module = load(HELPERS.replace(old, new))
    after = {name: fingerprint(getattr(module, name)) for name in ("helper", "scaled")}
    assert {name for name in before if before[name] != after[name]} == ({changed} if changed else set())


def test_functions_that_call_each_other_behind_a_cache(load):
    source = "import functools\ndef even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n != 0 and even(n - 1)\n"
    source += "cached = functools.cache(even)\n"
    before = fingerprint(load(source).cached)
    assert fingerprint(load(source).cached) == before
    assert fingerprint(load(source.replace("n != 0", "n > 0")).cached) != before


def test_a_module_mentioned_behind_a_cache(load):
    load("RATE = 1\nOTHER = 1\ndef f():\n    return 1\n", name="settings")
    source = "import functools, settings\n@functools.cache\ndef f():\n    return settings.RATE\n"
    before = fingerprint(load(source).f)
    load("RATE = 1\nOTHER = 2\ndef f():\n    return 2\n", name="settings")
    assert fingerprint(load(source).f) == before
    load("RATE = 2\nOTHER = 1\ndef f():\n    return 1\n", name="settings")
    assert fingerprint(load(source).f) != before


def test_a_global_that_appears(load):
    source = "import functools\n@functools.cache\ndef f():\n    try:\n        return EXTRA\n    except NameError:\n        return None\n"
    before = fingerprint(load(source).f)
    assert fingerprint(load("EXTRA = 1\n" + source).f) != before


def test_a_function_without_a_probe_is_its_body(load):
    before = fingerprint(load("def f(x):\n    return x + 1\n", probes=False).f)
    assert fingerprint(load("def f(x):\n    # why\n    return x + 1\n", probes=False).f) == before
    assert fingerprint(load("def f(x):\n    return x + 2\n", probes=False).f) != before
    first, second = {}, {}
    exec("def f():\n    return g()\ndef g():\n    return 1\n", first)
    exec("def f():\n    return g()\ndef g():\n    return 2\n", second)
    assert fingerprint(first["f"]) != fingerprint(second["f"])


def test_the_closure_of_a_function_with_a_probe(load):
    source = "K = 1\ndef g(x):\n    return x + K\ndef f(x):\n    return g(x)\n"
    before = closure(load(source).f)
    assert closure(load(source).f) == before
    assert closure(load(source.replace("x + K", "x - K")).f) != before
    assert closure(load(source.replace("K = 1", "K = 2")).f) != before


def test_what_a_closure_cannot_read_has_a_path(load):
    module = load(
        "import functools, threading\nLOCK = threading.Condition()\n@functools.cache\ndef f():\n    with LOCK:\n        return 1\n"
    )
    with pytest.raises(Unfingerprintable) as caught:
        fingerprint(module.f)
    assert caught.value.path == "f.LOCK"


def test_functions_of_libraries(load):
    import numpy as np
    import pandas as pd

    walk = Walk()
    walk.fingerprint([np.mean, pd.concat, len, functools.reduce])
    assert walk.distributions == {"numpy", "pandas"}
    assert fingerprint(np.add) != fingerprint(np.subtract)
    with pytest.raises(Unfingerprintable):
        fingerprint(np.frompyfunc(len, 1, 1))
    decorated = np.vectorize(load("def f(x):\n    return x\n").f)
    assert fingerprint(decorated) == fingerprint(decorated)


def test_single_dispatch_by_its_registry(load):
    source = (
        "import functools\n@functools.singledispatch\ndef f(x):\n    return 0\n"
        "@f.register(int)\ndef of_int(x):\n    return 1\n"
    )
    module = load(source)
    before = fingerprint(module.f)
    module.f(1), module.f("a")  # fills its cache
    assert fingerprint(module.f) == before
    extended = load(source + "@f.register(str)\ndef of_str(x):\n    return 2\n")
    assert fingerprint(extended.f) != before
