"""The example experiment: what its first run costs, and what its second run takes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.pairs import ROOT, Broken, Program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.pairs import Sample

GROUP = "digits"


def measure(folder: Path, pairs: int, say: Callable[[Figure], None], _only: str | None = None) -> None:
    """Run it plainly, under HitSave with a new store, and under HitSave again; in turns."""
    project = folder / "digits"
    shutil.copytree(ROOT / "examples" / "digits", project, ignore=shutil.ignore_patterns("results", "__pycache__"))
    program = Program(project / "train.py", tells=False)
    plain: list[Sample] = []
    cold: list[Sample] = []
    again: list[Sample] = []
    sizes: list[float] = []
    program.plain()  # imports are compiled, files are in memory
    for i in range(max(pairs // 2, 1)):
        for turn in ("plain", "ours") if i % 2 == 0 else ("ours", "plain"):
            if turn == "plain":
                plain.append(program.plain())
            else:
                cold.append(program.ours(fresh=True))
                sizes.append(program.store_bytes())
                second = program.ours(fresh=False)
                again.append(second)
                if "reused" not in second.summary or "computed" in second.summary:
                    raise Broken(f"the second run computed something: {second.summary}")
    say(Figure.of_processes(GROUP, "first run", plain, cold, 1.10))
    say(Figure.of_processes(GROUP, "second run", plain, again))
    say(Figure.alone(GROUP, "store after one run", sizes, "bytes"))
