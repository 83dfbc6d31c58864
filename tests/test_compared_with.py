"""What a call that ran is compared with, if the program made others like it in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SCRIPT = """
import time

rate = 0
counts = {}

def step(n):
    time.sleep(0.04)
    return n + rate + len(counts)

for rate in (1, 2, 3):
    counts[rate] = rate
    print(step(1))
"""


def test_a_call_is_compared_with_those_of_earlier_runs(tmp_path: Path):
    folder = tmp_path / "project"
    folder.mkdir()
    script = folder / "main.py"
    script.write_text(SCRIPT)

    def hitsave(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hitsave", *words], cwd=folder, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HITSAVE_STATEMENTS": "0", "HITSAVE_STORE": "../store"},
        )  # fmt: skip
        return done.stdout

    hitsave("run", "-q", "main.py")
    script.write_text(SCRIPT.replace("return n + rate", "return n * 2 + rate"))
    hitsave("run", "-q", "main.py")
    told = json.loads(hitsave("why", "--json"))
    assert [(cause["kind"], cause["subject"], cause["calls"][0]["count"]) for cause in told["missed"]] == [
        ("code", "__main__:step", 3)
    ]
