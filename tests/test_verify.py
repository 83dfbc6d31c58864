"""`hitsave run --verify`: what is not as stored is found, told and not used any more; what is, is not reported.

A file below /proc is a hole that is known: what is read there is compared with nothing. So it is where a stored result can
be made wrong on purpose.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.harness.runs import Pair

HEAD = "import sys, time\n\ndef fresh():\n    return open('/proc/sys/kernel/random/uuid').read().strip()\n\n"
DIFFERENT = 90


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def project(pair, text):
    (pair.saved / "main.py").write_text(HEAD + text)


def verified(pair, option="--verify", *words):
    """A run that compares; its outcome, and its report."""
    report = pair.base / "verify.json"
    outcome = pair._run(
        pair.saved,
        [
            sys.executable,
            "-m",
            "hitsave",
            "run",
            "--store",
            str(pair.store),
            "--report",
            str(report),
            option,
            "main.py",
            *words,
        ],
        {},
        "",
    )
    return outcome, json.loads(report.read_text())


def kinds(report):
    return {
        call["function"].partition(":")[2]: [reason["kind"] for reason in call["reasons"]] for call in report["calls"]
    }


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("return {'id': fresh(), 'n': 1}", "result-differs", "result['id'] was stored as"),
        ("print(fresh())", "text-differs", "its text on stdout was stored as"),
        ("print(fresh(), file=sys.stderr)", "text-differs", "its text on stderr was stored as"),
        ("open('out.txt', 'w').write(fresh())", "file-differs", "the file out.txt was left with"),
        ("open(fresh()[0] + '.txt', 'w').write('x')", "effect-differs", "was done"),
        ("import random; random.seed(fresh())", "effect-differs", "the state of random"),
    ],
)  # fmt: skip
def test_what_differs_is_told(pair, body, kind, told):
    project(pair, f"def work():\n    time.sleep(0.04)\n    {body}\n\nwork()\n")
    pair.run_saved(["main.py"])
    found = None
    for _ in range(3):  # two names of files may be the same by chance
        outcome, report = verified(pair)
        found = kinds(report)["work"]
        if found:
            break
    assert kind in found
    assert outcome.status == DIFFERENT
    assert b"__main__:work (main.py:6) is not what run " in outcome.stderr
    assert told in outcome.stderr.decode()
    assert b"1 compared with what was stored: 1 different" in outcome.stderr
    assert (report["verified"], report["different"], report["exit"]) == (1, 1, 0)


def test_the_program_sees_what_was_computed_and_the_stored_result_is_not_used_again(pair):
    project(pair, "def work():\n    time.sleep(0.04)\n    return fresh()\n\nprint(work())\n")
    first = pair.run_saved(["main.py"])[0].stdout
    assert pair.run_saved(["main.py"])[0].stdout == first
    second = verified(pair)[0].stdout
    assert second != first
    outcome, report = pair.run_saved(["main.py"])
    assert outcome.stdout == second
    assert [call["verdict"] for call in report["calls"]] == ["hit"]


def test_a_call_that_raises_now(pair):
    project(
        pair,
        "def work():\n    time.sleep(0.04)\n    if 'BAD=1' in open('/proc/self/environ').read():\n        raise ValueError\n\nwork()\n",
    )
    pair.run_saved(["main.py"])
    outcome = pair._run(
        pair.saved,
        [sys.executable, "-m", "hitsave", "run", "--store", str(pair.store), "--verify", "main.py"],
        {"BAD": "1"},
        "",
    )
    assert b"it raises ValueError" in outcome.stderr
    assert outcome.status == 1, "the program's own status"


def test_the_programs_own_status_stays(pair):
    project(pair, "def work():\n    time.sleep(0.04)\n    return fresh()\n\nwork()\nsys.exit(7)\n")
    pair.run_saved(["main.py"])
    outcome, report = verified(pair)
    assert (outcome.status, report["different"]) == (7, 1)


def test_what_is_done_at_the_very_end_is_done(pair):
    project(
        pair,
        "import atexit\nclass Bye:\n    def __del__(self):\n        print('bye')\nb = Bye()\natexit.register(print, 'exit')\n"
        "def work():\n    time.sleep(0.04)\n    return fresh()\n\nwork()\n",
    )
    pair.run_saved(["main.py"])
    outcome, _ = verified(pair)
    assert (outcome.status, outcome.stdout) == (DIFFERENT, b"exit\nbye\n")


def test_what_a_clock_gives_is_no_difference(pair):
    project(
        pair,
        "def work():\n    began = time.perf_counter()\n    time.sleep(0.04)\n    took = time.perf_counter() - began\n"
        "    print(f'took {took * 1000:.3f} ms')\n    return {'seconds': took, 'n': 3}\n\nwork()\n",
    )
    pair.run_saved(["main.py"])
    outcome, report = verified(pair)
    assert kinds(report) == {"work": []}
    assert outcome.status == 0
    assert b"1 compared with what was stored: all alike" in outcome.stderr


def test_calls_inside_of_a_call_are_compared_too(pair):
    project(
        pair,
        "def inner():\n    time.sleep(0.04)\n    return fresh()\n\ndef outer():\n    time.sleep(0.04)\n    return len(inner())\n\nouter()\n",
    )
    pair.run_saved(["main.py"])
    _, report = verified(pair)
    assert kinds(report) == {"inner": ["result-differs"], "outer": []}


def test_a_share_is_chosen_by_a_seed(pair):
    project(pair, "def work(i):\n    time.sleep(0.04)\n    return i\n\nfor i in range(20):\n    work(i)\n")
    pair.run_saved(["main.py"])

    def chosen(option):
        _, report = verified(pair, option)
        return [call["arguments"]["i"] for call in report["calls"] if call["verdict"] == "verified"]

    some = chosen("--verify=0.5")
    assert 0 < len(some) < 20
    assert chosen("--verify=0.5") == some
    assert chosen("--verify=0.5:1") != some
    assert chosen("--verify=0") == []


def test_the_variable_and_wrong_values(pair):
    project(pair, "def work():\n    time.sleep(0.04)\n\nwork()\n")
    pair.run_saved(["main.py"])
    _, report = pair.run_saved(["main.py"], {"HITSAVE_VERIFY": "1"})
    assert [call["verdict"] for call in report["calls"]] == ["verified"]
    for wrong in ("--verify=2", "--verify=x", "--verify=1:x"):
        ran = subprocess.run(
            [sys.executable, "-m", "hitsave", "run", wrong, "main.py"], capture_output=True, cwd=pair.saved
        )
        assert ran.returncode == 2
        assert b"a number from 0 to 1" in ran.stderr


def test_show_and_why_and_log_tell_of_it(pair):
    project(
        pair,
        "def work():\n    time.sleep(0.04)\n    return fresh()\n\ndef same():\n    time.sleep(0.04)\n\nwork(), same()\n",
    )
    pair.run_saved(["main.py"])
    verified(pair)
    why = pair.ask("why").stdout.decode()
    assert "Not what was stored" in why
    assert "Ran to be compared, and is as stored" in why
    assert "is not what was stored" in pair.ask("why", "work").stdout.decode()
    assert "is as stored" in pair.ask("why", "same").stdout.decode()
    show = pair.ask("show").stdout.decode()
    assert "2 compared with what was stored · 1 different" in show
    assert "work  not as stored" in show
    assert "same  as stored" in show
    assert "1 of 2 not as stored" in pair.ask("log").stdout.decode()


BOXES = """
class Box:
    def __init__(self, n):
        self.n = n
        self.inner = [n]

def work(boxes):
    time.sleep(0.04)
    for box in boxes:
        box.n += 5
        box.inner.append(box.n)
    return RESULT

boxes = [Box(n) for n in range(4)]
[vars(box) for box in boxes[:int(sys.argv[1])]]
work(boxes)
print([(box.n, box.inner) for box in boxes])
"""


def test_what_a_call_left_in_instances_is_kept_anew_with_all_that_they_hold(pair):
    """To put together what was stored makes dicts of instances that had none."""
    project(pair, BOXES.replace("RESULT", "fresh()"))
    first, _ = pair.run_saved(["main.py", "4"])
    outcome, report = verified(pair, "--verify", "0")
    assert outcome.status == DIFFERENT
    assert [reason["kind"] for call in report["calls"] for reason in call["reasons"]] == ["result-differs"]
    again, report = pair.run_saved(["main.py", "0"])
    assert [call["verdict"] for call in report["calls"]] == ["hit"]
    assert again.stdout == outcome.stdout == first.stdout


def test_whether_an_instance_has_got_its_dict_is_no_difference(pair):
    project(pair, BOXES.replace("RESULT", "None"))
    pair.run_saved(["main.py", "0"])
    for asked in ("0", "2", "4", "1"):
        outcome, report = verified(pair, "--verify", asked)
        assert outcome.status == 0, outcome.stderr
        assert [call["verdict"] for call in report["calls"]] == ["verified"]


def test_a_call_that_sets_filters_of_warnings_is_compared(pair):
    project(
        pair,
        "import warnings\ndef work():\n    time.sleep(0.04)\n    warnings.simplefilter('ignore')\n    return 1\n\n"
        "work()\nwarnings.warn('not told')\n",
    )
    pair.run_saved(["main.py"])
    outcome, report = verified(pair)
    assert [call["verdict"] for call in report["calls"]] == ["verified"]
    assert outcome.status == 0
    assert b"failed" not in outcome.stderr
