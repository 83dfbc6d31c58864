"""Two scripts of one project, whose functions have the same names."""

from __future__ import annotations

import json
from pathlib import Path

from tests.harness.commands import hitsave

SCRIPT = """
import time

LIMIT = 3
WORD = "{word}"

def main():
    time.sleep(0.04)
    return {result}

print(main())
"""


def test_a_call_is_compared_with_those_of_its_own_script(tmp_path: Path):
    folder = tmp_path / "project"
    folder.mkdir()
    for name, result in (("one", "LIMIT, WORD"), ("two", "WORD")):
        (folder / f"{name}.py").write_text(SCRIPT.format(word=name, result=result))

    for name in ("one", "two"):
        hitsave(folder, "run", "-q", f"{name}.py")
    edited = folder / "one.py"
    edited.write_text(edited.read_text().replace("LIMIT = 3", "LIMIT = 4"))
    assert hitsave(folder, "run", "-q", "one.py") == "(4, 'one')\n"
    told = json.loads(hitsave(folder, "why", "--json"))
    assert [(cause["kind"], cause["subject"]) for cause in told["missed"]] == [("global", "__main__:LIMIT")]
