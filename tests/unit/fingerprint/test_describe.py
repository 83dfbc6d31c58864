"""Values in readable words, without running their code."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import pathlib

import numpy as np
import pandas as pd
import pytest

from hitsave_trace.fingerprint.describe import describe


@dataclasses.dataclass
class Config:
    lr: float = 0.1
    depth: int = 3


class Rude:
    def __init__(self):
        self.size = 2

    def __repr__(self):
        raise SystemExit

    __str__ = __len__ = __iter__ = __bool__ = __hash__ = __eq__ = __getattr__ = __repr__


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a = 1


class Colour(enum.Enum):
    RED = 1


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        ("a", "'a'"),
        (None, "None"),
        ([1, "a"], "[1, 'a']"),
        ((1,), "(1,)"),
        (set(), "set()"),
        ({2, 1}, "{1, 2}"),
        ({"a": [1]}, "{'a': [1]}"),
        (Config(), "Config(lr=0.1, depth=3)"),
        (Rude(), "Rude(size=2)"),
        (Slotted(), "Slotted(a=1)"),
        (Colour.RED, "Colour.RED"),
        (Point(1, [2]), "Point(x=1, y=[2])"),
        (np.zeros((1000, 64)), "ndarray float64 (1000, 64)"),
        (np.arange(3), "ndarray int64 (3,) [0, 1, 2]"),
        (np.float32(1.5), "float32(1.5)"),
        (pd.DataFrame(np.zeros((1797, 65))), "DataFrame 1797 rows x 65 columns"),
        (pd.DataFrame({"a": [1]}), "DataFrame 1 row x 1 column"),
        (pd.Series([1, 2], name="q"), "Series 'q' int64 2 rows"),
        (pd.Timestamp("2020"), "Timestamp('2020-01-01 00:00:00')"),
        (datetime.date(2020, 1, 1), "datetime.date(2020, 1, 1)"),
        (decimal.Decimal("1.0"), "Decimal('1.0')"),
        (range(3), "range(0, 3)"),
        (pathlib.PurePosixPath("a/b"), "PurePosixPath('a/b')"),
        (len, "len"),
        (int, "int"),
        (ValueError("x"), "ValueError('x')"),
        ((item for item in "a"), "<generator>"),
        (collections.Counter("aab"), "Counter of 2"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value[:20],
)
def test_words(value, text):
    assert describe(value) == text


def test_it_is_short():
    loop = []
    loop.append(loop)
    thing = Config()
    thing.me = thing
    for value in (
        "x" * 10**6,
        list(range(10**6)),
        dict.fromkeys(range(1000), "x" * 100),
        loop,
        thing,
        10**10000,
    ):
        assert len(describe(value)) <= 300
        assert len(describe(value, 20)) <= 20
    assert describe(list(range(1000)), 1000).endswith("… 970 more]")


def test_it_says_which_function():
    assert describe(test_it_is_short).endswith(":test_it_is_short")
    assert describe(Config) == f"{__name__}:Config"
