"""Who takes part, how each is used, and the environment that it runs in.

Environments lie in a folder of the user's caches and are made once: one with the libraries of the programs, and one a peer
that sees these as well. What can't be installed on this interpreter is left out, with a line that says why.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import own_tag
from benchmarks.pairs import ROOT

REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"
LIBRARIES = ("numpy>=1.26", "pandas>=2.1")


@dataclass(frozen=True)
class Peer:
    """One of those who are compared."""

    name: str
    package: str | None  # as in the requirements; None: nothing but the libraries, or this tree
    prelude: str = ""  # what stands at the top of a program
    decorator: str = ""  # what stands before a function
    run: str = ""  # what a call is put into
    words: tuple[str, ...] = ()  # between the interpreter and the script
    variables: dict[str, str] = field(default_factory=dict)
    notebook: bool = False


PLAIN = Peer("plain Python", None)
OURS = Peer("HitSave", None, words=("-m", "hitsave", "run", "--no-replay", "--store", "../store"))
REPLAYED = Peer("HitSave, whole run", None, words=("-m", "hitsave", "run", "--store", "../store"))
OTHERS = (
    Peer("joblib", "joblib", "from joblib import Memory\nmemory = Memory('../store', verbose=0)", "@memory.cache"),
    Peer(
        "joblib, mmap",
        "joblib",
        "from joblib import Memory\nmemory = Memory('../store', mmap_mode='c', verbose=0)",
        "@memory.cache",
    ),
    Peer("diskcache", "diskcache", "from diskcache import Cache\ncache = Cache('../store')", "@cache.memoize()"),
    Peer("cachier", "cachier", "from cachier import cachier", "@cachier(cache_dir='../store')"),
    Peer(
        "redun",
        "redun",
        "import logging\nfrom redun import Scheduler, task\nfrom redun.config import Config\nredun_namespace = 'program'\n"
        "logging.disable()\nscheduler = Scheduler(config=Config({'backend': {'db_uri': 'sqlite:///../redun.db'}}))\nscheduler.load()",
        "@task()",
        "scheduler.run",
    ),
    Peer("marimo", "marimo", "import marimo as mo", "@mo.persistent_cache(save_path='../store')", notebook=True),
    Peer(
        "first hitsave",
        "hitsave",
        "from hitsave import memo",
        "@memo",
        variables={"HITSAVE_NO_CLOUD": "1", "XDG_CACHE_HOME": "../store", "XDG_CONFIG_HOME": "../store"},
    ),
    # What takes less than a second is not worth saving to it unless it is told so.
    Peer(
        "rote",
        "rote",
        words=("-m", "rote.cli", "--cache-dir", "../store", "run"),
        variables={"ROTE_MIN_DURATION_S": "0.01"},
    ),
)


class Missing(Exception):
    """A peer that can't be installed, and why."""


def interpreter(peer: Peer) -> str:
    """The interpreter of a peer's environment, made if need be. Raises Missing."""
    libraries = _environment("libraries", LIBRARIES, None)
    if peer is PLAIN:
        return _python(libraries)
    if peer.package is None:
        return _python(_environment("this-tree", ("--editable", str(ROOT)), libraries))
    return _python(_environment(peer.package, (_requirement(peer.package),), libraries))


def _requirement(package: str) -> str:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(package + "=="))


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "hitsave-benchmarks" / own_tag()


def _python(folder: Path) -> str:
    return str(folder / "bin" / "python")


def _environment(name: str, wanted: tuple[str, ...], libraries: Path | None) -> Path:
    key = hashlib.sha256(repr((wanted, sys.version, str(libraries))).encode()).hexdigest()[:8]
    folder = _cache() / f"{name}-{key}"
    if (folder / "made").exists():
        return folder
    print(f"  making an environment for {name} …", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    if libraries is not None:
        [own] = (folder / "lib").glob("python*/site-packages")
        [theirs] = (libraries / "lib").glob("python*/site-packages")
        (own / "libraries.pth").write_text(f"{theirs}\n", encoding="utf-8")
    done = subprocess.run(
        [_python(folder), "-m", "pip", "--disable-pip-version-check", "install", "-q", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        raise Missing(errors[0].removeprefix("ERROR: ") if errors else "it can't be installed")
    (folder / "made").write_text("", encoding="utf-8")
    return folder
