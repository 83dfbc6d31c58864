"""What code sets on objects to which no chain of names leads."""

import json

import pytest

from hitsave_trace.fingerprint import assigned


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    monkeypatch.setattr(assigned, "_loose", set())
    monkeypatch.setattr(assigned, "_waiting", [])


def give(cls, function):
    cls.shout = function


def put(cls, name, function):
    setattr(cls, name, function)


class Own:
    def __init__(self, **values):
        self.plain = 1
        for name, value in values.items():
            setattr(self, name, value)

    def later(self):
        def inner():
            self.kept = 2

        return inner


def known():
    json.mine = 1
    setattr(json, "other", 2)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (give, {"shout"}),
        (put, {assigned.ANY}),
        (Own.__init__, set()),
        (Own.later, set()),
        (known, set()),
    ],
)
def test_names(function, names):
    assigned.wait(lambda: assigned.assigned(function.__code__))
    assert assigned.set_on_anything() == names
