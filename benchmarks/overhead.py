"""What programs pay that HitSave can do nothing for: many small calls and loops, nothing that is worth saving.

Each program of `programs/` has a function `work` that takes a millisecond or two. It is called many times, with another
argument each time, in two ways. *Flat*: by the top level of the script; no call is long enough to be saved. *In one
call*: by a function `main`, which takes long enough, so that HitSave records all of it. The store is new each time, so
nothing is ever answered.

Programs time themselves, so start-up is not in their ratio. It is in that of the whole processes, which is given apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, geometric_mean
from benchmarks.pairs import Broken, Program, processes

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent / "programs"
GOAL, WORST = 1.10, 1.30

TAILS = {
    "flat": """
started, used = perf_counter(), process_time()
for i in range(ROUNDS):
    result = work(i)
seconds, used = perf_counter() - started, process_time() - used
""",
    "in one call": """
def main():
    for i in range(ROUNDS):
        result = work(i)
    return result


started, used = perf_counter(), process_time()
result = main()
seconds, used = perf_counter() - started, process_time() - used
""",
}
TELL = 'print(json.dumps({"seconds": seconds, "cpu": used, "result": repr(result)}))\n'


def measure(folder: Path, pairs: int, say: Callable[[Figure], None], only: str | None = None) -> None:
    """Measure every program in both ways."""
    for way, tail in TAILS.items():
        group = f"overhead, {way}"
        whole: list[float] = []
        own: list[float] = []
        for source in sorted(HERE.glob("*.py")):
            if only is not None and source.stem != only:
                continue
            program = _project(folder / way.replace(" ", "-") / source.stem, source, tail)
            plain, ours = processes(program, pairs, fresh=True)
            if {sample.told["result"] for sample in plain} != {sample.told["result"] for sample in ours}:
                raise Broken(f"{source.stem}: another result under HitSave")
            if way != "flat" and any("computed" not in sample.summary for sample in ours):
                raise Broken(f"{source.stem}: nothing was recorded")
            figure = Figure.compared(
                group, source.stem, [s.figure("seconds") for s in plain], [s.figure("seconds") for s in ours], WORST
            )
            cpu = Figure.compared(group, "", [s.figure("cpu") for s in plain], [s.figure("cpu") for s in ours])
            process = Figure.of_processes(group, "", plain, ours)
            assert cpu.ratio is not None
            assert process.ratio is not None
            assert figure.ratio is not None
            figure.notes = {
                "processor time": cpu.ratio.median,
                "whole process": process.ratio.median,
                "store bytes": program.store_bytes(),
            }
            own.append(figure.ratio.median)
            whole.append(process.ratio.median)
            say(figure)
        if len(own) > 1:
            mean = Figure.compared(group, "geometric mean", [1.0], [geometric_mean(own)], GOAL)
            mean.notes = {"whole process": geometric_mean(whole)}
            say(mean)


def _project(folder: Path, source: Path, tail: str) -> Program:
    folder.mkdir(parents=True)
    script = folder / source.name
    head, _, rest = source.read_text(encoding="utf-8").partition("\n")
    imports = "import json\nfrom time import perf_counter, process_time\n"
    script.write_text(f"{head}\n\n{imports}{rest}\n{tail}{TELL}", encoding="utf-8")
    return Program(script)
