"""How costs grow: with the calls that are saved, functions, what a call reads, the entries of a store, threads, and depth.

Each curve is one program in sizes that differ by a factor of ten, or of two: whole processes by plain Python, the first time under
HitSave, and again with the calls answered. On two logarithmic axes a cost that grows as the size does is a line with the slope of one.
All of it is saved however little that pays (`HITSAVE_PATIENCE`): what HitSave leaves alone shows no growth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import plots
from benchmarks.figures import Figure, shown
from benchmarks.pairs import Broken, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

GROUP = "growth"

# Curve → what is counted, the sizes, flags of a run, and the program's files for a size.
ALL = ("--threshold", "0")


def _calls(size: int) -> dict[str, str]:
    return {
        "main.py": f"import helper\n\nfor i in range({size}):\n    helper.work(i)\n",
        "helper.py": "def work(i):\n    return [i, sum(range(20_000))]\n",
    }


def _functions(size: int) -> dict[str, str]:
    a_module = 500
    files = {}
    for number in range(0, size, a_module):
        bodies = (
            f"def f{i}(x):\n    if x:\n        return x + {i}\n    return None\n"
            for i in range(number, min(number + a_module, size))
        )
        files[f"m{number // a_module}.py"] = "\n\n".join(bodies) + "\n\ndef all_of_it(x):\n" + "".join(
            f"    x = f{i}(x) % 1000\n" for i in range(number, min(number + a_module, size))
        ) + "    return x\n"  # fmt: skip
    names = [name.removesuffix(".py") for name in files]
    calls = "".join(f"    x = {name}.all_of_it(x)\n" for name in names)
    imports = "".join(f"import {name}\n" for name in names)
    return {
        **files,
        "main.py": f"{imports}\n\ndef main(x):\n    sum(range(2_000_000))\n{calls}    return x\n\n\nmain(1)\n",
    }


def _reads(size: int) -> dict[str, str]:
    values = "".join(f"V{i} = {i}\n" for i in range(size))
    parts = [
        "def p{}():\n    return {}\n".format(at, " + ".join(f"V{i}" for i in range(at, min(at + 100, size))))
        for at in range(0, size, 100)
    ]
    calls = "".join(f"    x += p{at}()\n" for at in range(0, size, 100))
    text = values + "\n\n".join(parts) + f"\n\ndef main(x):\n    sum(range(2_000_000))\n{calls}    return x\n"
    return {"data.py": text, "main.py": "import data\n\ndata.main(1)\n"}


def _threads(size: int) -> dict[str, str]:
    return {
        "main.py": "import threading\nimport helper\n\n\ndef many(first):\n    for i in range(first, first + 200):\n        helper.work(i)\n\n\n"
        f"threads = [threading.Thread(target=many, args=(1000 * n,)) for n in range({size})]\n"
        "for thread in threads:\n    thread.start()\nfor thread in threads:\n    thread.join()\n",
        "helper.py": "def work(i):\n    return [i, sum(range(20_000))]\n",
    }


def _depth(size: int) -> dict[str, str]:
    return {
        "main.py": f"import sys\nimport helper\nsys.setrecursionlimit(100_000)\nhelper.main({size})\n",
        "helper.py": "def down(n):\n    return n and down(n - 1) + 1\n\n\ndef main(n):\n    sum(range(2_000_000))\n    return down(n)\n",
    }


CURVES: dict[str, tuple[str, Sequence[int], tuple[str, ...], Callable[[int], dict[str, str]]]] = {
    "calls": ("calls that are saved", (100, 1000, 10_000, 100_000), ALL, _calls),
    "functions": ("functions that are called", (100, 1000, 10_000, 30_000), (), _functions),
    "reads": ("globals that a call reads", (100, 1000, 10_000, 30_000), (), _reads),
    "threads": ("threads with 200 calls each", (1, 2, 4, 8, 16), ALL, _threads),
    "depth": ("depth of recursion", (10, 100, 1000, 10_000), (), _depth),
}
LARGE = 30_000
"""Sizes from which one pair must do."""
ENTRIES = (100, 1000, 10_000, 100_000)
SIDES = ("plain Python", "first run", "again")


def measure(folder: Path, pairs: int, say: Callable[[Figure], None], only: str | None = None) -> None:
    """Measure all curves, or the one that is named."""
    for name, (_, sizes, flags, files) in CURVES.items():
        if only in (None, name):
            for size in sizes:
                found = _seconds(folder / name / str(size), files(size), flags, pairs if size < LARGE else 1)
                for side in SIDES:
                    say(Figure.alone(GROUP, f"{name}: {side}: {size}", found[side]))
    if only in (None, "entries"):
        _entries(folder / "entries", pairs, say)


def _seconds(folder: Path, files: dict[str, str], flags: tuple[str, ...], pairs: int) -> dict[str, list[float]]:
    program = _project(folder, files)
    found: dict[str, list[float]] = {side: [] for side in SIDES}
    program.plain()
    for _ in range(pairs):
        found["plain Python"].append(program.plain().seconds)
        found["first run"].append(program.ours(fresh=True, flags=flags).seconds)
        found["again"].append(program.ours(fresh=False, flags=flags).seconds)
    return found


def _entries(folder: Path, pairs: int, say: Callable[[Figure], None]) -> None:
    """What one answered call takes, in a process of its own, where the store holds many others; and what the store weighs."""
    for size in ENTRIES:
        program = _project(folder / str(size), _calls(size))
        program.ours(fresh=True, flags=ALL)
        say(
            Figure.alone(
                GROUP, f"entries: bytes of the store for each: {size}", [program.store_bytes() / size], "bytes"
            )
        )
        program.script.write_text("import helper\n\nhelper.work(7)\n", encoding="utf-8")
        found = []
        for _ in range(pairs):
            sample = program.ours(fresh=False, flags=ALL)
            if "reused" not in sample.summary:
                raise Broken(f"one of {size} entries was not found: {sample.summary}")
            found.append(sample.seconds)
        say(Figure.alone(GROUP, f"entries: a run with one answered call: {size}", found))


def _project(folder: Path, files: dict[str, str]) -> Program:
    project = folder / "project"
    project.mkdir(parents=True)
    for name, text in files.items():
        (project / name).write_text(text, encoding="utf-8")
    variables = {"HITSAVE_STATEMENTS": "0", "HITSAVE_SITES": "0", "HITSAVE_PATIENCE": "1000"}
    return Program(project / "main.py", tells=False, variables=variables)


# --- the page ---------------------------------------------------------------------------------------------------------


def curves(found: Sequence[Figure]) -> dict[str, str]:
    """The plots of an interpreter, by curve."""
    told = {}
    for name, what in [*((name, curve[0]) for name, curve in CURVES.items()), ("entries", "entries of the store")]:
        lines = []
        own = [figure for figure in found if figure.name.startswith(f"{name}: ") and figure.unit == "s"]
        for side in dict.fromkeys(figure.name.split(": ")[1] for figure in own):
            points = [
                (float(figure.name.rpartition(": ")[2]), figure.ours.median)
                for figure in own
                if figure.name.startswith(f"{name}: {side}: ")
            ]
            lines.append(plots.Line(side, points))
        if lines:
            told[name] = plots.lines(what[:1].upper() + what[1:], what, "seconds", lines)
    return told


def table(tag: str, found: Sequence[Figure]) -> str:
    """The tables of an interpreter, a row a size, each with its plot."""
    parts = []
    known = {figure.name: figure for figure in found}
    for name, plot in curves(found).items():
        sides = list(dict.fromkeys(key.split(": ")[1] for key in known if key.startswith(f"{name}: ")))
        sizes = list(dict.fromkeys(key.rpartition(": ")[2] for key in known if key.startswith(f"{name}: ")))
        what = CURVES[name][0] if name in CURVES else "entries of the store"
        (plots.FOLDER / picture(name, tag)).write_text(plot, encoding="utf-8")
        parts.append(f"![{what[:1].upper()}{what[1:]}](pictures/{picture(name, tag)})\n")
        parts.append(f"| CPython {tag.removeprefix('cpython-')}: {what} | " + " | ".join(sides) + " |")
        parts.append("| ---: |" + " ---: |" * len(sides))
        for size in sizes:
            cells = [known.get(f"{name}: {side}: {size}") for side in sides]
            told = ["" if cell is None else shown(cell.ours.median, cell.unit) for cell in cells]
            parts.append(f"| {int(size):,} | " + " | ".join(told) + " |")
        parts.append("")
    return "\n".join(parts)


def picture(name: str, tag: str) -> str:
    """The name of a plot's file."""
    return f"growth-{name}-{tag.removeprefix('cpython-')}.svg"
