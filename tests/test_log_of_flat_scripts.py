"""The log of a script without functions of its own: what its top level does and reads is known line by line.

The edits are the ground truth, as in `test_log_end_to_end.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

SCRIPT = """\
import os
import time
import statistics
import helper

RATE = 0.3
SPARE = 1
with open("data.csv") as file:
    rows = [float(line) for line in file]
kind = os.environ.get("KIND", "plain")
time.sleep(0.04)
total = 0.0
for row in rows:
    time.sleep(0.02)
    total += row * RATE
middle = helper.middle(rows)
print(kind, round(total, 3), middle, statistics.fmean(rows))
"""
HELPER = """\
import time


def middle(rows):
    time.sleep(0.04)
    return sorted(rows)[len(rows) // 2]


def spare():
    return 1
"""


class Project:
    """A folder with the script, and a store beside it."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "project"
        self.folder.mkdir(parents=True)
        for name, text in {"flat.py": SCRIPT, "helper.py": HELPER, "data.csv": "1\n2\n3\n"}.items():
            (self.folder / name).write_text(text)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON", "KIND"))},
            "HOME": str(base / "home"),
            "XDG_DATA_HOME": str(base / "data"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def hitsave(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hitsave", *words],
            cwd=self.folder, env=self.environment | more, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def run(self, **more: str) -> None:
        ran = self.hitsave("run", "-q", "flat.py", **more)
        assert not ran.stderr or "Error" in ran.stderr, ran.stderr

    def edit(self, old: str, new: str, name: str = "flat.py") -> None:
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def json(self, *words: str):
        ran = self.hitsave(*words, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)


@pytest.fixture(scope="module", params=["", "0"], ids=["replay", "no replay"])
def week(request, tmp_path_factory):
    """Nine runs with an edit before each; `HITSAVE_REPLAY=0` must not make the log poorer."""
    project = Project(tmp_path_factory.mktemp("flat"))
    if request.param:
        project.environment["HITSAVE_REPLAY"] = request.param
    project.run()
    project.edit("RATE = 0.3", "RATE = 0.4")
    project.run()
    (project.folder / "data.csv").write_text("1\n2\n4\n")
    project.run()
    project.run(KIND="other")
    project.edit("total = 0.0", "total = 0.5")
    project.edit("print(kind, round", "print(kind.upper(), round")
    project.run(KIND="other")
    project.edit("SPARE = 1", "SPARE = 2  # nobody asks")
    project.edit("return 1", "return 2", "helper.py")
    project.run(KIND="other")
    project.edit("middle = helper", "# a remark\nmiddle = helper")
    project.run(KIND="other")
    project.edit("len(rows) // 2", "len(rows) // 3", "helper.py")
    project.run(KIND="other")
    project.edit("time.sleep(0.04)\n", "raise ValueError(kind)\n")
    project.edit("print(kind.upper()", "print(kind.lower()")
    project.run(KIND="other")
    return project


TRUTH = {
    2: ({("global", "__main__:RATE")}, 0),
    3: ({("file", "data.csv")}, 0),
    4: ({("env", "KIND")}, 0),
    5: ({("global", "__main__:total"), ("code", "__main__:line 17")}, 0),
    6: (set(), 2),
    7: (set(), 1),
    8: ({("code", "helper:middle")}, 0),
    9: ({("code", "__main__:line 11")}, 1),  # line 18 was edited, too, and not reached
}


@pytest.mark.parametrize("number", TRUTH)
def test_the_diff_column_is_what_was_edited_and_used(week, number):
    rows = {row["run"]: row for row in week.json("log")}
    told = {(item["kind"], item["function"]) for item in rows[number]["diff"]}
    assert (told, rows[number]["edits_unused"]) == TRUTH[number], rows[number]["diff"]


def test_lines_are_counted_and_shown(week):
    rows = {row["run"]: row for row in week.json("log")}
    (line,) = [item for item in rows[5]["diff"] if item["kind"] == "code"]
    assert (line["file"], line["added"], line["removed"]) == ("flat.py", 1, 1)
    assert line["before"].startswith("print(kind, round")
    assert line["after"].startswith("print(kind.upper(), round")
    (value,) = rows[2]["diff"]
    assert (value["before"], value["after"]) == ("0.3", "0.4")
    (file,) = rows[3]["diff"]
    assert file["before"] != file["after"]
    shown = week.hitsave("log").stdout
    assert "RATE 0.3→0.4" in shown
    assert "line 17 +1 -1" in shown
    assert "$KIND not set→other" in shown


def test_a_call_that_got_other_arguments_is_told_with_what_changed_before_it(week):
    told = week.json("why", "middle", "--run", "3")
    (call,) = told["calls"]
    assert call["reasons"][0]["kind"] == "argument"
    assert [(item["kind"], item["function"]) for item in told["changed"]] == [("file", "data.csv")]
    shown = week.hitsave("why", "middle", "--run", "3").stdout
    assert "changed since run 2: data.csv" in shown
    assert "changed since run 2: data.csv" in week.hitsave("why", "--run", "3").stdout


def test_show_and_diff_know_the_data_of_the_top_level(week):
    read = {(item["kind"], item["subject"]) for item in week.json("show", "3")["read"]}
    assert {("file", "data.csv"), ("env", "KIND")} <= read
    assert [(item["kind"], item["function"]) for item in week.json("diff", "2", "3")["data"]] == [("file", "data.csv")]
    patch = week.hitsave("diff", "4", "5").stdout
    assert "-print(kind, round" in patch
    assert "+print(kind.upper(), round" in patch


def test_small_data_comes_back_with_a_run(week, tmp_path):
    week.hitsave("restore", "1", str(tmp_path / "old"), "--data")
    assert (tmp_path / "old" / "data.csv").read_text() == "1\n2\n3\n"
    assert (tmp_path / "old" / "flat.py").read_text() == SCRIPT


def test_statements_are_called_by_their_lines_everywhere(week):
    shown = "".join(
        week.hitsave(*words).stdout
        for words in (
            ["log"], ["show", "8"], ["show", "8", "--code"], ["why", "--run", "8"], ["why", "line 11", "--run", "8"],
            ["graph", "@:flat.py"], ["graph", "line 11", "--run", "8"],
        )
    )  # fmt: skip
    assert "line 11" in shown
    assert "<statement" not in shown
    assert "time.sleep(0.04)" in week.hitsave("show", "8").stdout


def test_what_the_program_wrote_itself_is_no_data_of_it(tmp_path):
    project = Project(tmp_path)
    (project.folder / "flat.py").write_text(
        "import os\n"
        "n = int(open('count').read()) if os.path.exists('count') else 0\n"
        "with open('count', 'w') as file:\n    file.write(str(n + 1))\n"
        "with open('own', 'w') as file:\n    file.write(str(n))\n"
        "print(open('own').read())\n"
    )
    for _ in range(3):
        project.run()
    rows = project.json("log")
    assert {item["function"] for item in rows[0]["diff"]} == {"count"}


def test_what_is_changed_on_the_way_is_compared_with_all_that_it_was(tmp_path):
    """The first run asks about a quick statement, too, which the next leaves alone: that is no change of what both look at."""
    project = Project(tmp_path)
    (project.folder / "flat.py").write_text(
        "import random\n"
        "import time\n"
        "import warnings\n"
        "rng = random.Random(5)\n"
        "start = [rng.random() for _ in range(3)]\n"
        "for _ in range(3):\n    time.sleep(0.02)\n    start.append(rng.random())\n"
        "for _ in range(2):\n    time.sleep(0.02)\n    warnings.warn('careful')\n"
        "low, *others = sorted(start)\n"
        "for top in others:\n    pass\n"
        "shown = [time.sleep(0.02) or f'{low:.3f} {top:.3f}' for _ in range(2)]\n"
        "print(shown)\n"
    )
    edits = [
        ("rng = ", "# a remark\nrng = "),
        ("Random(5)", "Random(6)"),
        ("range(3)]", "range(4)]"),
        ("careful", "beware"),
    ]
    truth: list[set[str]] = [set(), set(), {"line 5"}, {"line 6"}, {"line 10–12"}]
    project.hitsave("run", "-q", "flat.py")
    project.hitsave("run", "-q", "--no-replay", "flat.py")
    for old, new in edits:
        project.edit(old, new)
        project.hitsave("run", "-q", "flat.py")
    rows = project.json("log")[::-1]
    told = [{item["function"].removeprefix("__main__:") for item in row["diff"]} for row in rows]
    assert told[1:] == truth
