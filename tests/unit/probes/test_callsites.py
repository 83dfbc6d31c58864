"""Calls with a site in front of them are the calls that they were, off, on, and when something stands in."""

from __future__ import annotations

import sys
import traceback
from types import CodeType, SimpleNamespace

import pytest

from hitsave_trace import library_calls
from hitsave_trace.names import ModuleInfo
from hitsave_trace.probes import arming, hooks, rewrite
from hitsave_trace.probes.hooks import Site

SOURCE = """
import math, json as js
from math import floor as fl, sqrt
import traceback, asyncio, contextlib
def lib(x, k=1, *a, **kw):
    return x, k, a, kw
class O:
    t = sqrt(4)
    u = [fl(i) for i in (1.5, 2.5)]
    class P:
        def m(self, x):
            return x + 1
    p = P()
    def m(self, x):
        return x + 1
    def __getitem__(self, i):
        return lib
    def __call__(self, *a):
        return a
o = O()
fns = [lib, fl]
def forms(cb):
    a, d = (1, 2), {"z": 3}
    yield lib(1), cb(1, k=4), cb(*a), cb(1, **d), cb(*a, **d), cb(1, *a, k=2), cb(x=1, **d)
    yield o.m(5), math.sqrt(4), cb(7), " x ".strip(), len([1]), [cb(q) for q in (1, 2)]
    yield sorted((3, 1), key=lambda v: -v), fl(sqrt(4)), o.p.m(1), fns[0](3), o[2](3), o(1, 2)
    yield (fl if a else sqrt)(9), (sqrt if not a else fl)(9), math.floor([fl(i) for i in (1, 2)][0])
    yield math.floor(sum(fl(i) for i in (1, 2))), fl(a[0] if d else a[1]), math.hypot(*[x for x in a], *(fl(2.5),))
    yield f"{fl(2.5)!r:>{fl(6)}}", js.loads(s=js.dumps(d)), {fl(k + .5): math.sqrt(v) for k, v in ((1, 2), (3, 4))}
    yield (lambda z: fl(z))(3.3), {fl(x) for x in (1.5, 2.5)}, [[cb(x, y) for x in (1, 2)] for y in (3, 4)]
    yield fl(1 if fl(2) and fl(3) or fl(4) else 2), fl(1) < fl(2) < fl(3), not fl(0), -fl(1)
    try:
        sqrt(-1)
    except ValueError:
        yield traceback.format_exc()
    try:
        o.nosuch(fl(2))
    except AttributeError:
        yield traceback.format_exc()
    try:
        o.p.nosuch.more(fl(2))
    except AttributeError:
        yield traceback.format_exc()
    try:
        undefined(
            1)
    except NameError:
        yield traceback.format_exc()
    def gen():
        yield fl((yield fl(1)) or 3)
    yield list(gen())
    if (w := fl(2.2)) and w > fl(1):
        yield w
    x = [1]
    x[fl(0)] += fl(3)
    del x[fl(0)]
    yield x
    with contextlib.nullcontext(fl(1)) as f:
        yield f, fl(2)
    for i in range(fl(3)):
        if fl(i) == 1:
            continue
        yield i
    async def co(n):
        await asyncio.sleep(0)
        return fl(n) + sqrt(await asyncio.sleep(0, 4))
    yield asyncio.run(co(2.5))
    match fl(2.5):
        case 2 if fl(3):
            yield "two"
    yield (lambda *a, k=fl(2): (a, k))(*(fl(1),), **{"k": fl(5)})
    assert fl(3) == 3, fl(4)
top = fl(2.5) + math.sqrt(4)
tops = [fl(x) for x in (1.5, 2.5)]
"""


def load(filename: str = "called.py", source: str = SOURCE) -> tuple[dict[str, object], list[Site]]:
    sites: list[Site] = []
    before = hooks.site_registered
    hooks.site_registered = lambda site, _code: sites.append(site)
    try:
        code = rewrite.rewrite_code(compile(source, filename, "exec"), ModuleInfo("called", filename, filename))
    finally:
        hooks.site_registered = before
    names: dict[str, object] = {"__name__": "called"}
    exec(code, names)
    return names, sites


def outcome(names: dict[str, object], source: str = SOURCE) -> str:
    import linecache

    linecache.cache["called.py"] = (len(source), None, source.splitlines(True), "called.py")
    return repr([*names["forms"](lambda *a, **k: (a, k)), names["top"], names["tops"], names["O"].u])  # type: ignore[operator, attr-defined]


@pytest.fixture
def expected() -> str:
    names: dict[str, object] = {"__name__": "called"}
    exec(compile(SOURCE, "called.py", "exec"), names)
    return outcome(names)


def test_sites_that_are_off(expected: str) -> None:
    names, sites = load()
    assert len(sites) > 60
    assert outcome(names) == expected


def test_sites_that_are_on_and_leave_the_call_alone(expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []
    monkeypatch.setattr(hooks, "site_reached", lambda site, callee: (reached.append(site.text), callee)[1])
    names, sites = load()
    for site in sites:
        arming.arm(site.cell)  # type: ignore[arg-type]
    assert outcome(names) == expected
    assert {"sqrt", "fl", "math.floor", "js.dumps", "asyncio.run"} <= set(reached)
    assert "lib" not in reached  # a function of the module
    assert "len" not in reached
    for site in sites:
        arming.disarm(site.cell)  # type: ignore[arg-type]
    reached.clear()
    assert outcome(names) == expected
    assert reached == []


class Calls:
    """Lets every call run, and counts."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def ask(self, call: library_calls.StandIn, arguments: tuple[object, ...], keywords: dict[str, object]) -> None:
        self.told.append("ask")

    def leave(self, call: library_calls.StandIn, value: object, kept: bool) -> None:
        self.told.append("kept" if kept else "leave")

    def end(self, call: library_calls.StandIn) -> None:
        self.told.append("end")


def standing_in(calls: Calls) -> object:
    def reached(site: Site, callee: object) -> object:
        return library_calls.StandIn(calls, site, callee, None, ())  # type: ignore[arg-type]

    return reached


def test_what_stands_in_is_not_seen(expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls()
    monkeypatch.setattr(hooks, "site_reached", standing_in(calls))
    names, sites = load()
    for site in sites:
        arming.arm(site.cell)  # type: ignore[arg-type]
    assert outcome(names) == expected
    assert calls.told.count("ask") == calls.told.count("end") > 60


WATCHED = """
import sys, warnings, inspect
def watch(f):
    return f()
def stack():
    out, frame = [], sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "test_frames_are_those_of_plain_python":
        out.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return out
def run(m):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warnings.warn("here", stacklevel=1)
    yield m.stack()
    yield [(w.lineno, w.filename) for w in seen]
    try:
        m.fail(
            1)
    except ZeroDivisionError as error:
        trace, lines = error.__traceback__, []
        while trace is not None:
            lines.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
            trace = trace.tb_next
        yield lines, error.__context__
    try:
        raise KeyError
    except KeyError:
        try:
            m.fail(1)
        except ZeroDivisionError as error:
            yield type(error.__context__), sys.exc_info()[0]
    yield sys.exc_info()
"""


def test_frames_are_those_of_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def stack() -> list[tuple[str, int]]:
        found, frame = [], sys._getframe(1)
        while frame is not None and frame.f_code.co_filename == "called.py":
            found.append((frame.f_code.co_name, frame.f_lineno))
            frame = frame.f_back  # type: ignore[assignment]
        return found

    def fail(_: int) -> float:
        return 1 / 0

    plain: dict[str, object] = {"__name__": "called"}
    exec(compile(WATCHED, "called.py", "exec"), plain)
    monkeypatch.setattr(hooks, "site_reached", standing_in(Calls()))
    names, sites = load(source=WATCHED)
    for site in sites:
        arming.arm(site.cell)  # type: ignore[arg-type]
    assert list(names["run"](SimpleNamespace(stack=stack, fail=fail))) == list(
        plain["run"](SimpleNamespace(stack=stack, fail=fail))
    )  # type: ignore[operator]


def test_who_else_holds_a_result_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls()
    monkeypatch.setattr(hooks, "site_reached", standing_in(calls))
    names, sites = load(
        source="kept = []\ndef keep(x):\n    kept.append(x)\n    return x\ndef run(m):\n    m.new(), m.keep([])\n"
    )
    for site in sites:
        arming.arm(site.cell)  # type: ignore[arg-type]
    names["run"](SimpleNamespace(new=list, keep=names["keep"]))  # type: ignore[operator]
    assert calls.told == ["ask", "leave", "end", "ask", "kept", "end"]


def test_a_call_of_a_stand_in_shows_no_event_that_does_not_balance() -> None:
    names, sites = load(source="def run(m):\n    return m.f(2)\n")
    before = hooks.site_reached
    hooks.site_reached = standing_in(Calls())  # type: ignore[assignment]
    events: list[str] = []
    try:
        for site in sites:
            arming.arm(site.cell)  # type: ignore[arg-type]
        run = names["run"]
        sys.setprofile(lambda _frame, event, _argument: events.append(event))
        run(SimpleNamespace(f=lambda x: x + 1))  # type: ignore[operator]
        sys.setprofile(None)
    finally:
        hooks.site_reached = before
    assert events.count("call") == events.count("return")


def test_sites_know_their_line_and_their_number() -> None:
    _, sites = load(source="def f(m):\n    m.a(m.a(1))\n\n    m.b(2)\n    return m.a(3)\n")
    assert [(site.text, site.number, site.line) for site in sites] == [
        ("m.a", 1, 2), ("m.a", 2, 2), ("m.b", 1, 4), ("m.a", 3, 5),
    ]  # fmt: skip
    assert sites[0].name == "called:f calls m.a #1"


def test_a_code_object_can_be_a_key_and_travels() -> None:
    import pickle

    names, sites = load(source="def f(x):\n    return x.go(1)\n")
    code: CodeType = names["f"].__code__  # type: ignore[attr-defined]
    before = hash(code)
    arming.arm(sites[0].cell)  # type: ignore[arg-type]
    assert hash(code) == before
    assert pickle.loads(pickle.dumps(sites[0]))(len) is len


def test_positions_are_those_of_the_original() -> None:
    names, _ = load()
    plain: dict[str, object] = {"__name__": "called"}
    exec(compile(SOURCE, "called.py", "exec"), plain)
    try:
        list(plain["forms"](None))  # type: ignore[operator]
    except TypeError as error:
        expected = traceback.format_exception(error)[2:]
    try:
        list(names["forms"](None))  # type: ignore[operator]
    except TypeError as error:
        assert traceback.format_exception(error)[2:] == expected
