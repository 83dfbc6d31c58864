"""A project that was moved or cloned finds what it saved where it was before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import time
import helper

def work(x):
    time.sleep(0.04)
    with open("data.txt") as file:
        return helper.scale(x) + len(file.read())

print(work(2))
"""


def run(folder: Path, store: Path) -> tuple[str, dict[str, str]]:
    """Run the program in `folder`; give what it printed, and the verdict of each call."""
    report = folder / "report.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "hitsave", "run", "-q", "--store", store, "--report", report, "main.py"],
        cwd=folder, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout, {call["function"]: call["verdict"] for call in json.loads(report.read_text())["calls"]}


def test_a_moved_project_still_hits(tmp_path: Path) -> None:
    first, store = tmp_path / "first", tmp_path / "store"
    first.mkdir()
    (first / "main.py").write_text(PROGRAM)
    (first / "helper.py").write_text("def scale(x):\n    return x * 3\n")
    (first / "data.txt").write_text("some text")
    assert run(first, store) == ("15\n", {"__main__:work": "miss"})
    second = first.rename(tmp_path / "second")
    assert run(second, store) == ("15\n", {"__main__:work": "hit"})
    (second / "helper.py").write_text("def scale(x):\n    return x * 4\n")
    assert run(second, store) == ("17\n", {"__main__:work": "miss"})
