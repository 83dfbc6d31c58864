"""Where two values differ."""

from __future__ import annotations

import collections

import numpy as np
import pandas as pd
import pytest

from hitsave.memo.compared import differing

Point = collections.namedtuple("Point", "x y")


class Plain:
    def __init__(self, **held):
        self.__dict__.update(held)

    def __eq__(self, other):
        raise AssertionError("code of the program ran")

    __hash__ = None


class Slots:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


def cycle(last):
    found = [1, last]
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (1, 2, [("", "1", "2", True)]),
        (1.5, 2.5, [("", "1.5", "2.5", True)]),
        (1, 1.0, [("", "1 (int)", "1.0 (float)", False)]),
        ("a", "b", [("", "'a'", "'b'", False)]),
        ([1, 2, 3], [1, 5, 3], [("[1]", "2", "5", True)]),
        ([1], [1, 2], [("", "1 items", "2 items", False)]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("['a'][1]['b']", "2", "3", True)]),
        ({"a": 1}, {"b": 1}, [("", "keys 'a'", "keys 'b'", False)]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, [("", "keys 'a', 'b'", "keys 'b', 'a'", False)]),
        (Point(1, 2), Point(1, 3), [(".y", "2", "3", True)]),
        (Plain(a=1, b=[2]), Plain(a=1, b=[3]), [(".b[0]", "2", "3", True)]),
        (Plain(a=1), Plain(b=1), [("", "attributes a", "attributes b", False)]),
        (Slots(1), Slots("x"), [(".a", "1 (int)", "'x' (str)", False)]),
        (cycle(1), cycle(2), [("[1]", "1", "2", True)]),
        (None, 0, [("", "None (NoneType)", "0 (int)", False)]),
        ([1, (2, 3)], [1, (2, 3)], []),
        (-0.0, 0.0, [("", "-0.0", "0.0", True)]),
        (float("nan"), float("nan"), []),
    ],
)  # fmt: skip
def test_plain_values(one, other, told):
    assert [(d.path, d.before, d.after, d.number) for d in differing(one, other)] == told


def test_arrays():
    one = np.arange(12.0).reshape(3, 4)
    other = one.copy()
    other[1, 2] = other[2, 3] = -1
    [found] = differing(one, other, "result")
    assert (found.path, found.before) == ("result[1, 2]", "float64(6.0) (and 1 more of 12)")
    [found] = differing(one, one.astype("f4"))
    assert "float32" in found.after or "f4" in found.after
    assert list(differing(one, one.copy())) == []


def test_frames():
    one = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    other = one.assign(a=[1, 3])
    assert [found.path for found in differing(one, other, "result")] == ["result['a'][1]"]
    assert [found.path for found in differing(one, one.rename(columns={"a": "c"}))] == [".columns[0]"]


def test_long_texts_are_shown_where_they_part():
    [found] = differing("a" * 500 + "b", "a" * 500 + "c")
    assert (found.before, found.after) == (repr("a" * 20 + "b"), repr("a" * 20 + "c"))


def test_what_can_not_be_looked_into_is_told_as_a_whole():
    assert len(list(differing({1, 2}, {1, 3}))) == 1
    assert len(list(differing(object(), Plain()))) == 1
