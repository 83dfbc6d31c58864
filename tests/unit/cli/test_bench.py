"""`hitsave bench`, on real programs: what it measures, what it leaves alone, and how it refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hitsave.render import bench as render
from hitsave.render import console

ROOT = Path(__file__).parents[3]
PROGRAM = """\
import sys
import time
import helper

def load(path):
    time.sleep(0.04)
    with open(path) as file:
        return file.read().split()

def report(words):
    '''Write them.'''
    time.sleep(0.04)
    with open("out.txt", "w") as file:
        file.write(" ".join(words))
    return helper.count(words)

print(report(load(sys.argv[1])), sys.stdin.read())
"""


@pytest.fixture
def folder(project):
    (project / "main.py").write_text(PROGRAM)
    (project / "helper.py").write_text("def count(words):\n    return len(words)\n")
    (project / "data.txt").write_text("a b c\n")
    return project


@pytest.fixture
def bench(folder, tmp_path):
    """Run the command as a process: (status, stdout, stderr)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HITSAVE")}
    (tmp_path / "tmp").mkdir()
    environment |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}

    def run(*words, given="", **more):
        ran = subprocess.run(
            [sys.executable, "-m", "hitsave", "bench", *words],
            cwd=folder, env=environment | more, input=given, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert os.listdir(tmp_path / "tmp") == [], "nothing is left behind"
        return ran.returncode, ran.stdout, ran.stderr

    return run


def state(path):
    return {
        str(one.relative_to(path)): (one.read_bytes(), one.stat().st_mtime_ns)
        for one in path.rglob("*")
        if one.is_file()
    }


def test_all_ways_are_measured_and_nothing_of_the_users_is_touched(bench, folder, tmp_path):
    before = state(folder)
    status, out, err = bench("--json", "--rounds", "2", "main.py", str(folder / "data.txt"), given="typed", HITSAVE="0")
    assert (status, err) == (0, "")
    assert state(folder) == before
    told = json.loads(out)
    assert told["command"] == ["main.py", str(folder / "data.txt")]
    ways = told["ways"]
    assert list(ways) == ["plain", "cold", "warm", "calls", "edited"]
    assert all(len(row["all_seconds"]) == 2 for row in ways.values())
    assert all((row["exit"], row["same_exit"]) == (0, True) for row in ways.values())
    assert all(row["same_output"] for row in ways.values())
    counts = {
        way: (row["hits"], row["computed"], row["unsaved"]) for way, row in ways.items() if way not in ("plain", "warm")
    }
    assert counts == {"cold": (0, 2, 0), "calls": (2, 0, 0), "edited": (1, 1, 0)}
    assert not ways["warm"]["replayed"]  # it reads standard input
    assert "stdin" in " ".join(ways["warm"]["not_replayable"])
    assert told["edit"] == {"function": "__main__:report", "where": "main.py:12", "line": "[]; time.sleep(0.04)",
                            "seconds": told["edit"]["seconds"]}  # fmt: skip
    assert not (tmp_path / "data" / "hitsave" / "log").exists(), "the user's own store is none of it"


def test_the_parts_of_hitsave_are_found_and_their_keys_are_documented(bench, folder):
    (folder / "main.py").write_text(PROGRAM.replace(", sys.stdin.read()", ""))
    status, out, _ = bench("--json", "--rounds", "1", "main.py", "data.txt")
    told = json.loads(out)
    assert status == 0
    assert told["ways"]["warm"]["replayed"]
    cold, warm, calls = (told["breakdown"][way] for way in ("cold", "warm", "calls"))
    assert all(cold["parts"][part] > 0 for part in ("interpreter", "replay", "start"))
    assert warm["parts"]["replay"] > 0
    assert warm["parts"]["recording"] == warm["parts"]["end"] == calls["parts"]["results"] * 0 == 0
    assert cold["program_seconds"] >= 0.08
    whole = sum(cold[key] for key in ("hitsave_seconds", "program_seconds", "python_seconds"))
    assert whole <= cold["seconds"] * 1.01
    page = (ROOT / "docs" / "json-output.md").read_text("utf-8")
    keys = {*told, *told["ways"]["cold"], *told["edit"], *cold, *cold["parts"], *told["ways"]}
    assert {key for key in keys if f"`{key}`" not in page} == set()


def test_the_table(bench):
    status, out, err = bench("--rounds", "1", "--edit", "load", "main.py", "data.txt")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    names = ["plain Python", "first run", "again", "again, --no-replay", "after an edit"]
    assert all(line.startswith(name) for line, name in zip(lines[1:6], names, strict=True))
    assert lines[2].endswith("2 computed")
    assert "edited: load, main.py:6: []; time.sleep(0.04)" in lines
    assert any(line.startswith("HitSave's time") for line in lines)
    assert any("█" in line for line in lines)


def test_a_module_in_place_without_an_edit(bench, folder):
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__main__.py").write_text("import sys\nopen('made', 'a').write('x')\nprint(sys.argv[1:])\n")
    status, out, _ = bench("--in-place", "--no-breakdown", "--rounds", "1", "-m", "pkg", "--rounds", "7")
    assert status == 0
    assert "in the project folder itself" in out
    assert "nothing was edited: your own files are not edited" in out
    assert "HitSave's time" not in out
    assert (folder / "made").read_text() == "xxxx" or (folder / "made").read_text() == "xxxxx"


def test_a_program_that_fails_is_not_measured_unless_that_is_wanted(bench, folder):
    (folder / "main.py").write_text("import sys\nprint('out')\nsys.exit('no such file')\n")
    status, out, err = bench("main.py")
    assert (status, out) == (1, "")
    assert err.startswith("hitsave: by plain Python the program ended with 1, so it was not measured\n  no such file\n")
    assert "--may-fail" in err
    status, out, _ = bench("--may-fail", "--no-breakdown", "--rounds", "1", "main.py")
    assert status == 0
    assert "the program ends with 1" in out


def test_a_program_that_tells_who_runs_it(bench, folder):
    (folder / "main.py").write_text("import sys\nprint('hitsave' in str(sys._xoptions) or bool(sys.argv[1:]))\n")
    assert bench("--no-breakdown", "--rounds", "1", "main.py")[0] == 0
    (folder / "main.py").write_text("import sys\nprint(sys.flags.hash_randomization)\n")
    status, out, _ = bench("--no-breakdown", "--rounds", "1", "main.py")
    if status:  # what plain Python does otherwise is said
        assert "its output is not that of plain Python" in out


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ([], 2, "nothing to run"),
        (["nowhere.py"], 4, "there is no such script"),
        (["--rounds", "0", "main.py"], 2, "hitsave bench --help"),
        (["--round", "1", "main.py"], 2, "--rounds"),
        (["--in-place", "--edit", "load", "main.py"], 2, "nothing is edited"),
        (["--rounds", "1", "--no-breakdown", "--edit", "polt", "main.py", "data.txt"], 2, "no slow call of 'polt'"),
        (["-m", "nowhere"], 1, "No module named nowhere"),
    ],
)
def test_what_can_not_be_measured_is_told(bench, words, status, told):
    found, out, err = bench(*words)
    assert (found, out) == (status, "")
    assert err.startswith("hitsave: ")
    assert told in err


def test_a_folder_that_is_too_large_is_told_with_what_can_be_done(hitsave, folder, monkeypatch):
    from hitsave.bench import folder as place

    monkeypatch.setattr(place, "MOST_FILES", 1)
    status, out, err = hitsave("bench", "main.py")
    assert (status, out) == (2, "")
    assert "--in-place" in err


@pytest.mark.parametrize("width", [60, 80, 100, None])
def test_it_fits_a_terminal(width):
    row = {
        "seconds": 0.1234, "least_seconds": 0.1, "most_seconds": 12.5, "ratio": 0.0123, "replayed": False, "exit": 0, "same_exit": True,
        "same_output": True, "hits": 12, "computed": 3, "unsaved": 1, "not_replayable": [],
    }  # fmt: skip
    looks = {
        "seconds": 1.0, "hitsave_seconds": 0.5, "program_seconds": 0.4, "python_seconds": 0.1,
        "parts": {"fingerprints": 0.3, "store": 0.2},
        "functions": [{"part": "fingerprints", "function": "fingerprint.values.Walk.register_all", "seconds": 0.3}],
    }  # fmt: skip
    told = {
        "ways": dict.fromkeys(("plain", "cold", "warm", "calls", "edited"), row), "rounds": 3, "python": "3.11.7", "copied": True,
        "edit": None, "breakdown": {"cold": looks, "warm": looks, "calls": looks},
    }  # fmt: skip
    lines = ["".join(text for text, _ in line).rstrip() for line in console.folded(render.table(told, width), width)]
    assert [line for line in lines if len(line) > (width or 100)] == []
    bars = [line for line in lines if "█" in line]
    assert len(bars) == 9
    assert all(re.search(r"  (300|200) ms  █", line) for line in bars)
