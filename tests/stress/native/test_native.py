"""What native code reads and writes inside of a recorded call is a dependency or an effect, or the call is unsaved.

Each program runs plainly and under HitSave: cold, again, with other data, and again. And where a C compiler is present, a
preloaded library (`shim.c`) tells what the process really opened while the call was recorded: all of it that lies in the
project must be known to the stored call.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hitsave.report.archive import Archive
from hitsave.store.store import open_store
from tests.harness.runs import Pair
from tests.stress.native.programs import PROGRAMS

HERE = Path(__file__).resolve().parent
MAIN = """\
import os, time
{imports}

def work():
    time.sleep(0.03)
    {work}

try:
    os.stat("/shim-begin")
except OSError:
    pass
told = work()
try:
    os.stat("/shim-end")
except OSError:
    pass
print(told)
{extra}
"""


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """The preloaded library, or None without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", str(HERE / "shim.c"), "-o", str(made), "-ldl"], check=True)
    return made


def make(pair, program, n):
    """Make the data once for each `n`, and copy it: some formats hold the time at which they were made."""
    data = pair.base / f"data-{n}"
    if not data.exists():
        data.mkdir()
        subprocess.run([sys.executable, "-c", f"n = {n}\n{program.make}"], cwd=data, check=True)
    for folder in (pair.plain, pair.saved):
        for path in folder.iterdir():
            if path.name != "main.py":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(data, folder, dirs_exist_ok=True)


def changed(pair, path, n) -> bool:
    """Whether a file is another one than `make` made, or a new one."""
    before, after = pair.base / f"data-{n}" / path, pair.saved / path
    return after.exists() and (not before.exists() or before.read_bytes() != after.read_bytes())


def opened(log: Path, project: Path) -> set[tuple[str, str]]:
    """(r or w, path relative to the project) of what the shim saw, but sources and what the compiler made of them."""
    found = set()
    for line in log.read_text().splitlines() if log.exists() else ():
        what, mode, path = line.split(" ", 2)
        path = os.path.normpath(path)
        if what != "open" or not path.startswith(f"{project}/") or path.endswith((".py", ".pyc")):
            continue
        found.add((mode, os.path.relpath(path, project)))
    return found


def known(pair, report) -> tuple[set[str], set[str]] | None:
    """What the stored call read and wrote, or None if it is not stored."""
    store = open_store(str(pair.store), str(pair.project), readonly=True)
    archive = Archive(store)
    calls = [call for call in archive.calls(report["run"]) if call["function"] == "__main__:work"]
    trace = archive.trace(calls[-1]["trace"]) if calls else None
    store.close()
    if trace is None:
        return None
    reads = {name for kind, name, *_ in trace["dependencies"] if kind in ("file", "listing", "presence", "stat")}
    return reads, {effect[1] for effect in trace["effects"] if effect[0] == "file"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_native_files(name, shim, tmp_path):
    program = PROGRAMS[name]
    missing = [module for module in program.needs if importlib.util.find_spec(module) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    pair = Pair(tmp_path)
    work = program.work.replace("\n", "\n    ")
    text = MAIN.format(imports=program.imports, work=work, extra=program.extra)
    for folder in (pair.plain, pair.saved):
        (folder / "main.py").write_text(text)

    log = tmp_path / "shim.log"
    extra = {"LD_PRELOAD": str(shim), "SHIM_LOG": str(log)} if shim else {}
    verdicts = []
    for number, n in enumerate((3, 3, 5, 5)):
        make(pair, program, n)
        plain = pair.run_plain(["main.py"])
        saved, report = pair.run_saved(["main.py"], extra if number == 0 else {})
        assert plain.differences(saved) == [], (number, report.get("calls"))
        assert plain.status == 0, plain.stderr.decode()
        verdicts.append(
            [(call["verdict"], call["reasons"]) for call in report["calls"] if call["function"] == "__main__:work"]
        )
        if number == 0 and shim:
            seen = opened(log, pair.project)
            found = known(pair, report)
            if found is not None:
                reads, writes = found
                assert {path for mode, path in seen if mode == "r"} - reads - writes == set(), "read unseen"
                # A database is opened for writing, whatever is done with it.
                written = {path for mode, path in seen if mode == "w" and changed(pair, path, n)}
                assert written - writes == set(), "written unseen"
            if name.startswith(("write", "append")) or program.saved is False:
                assert seen, "the shim saw nothing: then it proves nothing"
    for n in (3, 3, 5, 5):
        make(pair, program, n)
        plain = pair.run_plain(["main.py"])
        saved, _ = pair.run_saved(["main.py"], {"HITSAVE_REPLAY": "1"})
        assert plain.differences(saved) == [], "replayed whole"
    words = [calls[-1][0] for calls in verdicts]
    if program.saved is True:
        assert words == ["miss", "hit", "miss", "hit"], verdicts
    elif program.saved is False:
        assert words == ["unsaved"] * 4, verdicts
    else:
        assert words in (["miss", "hit", "miss", "hit"], ["unsaved"] * 4), verdicts
