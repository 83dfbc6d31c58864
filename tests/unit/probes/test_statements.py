"""Statements at the top level: where they begin and end, what they read, and that nobody sees their probes."""

from __future__ import annotations

import dis
import io
import sys
import sysconfig
from pathlib import Path
from types import CodeType, FrameType

import pytest

from hitsave_trace.fingerprint.code import exception_entries
from hitsave_trace.names import ModuleInfo
from hitsave_trace.probes import arming, callsites, hooks, rewrite, statements

from .conftest import Witness

STDLIB = Path(sysconfig.get_paths()["stdlib"])


def found(source: str, module: str = "__main__") -> list[statements.Statement]:
    code = compile(source, "probed.py", "exec", dont_inherit=True)
    resume = rewrite._after_resume(code)
    assert resume is not None
    return statements.find(code, resume, script=module == "__main__")[1]


def lines(source: str, module: str = "__main__") -> list[tuple[int, int]]:
    return [(one.first_line, one.last_line) for one in found(source, module)]


def reads(statement: str) -> set[str]:
    [one] = found(statement + "\nlast = 1\n")
    return {".".join(chain) for chain in one.chains}


def test_compound_statements_are_one():
    source = """\
for i in range(3):
    if i: break
    print(i + 1)
else:
    print("none")
try:
    v = sum([1])
except ValueError as e:
    print(e)
with open("x") as f, open("y") as g:
    data = f.read() + g.read()
while sum([0]):
    break
match sum([1]):
    case 1: u = 2 + v
    case _: u = 3
w = 1 if sum([v]) else sorted([v])
"""
    assert lines(source) == [(1, 5), (6, 9), (10, 11), (12, 13), (14, 16), (17, 17)]


def test_what_defines_or_imports_is_not_observed():
    source = """\
'''doc'''
from __future__ import annotations
import os
from os import path
def f(): return sum([1])
class C:
    x = sum([1])
try:
    import json
except ImportError:
    json = None
if sum([1]):
    def g(): pass
x = 1
y = x
z: int = sum([1])
"""
    assert lines(source) == [(16, 16)]


def test_what_only_calls_functions_of_the_module_is_not_observed():
    source = """\
def work(x): return x
a = work(3)
print(work(a))
if a:
    work(f"{a:3}")
b = work(a) + 1
c = work(sorted([a]))
"""
    assert lines(source) == [(6, 6), (7, 7)]
    assert [one.callees for one in found(source)] == [(), ("work", "sorted")]


def test_the_body_behind_the_guard_is_top_level():
    source = """\
a = sum([1])
if __name__ == "__main__":
    b = sum([a])
    for i in range(3):
        b += i
else:
    b = sum([2])
if __name__ == "__main__":
    c = sum([b])
    if c: d = sum([1])
    else: d = sum([2])
"""
    assert lines(source) == [(1, 1), (3, 3), (4, 5), (9, 9), (10, 11)]
    assert lines(source, "helper") == [(1, 1), (2, 7), (8, 11)]


def test_what_is_read_is_what_may_be_read_before_it_is_bound():
    assert reads("for i in range(n):\n t = i + k\n k = t") == {"range", "n", "k"}
    assert reads("x += sum([1])") == {"x", "sum"}
    assert reads("for i in xs:\n j = i + 1\n if j: break\nelse: print(j + 1)") == {"xs", "print", "j"}
    assert reads("try:\n a = sum(p)\n b = a\nexcept E:\n print(a)") == {"sum", "p", "E", "print", "a"}
    assert reads("q = [u(v) for v in w if v.z + cfg.lr]") == {"u", "w", "cfg.lr"}
    assert reads("if sum([1]):\n r = 1\nelse:\n del r") == {"sum", "r"}
    assert reads("if (n := len([1]) + 1):\n print(n)") == {"len", "print"}


def test_what_is_bound_for_certain():
    def bound(statement: str) -> tuple[set[str], set[str]]:
        one = found(statement + "\nlast = sum([1], 2, 3)\n")[0]
        return set(one.binds), set(one.sure)

    assert bound("a = b = sum([1])") == ({"a", "b"}, {"a", "b"})
    assert bound("for i in xs: a = i + 1") == ({"i", "a"}, set())
    assert bound("if sum([1]): a = 1; b = 2\nelse: a = 2") == ({"a", "b"}, {"a"})
    assert bound("try:\n a = sum([1])\nexcept E as e: a = 2") == ({"a", "e"}, {"a"})
    assert bound("try:\n a = sum([1])\nexcept E: b = 2") == ({"a", "b"}, set())
    assert bound("with sum([1]) as f: a = 1") == ({"f", "a"}, set())


def test_a_statement_is_the_same_wherever_it_stands():
    piece = "for i in range(3):\n    if i > n: break\n    t = sorted(i, key=lambda a: a + 1)\nelse: t = 2 + n\n"
    branch = "if sum(n):\n    u = 1\nelse:\n    u = sum(n)\n"
    for text in (piece, branch):
        alone = [one.digest for one in found(text)]
        assert (
            alone
            == [
                one.digest
                for one in found("import os\nx = 'a'; y = 'b'\n# comment\n" + text + "\n\nz = sum([1], 2, 3)\n")
            ][:1]
        )
        assert alone == [
            one.digest
            for one in found("if __name__ == '__main__':\n" + "".join("  " + x + "\n" for x in text.split("\n")))
        ]
        assert alone != [one.digest for one in found(text.replace("2 + n", "3 + n").replace("u = 1", "u = 2"))]
    assert found(piece)[0].digest != found(piece.replace("a + 1", "a + 2"))[0].digest


def stdlib_codes() -> list[tuple[str, CodeType]]:
    codes = []
    for path in sorted(STDLIB.rglob("*.py")):
        if "site-packages" in path.parts or "lib2to3" in path.parts or path.stat().st_size > 300_000:
            continue
        try:
            code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError, UnicodeDecodeError):
            continue
        codes.append((str(path), code))
    return codes


def test_codes_of_the_library_keep_their_structure(monkeypatch: pytest.MonkeyPatch):
    """Instruction by instruction: the same with the same positions, handlers and targets; between them only probes."""
    monkeypatch.setattr(hooks, "registered", lambda _info: None)
    # Call sites have tests of their own, and would stand between the instructions.
    monkeypatch.setattr(callsites, "add", lambda code, _names: (code, (), None))
    observed = 0
    for number, (path, code) in enumerate(stdlib_codes()):
        if number % 3 and "test" in path:
            continue
        module = ModuleInfo("__main__", path, path)
        dressed = rewrite.rewrite_code(code, module)
        observed += sum(info.is_statement for info in module.codes)
        assert skeleton(code) == skeleton(dressed, probes=True), path
        dis.findlinestarts(dressed)
        assert [line for _, _, line in code.co_lines() if line] == [
            line for line in _squeezed(line for _, _, line in dressed.co_lines()) if line
        ] or _lines(code) == _lines(dressed), path
    assert observed > 1000


def _squeezed(found):
    last = object()
    for one in found:
        if one != last:
            yield one
        last = one


def _lines(code: CodeType) -> list[object]:
    return list(_squeezed(line for _, _, line in code.co_lines() if line is not None))


def skeleton(code: CodeType, *, probes: bool = False) -> list[object]:
    """Each instruction with its operand, position and handler; targets as numbers of instructions. Probes are left out."""
    instructions = [one for one in dis.get_instructions(code) if one.opname not in ("EXTENDED_ARG", "CACHE")]
    own = _probes(code, instructions) if probes else set()
    kept = [one for one in instructions if one.offset not in own]
    number: dict[int, int] = {}
    count = 0
    raw = code.co_code
    for one in instructions:
        start = one.offset
        while start >= 2 and raw[start - 2] == dis.EXTENDED_ARG:
            start -= 2
        number[start] = count
        count += one.offset not in own
    positions = list(code.co_positions())
    handlers: dict[int, tuple[int, int, bool]] = {}
    abandoned = max((goal for _, _, goal, _, _ in exception_entries(code.co_exceptiontable)), default=-1)
    for start, end, goal, depth, lasti in exception_entries(code.co_exceptiontable):
        for unit in range(start, end):
            handlers[unit] = (number.get(goal * 2, -1), depth, lasti)
    del abandoned
    out: list[object] = []
    for one in kept:
        argument: object = one.argval if one.opcode in dis.hasjrel else one.argrepr
        if one.opcode in dis.hasjrel:
            argument = number.get(one.argval, -1)
        elif one.opcode in dis.hasconst:
            argument = type(one.argval)
        handler = handlers.get(one.offset // 2)
        if handler is not None and probes and handler[0] >= len(kept):
            handler = None  # the one that tells of exceptions
        out.append((one.opname, argument, positions[one.offset // 2], handler))
    return out


def _probes(code: CodeType, instructions: list[dis.Instruction]) -> set[int]:
    """Offsets of what belongs to probes: found by the constants that only they load."""
    own: set[int] = set()
    i = 0
    hooked = (hooks.enter_module, hooks.statement, hooks.ended, hooks.abandon)
    while i < len(instructions):
        one = instructions[i]
        slot = one.opname == "LOAD_CONST" and one.arg in _slots(code)
        if not slot and not _calls(instructions, i, hooked):
            i += 1
            continue
        while instructions[i].opname != "CALL":
            own.add(instructions[i].offset)
            i += 1
        own.add(instructions[i].offset)
        called = next(x.argval for x in reversed(instructions[:i]) if x.opname == "LOAD_CONST" and x.argval in hooked)
        i += 1
        if called is hooks.statement:
            returning = "NOT_NONE" not in instructions[i].opname
            for _ in range(3 if returning else 1):
                own.add(instructions[i].offset)
                i += 1
        else:
            own.add(instructions[i].offset)  # POP_TOP
            i += 1
            if called is hooks.abandon:
                own.update(x.offset for x in instructions[i:])
                break
    return own


def _slots(code: CodeType) -> set[int]:
    for i, const in enumerate(code.co_consts):
        if const is hooks.enter_module:
            count = (len(code.co_consts) - i - 5) // 3
            return {i + 5 + 3 * n + k for n in range(count) for k in (0, 1)}
    return set()


def _calls(instructions: list[dis.Instruction], i: int, hooked: tuple[object, ...]) -> bool:
    pair = instructions[i : i + 2]
    names = [one.opname for one in pair]
    if names == ["PUSH_NULL", "LOAD_CONST"]:
        return sys.version_info < (3, 13) and pair[1].argval in hooked
    return names == ["LOAD_CONST", "PUSH_NULL"] and sys.version_info >= (3, 13) and pair[0].argval in hooked


PROGRAM = """\
import sys
def work(x):
    return x + 1
total = sum(range(3)); other = sorted([2, 1])
for i in range(3):
    if i == 1:
        continue
    total += work(i)
while True:
    total += len(other)
    if total > 10:
        break
try:
    x = sorted(3)
except TypeError as error:
    kind = type(error).__name__ + "!"
finally:
    done = sum([1])
with io.StringIO() as file:
    file.write("x" * 3); text = file.getvalue()
y = [a * b
     for a in other
     for b in other]
z = (1 if sum(y)
     else sorted(y))
if __name__ == "__main__":
    last = sum(y)
    if last:
        k = sum([1])
    else:
        k = sum([2])
"""


def events(
    source: str, *, probes: bool, arm: bool = False, name: str = "__main__"
) -> tuple[list[object], dict[str, object]]:
    told: list[object] = []
    code = compile(source, "probed.py", "exec", dont_inherit=True)
    if probes:
        module = ModuleInfo(name, "probed.py", "probed.py")
        code = rewrite.rewrite_code(code, module)
        if arm:
            for info in module.codes:
                if info.is_statement:
                    arming.arm(info.entry_cell)  # type: ignore[arg-type]
    names: dict[str, object] = {"__name__": name, "io": io}

    def trace(frame: FrameType, event: str, _argument: object):
        if frame.f_code.co_filename != "probed.py":
            return None
        told.append((event, frame.f_lineno, frame.f_code.co_name))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        exec(code, names)
    except BaseException as error:
        found = error.__traceback__
        while found is not None:
            told.append((found.tb_lineno, list(found.tb_frame.f_code.co_positions())[found.tb_lasti // 2]))
            found = found.tb_next
    finally:
        sys.settrace(before)
    names.pop("__builtins__", None)
    names.pop("work", None)
    return told, names


@pytest.mark.parametrize("arm", [False, True])
@pytest.mark.parametrize(
    "ending", ["", "\nraise ValueError(1)\n", "\nfor i in [1]:\n    work(\n      'a')\n", "\nprint(1 + 1)"]
)
def test_tracers_see_the_same(witness: Witness, arm: bool, ending: str):
    witness.mode = "observed"
    source = PROGRAM + ending
    plain, saved = events(source, probes=False), events(source, probes=True, arm=arm)
    assert plain[0] == saved[0]
    del plain[1]["error" if "error" in plain[1] else "i"]
    saved[1].pop("error", None), saved[1].pop("i", None)
    plain[1].pop("i", None)
    assert {k: v for k, v in plain[1].items() if k not in ("file", "sys")} == {
        k: v for k, v in saved[1].items() if k not in ("file", "sys")
    }
    if arm:
        began = [line for kind, line, *_ in witness.told if kind == "statement"]
        ended = [line for kind, line, *_ in witness.told if kind == "ended"]
        assert began == ended or [kind for kind, *_ in witness.told].count("abandon") == 1
        assert len(began) >= 9


def test_an_answered_statement_is_jumped_over(witness: Witness):
    witness.mode = "answer"
    _, names = events(PROGRAM, probes=True, arm=True)
    assert set(names) - {"__name__", "io"} == {"sys"}
    assert [kind for kind, *_ in witness.told if kind != "enter"].count("ended") == 0
