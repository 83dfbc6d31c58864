"""The store under sixteen processes, and under SIGKILL again and again. Minutes, not seconds."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("HITSAVE_STRESS_ROUNDS", "60"))

pytestmark = pytest.mark.slow

PROGRAM = f"""
import os, random, sys, time
sys.path.insert(0, {str(ROOT)!r})
from hitsave.store import codec, evict, pickles
from hitsave.store.store import open_store

def value_of(n):
    return [n, bytes([n % 256]) * random.Random(n).choice([10, 1000, 70_000, 1_500_000])]

def save(store, n):
    call = n.to_bytes(16, "big")
    node = codec.encode(("global", f"mod:x{{n % 50}}", b"f" * 16, "x"))
    pickled = pickles.dump(value_of(n))
    name = codec.digest_of(node)
    trace = ("trace", 1, call, f"mod:f{{n % 7}}", (((name, 0),), (), (), pickled.digest, 0.5, 1, time.time(), ()))
    store.save_trace(call, trace, [(name, node)], pickled)

def check(store, n):
    '''Whether call n is there; what is there must be right.'''
    for digest in store.candidates(n.to_bytes(16, "big")):
        trace = store.trace(digest)
        try:
            if trace is not None:
                assert store.load_value(trace[4][3]) == value_of(n), n
                return True
        except codec.Gone:
            pass
    return False

store = open_store(sys.argv[1], "project")
assert store.usable
"""


def start(body, *arguments):
    command = [sys.executable, "-c", PROGRAM + body, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(autouse=True)
def user_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))


def whole(folder):
    done = start("from hitsave.store.verify import verify\nprint({p.kind for p in verify(store)})", folder)
    out, err = done.communicate()
    assert err == ""
    assert eval(out) <= {"unnamed-blob", "unfinished"}, out


def test_sixteen_processes_that_save_read_fork_and_evict(tmp_path):
    body = """
me, rounds = int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(me)
for i in range(rounds * 5):
    n = rng.randrange(500)
    if not check(store, n):
        save(store, n)
    if i % 50 == 49:
        pid = os.fork()
        if pid == 0:
            save(store, 1000 + me)
            store.flush()
            os._exit(0 if check(store, 1000 + me) else 1)
        assert os.waitpid(pid, 0)[1] == 0
    if me == 0 and i % 60 == 59:
        evict.prune(store, 100_000_000)
number = store.start_run({"me": me})
store.note_calls(number, [{"function": "mod:f"}] * 100)
store.finish_run(number, {})
store.close()
print(number)
"""
    processes = [start(body, tmp_path / "store", n, ROUNDS) for n in range(16)]
    numbers = []
    for process in processes:
        out, err = process.communicate()
        assert (process.returncode, err) == (0, "")
        numbers.append(int(out))
    assert sorted(numbers) == list(range(1, 17))
    whole(tmp_path / "store")


def test_sigkill_again_and_again(tmp_path):
    body = """
me = int(sys.argv[2])
n = me * 1_000_000
number = store.start_run({})
while True:
    for _ in range(random.randrange(1, 20)):
        n += 1
        save(store, n)
    store.flush()
    print(n, flush=True)
"""
    rng = random.Random(1)
    promised = {}
    for round_ in range(ROUNDS):
        processes = [start(body, tmp_path / "store", round_ * 3 + n) for n in range(3)]
        for process in processes:
            process.stdout.readline()
        time.sleep(rng.random() * 0.2)
        for n, process in enumerate(processes):
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            assert err == ""
            lines = out.split()
            if lines:
                promised[round_ * 3 + n] = int(lines[-1])
    body = """
for pair in sys.argv[2:]:
    me, last = map(int, pair.split(":"))
    for n in range(me * 1_000_000 + 1, last + 1):
        assert check(store, n), n
print({run["state"] for run in store.runs()})
"""
    done = start(body, tmp_path / "store", *(f"{me}:{last}" for me, last in promised.items()))
    out, err = done.communicate()
    assert (out, err) == ("{'killed'}\n", "")
    whole(tmp_path / "store")
