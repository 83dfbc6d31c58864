"""Stores in a folder of the test's own, and a user's folder that is not the user's."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hitsave.store import codec, pickles
from hitsave.store.store import open_store

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def user_folder(tmp_path, monkeypatch):
    folder = tmp_path / "user"
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    return folder / "hitsave"


class Shop:
    """Opens stores, collects what they say, closes them."""

    def __init__(self, folder):
        self.folder = folder
        self.said = []
        self.opened = []

    def open(self, folder=None, project="project", **options):
        store = open_store(str(folder or self.folder), project, say=self.said.append, **options)
        self.opened.append(store)
        return store

    @property
    def slugs(self):
        return [failure.slug for failure in self.said]


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path / "store")
    yield shop
    for store in shop.opened:
        store.close()


@pytest.fixture
def store(shop):
    """A store, which must be whole and silent at the end."""
    from hitsave.store.verify import verify

    store = shop.open()
    assert store.usable
    yield store
    if not store._closed:
        assert [p for p in verify(store) if p.kind != "unnamed-blob"] == []
    assert shop.said == []


def save(store, value, call=None, function="mod:f", text="x"):
    """Save a call of `function` that returned `value`; gives (call digest, trace digest, value digest)."""
    call = call or os.urandom(16)
    node = codec.encode(("global", "mod:" + text, b"f" * 16, text))
    pickled = pickles.dump(value)
    name = codec.digest_of(node)
    arguments = (("x", b"a" * 16, "1"),)
    trace = (
        "trace",
        1,
        call,
        function,
        (((name, 0),), ((function, -1, 0),), (), pickled.digest, 0.5, 1, time.time(), arguments),
    )
    return call, store.save_trace(call, trace, [(name, node)], pickled), pickled.digest


@pytest.fixture(name="save")
def save_fixture():
    return save


@pytest.fixture
def python():
    """Runs a program in a process of its own, with `hitsave` and `save` to be imported."""

    def run(program, *arguments, check=True, **options):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM + textwrap.dedent(program), *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
            **options,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def start():
    """Starts such a program and goes on."""
    processes = []

    def run(program, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM + textwrap.dedent(program), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


PROGRAM = f"""
import os, sys, time
sys.path.insert(0, {str(ROOT)!r})
from hitsave.store import codec, pickles
from hitsave.store.store import open_store

def save(store, value, call, function="mod:f"):
    node = codec.encode(("global", "mod:x", b"f" * 16, "x"))
    pickled = pickles.dump(value)
    name = codec.digest_of(node)
    trace = ("trace", 1, call, function, (((name, 0),), ((function, -1, 0),), (), pickled.digest, 0.5, 1, time.time(), ()))
    return store.save_trace(call, trace, [(name, node)], pickled)

def find(store, call):
    for digest in store.candidates(call):
        trace = store.trace(digest)
        if trace is not None:
            return store.load_value(trace[4][3])
    return None
"""
