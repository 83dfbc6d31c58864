"""Code that is read by others than the interpreter: it works as in plain Python, and what compilers make of it counts."""

from __future__ import annotations

import pytest

from tests.harness.runs import Pair

NUMBA = """\
import time
import numba
import numpy as np
RATE = 3

@numba.njit
def inner(x):
    return x * RATE + 1

@numba.njit
def loop(n):
    total = 0.0
    for i in range(n):
        total += inner(i)
    return total

@numba.vectorize
def each(a, b):
    return a * b + 1

@numba.njit(parallel=True)
def apart(a):
    total = 0
    for i in numba.prange(a.shape[0]):
        total += a[i]
    return total

def made(k):
    @numba.njit
    def inside(x):
        return (lambda y: y + k)(x)
    return inside

@numba.njit
def drawn():
    return np.random.rand() < 2

def work(n):
    time.sleep(0.04)
    return loop(n)

def noisy():
    time.sleep(0.04)
    return drawn()

print(work(10), noisy(), each(np.arange(3.0), 2.0), apart(np.arange(5)), made(3)(4), loop.py_func(3))
"""

READERS = '''\
import ctypes, dis, inspect, io, pickle, types

def plain(a, b=2, *rest, **more):
    """Doc."""
    c = a + b
    return c

def later(k):
    def f(x):
        return x + k
    return f

print(inspect.getsource(plain), inspect.signature(plain), inspect.getclosurevars(later(1)).nonlocals)
code = plain.__code__
print(code.co_varnames, code.co_argcount, code.co_consts[0], code.co_names, code.co_freevars)
print(pickle.loads(pickle.dumps(plain))(1))
print(ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)(3))
out = io.StringIO()
dis.dis(plain, file=out)
print(len(out.getvalue()) > 10)
print(types.FunctionType(code, globals(), "h", (5,))(1), types.FunctionType(code.replace(co_name="other"), globals())(1, 2))
for name in ("cloudpickle", "dill"):
    try:
        other = __import__(name)
    except ImportError:
        continue
    print(other.loads(other.dumps(later(3)))(4), other.loads(other.dumps(plain))(1))
'''


@pytest.fixture
def program(tmp_path):
    pair = Pair(tmp_path)

    def run(text):
        for folder in (pair.plain, pair.saved):
            (folder / "main.py").write_text(text)
        plain, saved, report = pair.both(["main.py"])
        assert plain.status == 0, plain.stderr.decode()
        assert plain.differences(saved) == []
        return {call["function"].partition(":")[2]: call for call in report["calls"]}

    return run


@pytest.mark.slow
def test_numba(program):
    pytest.importorskip("numba")
    assert program(NUMBA)["work"]["verdict"] == "miss"
    found = program(NUMBA)
    assert found["work"]["verdict"] == "hit"
    assert found["noisy"]["verdict"] == "unsaved", "numba has random generators of its own"
    edited = NUMBA.replace("x * RATE + 1", "x * RATE + 2")
    found = program(edited)
    assert found["work"]["verdict"] == "miss"
    assert [reason["subject"] for reason in found["work"]["reasons"] if reason["kind"] == "code"] == ["__main__:inner"]
    assert program(edited.replace("RATE = 3", "RATE = 4"))["work"]["verdict"] == "miss"
    assert program(edited.replace("RATE = 3", "RATE = 4"))["work"]["verdict"] == "hit"


def test_what_reads_code_sees_code_that_works(program):
    program(READERS)
