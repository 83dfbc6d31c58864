"""What is imported where a whole run is replayed: this stands before every run, so each module has its price.

A new module here is a decision. The list is exact, so that one that is no longer needed is noticed as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

ALLOWED = {
    # others' (lmdb tells its platform by `sys` alone)
    "__future__", "_blake2", "_opcode", "lmdb", "opcode", "select", "xxhash", "zlib",
    # ours
    "hitsave", "hitsave.config", "hitsave.errors", "hitsave.launch", "hitsave.options", "hitsave.remembered", "hitsave.render",
    "hitsave.render.summary", "hitsave.replay", "hitsave.replay.again", "hitsave.replay.conditions", "hitsave.replay.doing",
    "hitsave.replay.log", "hitsave.replay.look", "hitsave.replay.record", "hitsave.report", "hitsave.report.words",
    "hitsave.start", "hitsave.store", "hitsave.store.blobs", "hitsave.store.codec", "hitsave.store.environment",
    "hitsave.store.place", "hitsave.store.rows", "hitsave.store.runs", "hitsave.store.schema", "hitsave.store.seals",
    "hitsave.store.trust", "hitsave.store.writer", "hitsave_trace", "hitsave_trace.accounts", "hitsave_trace.fingerprint",
    "hitsave_trace.fingerprint.files", "hitsave_trace.fingerprint.variables", "hitsave_trace.model", "hitsave_trace.pythons", "hitsave_trace.scope",
}  # fmt: skip
SITE = """\
import os, sys
name = "_" + "exit"  # its name alone would speak against a replay
end, before = getattr(os, name), set(sys.modules)
def told(status):
    with open(os.environ["TOLD"], "w") as file:
        file.write("\\n".join(set(sys.modules) - before - set(sys.builtin_module_names)))
    end(status)
setattr(os, name, told)
"""


def test_a_replay_imports_only_what_it_must(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SITE)
    (tmp_path / "entry.py").write_text("from hitsave.start import main\nmain()\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "main.py").write_text("import json\nprint(json.dumps(1))\n")
    (project / "pyproject.toml").write_text("[tool.hitsave]\nthreshold = 0.02\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON"))}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(ROOT)]),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "TOLD": str(tmp_path / "told"),
    }
    command = [sys.executable, str(tmp_path / "entry.py"), "run", "main.py"]
    for _ in range(2):
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=True)
    assert "replayed whole" in done.stderr
    imported = set((tmp_path / "told").read_text().split())
    imported = {name for name in imported if not name.startswith(("lmdb.", "xxhash.")) and name != "_opcode_metadata"}
    assert imported == ALLOWED
