"""What a run costs that is replayed whole, and what it costs to record one.

*Replayed*: `hitsave run` of a program in which nothing has changed, against `python -c pass`, the least that an interpreter
can do, and against the program run plainly. *Recorded*: the first run with the recording of the whole against the same with
`--no-replay`: so what is compared is this recording alone. Whole processes, in turns.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.pairs import Broken, Program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.pairs import Sample

GROUP = "replay"
GOAL = 3.0
OVERHEAD_GOAL = 1.05

PROGRAMS = {
    "one module": {"main.py": "print('hello')\n"},
    "100 modules, 100 files": {
        "main.py": "import glob\n"
        + "".join(f"import part{i}\n" for i in range(100))
        + "print(sum(len(open(name).read()) for name in sorted(glob.glob('data/*.txt'))))\n"
        + "for i in range(100):\n    open(f'out{i}.csv', 'w').write('x' * 1000)\n",
        **{f"part{i}.py": f"VALUE = {i}\n" for i in range(100)},
        **{f"data/{i}.txt": f"{i}\n" * 100 for i in range(100)},
    },
    "numpy": {"main.py": "import numpy as np\nprint(np.random.default_rng(0).normal(size=1000).sum())\n"},
    "pandas": {"main.py": "import pandas as pd\nprint(pd.DataFrame({'a': range(1000)}).describe())\n"},
}
BUSY = {
    "a loop": "total = 0\nfor i in range(3_000_000):\n    total += i * i\nprint(total)\n",
    "many lines": "for i in range(200_000):\n    print(i, i * i)\n",
    "many files": "import os\nfor i in range(3000):\n    open('x', 'w').write(str(i))\n    os.stat('x')\n",
    "many variables": "import os\nfor i in range(300_000):\n    os.environ.get('HOME')\n",
}


def measure(folder: Path, pairs: int, say: Callable[[Figure], None], _only: str | None = None) -> None:
    """Compare whole processes."""
    for name, files in PROGRAMS.items():
        program = _project(folder / "replayed" / name.replace(" ", "-").replace(",", ""), files)
        nothing: list[Sample] = []
        plain: list[Sample] = []
        ours: list[Sample] = []
        for _ in range(3):  # the first makes files that the second finds
            last = program.ours(fresh=False)
        if "replayed whole" not in last.summary:
            raise Broken(f"{name} is not replayed: {last.summary}")
        for i in range(pairs):
            turns = [(nothing, "nothing"), (plain, "plain"), (ours, "ours")]
            for into, what in reversed(turns) if i % 2 else turns:
                into.append(_sample(program, what))
        figure = Figure.of_processes(GROUP, f"replayed, to `python -c pass`: {name}", nothing, ours)
        figure.goal = GOAL
        say(figure)
        say(Figure.of_processes(GROUP, f"replayed, to the program itself: {name}", plain, ours))
    for name, text in BUSY.items():
        program = _project(folder / "recorded" / name.replace(" ", "-"), {"main.py": text})
        without: list[Sample] = []
        recorded: list[Sample] = []
        for i in range(pairs):
            both: list[tuple[list[Sample], tuple[str, ...]]] = [(without, ("--no-replay",)), (recorded, ())]
            for into, flags in reversed(both) if i % 2 else both:
                into.append(program.ours(fresh=True, flags=flags))
        figure = Figure.of_processes(GROUP, f"recorded, to not recorded: {name}", without, recorded)
        figure.goal = OVERHEAD_GOAL
        say(figure)


def _sample(program: Program, what: str) -> Sample:
    if what == "nothing":
        return program._run([sys.executable, "-c", "pass"])
    return program.plain() if what == "plain" else program.ours(fresh=False)


def _project(folder: Path, files: dict[str, str]) -> Program:
    for name, text in files.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Program(folder / "project" / "main.py", tells=False, replays=True)
