"""Everything is put in place once, and exactly what was there is put back."""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from hitsave_trace.taps import install
from tests.unit.taps.observed import Notebook, Observed


@pytest.fixture
def in_place():
    """An installation of the test's own, which it may remove."""
    observed = Observed()
    yield observed
    observed.installed.remove()


def attributes():
    owners = [os, time, random, random.Random, type(os.environ), os.DirEntry]
    return [dict(vars(owner)) for owner in owners] + [list(sys.meta_path), vars(sys.stdout).copy()]


def sets():
    return [set(getattr(os, name)) for name in ("supports_fd", "supports_dir_fd", "supports_follow_symlinks")]


def test_all_is_put_back(observe):
    observe.installed.remove()
    before, supported = attributes(), sets()
    installed = install(Notebook(), lambda _: False)
    assert attributes() != before
    assert sets() != supported
    installed.before_recording()
    installed.remove()
    assert attributes() == before
    assert sets() == supported


def test_a_removed_hook_is_silent(observe, tmp_path):
    observe.installed.remove()
    observe.notebook.stacks[1] = []
    observe.notebook.told.clear()
    open(tmp_path / "x", "w").close()
    os.listdir(tmp_path)
    assert observe.notebook.told == []


def test_nothing_is_told_while_nothing_is_recorded(observe, tmp_path):
    observe.notebook.told.clear()
    open(tmp_path / "x", "w").close()
    os.stat(tmp_path)
    os.environ.get("X")
    os.urandom(1)
    time.localtime()
    print("x")
    assert observe.notebook.told == []


def test_a_failure_of_ours_makes_the_call_unsaved_and_nothing_else(observe, tmp_path):
    def broken(*_):
        raise RuntimeError("ours")

    observe.notebook.file_read = broken
    observe.notebook.looked = broken
    (tmp_path / "x").write_text("text")
    told = observe(lambda: ((tmp_path / "x").read_text(), os.path.exists(tmp_path / "x")))
    assert observe.value == ("text", True)
    assert [one[:2] for one in told] == [("forbid", "internal")] * 2


def test_what_a_program_finds_loaded(program):
    """Start-up brings in nothing that a program would see as its own."""
    printed = program(
        "import sys\n"
        "before = set(sys.modules)\n"
        "observe = Observed()\n"
        "heavy = {'typing', 'dataclasses', 'inspect', 're', 'json', 'pathlib', 'logging', 'tempfile', 'random'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))\n"
    )
    assert printed == "[]\n"
