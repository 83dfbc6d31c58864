"""Expressions of sympy, by what they are made of."""

import pytest

from hitsave_trace.fingerprint.values import Unfingerprintable, Walk

sympy = pytest.importorskip("sympy")
x, y = sympy.symbols("x y")


def of(value):
    return Walk().fingerprint(value)


DIFFERENT = {
    "symbols": (x, y, sympy.Symbol("x", positive=True), sympy.Symbol("x", real=True)),
    "numbers": (sympy.Integer(1), sympy.Float(1), sympy.Float(1, 30), sympy.Rational(1, 3), sympy.S.One / 2, 1),
    "forms": (x + y, x * y, x**y, y**x, sympy.Add(x, x, evaluate=False), 2 * x, sympy.sin(x), sympy.cos(x)),
    "containers": ([x, y], [y, x], (x, y), sympy.Tuple(x, y), sympy.FiniteSet(x, y), [x, [y]]),
    "polynomials": (sympy.Poly(x**2 + 1, x), sympy.Poly(x**2 + 2, x), sympy.Poly(x**2 + 1, x, y)),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs(name):
    values = DIFFERENT[name]
    assert len({of(value) for value in values}) == len(values)


def test_what_was_worked_out_of_it_does_not_count():
    fresh = sympy.Mul(x, sympy.Add(y, 1))
    before = of(fresh)
    hash(fresh), fresh.is_real, fresh.is_positive, fresh.free_symbols

    assert of(fresh) == before


def test_whether_equal_parts_are_one_object_does_not_count():
    one = sympy.sin(x + y)
    sympy.core.cache.clear_cache()
    other = sympy.sin(x + y)

    assert one is not other
    assert of([one, one]) == of([one, other])


def test_it_may_be_deep_and_share_its_parts():
    deep = x
    for _ in range(3000):
        deep = sympy.Add(sympy.Mul(deep, deep, evaluate=False), 1, evaluate=False)

    assert len(of(deep)) == 16


@pytest.mark.parametrize("made", [lambda: sympy.Dummy("d"), lambda: sympy.Function("f")(x), lambda: x + sympy.Dummy()])
def test_what_the_process_counts_has_none(made):
    with pytest.raises(Unfingerprintable, match="counts"):
        of(made())
