"""What a script builds up step by step is no change between two runs that did not change it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.harness.commands import hitsave

FILLED_BY_A_LOOP = """
import time

items = {}
for i in range(5):
    items[i] = i * 2

def slow(n):
    time.sleep(0.2)
    return items[1] + n
"""
BY_A_LOOP = (
    FILLED_BY_A_LOOP
    + """
print(slow(1))
items[9] = 3
print(slow(2))
"""
)
BY_A_FUNCTION = """
import time

items = {}

def add(i):
    items[i] = len(items) * 2

for i in range(5):
    add(i)

def slow(n):
    time.sleep(0.2)
    return items[1] + n

print(slow(1))
add(9)
print([slow(n) for n in range(2, 4)])
"""
INSIDE_OF_A_STATEMENT = (
    FILLED_BY_A_LOOP
    + """
for n in range(3):
    items[n + 20] = n
    print(slow(n), len(items))
"""
)


class Project:
    def __init__(self, folder: Path, text: str, statements: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.main = folder / "main.py"
        self.main.write_text(text)
        self.statements = statements

    def run(self) -> dict:
        """Run the script; the row of its run in the log."""
        hitsave(
            self.folder,
            "run",
            "-q",
            "--no-replay",
            "main.py",
            HITSAVE_STATEMENTS=self.statements,
            HITSAVE_THRESHOLD="0.1",
        )
        (row,) = json.loads(hitsave(self.folder, "log", "-n", "1", "--json"))
        return row


@pytest.fixture(params=["0", "1"], ids=["calls", "statements"])
def statements(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("text", [BY_A_LOOP, BY_A_FUNCTION, INSIDE_OF_A_STATEMENT], ids=["loop", "function", "inside"])
def test_nothing_changed_when_nothing_was_edited(tmp_path, text, statements):
    project = Project(tmp_path / "project", text, statements)
    project.run()
    for _ in range(2):
        row = project.run()
        assert row["hits"] > 0
        assert row["diff"] == []


@pytest.mark.parametrize("text", [BY_A_LOOP, BY_A_FUNCTION, INSIDE_OF_A_STATEMENT], ids=["loop", "function", "inside"])
def test_an_edit_of_what_builds_it_up_is_told(tmp_path, text, statements):
    project = Project(tmp_path / "project", text, statements)
    project.run()
    project.run()
    project.main.write_text(text.replace("* 2", "* 3"))
    row = project.run()
    assert row["misses"] > 0
    told = {(item["kind"], item["function"]) for item in row["diff"]}
    assert told in ({("code", "__main__:line 5–6")}, {("code", "__main__:add")}, {("code", "__main__:<module>")})


def test_a_value_that_only_quick_calls_read_is_told_of(tmp_path):
    text = "factor = 2\ndef quick(n):\n    return n * factor\nprint(quick(4))\n"
    project = Project(tmp_path / "project", text, "0")
    project.run()
    project.main.write_text(text.replace("factor = 2", "factor = 3"))
    assert [(item["kind"], item["function"]) for item in project.run()["diff"]] == [("global", "__main__:factor")]
