"""Work that a recorded call gives to other processes: it is seen where it is given, however long the workers have been there."""

from __future__ import annotations

import json

import pytest

from tests.harness.runs import Pair

HELPER = "import time\nRATE = 3\ndef heavy(x):\n    time.sleep(0.04)\n    return x * RATE\n"


def run(pair, main, rate):
    for folder in (pair.plain, pair.saved):
        (folder / "main.py").write_text(main)
        (folder / "helper.py").write_text(HELPER.replace("3", str(rate), 1))
    # On a busy machine loky's tracker of resources may warn when a run ends, a plain one as well.
    plain, saved, report = pair.both(["main.py"], {"PYTHONWARNINGS": "ignore:resource_tracker:UserWarning"})
    assert plain.differences(saved) == []
    found = {}
    for call in report["calls"]:
        found.setdefault(call["function"].partition(":")[2], []).append(
            (call["verdict"], [r["kind"] for r in call["reasons"]])
        )
    return found


def logged(pair):
    """(function, verdict) of all calls of the last run, those in its workers as well."""
    waiting = json.loads(pair.ask("show", "--json", "@").stdout)["calls"]
    found = []
    while waiting:
        call = waiting.pop()
        found += [(call["function"].partition(":")[2], call["verdict"])] * call["count"]
        waiting += call["calls"]
    return found


POOLS = {
    "joblib": "from joblib import Parallel, delayed\nWORK = lambda: Parallel(n_jobs=2)(delayed(helper.heavy)(i) for i in range(3))\n",
    "executor": (
        "from concurrent.futures import ProcessPoolExecutor\nimport multiprocessing\nPOOLS = {}\n"
        "def made():\n    if not POOLS:\n        context = multiprocessing.get_context('spawn')\n"
        "        POOLS[1] = ProcessPoolExecutor(1, mp_context=context)\n    return POOLS[1]\n"
        "WORK = lambda: list(made().map(helper.heavy, range(3)))\n"
    ),
}


@pytest.mark.parametrize("kind", sorted(POOLS))
def test_workers_that_were_there_before(kind, tmp_path):
    if kind == "joblib":
        pytest.importorskip("joblib")
    pair = Pair(tmp_path)
    main = (
        f"import helper, time\n{POOLS[kind]}\n"
        "def work():\n    time.sleep(0.04)\n    return WORK()\n\n"
        "if __name__ == '__main__':\n    WORK()\n    print(work())\n"
    )
    for rate in (3, 3, 4):
        [(verdict, _)] = run(pair, main, rate)["work"]
        assert verdict == "unsaved"


def test_what_a_forked_worker_saves_is_there_even_if_it_is_ended(tmp_path):
    pair = Pair(tmp_path)
    main = (
        "import helper, multiprocessing\n"
        "def work():\n    with multiprocessing.get_context('fork').Pool(1) as pool:\n        return pool.map(helper.heavy, [1, 2, 3])\n\n"
        "def before():\n    return helper.heavy(9)\n\nprint(before(), work())\n"
    )
    for rate, verdict in ((3, "miss"), (3, "hit"), (4, "miss")):
        run(pair, main, rate)
        rows = logged(pair)
        # Those of the workers stand in the log alone, each once.
        assert [name for name, _ in rows].count("heavy") == (3 if verdict == "hit" else 4)
        assert {found for name, found in rows if name == "heavy"} == {verdict}


def test_threads_of_joblib_are_followed(tmp_path):
    pytest.importorskip("joblib")
    pair = Pair(tmp_path)
    main = (
        "import helper\nfrom joblib import Parallel, delayed\n"
        "def work():\n    return Parallel(n_jobs=2, backend='threading')(delayed(helper.heavy)(i) for i in range(3))\n\nprint(work())\n"
    )
    run(pair, main, 3)
    assert [verdict for verdict, _ in run(pair, main, 3)["work"]] == ["hit"]
    assert [verdict for verdict, _ in run(pair, main, 4)["work"]] == ["miss"]
