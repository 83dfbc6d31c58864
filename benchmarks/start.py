"""What it takes to begin: an empty script, and a program of 300 modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.pairs import Program, processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GROUP = "start"

MODULE = '''"""Module {number}."""

LIMIT = {number}


class Model{number}:
    """A class."""

    kind = "{number}"

    def __init__(self, size, rate=0.1):
        self.size = size
        self.rate = rate

    def fit(self, rows):
        for row in rows:
            if row < LIMIT:
                self.size += row * self.rate
            else:
                self.size -= 1
        return self

    @property
    def name(self):
        return f"model {{self.kind}} of {{self.size}}"


def clean(rows, *, drop=None):
    return [row for row in rows if row is not None and row != drop]


def average(rows):
    rows = clean(rows)
    if not rows:
        raise ValueError("no rows")
    return sum(rows) / len(rows)


def table(rows, width=8):
    lines = []
    for i, row in enumerate(rows):
        try:
            lines.append(f"{{i:>{{width}}}} {{float(row):.3f}}")
        except (TypeError, ValueError) as error:
            lines.append(str(error))
    return "\\n".join(lines)


def run(rows):
    model = Model{number}(len(rows)).fit(clean(rows))
    return model.name, average(rows), table(rows)
'''
MODULES = 300


def measure(folder: Path, pairs: int, say: Callable[[Figure], None], _only: str | None = None) -> None:
    """Compare whole processes."""
    empty = folder / "empty"
    empty.mkdir(parents=True)
    (empty / "main.py").write_text("", encoding="utf-8")
    program = Program(empty / "main.py", tells=False)
    program.plain()
    program.ours(fresh=True)
    _add(say, program, "empty script", pairs, fresh=False)
    _add(say, program, "empty script, new store", pairs, fresh=True)
    say(Figure.alone(GROUP, "store of an empty script", [program.store_bytes()], "bytes"))

    many = folder / "many"
    (many / "parts").mkdir(parents=True)
    for number in range(MODULES):
        (many / "parts" / f"part{number}.py").write_text(MODULE.format(number=number), encoding="utf-8")
    imports = "\n".join(f"from parts import part{number}" for number in range(MODULES))
    (many / "main.py").write_text(imports + "\n", encoding="utf-8")
    program = Program(many / "main.py", tells=False)
    program.plain()
    program.ours(fresh=True)
    _add(say, program, f"{MODULES} modules", pairs, fresh=False)
    _add(say, program, f"{MODULES} modules, new store", max(pairs // 2, 1), fresh=True)
    say(Figure.alone(GROUP, f"store of {MODULES} modules", [program.store_bytes()], "bytes"))


def _add(say: Callable[[Figure], None], program: Program, name: str, pairs: int, *, fresh: bool) -> None:
    plain, ours = processes(program, pairs, fresh=fresh)
    figure = Figure.of_processes(GROUP, name, plain, ours)
    more = [mine.seconds - other.seconds for other, mine in zip(plain, ours, strict=True)]
    figure.notes["seconds more"] = sorted(more)[len(more) // 2]
    say(figure)
