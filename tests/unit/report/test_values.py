"""In what two values differ."""

from __future__ import annotations

import dataclasses

import pytest

from hitsave.report.values import compare


@dataclasses.dataclass
class Config:
    rate: float
    layers: list


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (1, 1, []),
        (1, 2, ["result: 1 → 2"]),
        (1, 1.0, ["result: 1 → 1.0"]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["result['b']: 2 → 3"]),
        ({"a": 1}, {"b": 1}, ["result['a']: gone, was 1", "result['b']: new, 1"]),
        ([1, 2], [1, 3, 4], ["result: 2 → 3 items", "result[1]: 2 → 3"]),
        (Config(0.1, [1]), Config(0.2, [1]), ["result.rate: 0.1 → 0.2"]),
        (Config(0.1, [{"a": 1}]), Config(0.1, [{"a": 2}]), ["result.layers[0]['a']: 1 → 2"]),
    ],
)
def test_plain_values(old, new, told):
    assert compare(old, new) == told


def test_arrays():
    np = pytest.importorskip("numpy")
    old = np.zeros((2, 3))
    new = old.copy()
    new[1, 2] = 0.5
    assert compare(old, old.copy()) == []
    assert compare(old, new) == ["result: 1 of 6 items differ, at most by 0.5 at [1, 2]"]
    assert compare(old, np.zeros((3, 2))) == ["result: shape (2, 3) → (3, 2)"]
    assert compare(old, old.astype("float32")) == ["result: dtype float64 → float32"]
    nan = old.copy()
    nan[0, 0] = np.nan
    assert compare(nan, nan.copy()) == []
    assert compare(old, nan)[0].startswith("result: 1 of 6 items differ")
    assert compare(np.array(["a"]), np.array(["b"])) == ["result: 1 of 1 items differ"]


def test_frames():
    pd = pytest.importorskip("pandas")
    old = pd.DataFrame({"a": [1, 2], "b": [1.0, 2.0]})
    assert compare(old, old.copy()) == []
    told = compare(old, pd.DataFrame({"a": [1, 5], "c": [0, 0]}))
    assert told[:2] == ["result: columns gone: b", "result: new columns: c"]
    assert "result['a']: 1 of 2 cells differ, first in row 1: " in told[2]
    assert compare(old, old.iloc[:1]) == ["result: 2 → 1 rows"]


def test_what_is_long_is_counted():
    told = compare(list(range(100)), list(range(1, 101)))
    assert len(told) == 21
    assert told[-1] == "and 80 more"
