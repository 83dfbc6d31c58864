"""The numbers and words inside a value, taken without running its code."""

from __future__ import annotations

import collections
import dataclasses

import pytest

from hitsave.memo.scalars import MOST, scalars
from hitsave_trace import names

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(slots=True)
class Slots:
    rate: float
    inner: dict


class Tricky:
    """A user's class that must not be asked."""

    def __init__(self):
        self.rate = 1
        self._hidden = 2
        self.array = [1, 2]

    @property
    def loss(self):
        raise AssertionError

    def __getattribute__(self, name):
        if name == "loss":
            raise AssertionError
        return object.__getattribute__(self, name)


@pytest.mark.parametrize(
    ("value", "name", "found"),
    [
        (0.5, "", {"result": 0.5}),
        (0.5, "rate", {"rate": 0.5}),
        (None, "x", {"x": None}),
        (1 << 80, "x", {"x": str(1 << 80)}),
        ({"loss": 1, "info": {"deep": 2, "deeper": {"no": 3}}}, "", {"loss": 1, "info.deep": 2}),
        ({"a": 1}, "config", {"config.a": 1}),
        (Point(1, 2.0), "", {"x": 1, "y": 2.0}),
        ((1, "a"), "", {"0": 1, "1": "a"}),
        (Slots(0.1, {"a": 1}), "c", {"c.rate": 0.1, "c.inner.a": 1}),
        ([1, 2], "", {"result": "[1, 2]"}),
    ],
)
def test_scalars(value, name, found):
    assert scalars(value, name) == found


def test_an_instance_of_the_user_is_read_where_its_fields_lie(monkeypatch):
    monkeypatch.setitem(names.user_modules, __name__, names.ModuleInfo(__name__, "", ""))
    assert scalars(Tricky(), "net") == {"net.rate": 1}


def test_numpy_scalars_become_plain_and_arrays_do_not():
    np = pytest.importorskip("numpy")
    found = scalars({"a": np.float64(0.5), "b": np.int32(3), "c": np.bool_(True), "d": np.zeros(3)})
    assert found == {"a": 0.5, "b": 3, "c": True}
    assert [type(value) for value in found.values()] == [float, int, bool]


def test_a_large_dict_is_cut():
    assert len(scalars({str(i): i for i in range(1000)})) == MOST
