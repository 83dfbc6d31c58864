"""The taps in place around a test, or around a script in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.taps.observed import Observed

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def in_place():
    """The taps, in place for the tests of a module: to look for names bound early in all that pytest loads is slow."""
    observed = Observed()
    yield observed
    observed.installed.remove()


@pytest.fixture
def observe(in_place, tmp_path, monkeypatch):
    """The taps, in a folder of the test's own, with a recorder that tells all it is told."""
    monkeypatch.chdir(tmp_path)
    kept = dict(vars(in_place.notebook))
    yield in_place
    vars(in_place.notebook).update(kept)
    in_place.notebook.stacks.clear()


@pytest.fixture
def program(tmp_path):
    """Run a script in a process of its own, with `observe` in its builtins; give what it printed."""

    def run(script: str, *options: str) -> str:
        path = tmp_path / "program.py"
        path.write_text(script)
        start = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
            "from tests.unit.taps.observed import Observed\n"
            "import builtins; builtins.Observed = Observed\n"
            f"import runpy; runpy.run_path({str(path)!r}, run_name='__main__')"
        )
        done = subprocess.run(
            [sys.executable, *options, "-c", start],
            capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, "PYTHONUNBUFFERED": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
