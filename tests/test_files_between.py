"""Files that a run writes and then reads: what changed is what wrote them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.harness.commands import hitsave

BETWEEN_CALLS = """
import time

def make(n):
    time.sleep(0.04)
    with open("between.txt", "w") as file:
        file.write(str(n * 2))

def use():
    time.sleep(0.04)
    with open("between.txt") as file, open("given.txt") as given:
        return file.read() + given.read()

make(3)
print(use())
"""
FROM_THE_TOP = """
import time

def value(n):
    return n * 2

def use():
    time.sleep(0.04)
    with open("between.txt") as file, open("given.txt") as given:
        return file.read() + given.read()

with open("between.txt", "w") as file:
    file.write(str(value(3)))
print(use())
"""
AT_THE_TOP = """
import time

def make(n):
    time.sleep(0.04)
    with open("between.txt", "w") as file:
        file.write(str(n * 2))
    return n

print(make(3))
with open("between.txt") as file, open("given.txt") as given:
    print(file.read() + given.read())
"""


class Project:
    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self.main = folder / "main.py"
        self.main.write_text(text)
        (folder / "given.txt").write_text("given")

    def run(self) -> None:
        hitsave(self.folder, "run", "-q", "main.py")

    def changed(self) -> set[tuple[str, str]]:
        (row,) = json.loads(hitsave(self.folder, "log", "-n", "1", "--json"))
        return {(item["kind"], item["function"]) for item in row["diff"]}

    def causes(self) -> list[tuple[str, str]]:
        told = json.loads(hitsave(self.folder, "why", "--json"))
        return [(cause["kind"], cause["subject"]) for cause in told["missed"]]


@pytest.fixture(params=[BETWEEN_CALLS, FROM_THE_TOP, AT_THE_TOP], ids=["between-calls", "from-the-top", "at-the-top"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    found = Project(folder, request.param)
    found.run()
    found.run()
    return found


def test_what_wrote_a_file_is_told_and_not_the_file(project):
    project.main.write_text(project.main.read_text().replace("n * 2", "n * 5"))
    project.run()
    ((kind, name),) = project.changed()
    assert kind == "code"
    assert name in ("__main__:make", "__main__:value")
    causes = project.causes()
    if name == "__main__:make":
        assert causes[0] == ("code", name)
    else:
        assert causes == [("file", "between.txt")]  # no call that ran knows more


def test_a_file_that_was_given_is_told(project):
    (project.folder / "given.txt").write_text("other")
    project.run()
    assert project.changed() == {("file", "given.txt")}


def test_a_file_that_is_read_before_it_is_written_is_told(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    project = Project(
        folder,
        "import time\n"
        "def step():\n"
        "    time.sleep(0.04)\n"
        "    with open('state.txt') as file:\n"
        "        number = int(file.read())\n"
        "    with open('state.txt', 'w') as file:\n"
        "        file.write(str(number % 1))\n"
        "    return number\n"
        "print(step())\n",
    )
    (folder / "state.txt").write_text("1")
    project.run()
    (folder / "state.txt").write_text("2")
    project.run()
    assert project.changed() == {("file", "state.txt")}
    assert project.causes() == [("file", "state.txt")]
