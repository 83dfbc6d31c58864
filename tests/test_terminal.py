"""What a call asks about the terminal is a dependency: it is asked in a terminal and without one."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.runs import ROOT

PROGRAM = """\
import argparse, os, sys, time

def word():
    time.sleep(0.04)
    return "in colour" if sys.stdout.isatty() else "plain"

def told():
    time.sleep(0.04)
    return os.isatty(1), os.isatty(2)

def page():
    time.sleep(0.04)
    return len(argparse.ArgumentParser("x", description="many words " * 20).format_help().splitlines())

def around():
    time.sleep(0.04)
    return word()

def silent():
    time.sleep(0.04)
    print("ran", file=sys.stderr)

print(around(), told(), page())
silent()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)
    return tmp_path


def run(folder: Path, *, saved: bool, terminal: bool, columns: str | None = None) -> str:
    command = [sys.executable, *(("-m", "hitsave", "run", "-q", "--no-replay") if saved else ()), "main.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HITSAVE")}
    environment |= {"HITSAVE_STORE": str(folder / "store"), "PYTHONPATH": str(ROOT), "HITSAVE_STATEMENTS": "0"}
    environment |= {"COLUMNS": columns} if columns else {}
    if not terminal:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        return done.stdout
    leader, follower = pty.openpty()
    try:
        subprocess.run(command, cwd=folder, env=environment, stdout=follower, stderr=subprocess.DEVNULL)
        return os.read(leader, 10_000).decode().replace("\r\n", "\n")
    finally:
        os.close(leader)
        os.close(follower)


@pytest.mark.parametrize("first", [True, False])
def test_what_was_asked_in_a_terminal_does_not_answer_without_one(folder, first):
    seen = set()
    for terminal in (first, not first, first, not first):
        told = run(folder, saved=True, terminal=terminal)
        assert told == run(folder, saved=False, terminal=terminal)
        seen.add(told)
    assert len(seen) == 2


def test_the_width_that_the_environment_gives(folder):
    seen = {run(folder, saved=True, terminal=False, columns=columns) for columns in ("40", "200", "40")}
    assert len(seen) == 2
