"""The hook in C and the one in Python: whoever listens hears the same, and the program notices neither."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hitsave_trace import in_c
from hitsave_trace.taps import audit_hook

ROOT = Path(__file__).resolve().parents[3]
HEAD = """
import sys
from hitsave_trace.taps import audit_hook
heard = []
stacks, outer = {}, {}
always, inner = {"one": None, "naïve": None}, {"two": None, "three": None}

def hook(event, arguments, always=always, inner=inner, outer=outer, stacks=stacks, heard=heard):
    if event in always or event in outer or (stacks and event in inner):
        heard.append((event, arguments))
        if arguments and type(arguments[0]) is not int and hasattr(arguments[0], "args"):
            raise arguments[0]

audit_hook.listen(hook, stacks, always, inner, outer)
"""


def _run(how: str, program: str) -> str:
    if how == "c" and in_c.half() is None:
        pytest.skip("the part that is written in C was not built")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), in_c.PURE: "1" if how == "python" else ""}
    done = subprocess.run(
        [sys.executable, "-c", HEAD + program], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


@pytest.fixture(params=["python", "c"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_is_wanted_is_heard(how: str) -> None:
    program = """
for name in ("one", "two", "four", "naïve", "on", "onee", ""):
    sys.audit(name, 1)
stacks[1] = []
sys.audit("two", 2, "x")
outer["four"] = None
sys.audit("four")
for i in range(200):
    outer[f"more {i}"] = None
sys.audit("more 150", 3)
sys.audit("more 200", 3)
stacks.clear()
sys.audit("three")
sys.audit("more 1", 4)
print(heard)
"""
    expected = [("one", (1,)), ("naïve", (1,)), ("two", (2, "x")), ("four", ()), ("more 150", (3,)), ("more 1", (4,))]
    assert _run(how, program) == f"{expected}\n"


def test_an_error_of_the_hook_is_raised_where_the_event_was(how: str) -> None:
    program = """
try:
    sys.audit("one", ValueError("no"))
except ValueError as error:
    print("raised", error)
sys.audit("one", 2)
print(len(heard))
"""
    assert _run(how, program) == "raised no\n2\n"


def test_who_traces_the_program_does_not_see_the_hook(how: str) -> None:
    program = """
seen = []
def trace(frame, event, argument):
    seen.append(frame.f_code.co_name)
    return trace
def work():
    sys.audit("one", 1)
sys.settrace(trace)
work()
sys.settrace(None)
sys.setprofile(lambda frame, event, argument: seen.append(frame.f_code.co_name))
work()
sys.setprofile(None)
print("hook" in seen, "work" in seen, len(heard))
"""
    assert _run(how, program) == "False True 2\n"


def test_the_frame_below_is_that_of_the_event(how: str) -> None:
    program = """
from sys import _getframe
def other(event, arguments):
    if event == "three":
        heard.append(_getframe(1).f_code.co_name)
audit_hook.listen(other, stacks, inner, {}, outer)
def work():
    sys.audit("three")
work()
print(heard)
"""
    assert _run(how, program) == "['work']\n"


def test_other_interpreters_and_the_end_of_this_one(how: str) -> None:
    program = """
try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters
other = interpreters.create()
interpreters.run_string(other, "import sys; sys.audit('one', 1)")
interpreters.destroy(other)
print(heard)
outer["late"] = None
class Late:
    def __del__(self, audit=sys.audit, heard=heard, write=os.write):
        audit("late", "x")  # whether it is heard is the interpreter's business; it must not hurt
        write(1, b"the end")
late = Late()
"""
    assert _run(how, "import os\n" + program) == "[]\nthe end"


def test_a_hook_that_cannot_be_is_refused() -> None:
    if in_c.half() is None:
        pytest.skip("the part that is written in C was not built")
    with pytest.raises(TypeError):
        audit_hook.listen(lambda _event, _arguments: None, [], {}, {}, {})  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        audit_hook.listen(lambda _event, _arguments: None, {}, {1: None}, {}, {})  # type: ignore[dict-item]
