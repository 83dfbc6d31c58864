"""Files that are no files: what somebody else puts into a pipe is another thing each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = {
    "a function": """
import time

def work():
    time.sleep(0.04)
    with open("pipe") as file:
        return file.read()

print(work())
""",
    "a function that opens it by a link": """
import os
import time

def work():
    time.sleep(0.04)
    descriptor = os.open("link", os.O_RDONLY)
    return os.read(descriptor, 100).decode()

print(work())
""",
    "a call of a library": """
import pathlib
import time

def work(read):
    time.sleep(0.04)
    return read()

print(work(pathlib.Path("pipe").read_text))
""",
    "a statement": """
import time
text = [time.sleep(0.04), open("pipe").read()][1]
print(text)
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_comes_out_of_a_pipe_is_not_kept(tmp_path: Path, program: str) -> None:
    (tmp_path / "main.py").write_text(program)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    report = tmp_path / "report.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "hitsave", "run", "-q", "--store", "store", "--report", str(report), "main.py"]
    for text in ("one", "two", "three"):
        # A shell opens the pipe for writing only once somebody reads; it ends with its reader.
        writer = subprocess.Popen(["sh", "-c", f"printf {text} > pipe"], cwd=tmp_path)
        done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
        writer.kill()
        writer.wait()
        assert done.stdout == text + "\n"
        calls = json.loads(report.read_text())["calls"]
        assert calls
        assert all(call["verdict"] == "unsaved" for call in calls)
        assert any(reason["kind"] == "special-file" for call in calls for reason in call["reasons"])
