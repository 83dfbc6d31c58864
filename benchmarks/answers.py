"""What an answer from the store takes: of a small call, with a large result, with a large argument."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.pairs import Broken, Program, snippets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GROUP = "answers"

SMALL = """
import json
from time import perf_counter
{imports}
SCALE = 3
NAMES = {{"a": 1, "b": 2}}


def weight(x):
    return x * SCALE + NAMES["a"]


def small(x, *, extra=None):
    sum(range({work}))
    return {{"x": weight(x), "extra": extra}}


times = []
for x in [*range(40)] * 3:
    started = perf_counter()
    small(x, extra="some text")
    times.append(perf_counter() - started)
print(json.dumps({{"first": times[0], "new": sorted(times[1:40])[19], "same": sorted(times[40:])[40],
                  "bare": min(times)}}))
"""

LARGE = """
import json
from time import perf_counter

import numpy as np
from xxhash import xxh3_128


def made(n):
    values = np.arange(n, dtype=np.float64)
    for _ in range(3):
        values = np.sqrt(values + 1.0)
    return values


def total(values):
    return float(sum(np.sqrt(values).sum() for _ in range(4)))


made_seconds = []
for _ in range(3):
    started = perf_counter()
    a = made(12_500_000)
    made_seconds.append(perf_counter() - started)
b = np.arange(12_500_000, dtype=np.float64) * 0.5
total_seconds, hash_seconds = [], []
for _ in range(7):
    started = perf_counter()
    total(b)
    total_seconds.append(perf_counter() - started)
    started = perf_counter()
    xxh3_128(b).digest()
    hash_seconds.append(perf_counter() - started)
middle = lambda values: sorted(values)[len(values) // 2]
print(json.dumps({"bytes": a.nbytes, "result": made_seconds[0], "result again": middle(made_seconds[1:]),
                  "argument": middle(total_seconds), "hash": middle(hash_seconds)}))
"""

FEW = 5_000_000  # additions that take longer than the threshold on any machine that is in use


def measure(folder: Path, pairs: int, say: Callable[[Figure], None], _only: str | None = None) -> None:
    """Measure what the programs above say of themselves in runs after the first."""
    for name, imports in (("small call", ""), ("small call, pandas imported", "import numpy\nimport pandas\n")):
        program = _project(folder / name.replace(" ", "-"), SMALL.format(imports=imports, work=FEW))
        told = _answered(program, pairs)
        say(Figure.alone(GROUP, f"{name}: first of a run", [row["first"] for row in told], goal=None))
        say(Figure.alone(GROUP, f"{name}: new arguments", [row["new"] for row in told], goal=150e-6))
        say(Figure.alone(GROUP, f"{name}: same again", [row["same"] for row in told], goal=150e-6))
    try:
        import numpy as np
        from xxhash import xxh3_128
    except ImportError:
        return
    program = _project(folder / "large", LARGE)
    told = _answered(program, pairs)
    say(Figure.alone(GROUP, "100 MB result: first of a run", [row["result"] for row in told], goal=5e-3))
    say(Figure.alone(GROUP, "100 MB result: again", [row["result again"] for row in told], goal=5e-3))
    hashed = [row["hash"] for row in told]
    say(Figure.compared(GROUP, "100 MB argument, answered", hashed, [row["argument"] for row in told], 1.3))
    say(Figure.alone(GROUP, "store with the 100 MB array", [program.store_bytes()], "bytes"))
    from hitsave_trace.fingerprint.values import fingerprint

    array = np.arange(12_500_000, dtype=np.float64)  # type: ignore[var-annotated]
    alone, ours = snippets(lambda: xxh3_128(array.data).digest(), lambda: fingerprint(array), 2 * pairs + 1)
    say(Figure.compared(GROUP, "100 MB array, fingerprint", alone, ours, 1.3))


def _project(folder: Path, source: str) -> Program:
    folder.mkdir(parents=True)
    script = folder / "main.py"
    script.write_text(source, encoding="utf-8")
    return Program(script, variables={"HITSAVE_STATEMENTS": "0", "HITSAVE_SITES": "0"})


def _answered(program: Program, count: int) -> list[dict[str, float]]:
    program.ours(fresh=True)
    found = []
    for _ in range(count):
        sample = program.ours(fresh=False)
        if "computed" in sample.summary or "not saved" in sample.summary:
            raise Broken(f"{program.script}: {sample.summary} ({sys.version})")
        found.append({name: sample.figure(name) for name in sample.told})
    return found
