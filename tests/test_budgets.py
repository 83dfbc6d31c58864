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
from hitsave.memo.policy import Policy
Policy.looking_seconds = lambda *_, **__: 0.0
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


def test_with_patience_more_is_saved(tmp_path):
    """A call of 30 ms that is given what takes longer than that to look at."""
    (tmp_path / "main.py").write_text(
        "from time import sleep\n"
        "def slow(x):\n"
        "    sleep(0.03)\n"
        "    return len(x)\n"
        "print(slow([[str(i)] for i in range(300_000)]))\n"
    )
    verdicts = {}
    for patience in ("0.1", "1000"):
        done = subprocess.run(
            [sys.executable, "-m", "hitsave", "run", "-q", "--store", patience, "--report", "report.json", "main.py"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HITSAVE_PATIENCE": patience, "HITSAVE_STATEMENTS": "0"},
        )  # fmt: skip
        assert done.stdout == "300000\n"
        calls = json.loads((tmp_path / "report.json").read_text())["calls"]
        verdicts[patience] = [row["verdict"] for row in calls if row["function"].endswith(":slow")]
    assert verdicts["1000"] == ["miss"]
    assert verdicts["0.1"] != ["miss"]
