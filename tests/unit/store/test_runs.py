from __future__ import annotations

import signal


def test_a_run_is_in_the_log_from_its_first_moment(shop, store, python):
    number = store.start_run({"command": ["train.py"], "started": 1.5})
    seen = python("print(open_store(sys.argv[1], 'project').runs())", shop.folder).stdout
    assert seen == "[{'state': 'running', 'command': ['train.py'], 'started': 1.5, 'run': 1}]\n"
    store.note_calls(number, [{"function": "m:f"}, {"function": "m:g"}])
    store.note_calls(number, [{"function": "m:h"}])
    store.finish_run(number, {"exit": 0, "state": "failed"})
    assert store.run(1) == {"state": "failed", "command": ["train.py"], "started": 1.5, "run": 1, "exit": 0}
    store.flush()
    assert [call["function"] for call in store.run_calls(1)] == ["m:f", "m:g", "m:h"]


def test_numbers_are_consecutive_and_runs_newest_first(shop, store):
    assert [store.start_run({"n": n}) for n in range(3)] == [1, 2, 3]
    assert [run["n"] for run in store.runs()] == [2, 1, 0]
    assert [run["n"] for run in store.runs(limit=1)] == [2]
    store.close()
    assert shop.open().start_run({}) == 4


def test_a_number_is_not_given_twice_if_the_counter_is_lost(store):
    from hitsave.store import schema

    store.start_run({"n": "first"})
    store.log.environment.write(lambda txn: txn.delete(schema.META + b"run" + store._namespace))
    assert store.start_run({"n": "second"}) == 2


def test_a_killed_run_is_known_as_killed(shop, store, start):
    process = start(
        """
        store = open_store(sys.argv[1], "project")
        print(store.start_run({"command": ["x"]}), flush=True)
        sys.stdin.read()
        """,
        shop.folder,
    )
    assert process.stdout.readline() == "1\n"
    assert store.run(1)["state"] == "running"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert store.run(1)["state"] == "killed"


def test_runs_that_start_together_get_different_numbers(shop, store, start):
    program = """
        store = open_store(sys.argv[1], "project")
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(5):
            n = store.start_run({"pid": os.getpid()})
            store.finish_run(n, {})
            print(n)
        store.close()
    """
    processes = [start(program, shop.folder) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    numbers = [int(line) for process in processes for line in process.stdout.read().split()]
    assert sorted(numbers) == list(range(1, 21))


def test_records_may_hold_what_only_looks_plain(store):
    class Text(str):
        __slots__ = ()

    number = store.start_run({"git": {"commit": Text("abc"), "dirty": True}})
    assert store.run(number)["git"] == {"commit": "abc", "dirty": True}
