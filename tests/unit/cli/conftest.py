"""A project folder with a store of its own, and the command line called in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

OLD = "def scale(x):\n    return x * 0.1\n"
NEW = "def scale(x):\n    return x * 0.2\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project that is the working directory; stores and settings are all below `tmp_path`."""
    for name in [name for name in os.environ if name.startswith("HITSAVE")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def hitsave(project, capfd):
    """Run a command line: (status, stdout, stderr)."""
    from hitsave.cli.app import status

    def run(*arguments):
        ended = status(list(arguments))
        out, err = capfd.readouterr()
        return ended, out, err

    return run


@pytest.fixture
def process(project):
    """Run a command line as a process, as a person would."""

    def run(*arguments, **environ):
        code = "import sys; from hitsave.cli.app import app; app(sys.argv[1:])"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
        ran = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            env=environment,
            cwd=project,
            check=False,
        )
        return ran.returncode, ran.stdout, ran.stderr

    return run


@pytest.fixture
def open_store(project):
    """The project's store, to write to."""
    from contextlib import contextmanager

    from hitsave.cli.opening import opened

    @contextmanager
    def opening():
        with opened(None, write=True) as (store, _):
            yield store

    return opening


@pytest.fixture
def runs(project):
    """Two runs of train.py in the store, with an edit of helper.scale between them."""
    from hitsave.cli.opening import opened

    record = {
        "command": ["train.py", "--fast"], "script": "train.py", "project": str(project), "cwd": str(project),
        "started": 1_700_000_000.0, "tracer": "profile", "python": "3.11.7", "git": None,
    }  # fmt: skip
    ended = {"state": "done", "seconds": 2.5, "exit": 0, "saved_seconds": 0.0, "hits": 0, "misses": 1, "unsaved": 0}
    call = {
        "function": "__main__:train", "arguments": {"rate": "0.1"}, "verdict": "miss", "seconds": 2.0, "saved_seconds": 0.0,
        "call": "ab" * 16, "trace": None, "where": "train.py:41", "parent": None, "source_run": None,
    }  # fmt: skip
    with opened(None, make=True) as (store, _):
        fingerprints = []
        for number, text in enumerate((OLD, NEW), 1):
            source = store.save_source(text.encode())
            fingerprint = bytes([number]) * 16
            store.save_code(fingerprint, ("helper:scale", source, "helper.py", 1, 2))
            fingerprints.append(fingerprint.hex())
            reason = {"kind": "new", "subject": "", "where": None, "before": None, "after": None, "path": []}
            if number == 2:
                reason = {
                    "kind": "code", "subject": "helper:scale", "where": "helper.py:1", "before": fingerprints[0],
                    "after": fingerprints[1], "path": ["__main__:train", "helper:scale"],
                }  # fmt: skip
            run = store.start_run(record | {"started": record["started"] + number})
            store.note_calls(run, [{**call, "reasons": [reason], "at": 0.5, "within": []}])
            row = {"arguments": {"rate": 0.1}, "result": {"loss": 0.5 * number}, "seconds": 2.0, "when": 1.0, "at": 0.5}
            codes = store.save_uses((("code", "helper:scale", fingerprint, None),)).hex()
            store.note_table(
                run, "__main__:train", [{**row, "code": "ab" * 16, "codes": codes, "trace": None, "verdict": "miss"}]
            )
            used = {"sources": {"helper.py": source.hex()}, "functions": {"helper:scale": fingerprint.hex()}}
            store.finish_run(run, ended | used)
