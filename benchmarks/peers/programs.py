"""The programs of the comparison, and how each is written for a peer.

In the texts `@CACHED` stands before each function that is to be kept, and a call of one is `RUN(f(x))`. Without a decorator
and with nothing around the call it is the program that HitSave and plain Python run.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.peers.environments import Peer

WORK = 8_000_000  # additions that take some 0.1 s

CALLS = f"""\
import json
import sys
from time import perf_counter
PRELUDE
import numpy as np
import pandas as pd


class Model:
    def __init__(self):
        random = np.random.default_rng(0)
        self.layers = [random.normal(size=(300, 300)) for _ in range(20)]
        self.names = {{f"weight {{i}}": i for i in range(1000)}}
        self.steps = [("scale", 0.5), ("fit", None)]


@CACHED
def small(x, extra=None):
    total = sum(range({WORK}))
    return {{"x": x * 3, "extra": extra, "total": total}}


@CACHED
def made(n):
    return np.arange(n, dtype=np.float64) + sum(range({WORK})) % 2


@CACHED
def summed(values):
    return float(values[:10].sum()) + sum(range({WORK}))


@CACHED
def described(frame):
    return float(frame["c0"][:10].sum()) + sum(range({WORK}))


@CACHED
def predicted(model):
    return float(model.layers[0].sum()) + sum(range({WORK}))


array = np.arange(12_500_000, dtype=np.float64) * 0.5
frame = pd.DataFrame({{f"c{{i}}": np.arange(1_000_000) * (i + 0.5) for i in range(10)}})
model = Model()
told = {{}}
"""


def _timed(label: str, statement: str, each: str = "_ in range(6)", after: str = "") -> str:
    """A piece of the program that times a statement several times, and tells what went wrong if a peer can't do it."""
    return f"""\
try:
    times = []
    for {each}:
        started = perf_counter()
        {statement}
        times.append(perf_counter() - started)
{after}    told["{label}"] = times
except Exception as error:
    told["{label}"] = repr(error)
"""


CALLS += "".join(
    (
        _timed("small call", 'RUN(small(x, extra="some text"))', "x in [0, 1, 2] * 8"),
        _timed("100 MB array as result", "large = RUN(made(12_500_000))", after="        large = None\n"),
        _timed("100 MB array as argument", "RUN(summed(array))"),
        _timed("80 MB data frame as argument", "RUN(described(frame))"),
        _timed("model object as argument", "RUN(predicted(model))"),
        "print(json.dumps(told))\n",
    )
)

EXPERIMENT = f"""\
import sys
PRELUDE
import numpy as np


def busy(part):
    return sum(range({WORK} + part)) % 7


@CACHED
def load(n):
    busy(0)
    return np.random.default_rng(n).normal(size=(n, 40))


@CACHED
def features(rows):
    busy(1)
    busy(2)
    return np.hstack([rows, rows**2, np.abs(rows)])


@CACHED
def train(table, rate):
    weights = np.zeros(table.shape[1])
    for step in range(200):
        weights += rate * (table[step % 50] - weights)
        if step % 50 == 0:
            busy(step + round(10_007 * rate))
    return {{"rate": rate, "weights": weights, "loss": float(np.abs(table.mean(axis=0) - weights).sum())}}


@CACHED
def report(models):
    busy(3)
    best = min(models, key=lambda model: model["loss"])
    return f"best of {{len(models)}} in edition EDITION: {{best['rate']}} with {{best['loss']:.6f}}"


rows = RUN(load(20_000))
table = RUN(features(rows))
models = []
for rate in (0.5, 0.2, 0.1, 0.05):
    models.append(RUN(train(table, rate)))
print(RUN(report(models)))
"""


def written(text: str, peer: Peer, values: dict[str, str] | None = None) -> str:
    """A program as a user of this peer would write it."""
    text = re.sub(r"^@CACHED\n", peer.decorator + "\n" if peer.decorator else "", text, flags=re.MULTILINE)
    text = text.replace("PRELUDE\n", peer.prelude + "\n" if peer.prelude else "").replace("RUN(", f"{peer.run}(")
    for name, value in (values or {}).items():
        text = text.replace(name, value)
    return notebook(text) if peer.notebook else text


def notebook(text: str) -> str:
    """A script as a marimo notebook: a cell for the imports, one for each function and class, one for what stands between."""
    tree = ast.parse(text)
    cells: list[list[ast.stmt]] = []
    for node in tree.body:
        kind = _kind(node)
        if cells and kind != "definition" and _kind(cells[-1][-1]) == kind:
            cells[-1].append(node)
        else:
            cells.append([node])
    bound = [_bound(cell) for cell in cells]
    everywhere = set().union(*bound)
    parts = ["import marimo\n\napp = marimo.App()\n"]
    for cell, own in zip(cells, bound, strict=True):
        used = {name.id for node in cell for name in ast.walk(node) if isinstance(name, ast.Name)}
        wanted = sorted((used & everywhere) - own)
        body = "\n".join(ast.unparse(node) for node in cell)
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        given = f"    return {', '.join(sorted(own))},\n" if own else "    return\n"
        parts.append(f"\n@app.cell\ndef _({', '.join(wanted)}):\n{lines}{given}")
    return "\n".join(parts) + '\n\nif __name__ == "__main__":\n    app.run()\n'


def _kind(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return "definition"
    return "import" if isinstance(node, ast.Import | ast.ImportFrom) else "statement"


def _bound(cell: Iterable[ast.stmt]) -> set[str]:
    found: set[str] = set()
    for node in cell:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        else:
            found |= {
                name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            }
    return {name for name in found if not name.startswith("_")}
