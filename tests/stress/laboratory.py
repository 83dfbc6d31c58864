"""A program in two copies, run by plain Python and under HitSave, with limits that a program gone mad runs into."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from tests.harness.runs import ROOT, STRANGE, Outcome, Pair, files_of

HERE = Path(__file__).resolve().parent
PRODUCT = os.environ.get("STRESS_PRODUCT", str(ROOT))
"""The folder with the packages under test, where that is not this tree."""
LOCAL = 60
"""Seconds after which a program that was edited is taken to run for ever."""


class Endless(Exception):
    """The program did not end in time."""


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (512 << 20, 512 << 20))  # a store grows with the edits
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Laboratory(Pair):
    """Two copies of a project and one store; see `Pair`.

    `eager` is the number of calls of each function that are saved however quick they are (0: HitSave decides by
    `threshold`).
    """

    def __init__(self, base: Path, eager: int = 0, threshold: float | None = None, tracer: str | None = None):
        super().__init__(base, tracer)
        self.eager = eager
        self.threshold = threshold
        self.limit = float(LOCAL)
        self.slack = 240.0  # seconds that a run under HitSave may take longer, besides four times as long

    def write(self, name: str, text: str) -> None:
        for folder in (self.plain, self.saved):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def executed_lines(self, command: list[str]) -> dict[str, set[int]]:
        """The lines of each file of the project that plain Python executes."""
        found = self.base / "lines.json"
        found.unlink(missing_ok=True)
        extra = {
            "PYTHONPATH": str(HERE / "lines"),
            "LINES_OUT": str(found),
            "LINES_FOLDER": str(self.project),
        }
        self._run(self.plain, [sys.executable, *command], extra, "")
        return {name: set(lines) for name, lines in json.loads(found.read_text()).items()}

    def saved_run(
        self,
        command: list[str],
        environment: dict[str, str] | None = None,
        stdin: str = "",
        extra: tuple[str, ...] = (),
    ) -> tuple[Outcome, dict]:
        """Run under HitSave. Gives its report, too (empty if it left none)."""
        report = self.base / "report.json"
        report.unlink(missing_ok=True)
        options = ["-q", "--store", str(self.store), "--report", str(report), *extra]
        if self.tracer != "auto":
            options += ["--tracer", self.tracer]
        changed = dict(environment or {})
        if self.eager:
            changed["EAGER"] = str(self.eager)
            changed["PYTHONPATH"] = os.pathsep.join([str(HERE / "eager"), PRODUCT])
            options += ["--threshold", "0"]
        elif self.threshold is not None:
            options += ["--threshold", str(self.threshold)]
        outcome = self._run(
            self.saved, [sys.executable, "-m", "hitsave", "run", *options, *command], changed, stdin, longer=True
        )
        return outcome, json.loads(report.read_text()) if report.exists() else {}

    def _run(
        self, copy: Path, command: list[str], environment: dict[str, str], stdin: str, longer: bool = False
    ) -> Outcome:
        copy.rename(self.project)
        limit = self.limit * 4 + self.slack if longer else self.limit
        try:
            process = subprocess.run(
                command,
                cwd=self.project,
                env=self._environment(environment),
                input=stdin.encode(),
                capture_output=True,
                timeout=limit,
                preexec_fn=_limit,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Endless(str(error)) from None
        finally:
            self.project.rename(copy)
        return Outcome(process, files_of(copy))

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        found = {name: value for name, value in os.environ.items() if not name.startswith(STRANGE)}
        found["PYTHONDONTWRITEBYTECODE"] = "1"
        found["PYTHONHASHSEED"] = "0"
        found["PYTHONPATH"] = PRODUCT
        found["MPLBACKEND"] = "agg"
        return found | extra
