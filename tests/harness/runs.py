"""One program, run by plain Python and under HitSave, in two copies of its folder that have the same path while they run.

What plain Python leaves behind is never stated by a test: it is looked at. `Pair.both` runs one state of a project both
ways and says in what the two differ.
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What a shell of a developer or of a test runner may carry, and what a program must not find.
STRANGE = ("HITSAVE", "PYTHON", "COVERAGE", "PYTEST")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Outcome:
    """What a person can see of one run."""

    def __init__(self, process: subprocess.CompletedProcess[bytes], files: dict[str, bytes | None]):
        self.stdout, self.stderr, self.status, self.files = process.stdout, process.stderr, process.returncode, files

    def differences(self, other: Outcome) -> list[str]:
        """In what `other` (HitSave's) differs from this one (plain Python's)."""
        found = []
        if self.status != other.status:
            found.append(f"exit status: plain {self.status}, hitsave {other.status}")
        for name in ("stdout", "stderr"):
            found += text_difference(name, getattr(self, name), getattr(other, name))
        for name in sorted(self.files.keys() | other.files.keys()):
            if name not in other.files:
                found.append(f"file {name}: only plain Python leaves it")
            elif name not in self.files:
                found.append(f"file {name}: only hitsave leaves it")
            else:
                found += text_difference(f"file {name}", self.files[name] or b"", other.files[name] or b"")
        return found


def text_difference(name: str, plain: bytes, saved: bytes) -> list[str]:
    if plain == saved:
        return []
    one, two = (part.decode("utf-8", "backslashreplace").splitlines() for part in (plain, saved))
    lines = list(difflib.unified_diff(one, two, "plain", "hitsave", lineterm="", n=1))[:40]
    return [f"{name} differs:"] + [f"    {line}" for line in lines or ["(in line ends only)"]]


def files_of(folder: Path) -> dict[str, bytes | None]:
    """Content by relative path; None for a folder. Bytecode files are Python's own business."""
    found: dict[str, bytes | None] = {}
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in folders:
            found[os.path.relpath(os.path.join(base, name), folder) + "/"] = None
        for name in names:
            path = os.path.join(base, name)
            found[os.path.relpath(path, folder)] = Path(path).read_bytes()
    return found


class Pair:
    """Two copies of a project and one store.

    Both run at `base/project`, so that paths in tracebacks and results are the same; who isn't running is parked beside it.
    """

    def __init__(self, base: Path, tracer: str | None = None):
        self.base = base
        self.plain, self.saved, self.project = base / "plain", base / "saved", base / "project"
        self.store = base / "store"
        self.witness = base / "witness"
        self.tracer = tracer or os.environ.get("HITSAVE_CASES_TRACER", "auto")
        self.plain.mkdir()
        self.saved.mkdir()

    def copy_in(self, source: Path) -> None:
        """Start both copies from the folder `source`."""
        for folder in (self.plain, self.saved):
            shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "results"))

    def run_plain(self, command: list[str], environment: dict[str, str] | None = None, stdin: str = "") -> Outcome:
        return self._run(self.plain, [sys.executable, *command], environment or {}, stdin)

    def run_saved(
        self, command: list[str], environment: dict[str, str] | None = None, stdin: str = ""
    ) -> tuple[Outcome, dict]:
        """Run under HitSave. Gives its report, too (empty if it left none)."""
        report = self.base / "report.json"
        report.unlink(missing_ok=True)
        options = ["-q", "--store", str(self.store), "--report", str(report)]
        if self.tracer != "auto":
            options += ["--tracer", self.tracer]
        outcome = self._run(
            self.saved, [sys.executable, "-m", "hitsave", "run", *options, *command], environment or {}, stdin
        )
        return outcome, json.loads(report.read_text()) if report.exists() else {}

    def both(
        self, command: list[str], environment: dict[str, str] | None = None, stdin: str = ""
    ) -> tuple[Outcome, Outcome, dict]:
        plain = self.run_plain(command, environment, stdin)
        saved, report = self.run_saved(command, environment, stdin)
        return plain, saved, report

    def ask(self, *words: str) -> Outcome:
        """Another command of HitSave's about these runs: `ask("why", "train")`."""
        return self._run(self.saved, [sys.executable, "-m", "hitsave", *words, "--store", str(self.store)], {}, "")

    def executed(self) -> set[str]:
        """Qualified names of the functions that slept in the latest run, where the interpreter tells (3.13 and later)."""
        return set(self.witness.read_text().split("\n")) - {""} if self.witness.exists() else set()

    def _run(self, copy: Path, command: list[str], environment: dict[str, str], stdin: str) -> Outcome:
        self.witness.unlink(missing_ok=True)
        copy.rename(self.project)
        try:
            process = subprocess.run(
                command, cwd=self.project, env=self._environment(environment), input=stdin.encode(), capture_output=True
            )
        finally:
            self.project.rename(copy)
        return Outcome(process, files_of(copy))

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        found = {name: value for name, value in os.environ.items() if not name.startswith(STRANGE)}
        # Bytecode files are told apart by size and second: an edit within a second would go unseen by plain Python.
        found["PYTHONDONTWRITEBYTECODE"] = "1"
        found["PYTHONPATH"] = os.pathsep.join([str(HERE / "witness"), str(ROOT)])
        found["WITNESS"] = str(self.witness)
        found["MPLBACKEND"] = "agg"
        # Most pages say which functions ran: a statement that is answered as a whole asks none.
        found["HITSAVE_STATEMENTS"] = os.environ.get("HITSAVE_CASES_STATEMENTS", "0")
        # A page about calls of libraries has HITSAVE_SITES=1 in its command line.
        found["HITSAVE_SITES"] = os.environ.get("HITSAVE_CASES_SITES", "0")
        found["HITSAVE_THRESHOLD"] = os.environ.get("HITSAVE_CASES_THRESHOLD", "0.01")
        found["HITSAVE_PATIENCE"] = os.environ.get("HITSAVE_CASES_PATIENCE", "1")
        found["HITSAVE_REPLAY"] = "0"  # a page about replay has HITSAVE_REPLAY=1 in its command line
        if os.environ.get("HITSAVE_CASES_VERIFY") == "1":
            found["HITSAVE_VERIFY"] = "1"
        return found | extra
