"""The edit that changes no result: it is in the code, and nothing else is different."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from hitsave.bench.edit import Applied, Edit, choose, edited
from hitsave_trace.fingerprint.code import fingerprint_code, index

MODULES = ["textwrap", "json.decoder", "argparse", "dataclasses", "fractions", "ast", "asyncio.tasks", "http.client"]


def codes(source: bytes) -> dict[str, bytes]:
    return {name: fingerprint_code(code) for name, code in index(compile(source, "m.py", "exec"), "m")}


@pytest.mark.parametrize("name", MODULES)
def test_any_function_can_be_edited_and_only_its_code_changes(name):
    source = Path(importlib.util.find_spec(name).origin).read_bytes()
    code = compile(source, "m.py", "exec")
    before = codes(source)
    tried = 0
    for full, one in index(code, "m"):
        qualname = full.partition(":")[2]
        if (
            "<" in qualname.replace("<locals>", "") or "#" in qualname or not one.co_flags & 2
        ):  # CO_NEWLOCALS: functions
            continue
        new = edited(source, qualname, one.co_firstlineno)
        if new is None:
            continue  # a class body, or nothing but a docstring
        after = codes(new)
        assert list(after) == list(before)
        changed = {part for part in before if before[part] != after[part]}
        assert full in changed
        assert all(full == part or full.startswith(part.removesuffix("<module>")) for part in changed), changed
        assert source.count(b"\n") == new.count(b"\n")
        tried += 1
    assert tried > 3


STATEMENTS = {
    "x = 1 + f(2)": "x = ((1 + f(2)), [])[0]",
    "x = f(1), f(2)": "x = ((f(1), f(2)), [])[0]",
    "x: int = f(1)": "x: int = ((f(1)), [])[0]",
    "x = 1\nx += f(\n  2\n)": "x = 1\nx += ((f(\n  2\n)), [])[0]",
    "x = 'ä', f(1)": "x = (('ä', f(1)), [])[0]",
    "f(5)": "((f(5)), [])[0]",
    "for i in range(3): x = f(i)": "for i in range(3): []; x = f(i)",
    "if True:\n    for i in range(3):\n        x = f(i)": "if True:\n    for i in range(3):\n        []; x = f(i)",
    "with open(__file__): x = f(1)": "with open(__file__): []; x = f(1)",
    "try:\n  x = f(1)\nfinally:\n  pass": "try:\n  []; x = f(1)\nfinally:\n  pass",
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_of_the_top_level(text):
    line = 3 if text.startswith("x = 1\n") else 2
    new = edited(f"def f(n): return n * 2\n{text}\n".encode(), f"line {line}", line)
    assert new.decode() == f"def f(n): return n * 2\n{STATEMENTS[text]}\n"
    results = []
    for one in (f"def f(n): return n * 2\n{text}\n".encode(), new):
        names = {"__file__": __file__}
        exec(compile(one, "m.py", "exec"), names)
        results.append({name: value for name, value in names.items() if name in ("x", "i")})
    assert results[0] == results[1]
    assert fingerprint_code(compile(new, "m.py", "exec")) != fingerprint_code(
        compile(f"def f(n): return n * 2\n{text}\n", "m.py", "exec")
    )


@pytest.mark.parametrize(
    ("source", "qualname"),
    [
        ("import numpy\n", "line 1"),
        ("class A:\n    pass\n", "line 1"),
        ("f = lambda x: x\n", "<lambda>"),
        ("def f():\n    'only a docstring'\n", "f"),
        ("def f(): pass\n", "g"),
        ("def f(): return 1\r\ndef g(): return 2\r", "f"),
        ("# coding: latin-1\ndef f(): return 'ä'\n", "f"),
    ],
)
def test_what_has_no_place_for_one(source, qualname):
    assert edited(source.encode("latin-1" if "latin" in source else "utf-8"), qualname, 1) is None


def test_docstrings_line_ends_and_marks_of_order_stay():
    assert edited(b"\xef\xbb\xbfdef f(): return 1\r\n", "f", 1) == b"\xef\xbb\xbfdef f(): []; return 1\r\n"
    assert (
        edited(b'def f():\r\n\t"""Say."""\r\n\treturn 1\r\n', "f", 1)
        == b'def f():\r\n\t"""Say."""\r\n\t[]; return 1\r\n'
    )


def test_of_two_functions_with_one_name_the_nearest_is_taken():
    source = b"def f(): return 1\n\n\ndef f(): return 2\n"
    assert edited(source, "f#2", 4) == b"def f(): return 1\n\n\ndef f(): []; return 2\n"


def call(function, seconds, at, *, verdict="miss", within=(), line=1):
    return {"function": f"__main__:{function}", "seconds": seconds, "at": at, "verdict": verdict, "within": list(within),
            "where": f"main.py:{line}"}  # fmt: skip


@pytest.fixture
def main(tmp_path):
    path = tmp_path / "main.py"
    path.write_text("def load(): return 1\ndef fit(): return 2\ndef plot(): return 3\ndef main(): return fit()\n")
    return path


def test_the_last_slow_one_inside_of_which_no_other_is_slow(main):
    calls = [call("load", 2, 1), call("fit", 5, 3, within=[2], line=2), call("plot", 0.01, 4, within=[2], line=3),
             call("main", 7, 2, line=4)]  # fmt: skip
    found = choose(str(main.parent), {"seconds": 8.0}, calls)
    assert (found.function, found.where, found.seconds, found.shown) == (
        "__main__:fit",
        "main.py:2",
        5,
        "def fit(): []; return 2",
    )
    assert choose(str(main.parent), {"seconds": 8.0}, calls, "plot").function == "__main__:plot"
    assert choose(str(main.parent), {"seconds": 8.0}, calls, "polt") is None


def test_what_was_not_saved_is_taken_if_nothing_was(main):
    assert (
        choose(str(main.parent), {"seconds": 8.0}, [call("load", 2, 1, verdict="unsaved")]).function == "__main__:load"
    )
    assert choose(str(main.parent), {"seconds": 8.0}, []) is None


def test_files_outside_of_the_folder_are_not_edited(main):
    calls = [call("load", 2, 1) | {"where": "../main.py:1"}, call("load", 2, 1) | {"where": f"{main}:1"}]
    (main.parent / "inside").mkdir()
    assert choose(str(main.parent / "inside"), {"seconds": 2.0}, calls) is None


def test_afterwards_all_is_as_it_was(main):
    compiled = main.parent / "__pycache__" / "main.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"before")
    os.utime(main, ns=(1, 2))
    old = main.read_bytes()
    new = old.replace(b"load():", b"load(): [];")
    with Applied(Edit(str(main), old, new, "__main__:load", "main.py:1")):
        assert main.read_bytes() == new
        compiled.write_bytes(b"after")
        (compiled.parent / "main.cpython-312.pyc").write_bytes(b"new")
    assert main.read_bytes() == old
    assert main.stat().st_mtime_ns == 2
    assert compiled.read_bytes() == b"before"
    assert [path.name for path in compiled.parent.iterdir()] == [compiled.name]
