"""What the standard library writes for itself, and nobody sees; and whether something was written besides, into a pipe."""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from hitsave_trace.taps import kernel

PROGRAM = """
    import os, sys
    from hitsave_trace.taps import kernel

    class Descriptors:
        bytes = {1: 0, 2: 0}

    kernel._talkative = lambda: iter(["perhaps somebody"])
    accounts = kernel.Accounts()
    sys.path.insert(0, sys.argv[1])
    import fresh
    told = BODY
    print(told)
"""


def test_what_tempfile_tries_counts_once_it_has_looked(monkeypatch):
    monkeypatch.delitem(sys.modules, "joblib._multiprocessing_helpers", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert kernel._of_libraries() == {0}
    tempfile.gettempdir()
    assert kernel._of_libraries() == {0, 4}


def told(folder: Path, body: str, *, bytecode: bool = True) -> str:
    (folder / "fresh.py").write_text("value = [" + ", ".join(map(str, range(50))) + "]\n")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if not bytecode:
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
    program = textwrap.dedent(PROGRAM).replace("BODY", body)
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], env=variables, capture_output=True, text=True, check=True
    )
    assert (folder / "__pycache__").exists() == bytecode
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.skipif(not os.path.exists("/proc/self/io"), reason="nobody counts what a process writes")
@pytest.mark.parametrize("bytecode", [True, False])
def test_bytecode_that_the_interpreter_keeps_is_no_output(tmp_path, bytecode):
    assert told(tmp_path, "accounts.unseen_output(Descriptors, {})", bytecode=bytecode) == "None"


@pytest.mark.skipif(not os.path.exists("/proc/self/io"), reason="nobody counts what a process writes")
def test_what_is_written_besides_is_told(tmp_path):
    body = "(os.write(1, b'native output\\n'), accounts.unseen_output(Descriptors, {}))[1]"
    assert told(tmp_path, body) == "perhaps somebody"
