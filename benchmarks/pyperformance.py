"""The benchmarks of pyperformance as programs: what a first run of them costs under HitSave.

Those are taken that need nothing but the standard library, as they are. In place of `pyperf`, which would start processes of
its own, there is a module with the few functions that they use, installed like a library: it runs each as often as a first,
plain run says that half a second takes, and adds up the time. The store is new each time. Where a benchmark does the
same slow thing again within a run, HitSave answers it: then its line says how many calls were reused.

    PYPERFORMANCE=unpacked/pyperformance-1.14.0 python -m benchmarks pyperformance
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, geometric_mean
from benchmarks.pairs import Broken, Program, processes

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = "pyperformance"
GOAL, WORST = 1.05, 1.25
SECONDS = 0.5
ESTIMATES = 4
SOURCES = "PYPERFORMANCE"

PYPERF = """
import argparse, asyncio, atexit, json, os, time

perf_counter = time.perf_counter
_loops = int(os.environ["LOOPS"])
_told = {"seconds": 0.0, "cpu": 0.0}


def _tell():
    print()
    print(json.dumps(_told))


atexit.register(_tell)


class Runner:
    def __init__(self, *_, **__):
        self.argparser = argparse.ArgumentParser()
        self.metadata = {}
        self.args = None

    def parse_args(self, *words):
        self.args = self.argparser.parse_args(*words)
        return self.args

    def bench_func(self, _, function, *arguments, **__):
        started, used = time.perf_counter(), time.process_time()
        for _ in range(_loops):
            function(*arguments)
        _told["seconds"] += time.perf_counter() - started
        _told["cpu"] += time.process_time() - used

    def bench_time_func(self, _, function, *arguments, **__):
        used = time.process_time()
        _told["seconds"] += function(_loops, *arguments)
        _told["cpu"] += time.process_time() - used

    def bench_async_func(self, _, function, *arguments, loop_factory=None, **__):
        started, used = time.perf_counter(), time.process_time()
        for _ in range(_loops):
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(function(*arguments))
        _told["seconds"] += time.perf_counter() - started
        _told["cpu"] += time.process_time() - used
"""


def measure(folder: Path, pairs: int, say: Callable[[Figure], None], only: str | None = None) -> None:
    """Measure every benchmark that runs plainly."""
    place = os.environ.get(SOURCES)
    if place is None:
        raise SystemExit(f"{SOURCES} must name the folder of an unpacked source distribution of pyperformance")
    library = folder / "site-packages"
    library.mkdir()
    (library / "pyperf.py").write_text(PYPERF, encoding="utf-8")
    ratios: list[float] = []
    for source in sorted(Path(place).glob("pyperformance/data-files/benchmarks/bm_*/run_benchmark.py")):
        name = source.parent.name.removeprefix("bm_")
        if (only is not None and name != only) or not _is_plain(source.parent):
            continue
        project = folder / name
        shutil.copytree(source.parent, project)
        program = Program(project / source.name, path=(str(library),), variables={"LOOPS": "1"})
        try:
            seconds = program.plain().figure("seconds")
        except Broken:
            continue  # it needs what this interpreter, or this machine, has not
        loops = 1
        try:
            # Where to begin takes most of the first loop, the second estimate is far from it.
            for _ in range(ESTIMATES):
                loops = max(1, round(loops * SECONDS / max(seconds, 1e-6)))
                program.variables = {"LOOPS": str(loops)}
                if loops == 1 or (seconds := program.plain().figure("seconds")) > SECONDS / 2:
                    break
            plain, ours = processes(program, pairs, fresh=True)
        except Broken as error:
            print(f"  {name}: not measured, {str(error).strip().splitlines()[-1]}")
            continue
        # What several processes or threads did together takes time on a clock only; a single one is measured best by its own.
        figure = Figure.compared(GROUP, name, [s.figure("cpu") for s in plain], [s.figure("cpu") for s in ours], WORST)
        assert figure.ratio is not None
        reused = [re.search(r"(\d+) reused", sample.summary) for sample in ours]
        if any(reused):
            figure.notes = {"reused": max(int(found[1]) for found in reused if found)}
        ratios.append(figure.ratio.median)
        say(figure)
    if len(ratios) > 1:
        say(Figure.compared(GROUP, "geometric mean", [1.0], [geometric_mean(ratios)], GOAL))
        say(Figure.compared(GROUP, "worst", [1.0], [max(ratios)], WORST))


def _is_plain(folder: Path) -> bool:
    """Whether a benchmark needs nothing but `pyperf`."""
    found = re.search(
        r"^dependencies = \[(.*?)\]", (folder / "pyproject.toml").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return found is not None and re.findall(r'"([\w.-]+)', found[1]) == ["pyperf"]
