"""Modules and classes of libraries that a call got hold of."""

import importlib.util
import json
import sys
import types

import pytest

from hitsave_trace import in_hand
from hitsave_trace.fingerprint import altered, assigned


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    monkeypatch.setattr(assigned, "_loose", set())
    monkeypatch.setattr(assigned, "_by_function", {})
    monkeypatch.setattr(assigned, "_waiting", [])
    changed = set()
    for module in (altered, in_hand):
        monkeypatch.setattr(module, "changed_on_anything", changed)


class Proxy:
    """Stands for another object, which is not there."""

    @property
    def __dict__(self):
        raise RuntimeError("nothing is bound")


class Slotted:
    __slots__ = ("a",)


@pytest.mark.parametrize(
    ("thing", "names"),
    [
        (types.SimpleNamespace(a=1), {"a"}),
        (Proxy(), set()),
        (Slotted(), set()),
        (3, set()),
        (Slotted, {"__module__", "__slots__", "__doc__", "a"}),
    ],
)
def test_names(thing, names):
    assert names - {"__doc__"} <= set(in_hand.names_of(thing)) <= names | set(vars(Slotted))


def test_a_module_that_waits_to_be_loaded_goes_on_waiting():
    spec = importlib.util.find_spec("colorsys")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules.pop("colorsys", None)
    spec.loader.exec_module(module)
    assert "rgb_to_hls" not in in_hand.names_of(module)
    assert type(module) is not types.ModuleType
    assert module.rgb_to_hls(0, 0, 0) == (0.0, 0.0, 0.0)


def put(module, name):
    setattr(module, name, 1)


def mark(module):
    module.hs_mark = 1


def enter(module):
    module.TABLE["x"] = 1


def made():
    return lambda module: setattr(module, "hs_put", 1)


@pytest.mark.parametrize(
    ("function", "arguments", "changed"),
    [
        (put, ("hs_put",), "json.hs_put"),
        (mark, (), "json.hs_mark"),
        (enter, (), "json.TABLE"),
        (made(), (), "json.hs_put"),
    ],
)
def test_what_is_changed_is_named_if_its_function_ran(function, arguments, changed, monkeypatch):
    monkeypatch.setattr(json, "TABLE", {}, raising=False)
    code = function.__code__
    assigned.wait(lambda: assigned.assigned(code))
    altered.altered(code)
    known = {}
    in_hand.note_in_hand(known, json)
    assert list(in_hand.changed_in_hand(known, [f"mod:{code.co_qualname}"])) == []
    function(json, *arguments)
    try:
        (name,) = in_hand.changed_in_hand(known, [f"mod:{code.co_qualname}"])
        assert name == changed
        if function is not enter:
            assert list(in_hand.changed_in_hand(known, ["mod:other"])) == []
    finally:
        for name in ("hs_put", "hs_mark"):
            vars(json).pop(name, None)


def test_nothing_is_noted_where_nothing_is_set():
    known = {}
    in_hand.note_in_hand(known, json)
    assert known == {}
