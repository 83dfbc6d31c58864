"""HitSave's commands as a person gives them, in a project folder with a store beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.harness.runs import ROOT


def hitsave(folder: Path, *words: str, **variables: str) -> str:
    """What a command writes on stdout; it must succeed. Statements are only answered if `variables` say so."""
    done = subprocess.run(
        [sys.executable, "-m", "hitsave", *words], cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HITSAVE_STATEMENTS": "0", "HITSAVE_STORE": "../store", **variables},
    )  # fmt: skip
    return done.stdout
