"""Each reason that is shown for a miss is one without which the call would have been a hit: the change is undone, and it is.

And none is left out: of several changes at once each is shown, and undoing one leaves exactly the others.
"""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.harness.runs import Pair

FILES = {
    "main.py": """\
import os
import random
import time
from importlib.metadata import version

import config
import helper
import model
from helper import scale as chosen

RATES = [0.1, 0.2]


def make(power):
    def raised(x):
        return x**power

    return raised


raised = make(2)


def work(n, offset=1):
    time.sleep(0.05)
    with open("data.csv") as file:
        rows = [float(line) for line in file]
    names = sorted(os.listdir("folder"))
    total = sum(helper.scale(row) for row in rows) + config.LR + offset + len(names) + raised(n)
    total += model.Net().loss(n) + len(os.environ.get("KIND", "")) + chosen(1.0) + max(RATES)
    return round(total, 3)


print(work(3))
""",
    "config.py": "LR = 0.5\nUNUSED = 1\n",
    "helper.py": "def scale(x):\n    return inner(x) * 2\n\n\ndef inner(x):\n    return x\n\n\ndef other(x):\n    return x\n",
    "model.py": "class Base:\n    decay = 0.9\n\n    def extra(self):\n        return 1\n\n\nclass Net(Base):\n"
    "    def loss(self, n):\n        return n * self.decay\n",
    "data.csv": "1\n2\n",
    "folder/one": "",
}  # fmt: skip

# What is changed: file (or variable), the text and what takes its place, and the reason that must be shown.
CHANGES = {
    "a helper": ("helper.py", "inner(x) * 2", "inner(x) * 3", ("code", "helper:scale")),
    "a helper of a helper": ("helper.py", "def inner(x):\n    return x", "def inner(x):\n    return -x", ("code", "helper:inner")),
    "the function itself": ("main.py", "round(total, 3)", "round(total, 2)", ("code", "__main__:work")),
    "a default": ("main.py", "offset=1", "offset=2", ("code", "__main__:work")),
    "a value of a config": ("config.py", "LR = 0.5", "LR = 0.25", ("global", "config:LR")),
    "a global list": ("main.py", "RATES = [0.1, 0.2]", "RATES = [0.1, 0.3]", ("global", "__main__:RATES")),
    "a captured variable": ("main.py", "make(2)", "make(3)", ("binding", "__main__:raised")),
    "an attribute of a class": ("model.py", "decay = 0.9", "decay = 0.8", ("class shape", "model:Base")),
    "a method": ("model.py", "n * self.decay", "n + self.decay", ("code", "model:Net.loss")),
    "an override": ("model.py", "class Net(Base):\n", "class Net(Base):\n    decay = 0.7\n\n", ("class shape", "model:Net")),
    "what a name stands for": ("main.py", "import scale as chosen", "import other as chosen", ("binding", "__main__:chosen")),
    "data": ("data.csv", "2\n", "3\n", ("file", "data.csv")),
    "a new file in a folder": ("folder/two", "", "x", ("listing", "folder")),
    "a variable of the environment": ("$KIND", "", "abc", ("env", "KIND")),
}  # fmt: skip


class Project(Pair):
    """The program, with some of the changes made."""

    def with_changes(self, *names: str) -> dict:
        """Run with these changes, and give the call's row of the report."""
        environment = {}
        texts = dict(FILES)
        for name in names:
            file, old, new, _ = CHANGES[name]
            if file.startswith("$"):
                environment[file[1:]] = new
            elif not old:
                texts[file] = new
            else:
                assert texts[file].count(old) == 1
                texts[file] = texts[file].replace(old, new)
        (self.saved / "folder" / "two").unlink(missing_ok=True)
        for name, text in texts.items():
            path = self.saved / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        outcome, report = self.run_saved(["main.py"], environment)
        assert outcome.status == 0, outcome.stderr
        (call,) = [call for call in report["calls"] if call["function"] == "__main__:work"]
        return call

    def shown(self, *names: str) -> set[tuple[str, str]]:
        call = self.with_changes(*names)
        assert call["verdict"] == "miss", names
        return {(reason["kind"], reason["subject"]) for reason in call["reasons"]}


@pytest.fixture
def project(tmp_path):
    found = Project(tmp_path)
    (found.saved / "folder").mkdir()
    assert found.with_changes()["verdict"] == "miss"
    assert found.with_changes()["verdict"] == "hit"
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_without_the_one_change_that_is_shown_it_is_a_hit(project, change):
    assert project.shown(change) == {CHANGES[change][3]}
    assert project.with_changes()["verdict"] == "hit"


PAIRS = [
    ("a helper", "a value of a config"),
    ("data", "a helper of a helper"),
    ("a method", "an attribute of a class"),
    ("the function itself", "a variable of the environment"),
    ("a new file in a folder", "a global list", "an override"),
    ("what a name stands for", "a captured variable", "data"),
]


@pytest.mark.parametrize("changes", PAIRS, ids=" and ".join)
def test_of_several_changes_each_is_shown_and_undoing_one_leaves_the_others(project, changes):
    assert project.shown(*changes) == {CHANGES[name][3] for name in changes}
    assert project.with_changes()["verdict"] == "hit"
    for left in combinations(changes, len(changes) - 1):
        assert project.shown(*left) == {CHANGES[name][3] for name in left}
        assert project.with_changes()["verdict"] == "hit"


def test_an_edit_that_was_undone_is_not_told_again(project):
    """The result that was used last is compared with, not the one that was saved last."""
    project.shown("a helper")
    project.with_changes()
    assert project.shown("a method") == {CHANGES["a method"][3]}
    # Both at once: as it had been with the helper alone, but for the method.
    assert project.shown("a helper", "a method") <= {CHANGES["a helper"][3], CHANGES["a method"][3]}
