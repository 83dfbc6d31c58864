"""Small edits of a small program: after which of them is an old result given, and after which is one computed in vain?

The program calls one function that is kept, and prints what it returns. Each edit is made after a first run; what the second
run prints is compared with plain Python's. Whether the function ran after an edit that means nothing shows in the seconds of the
processor: there it is made to take long.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAIN = """\
import os
import sys
PRELUDE
import numpy as np
import helper
from helper import deeper, scale
from shapes import Shape
EXTRA = 10
TABLE = {"weight": 2}


def in_script(x, power=1):
    return x**power


def factory(n):
    def inner(x):
        return x + n

    return inner


added = in_script


@CACHED
def work(x):
    busy = sum(range(BUSY))
    print("working on", x)
    with open("data.txt") as file:
        read = int(file.read())
    found = getattr(helper, "by_" + "name")(x) if x > 1 else 0
    variable = 0
    parts = [
        x * 2, in_script(x), scale(x), deeper(x), EXTRA, TABLE["weight"], Shape(x).area(), read, found, variable, added(x),
    ]
    return [*parts, busy % 7, float(np.sum([1.0, 2.0]))]


def unused(x):
    return x


print(RUN(work(3)))
"""
HELPER = """\
import deep
from config import RATE


def scale(x, by=2):
    return x * by * RATE


def deeper(x):
    return deep.down(x)


def by_name(x):
    return x + 5


def unused(x):
    return x
"""
FILES = {
    "helper.py": HELPER,
    "deep.py": "def down(x):\n    return x + 100\n",
    "config.py": "RATE = 3\nUNUSED = 1\n",
    "shapes.py": "class Base:\n    SIDES = 4\n\n    def area(self):\n        return self.side * self.SIDES\n\n\n"
    "class Shape(Base):\n    def __init__(self, side):\n        self.side = side\n",
    "data.txt": "7\n",
}


@dataclass(frozen=True)
class Edit:
    """A replacement in a file, and for an environment variable its new value."""

    name: str
    file: str
    old: str
    new: str
    variables: dict[str, str] = field(default_factory=dict)
    matters: bool = True  # whether plain Python prints something else after it
    base: tuple[str, str] = (
        "",
        "",
    )  # what is otherwise in the script before it, too: not everybody copes with all of it


EDITS = (
    Edit("the function itself", "main.py", "x * 2,", "x * 4,"),
    Edit("a helper in the script", "main.py", "return x**power", "return x**power + 1"),
    Edit("the default of a helper", "main.py", "power=1", "power=2"),
    Edit("a helper in another module", "helper.py", "return x * by * RATE", "return x * by * RATE + 1"),
    Edit("the default of that helper", "helper.py", "by=2", "by=5"),
    Edit("a helper two modules away", "deep.py", "+ 100", "+ 200"),
    Edit("a constant of the script", "main.py", "EXTRA = 10", "EXTRA = 11"),
    Edit("a constant of a config module", "config.py", "RATE = 3", "RATE = 4"),
    Edit("an entry of a global dict", "main.py", '{"weight": 2}', '{"weight": 9}'),
    Edit("a function that is found by name", "helper.py", "return x + 5", "return x + 6"),
    Edit(
        "a captured variable", "main.py", "factory(3)", "factory(4)", base=("added = in_script", "added = factory(3)")
    ),
    Edit("a method of a base class", "shapes.py", "self.side * self.SIDES", "self.side + self.SIDES"),
    Edit("an attribute of a class", "shapes.py", "SIDES = 4", "SIDES = 3"),
    Edit("a file that is read", "data.txt", "7", "8"),
    Edit(
        "a variable of the environment",
        "data.txt",
        "7",
        "7",
        {"OFFSET": "5"},
        base=("variable = 0", 'variable = int(os.environ.get("OFFSET", "0"))'),
    ),
    Edit("nothing: what it prints", "data.txt", "7", "7"),
)
IN_VAIN = (
    Edit("a comment in the function", "main.py", "    busy = sum", "    # how long it takes\n    busy = sum", matters=False),
    Edit("a function that nobody calls", "helper.py", "def unused(x):\n    return x\n", "def unused(x):\n    return 2 * x\n", matters=False),
    Edit("a constant that nobody reads", "config.py", "UNUSED = 1", "UNUSED = 2", matters=False),
    Edit("lines above the function", "main.py", "@CACHED\ndef work", "# The work.\n\n\n@CACHED\ndef work", matters=False),
)  # fmt: skip
