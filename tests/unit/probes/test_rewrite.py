"""Functions with probes behave as those without, whatever the probes are told to do."""

from __future__ import annotations

import asyncio
import dis
import inspect
import itertools
import sys
import sysconfig
import traceback
from pathlib import Path

import pytest

from hitsave_trace.fingerprint.code import exception_entries
from hitsave_trace.names import ModuleInfo
from hitsave_trace.probes import arming, callsites, rewrite, template

from .conftest import Witness, arm_all, bare, dressed, every_code

SOURCE = """
import asyncio
G = 1
def plain(a, *args, k=1, **kw):
    x = [a for _ in range(2)]
    return a, args, k, kw, x
def cell(a):
    def inner():
        return a
    return inner()
def generator(n):
    got = yield n
    yield got
    return "end"
async def coroutine(n):
    await asyncio.sleep(0)
    return n
class K:
    y = [i * 2 for i in range(3)]
    def __init__(self, v):
        self.v = v
    @property
    def p(self):
        return self.v
    def method(self):
        return __class__.y, super().__repr__() is not None
lam = lambda q: q + 1
nested = lambda: list(x for x in range(3))
def branches(c):
    if c:
        return G
    try:
        for i in range(3):
            if i == 2:
                raise ValueError(len(str(G)))
    except ValueError as error:
        return error.args
    finally:
        abs(1)
def raises(x):
    with open("/dev/null") as file:
        return x / 0
def caught():
    try:
        raises(1)
    except ZeroDivisionError:
        return "caught"
def matches(x):
    match x:
        case [1, *rest]:
            return rest
        case {"a": v} if (w := v):
            return w
        case _:
            return None
def groups():
    try:
        raise ExceptionGroup("g", [ValueError(1), TypeError(2)])
    except* ValueError as g:
        return_value = [str(e) for e in g.exceptions]
    except* TypeError:
        pass
    return return_value
def long(a%(many)s):
    return a + a299
def deletes(x):
    y = x
    del x
    try:
        return x
    except UnboundLocalError as error:
        return str(error)
""".replace("%(many)s", "".join(f", a{i}=1" for i in range(300)))

CALLS = {
    "plain": lambda m: m["plain"](1, 2, k=3, z=4),
    "cell": lambda m: m["cell"](5),
    "generator": lambda m: list(m["generator"](3)),
    "generator return": lambda m: _drain(m["generator"](3)),
    "coroutine": lambda m: asyncio.run(m["coroutine"](7)),
    "init": lambda m: m["K"](9).__dict__,
    "property": lambda m: m["K"](9).p,
    "method": lambda m: m["K"](9).method(),
    "lambda": lambda m: m["lam"](1),
    "nested": lambda m: m["nested"](),
    "one branch": lambda m: m["branches"](1),
    "other branch": lambda m: m["branches"](0),
    "raises": lambda m: m["raises"](1),
    "caught": lambda m: m["caught"](),
    "match": lambda m: (m["matches"]([1, 2]), m["matches"]({"a": 3}), m["matches"](0)),
    "groups": lambda m: m["groups"](),
    "300 parameters": lambda m: m["long"](1),
    "deletes": lambda m: m["deletes"](1),
}


def _drain(generator: object) -> object:
    try:
        while True:
            next(generator)  # type: ignore[call-overload]
    except StopIteration as end:
        return end.value


def outcome(call: object, names: dict[str, object]) -> str:
    try:
        return repr(call(names))  # type: ignore[operator]
    except BaseException:
        text = traceback.format_exc()
        return text[text.index("probed.py") :]


@pytest.mark.parametrize("mode", ["disarmed", "plain", "observed"])
@pytest.mark.parametrize("name", CALLS)
def test_a_probed_function_does_what_the_original_does(witness: Witness, mode: str, name: str) -> None:
    names, infos = dressed(SOURCE)
    witness.mode = mode
    if mode != "disarmed":
        arm_all(infos)
    assert outcome(CALLS[name], names) == outcome(CALLS[name], bare(SOURCE))
    assert (mode == "disarmed") == (len(witness.told) == 1)  # the module's own top level is always told


def test_an_observed_function_tells_when_it_is_left(witness: Witness) -> None:
    names, infos = dressed(SOURCE)
    witness.mode = "observed"
    witness.told.clear()
    arm_all(infos)
    outcome(CALLS["caught"], names)
    assert witness.told[-4:] == [
        ("enter", "probed:caught", ()),
        ("enter", "probed:raises", (1,)),
        ("abandon", "probed:raises"),
        ("leave", "probed:caught", "caught"),
    ] or [row[:2] for row in witness.told if row[0] != "block"] == [
        ("enter", "probed:caught"),
        ("enter", "probed:raises"),
        ("abandon", "probed:raises"),
        ("leave", "probed:caught"),
    ]


def test_only_the_blocks_that_run_are_told(witness: Witness) -> None:
    names, infos = dressed("A = B = 1\ndef f(c):\n    if c:\n        return A\n    return B\n")
    witness.mode = "observed"
    arm_all(infos)
    names["f"](True)  # type: ignore[operator]
    assert ("block", "probed:f", (("A",),)) in witness.told
    assert ("block", "probed:f", (("B",),)) not in witness.told


def test_an_answer_takes_the_place_of_the_body(witness: Witness) -> None:
    names, infos = dressed("ran = []\ndef f(x):\n    ran.append(x)\n    return x\n")
    witness.mode = "answer"
    arm_all(infos)
    assert names["f"](1) == "answered"  # type: ignore[operator]
    assert names["ran"] == []


def test_what_can_be_seen_of_a_function_is_unchanged() -> None:
    ours, _ = dressed(SOURCE)
    theirs = bare(SOURCE)
    for name in ("plain", "cell", "generator", "coroutine", "lam", "branches", "deletes"):
        mine, original = ours[name], theirs[name]
        assert inspect.signature(mine) == inspect.signature(original)  # type: ignore[arg-type]
        for attribute in (
            "co_varnames",
            "co_names",
            "co_freevars",
            "co_cellvars",
            "co_flags",
            "co_firstlineno",
            "co_name",
            "co_qualname",
            "co_argcount",
            "co_kwonlyargcount",
            "co_nlocals",
        ):
            assert getattr(mine.__code__, attribute) == getattr(original.__code__, attribute), (name, attribute)  # type: ignore[attr-defined]


def test_switching_a_probe_does_not_change_the_hash_of_its_code() -> None:
    names, infos = dressed("def f():\n    return 1\n")
    code = names["f"].__code__  # type: ignore[attr-defined]
    before = hash(code)
    arm_all(infos)
    assert hash(code) == before
    arming.disarm(next(info.entry_cell for info in infos if info.entry_cell is not None))  # type: ignore[arg-type]
    assert hash(code) == before


def test_slots_keep_reference_counts_right(witness: Witness) -> None:
    del witness
    before = sys.getrefcount(None), sys.getrefcount(arming.MARK)
    for _ in range(50):
        names, infos = dressed("def f():\n    return 1\n")
        arm_all(infos)
        for info in infos:
            from hitsave_trace import names as known

            known.code_infos.pop(id(info.code), None)
        del names, infos, info
    assert sys.getrefcount(None) >= before[0]
    assert sys.getrefcount(arming.MARK) >= before[1]


def sources(limit: int) -> list[Path]:
    """A spread of the modules of the standard library and of the installed packages."""
    found: list[Path] = []
    for key in ("stdlib", "purelib"):
        root = Path(sysconfig.get_path(key))
        files = [path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts or key == "purelib"]
        files = [path for path in files if not {"test", "tests", "lib2to3", "idlelib"} & set(path.parts)]
        found += files[:: max(1, len(files) // limit)]
    return found


def check_file(path: Path) -> int:
    """Rewrite one file; compare each code object with its original. Give their number."""
    try:
        original = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return 0
    probed = template.load(rewrite.rewrite(original, "m"), ModuleInfo("m", str(path), path.name))
    mine, theirs = every_code(probed), every_code(original)
    names = callsites.Names(original)
    assert len(mine) == len(theirs)
    for code, was in zip(mine, theirs, strict=True):
        resume = rewrite._after_resume(was)
        if resume is not None and was is not original:  # of the module's own see test_statements
            body, _, _ = callsites.add(was, names)
            assert body.co_code[2 * resume :] in code.co_code, code  # the plain body, verbatim but for call sites
        lines = {line for _, _, line in code.co_lines() if line is not None}
        assert lines == {line for _, _, line in was.co_lines() if line is not None}, code
        size = len(code.co_code)
        for instruction in dis.get_instructions(code):
            if instruction.opcode in dis.hasjrel:
                assert 0 <= instruction.argval < size, (code, instruction)
        entries = exception_entries(code.co_exceptiontable)
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(entries)), code
        assert all(0 <= start < end <= size // 2 and target < size // 2 for start, end, target, _, _ in entries), code
    return len(mine)


def test_every_code_object_survives_rewriting() -> None:
    assert sum(check_file(path) for path in sources(40)) > 1000
