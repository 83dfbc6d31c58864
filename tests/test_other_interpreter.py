"""One store, two interpreters: nothing is shared, nothing breaks.

Another interpreter is looked for in the virtual environments beside this one, as nox leaves them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.runs import ROOT

PROGRAM = """import sys, time

def work(x):
    time.sleep(0.02)
    return x, sys.version_info[:2]

print(work(1))
"""


def others() -> list[str]:
    """Pythons of another minor version, in which HitSave can run, in the folder that holds this environment."""
    found = {}
    probe = "import sys, lmdb, xxhash, platformdirs; print(*sys.version_info[:2], sep='.')"
    for python in sorted(Path(sys.prefix).parent.glob("*/bin/python")):
        process = subprocess.run([python, "-c", probe], capture_output=True, text=True)
        if process.returncode == 0:
            found[process.stdout.strip()] = str(python)
    found.pop("{}.{}".format(*sys.version_info[:2]), None)
    return list(found.values())


def run(python: str, folder: Path) -> tuple[str, set[str]]:
    """What the program prints, and the verdicts on `work`."""
    report = folder / "report.json"
    command = [
        python,
        "-m",
        "hitsave",
        "run",
        "-q",
        "--store",
        str(folder / "store"),
        "--report",
        str(report),
        "main.py",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON"))}
    process = subprocess.run(
        command, cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (process.returncode, process.stderr) == (0, "")
    calls = json.loads(report.read_text())["calls"]
    return process.stdout, {call["verdict"] for call in calls if call["function"] == "__main__:work"}


def test_another_minor_version_shares_nothing(tmp_path):
    pythons = others()
    if not pythons:
        pytest.skip("no environment of another Python beside this one")
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "pyproject.toml").write_text("")
    outputs = []
    for python in (sys.executable, *pythons):
        output, verdicts = run(python, tmp_path)
        assert verdicts == {"miss"}
        outputs.append(output)
    assert len(set(outputs)) == len(outputs)
    for python, before in zip((sys.executable, *pythons), outputs, strict=True):
        assert run(python, tmp_path) == (before, {"hit"})
