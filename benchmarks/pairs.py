"""Pairs of measurements: plain Python and HitSave in turns, so that both meet the same weather.

A machine is never still: frequencies, caches and neighbours change within a minute by more than what is to be measured.
So nothing is measured once, or first all of one kind and then all of the other. Whole processes run in pairs, the order
within a pair alternates, and what is compared is the ratio within each pair.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]


class Broken(Exception):
    """A program failed, or did not do under HitSave what it did without."""


@dataclass
class Sample:
    """One process: its seconds from start to end and those of processors, and what the program said about itself in the
    last line of stdout."""

    seconds: float
    processor: float
    told: dict[str, object] = field(default_factory=dict)
    summary: str = ""

    def figure(self, name: str) -> float:
        """A number that the program told."""
        value = self.told[name]
        if not isinstance(value, int | float):
            raise Broken(f"{name} is {value!r}")
        return float(value)


def environment(*, replays: bool = False) -> dict[str, str]:
    """The environment of both sides: this tree's HitSave can be imported, and nothing is set otherwise than usual, but that
    calls are measured: a run that `replays` as a whole says nothing of them.
    """
    found = {name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON"))}
    found["PYTHONPATH"] = str(ROOT)
    found["HITSAVE_REPLAY"] = str(int(replays))
    return found


@dataclass
class Program:
    """A script in a folder of its own, run by plain Python or under HitSave as a user would."""

    script: Path
    arguments: Sequence[str] = ()
    tells: bool = True  # whether its last line of stdout is JSON about itself
    replays: bool = False
    path: Sequence[str] = ()  # folders of further libraries
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """The store of its runs: beside the project, not in it."""
        return self.script.parent.parent / f"{self.script.parent.name}-store"

    def plain(self) -> Sample:
        """Run it by plain Python."""
        return self._run([sys.executable, str(self.script), *self.arguments])

    def ours(self, *, fresh: bool, flags: tuple[str, ...] = ()) -> Sample:
        """Run it under HitSave: with the store of the runs before, or with a new one."""
        if fresh:
            shutil.rmtree(self.store, ignore_errors=True)
        head = [sys.executable, "-m", "hitsave", "run", *flags, "--store", str(self.store)]
        sample = self._run([*head, str(self.script), *self.arguments])
        if not sample.summary.startswith("hitsave: run ") or "failed" in sample.summary:
            raise Broken(f"{self.script} did not run as it should: {sample.summary}")
        return sample

    def _run(self, command: list[str]) -> Sample:
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=self._environment(),
            cwd=self.script.parent,
            check=False,
        )
        seconds, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        if done.returncode != 0:
            raise Broken(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr}")
        told = json.loads(done.stdout.rstrip().rpartition("\n")[2]) if self.tells else {}
        return Sample(seconds, processor, told, done.stderr.strip())

    def _environment(self) -> dict[str, str]:
        found = environment(replays=self.replays)
        found["PYTHONPATH"] = os.pathsep.join((*self.path, found["PYTHONPATH"]))
        return found | self.variables

    def store_bytes(self) -> int:
        """The size of its store on disk: the blocks that are in use."""
        return sum(path.lstat().st_blocks * 512 for path in self.store.rglob("*") if path.is_file())


def processes(program: Program, count: int, *, fresh: bool) -> tuple[list[Sample], list[Sample]]:
    """Run `count` pairs; the order within a pair alternates."""
    plain: list[Sample] = []
    ours: list[Sample] = []
    for i in range(count):
        if i % 2:
            ours.append(program.ours(fresh=fresh))
            plain.append(program.plain())
        else:
            plain.append(program.plain())
            ours.append(program.ours(fresh=fresh))
    return plain, ours


def snippets(one: Callable[[], object], other: Callable[[], object], count: int) -> tuple[list[float], list[float]]:
    """Time two functions in this process in turns, with the garbage collector off; give the seconds of each call."""
    first: list[float] = []
    second: list[float] = []
    one()
    other()
    was_on = gc.isenabled()
    gc.disable()
    try:
        for i in range(count):
            turns = [(one, first), (other, second)]
            for function, into in reversed(turns) if i % 2 else turns:
                started = perf_counter()
                function()
                into.append(perf_counter() - started)
    finally:
        if was_on:
            gc.enable()
    return first, second
