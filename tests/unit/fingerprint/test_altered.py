"""What code changes inside of libraries without an assignment to a dotted name."""

import collections

import pytest

from hitsave_trace.fingerprint import altered, setters
from hitsave_trace.fingerprint.altered import CALL, ENTRY, GIVEN, SUBCLASS


@pytest.fixture(autouse=True)
def _nothing_changed(monkeypatch):
    monkeypatch.setattr(altered, "changed_on_anything", set())


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        ("import a\na.b['k'] = 1", {("a", "b", ENTRY + "k")}),
        ("import a\na.b[k] = 1", {("a", "b")}),
        ("import a\na.b['k'] += f(1)[2]", {("a", "b", ENTRY + "k")}),
        ("import a\ndel a.b['k']", {("a", "b", ENTRY + "k")}),
        ("import a\na.b['k']['l'] = 1", {("a", "b")}),
        ("import a\na.b()['k'] = 1", {("a", "b", GIVEN)}),
        ("import a.b\na.b.c[0:2] = d", {("a", "b", "c")}),
        ("from a.b import c as d\nd['k'] = 1", {("a.b", "c", ENTRY + "k")}),
        ("import a\nd = a.b.c\nd.append(1)", {("a", "b", "c"), ("a", "b", "c", "append", CALL)}),
        ("import a as z\ndef f(x):\n    z.b.update(k=x)", {("a", "b"), ("a", "b", "update", CALL)}),
        ("def f():\n    import a\n    a.b.extend([1])", {("a", "b"), ("a", "b", "extend", CALL)}),
        ("import a\na.set_width(3)", {("a", "set_width", CALL)}),
        ("import a\nx = a.set_width(3)", {("a", "set_width", CALL)}),
        ("import a\na.plot(3)", {("a", "plot", CALL)}),
        ("import a\nx = a.plot(3)", set()),
        ("import a\nwith a.option(x=3) as b:\n    pass", {("a", "option", CALL)}),
        ("import a\nx = f(a.plot(3))", set()),
        ("import a\na.b.set_width(\n    3,\n    k=4,\n)", {("a", "b", "set_width", CALL)}),
        ("import a\na.b(1).set_width(2)", {("a", "b", GIVEN)}),
        ("import a\nx = a.b(1)\nx.c['k'] = 2", {("a", "b", GIVEN)}),
        ("import a\nx = a.b(1)\nx.draw()", set()),
        ("import a\nwith a.b(1):\n    pass", {("a", "b", CALL)}),
        ("import a\n@a.b\ndef f(): pass", {("a", "b", CALL)}),
        ("import a\n@a.b('x')\nclass C: pass", {("a", "b", CALL)}),
        ("import a\nclass C(a.B, k=1): pass", {("a", "B", SUBCLASS)}),
        ("import a\na.b.set('x', 5)", {("a", "b", "set", CALL)}),
        ("from a import set_width\nset_width(3)", {("a", "set_width", CALL)}),
        ("mine = {}\nmine['k'] = 1\nmine.update(k=2)", set()),
    ],
)
def test_chains(text, chains):
    assert set(altered.altered(compile(text, "x.py", "exec"))) == chains


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f(m):\n    m.TABLE['k'] = 1", {"TABLE"}),
        ("def f(m):\n    m.TABLE.append(1)", {"TABLE"}),
        ("def f(self):\n    self.table['k'] = 1", set()),
        ("def f(t):\n    t['k'] = 1", set()),
    ],
)
def test_on_anything(text, names):
    altered.altered(compile(text, "x.py", "exec"))
    assert altered.changed_on_anything == names


def test_what_a_function_sets(tmp_path, monkeypatch):
    (tmp_path / "hs_shelf.py").write_text(
        "import sys\n"
        "options, level = {}, 0\n"
        "class Shop:\n"
        "    stock = {}\n"
        "    @classmethod\n"
        "    def add(cls, name): cls.stock[name] = 1\n"
        "def _store(name): options[name] = 1\n"
        "def set_option(name): _store(name)\n"
        "def set_level(n):\n"
        "    global level\n"
        "    level = n\n"
        "def nothing(thing): thing.options = 1\n"
        "def register(name):\n"
        "    def inner(f):\n"
        "        options[name] = f\n"
        "        return f\n"
        "    return inner\n"
        "class option:\n"
        "    def __enter__(self): options.update(x=1)\n"
        "    def __exit__(self, *_): options.clear()\n"
        "def far(): near()\n"
        "def near(): nearer()\n"
        "def nearer(): set_level(1)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import hs_shelf

    assert setters.set_by(hs_shelf.set_option) == [("hs_shelf", ("options",))]
    assert setters.set_by(hs_shelf.set_level) == [("hs_shelf", ("level",))]
    assert setters.set_by(hs_shelf.Shop.add) == [("hs_shelf", ("Shop", "stock"))]
    assert setters.set_by(hs_shelf.nothing) == []
    assert setters.set_by(hs_shelf.register) == [("hs_shelf", ("options",))]
    assert setters.set_by(hs_shelf.option) == [("hs_shelf", ("options",))]
    assert setters.set_by(hs_shelf.near) == []
    assert setters.set_by(hs_shelf.nearer) == [("hs_shelf", ("level",))]
    assert setters.set_by(collections.OrderedDict) == []


def no_class():
    """Stands for a class, as `typing_extensions.NamedTuple` does."""


class Stranger:
    """Is asked for nothing."""

    def __getattr__(self, name):
        raise RuntimeError(name)


def test_what_is_no_class_or_function_of_a_library_sets_nothing():
    for thing in (no_class, Stranger(), len, 3, [], None, collections.OrderedDict.fromkeys):
        assert setters.set_by_deriving(thing) == []
        assert setters.set_by(thing) == []
        assert setters.given_by(thing) == []


def test_a_function_that_says_of_no_module_where_it_is():
    def lost():
        pass

    lost.__module__ = None
    assert setters.set_by(lost) == []
