"""What a call that ran is compared with, if the program made others like it in the same run."""

from __future__ import annotations

import json
from pathlib import Path

from tests.harness.commands import hitsave

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

    hitsave(folder, "run", "-q", "main.py")
    script.write_text(SCRIPT.replace("return n + rate", "return n * 2 + rate"))
    hitsave(folder, "run", "-q", "main.py")
    told = json.loads(hitsave(folder, "why", "--json"))
    assert [(cause["kind"], cause["subject"], cause["calls"][0]["count"]) for cause in told["missed"]] == [
        ("code", "__main__:step", 3)
    ]
