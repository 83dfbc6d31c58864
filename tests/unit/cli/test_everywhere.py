"""Every command where a terminal is narrow, where there is none, without colours, and after all results were evicted.

The runs are real: three of one program, with an edit between them, and one that fails.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PROGRAM = """\
import time
import helper


def load(path):
    time.sleep(0.03)
    with open(path) as file:
        return [float(line) for line in file]


def train(rate, rows, kind="plain"):
    time.sleep(0.03)
    print("training", rate)
    return {"loss": sum(helper.scale(row) for row in rows) * rate, "kind": kind}


rows = load("data.csv")
for rate in (0.1, 0.2):
    train(rate, rows)
if len(rows) > 2:
    raise ValueError("too many rows for a page that is rather narrow, says a message that is rather long")
"""

COMMANDS = [
    ["log"], ["log", "--json"], ["show"], ["show", "1"], ["show", "2", "--calls"], ["show", "2", "--code"], ["show", "1", "--output"],
    ["why"], ["why", "--run", "2"], ["why", "train", "--run", "2"], ["why", "load", "--run", "2"], ["why", "train", "--run", "2", "--against", "1"],
    ["why", "--explain", "code"], ["diff", "1", "2"], ["diff"], ["diff", "1", "2", "--stat"], ["diff", "1", "2", "--all", "--values"],
    ["diff", "1"], ["calls", "train"], ["calls", "train", "--all"], ["calls", "train", "--csv"], ["calls", "train", "--plot", "rate", "loss"],
    ["result", "load", "--run", "1"], ["graph"], ["graph", "train", "--run", "2"], ["graph", "@-", "--format", "mermaid"],
    ["graph", "train", "--run", "2", "--format", "dot"], ["accept", "--list"], ["note", "1"], ["cache", "size"], ["cache", "verify"],
    ["restore", "1"], ["pin", "1"], ["unpin", "1"], ["tag", "1", "good"], [], ["--version"], ["why", "--help"],
]  # fmt: skip
# What needs a result that is kept.
NEEDS_RESULTS = {"result load --run 1"}
# What would be wrong if it were cut: a patch is applied, a table of comma-separated values is read, JSON is parsed.
WHOLE = (
    "diff 1 2", "diff", "diff 1", "calls train --csv", "log --json", "show 2 --code", "show 1 --output", "restore 1", "graph",
    "why --help",
)  # fmt: skip


class Folder:
    """The project, and how commands are run in it."""

    def __init__(self, base: Path) -> None:
        self.path = base / "project"
        self.path.mkdir()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON", "COLUMNS"))},
            "HOME": str(base / "home"), "XDG_DATA_HOME": str(base / "data"), "PYTHONPATH": str(ROOT), "PAGER": "cat",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HITSAVE_THRESHOLD": "0.025",  # on a busy machine a quick call takes longer than the usual one
        }  # fmt: skip
        for name in ("NO_COLOR", "FORCE_COLOR", "HITSAVE_PAGER"):
            self.environment.pop(name, None)
        helper = "def scale(x):\n    return x * 2\n"
        for name, text in {
            "train.py": PROGRAM,
            "helper.py": helper,
            "data.csv": "1\n2\n",
            "pyproject.toml": "",
        }.items():
            (self.path / name).write_text(text)
        self.piped("run", "-q", "train.py")
        (self.path / "helper.py").write_text("# edited\ndef scale(x):\n    return x * 3\n")
        self.piped("run", "-q", "train.py")
        (self.path / "data.csv").write_text("1\n2\n3\n")
        self.piped("run", "-q", "train.py")

    def piped(self, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "hitsave", *words],
            cwd=self.path,
            env=self.environment | more,
            capture_output=True,
            check=False,
        )

    def typed(self, *words: str, **more: str) -> tuple[int, str]:
        """Run in a terminal; its status and what is on the screen."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "hitsave", *words],
            cwd=self.path, env=self.environment | {"TERM": "xterm"} | more, stdin=follower, stdout=follower, stderr=follower,
        )  # fmt: skip
        os.close(follower)
        seen = b""
        while True:
            try:
                got = os.read(leader, 65536)
            except OSError:
                break
            if not got:
                break
            seen += got
        os.close(leader)
        return process.wait(), seen.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("everywhere"))


def restored(folder: Folder, words: list[str], tmp_path: Path) -> list[str]:
    """The words, with a new folder where one is made."""
    return [*words, str(tmp_path / "new")] if words[:1] == ["restore"] else words


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_pipe_gets_plain_text_and_no_more(folder, tmp_path, words):
    ran = folder.piped(*restored(folder, words, tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert b"\x1b" not in ran.stdout + ran.stderr
    assert b"hitsave: this command failed" not in ran.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_color_is_heeded_on_a_terminal(folder, tmp_path, words):
    status, screen = folder.typed(*restored(folder, words, tmp_path), NO_COLOR="1", FORCE_COLOR="1", COLUMNS="100")
    assert (status, "\x1b" in screen) == (0, False), screen


def test_a_terminal_has_colours(folder):
    assert all(
        "\x1b[" in folder.typed(*words)[1] for words in (["log"], ["why", "train", "--run", "2"], ["diff", "1", "2"])
    )
    assert "\x1b[" not in folder.typed("log", TERM="dumb")[1]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_sixty_columns_are_enough(folder, tmp_path, words):
    status, screen = folder.typed(*restored(folder, words, tmp_path), COLUMNS="60", NO_COLOR="1")
    assert status == 0, screen
    if words and not " ".join(words).startswith(WHOLE):
        wide = [line for line in screen.splitlines() if len(line) > 60 and len(line.split()) > 1]  # a path stays whole
        assert not wide, "\n".join(wide)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_reader_that_goes_away_is_no_failure(folder, tmp_path, words):
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "hitsave", *restored(folder, words, tmp_path)],
        cwd=folder.path, env=folder.environment, stdout=writer, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (ran.returncode, ran.stderr.count(b"Traceback"), ran.stderr.count(b"BrokenPipe")) == (0, 0, 0), ran.stderr


@pytest.fixture(scope="module")
def evicted(tmp_path_factory):
    found = Folder(tmp_path_factory.mktemp("evicted"))
    assert found.piped("cache", "clear", "--yes").returncode == 0
    return found


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_after_all_results_were_evicted(evicted, tmp_path, words):
    ran = evicted.piped(*restored(evicted, words, tmp_path))
    error = ran.stderr.decode()
    assert "this command failed" not in error
    if " ".join(words) in NEEDS_RESULTS:
        assert (ran.returncode, ran.stdout) == (4, b"")
        assert error.startswith("hitsave: the result is no longer stored\n")
    else:
        assert ran.returncode == 0, error


def test_what_the_log_has_is_the_same_without_results(folder, evicted):
    """Runs, code and numbers are data, and no cache."""
    for words in (["log"], ["calls", "train"], ["diff", "1", "2"], ["why", "--run", "2"]):
        told = [json.loads(one.piped(*words, "--json").stdout) for one in (folder, evicted)]
        assert strip(told[0]) == strip(told[1])


def strip(told: object) -> object:
    """Without what differs between two runs of one program: moments, durations, places."""
    if isinstance(told, dict):
        left_out = (
            "started",
            "seconds",
            "saved_seconds",
            "when",
            "at",
            "command_line",
            "sentence",
            "before",
            "after",
            "call",
            "traces",
        )
        return {key: strip(value) for key, value in told.items() if key not in left_out}
    return [strip(one) for one in told] if isinstance(told, list) else told
