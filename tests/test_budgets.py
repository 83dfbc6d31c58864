"""What HitSave spends has bounds, and what is not done in time is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

NO_TIME = """
import sys
import hitsave.memo.interceptor as interceptor
interceptor.looking_seconds = lambda *_, **__: 0.0
sys.argv[:] = ["hitsave", "run", "-q", "--store", sys.argv[1], "--report", sys.argv[2], "main.py"]
from hitsave.start import main
main()
"""


def test_looking_for_changes_ends_when_its_time_is_over(tmp_path):
    (tmp_path / "main.py").write_text(
        "from time import sleep\n"
        "kept = {}\n"
        "def slow(x):\n"
        "    sleep(0.04)\n"
        "    kept.setdefault(x, [[i] for i in range(50_000)])\n"
        "    return len(kept)\n"
        "print(slow(1), slow(1), len(kept[1]))\n"
    )
    (tmp_path / "driver.py").write_text(NO_TIME)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "driver.py", "store", "report.json"], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HITSAVE_REPLAY": "0"},
        )  # fmt: skip
        assert done.stdout == "1 1 50000\n", done.stderr
        calls = [
            row for row in json.loads((tmp_path / "report.json").read_text())["calls"] if ":slow" in row["function"]
        ]
        assert calls, done.stderr
        assert {row["verdict"] for row in calls} == {"unsaved"}
        assert "over-budget" in {reason["kind"] for row in calls for reason in row["reasons"]}
