"""The programs that are edited: packages that others wrote, as user code, with a small driver each.

A program is a folder of `drivers/` (its `main.py`, helper modules and data) and the modules that are copied beside it
from what is installed. Modules of the standard library go into a package `lib`, so that they are user code and the
interpreter's own ones stay what they are.
"""

from __future__ import annotations

import importlib.util
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DRIVERS = Path(__file__).resolve().parent / "drivers"


class Program:
    """`copies`: module as installed → where its copy goes; `changes`: (file, old, new) that make the copy independent."""

    def __init__(
        self,
        name: str,
        copies: dict[str, str],
        changes: tuple[tuple[str, str, str], ...] = (),
        command: tuple[str, ...] = ("main.py",),
    ):
        self.name, self.copies, self.changes, self.command = name, copies, changes, list(command)

    @property
    def missing(self) -> list[str]:
        """Modules that it copies and that are not installed."""
        return [module for module in self.copies if importlib.util.find_spec(module) is None]

    def build(self, folder: Path) -> None:
        """Put the program into `folder`."""
        shutil.copytree(DRIVERS / self.name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        for module, place in self.copies.items():
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            if place.startswith("lib/"):
                (folder / "lib" / "__init__.py").touch()
            spec = importlib.util.find_spec(module)
            assert spec is not None and spec.origin is not None, module
            origin = Path(spec.origin)
            if origin.name == "__init__.py":
                ignored = shutil.ignore_patterns("__pycache__", "tests", "test", "*.so", "*.pyi", "*.c", "*.pyx")
                shutil.copytree(origin.parent, target, dirs_exist_ok=True, ignore=ignored)
            else:
                shutil.copyfile(origin, target)
        for name, old, new in self.changes:
            path = folder / name
            text = path.read_text()
            assert old in text, (name, old)
            path.write_text(text.replace(old, new))


PROGRAMS = {
    program.name: program
    for program in (
        Program("texts", {"difflib": "lib/difflib.py", "textwrap": "lib/textwrap.py", "string": "lib/string.py"}),
        Program(
            "numbers",
            {"_pydecimal": "lib/decimals.py", "fractions": "lib/fractions.py", "statistics": "lib/statistics.py"},
            (("lib/statistics.py", "from fractions import", "from lib.fractions import"),),
        ),
        Program("parsing", {"pyparsing": "pyparsing"}),
        Program("simulation", {"simpy": "simpy"}),
        Program("graphs", {"networkx": "networkx"}),
        Program("templates", {"jinja2": "jinja2"}),
        Program("precise", {"mpmath": "mpmath"}),
        Program("functional", {"toolz": "toolz"}),
        Program("toolbox", {"boltons": "boltons"}),
        Program("classes", {"attr": "attr"}),
        Program("commands", {"click": "click"}),
        Program("iterators", {"more_itertools": "more_itertools"}),
        Program("sorted", {"sortedcontainers": "sortedcontainers"}),
        Program("chess", {"chess": "chess"}),
    )
}


class Counted(Protocol):
    """What an examination of programs has counted."""

    def add(self, other, /) -> None: ...
    def lines(self) -> list[str]: ...


def in_turn(
    names: Iterable[str], base: Path, total: Counted, examine: Callable[[str, Path], Counted], *, leave: bool = False
) -> None:
    """Examine programs one after another, each in a new folder, which stays if it is to be left; say what was counted."""
    for name in names:
        folder = base / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        started = time.perf_counter()
        counted = examine(name, folder)
        print(f"--- {name} ({time.perf_counter() - started:.0f} s)", *counted.lines(), sep="\n", flush=True)
        total.add(counted)
        if not leave:
            shutil.rmtree(folder, ignore_errors=True)
    print("--- all", *total.lines(), sep="\n")
