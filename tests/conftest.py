"""Collects the pages of tests/cases: each is a test."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.harness.cases import CaseFailure, run_page
from tests.harness.pages import BadPage

# Most tests are about calls, and a run that is replayed makes none. Those of replay switch it on.
os.environ["HITSAVE_REPLAY"] = "0"
# What is worth its price is told by a clock, which on a busy machine tells many things. Those of budgets say what they need.
os.environ["HITSAVE_PATIENCE"] = os.environ["HITSAVE_CASES_PATIENCE"] = "25"
# What is slow on a page takes 40 ms and more, and a busy machine makes what is quick look as if it took 10 now and then.
os.environ["HITSAVE_CASES_THRESHOLD"] = "0.025"

CASES = Path(__file__).resolve().parent / "cases"


def pytest_configure(config: pytest.Config) -> None:
    """Run HitSave twice before the tests, as their processes leave no bytecode: users have it from their first run on, and where there is
    some, another part of HitSave imports the rest (`importing.apart`).
    """
    if hasattr(config, "workerinput"):
        return
    names = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "HITSAVE_PURE")
    }
    with tempfile.TemporaryDirectory(prefix="hitsave-first-") as folder:
        Path(folder, "main.py").write_text("import time\ndef f():\n    time.sleep(0.04)\nf()\n")
        names |= {"PYTHONPATH": str(CASES.parents[1]), "HITSAVE_STORE": str(Path(folder, "store"))}
        for _ in range(2):
            subprocess.run([sys.executable, "-m", "hitsave", "run", "-q", "main.py"], cwd=folder, env=names, check=True)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".md" and CASES in file_path.parents:
        return CaseFile.from_parent(parent, path=file_path)
    return None


class CaseFile(pytest.File):
    """A page, with one test in it."""

    def collect(self):
        yield CaseItem.from_parent(self, name=self.path.stem)


class CaseItem(pytest.Item):
    """Runs a page, as real processes in a folder of its own."""

    def runtest(self) -> None:
        with tempfile.TemporaryDirectory(prefix="hitsave-case-") as base:
            run_page(self.path, Path(base).resolve())

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, (CaseFailure, BadPage)):
            return f"{self.path}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, 0, self.path.stem
