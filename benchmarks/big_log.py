"""A store with 10,000 runs, 1,000,000 calls and 3,000 versions of sources, and how long commands take on it.

    python benchmarks/big_log.py make DIR            about 300 MB
    python benchmarks/big_log.py measure DIR         seconds and memory of each command, start-up included

The runs are those of a project of 40 files with 8 functions each. One run in three comes after an edit. A run makes 100 calls,
of which 10 are computed.
"""

from __future__ import annotations

import os
import platform
import random
import shlex
import statistics
import sys
import time
from pathlib import Path

import lmdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hitsave.store.codec import digest_of  # noqa: E402
from hitsave.store.runs import Runs  # noqa: E402
from hitsave.store.sources import Sources  # noqa: E402
from hitsave.store.store import Store, open_store  # noqa: E402

RUNS, CALLS, VERSIONS = 10_000, 100, 3_000
FILES, FUNCTIONS = 40, 8
COMPUTED = 10


class Bulk:
    """Rows of one environment inside one large transaction."""

    def __init__(self, txn: lmdb.Transaction) -> None:
        self.txn = txn
        self.writable = True

    def get(self, key: bytes) -> bytes | None:
        return self.txn.get(key)

    def put(self, key: bytes, row: bytes) -> None:
        self.txn.put(key, row)

    def put_new(self, key: bytes, row: bytes) -> None:
        self.txn.put(key, row, overwrite=False)

    def write(self, change, otherwise):
        return change(self.txn)


class Project:
    """Files with functions, of which one is edited now and then."""

    def __init__(self) -> None:
        self.numbers = {(file, function): 0 for file in range(FILES) for function in range(FUNCTIONS)}
        self.sources: dict[str, str] = {}
        self.functions: dict[str, bytes] = {}
        self.versions = 0

    def text(self, file: int) -> str:
        pieces = [f'"""Module {file}."""\n\nimport time\n\nRATE = {file}\n']
        for function in range(FUNCTIONS):
            body = "".join(f"    x = x + {line}\n" for line in range(12))
            pieces.append(f"\n\ndef f{function}(x):\n{body}    return x * {self.numbers[file, function]}\n")
        return "".join(pieces)

    def save(self, sources: Sources, file: int) -> None:
        text = self.text(file).encode()
        digest = sources.save(text)
        self.sources[f"pkg/m{file}.py"] = digest.hex()
        self.versions += 1
        for function in range(FUNCTIONS):
            name = f"pkg.m{file}:f{function}"
            fingerprint = digest_of(f"{name} {self.numbers[file, function]}".encode())
            self.functions[name] = fingerprint
            first = 8 + function * 16
            sources.save_code(fingerprint, name, (digest, f"pkg/m{file}.py", first, first + 13))


def make(folder: str) -> None:
    store = open_store(folder, folder)
    assert isinstance(store, Store)
    chance = random.Random(0)
    project = Project()
    environment = store.log.environment
    at = 0
    while at < RUNS:

        def some(txn: lmdb.Transaction, at: int = at) -> None:
            runs, sources = Runs(Bulk(txn), store._namespace), Sources(Bulk(txn), store._namespace)  # type: ignore[arg-type]
            if at == 0:
                for file in range(FILES):
                    project.save(sources, file)
            for number in range(at, at + 500):
                if project.versions < VERSIONS and chance.random() < 0.35:
                    file, function = chance.randrange(FILES), chance.randrange(FUNCTIONS)
                    project.numbers[file, function] += 1
                    project.save(sources, file)
                add_run(runs, project, number, chance)

        # The map is made large enough first: a transaction that is begun again would edit the project twice.
        environment._resize(8 << 30)
        environment.write(some)
        at += 500
        print(f"{at} runs", end="\r", flush=True)
    store.close()
    print(f"{RUNS} runs, {RUNS * CALLS} calls, {project.versions} versions of sources")


def add_run(runs: Runs, project: Project, number: int, chance: random.Random) -> None:
    when = 1_700_000_000.0 + number * 600
    script = f"train{number % 4}.py"
    command = [script, "--rate", str(chance.choice((0.1, 0.2, 0.4)))]
    opening = {"command": command, "script": script, "project": "/p", "cwd": "/p", "started": when, "tracer": "profile"}
    run = runs.start({**opening, "python": "3.12.1", "git": None, "at": None})
    used = [("code", name, fingerprint, "pkg/m.py:1") for name, fingerprint in project.functions.items()]
    used += [("global", f"pkg.m{i}:RATE", bytes([i]) * 16, str(i)) for i in range(FILES)]
    used += [("binding", f"pkg.m{i}:f{j}", bytes([i, j]) * 8, None) for i in range(FILES) for j in range(4)]
    used += [("file", f"data/{i}.csv", bytes([i, number // 3000]) * 8, f"{i} bytes") for i in range(10)]
    codes = runs.save_uses(tuple(use for use in used if use[0] == "code"))
    rows, tables = [], {}
    for i in range(CALLS):
        function = f"pkg.m{i % FILES}:f{i % FUNCTIONS}"
        rate = chance.random()
        computed = i < COMPUTED
        reason = {
            "kind": "argument",
            "subject": "x",
            "where": "pkg/m.py:8",
            "before": "0.5",
            "after": f"{rate}",
            "path": [function],
        }
        rows.append(
            {
                "function": function, "arguments": {"x": f"{rate:.6f}"}, "verdict": "miss" if computed else "hit",
                "reasons": [reason] if computed else [], "seconds": 0.5, "saved_seconds": 0.0 if computed else 0.5,
                "call": chance.randbytes(16).hex(), "trace": chance.randbytes(16).hex(), "where": "pkg/m.py:8",
                "at": i * 0.6, "within": [] if i % 10 == 9 else [(i // 10 * 10 + 9) * 0.6], "depth": 0 if i % 10 == 9 else 1,
                "source_run": None if computed else max(number - 1, 1),
            }
        )  # fmt: skip
        if computed:
            row = {"verdict": "miss", "arguments": {"x": rate}, "result": {"loss": rate * 2, "accuracy": 1 - rate}}
            row |= {"code": project.functions[function].hex(), "codes": codes.hex(), "seconds": 0.5, "when": when}
            tables.setdefault(function, []).append(
                {**row, "call": rows[-1]["call"], "trace": rows[-1]["trace"], "at": i * 0.6}
            )
    for start in range(0, CALLS, 20):
        runs.note(run, rows[start : start + 20])
    for function, found in tables.items():
        runs.note_table(run, function, found)
    ended = {"state": "done", "seconds": 60.0, "exit": 0, "hits": CALLS - COMPUTED, "misses": COMPUTED, "unsaved": 0}
    functions = {name: fingerprint.hex() for name, fingerprint in project.functions.items()}
    kept = {"sources": dict(project.sources), "functions": functions, "used": runs.save_uses(tuple(used)).hex()}
    runs.finish(run, {**ended, **kept, "saved_seconds": 45.0, "distributions": {"numpy": "2.1"}, "replayed": False})


COMMANDS = (
    ["log"], ["log", "-n", "100", "--json"], ["log", "--script", "train1.py"], ["why"], ["why", "m3.f3", "--run", "9000"],
    ["show"], ["show", "5000"], ["calls", "m3.f3"], ["calls", "m3.f3", "--where", "x > 0.9", "--top", "loss"],
    ["diff", "9000", "9990", "--stat"], ["diff"], ["log", "--changed", "m3.f3", "-n", "3"], ["graph", "@"],
)  # fmt: skip
TIMES = 15


def measure(folder: str) -> None:
    """Median seconds of each command as a process of its own (of the clock, and of the processor), and the most memory it had."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from hitsave.start import main; main()"
    print(
        f"CPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}"
    )
    print(f"| command | median of {TIMES} | processor | memory |\n| --- | ---: | ---: | ---: |")
    for words in [["--version"], *COMMANDS]:
        command = [sys.executable, "-c", code, *words, *([] if words == ["--version"] else ["--store", folder])]
        seconds, processor, memory = [], [], 0
        for _ in range(TIMES):
            began = time.perf_counter()
            pid = os.posix_spawn(
                sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
            )
            _, status, usage = os.wait4(pid, 0)
            seconds.append(time.perf_counter() - began)
            processor.append(usage.ru_utime + usage.ru_stime)
            memory = max(memory, usage.ru_maxrss)
            assert status == 0, words
        shown = shlex.join(["hitsave", *words])
        cells = f"{statistics.median(seconds) * 1e3:.0f} ms | {statistics.median(processor) * 1e3:.0f} ms"
        print(f"| `{shown}` | {cells} | {memory / 1024:.0f} MB |")


if __name__ == "__main__":
    what, where = sys.argv[1:]
    where = os.path.abspath(where)
    os.makedirs(where, exist_ok=True)
    os.chdir(where)
    {"make": make, "measure": measure}[what](where)
