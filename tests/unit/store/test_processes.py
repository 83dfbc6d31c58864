"""Forks, crashes and company."""

from __future__ import annotations

import os
import signal

import pytest


def test_fork_gives_each_side_a_store_and_no_warning(python, shop):
    done = python(
        """
        import warnings
        warnings.simplefilter("error")
        store = open_store(sys.argv[1], "project")
        save(store, "before", b"b" * 16)
        assert store.values.writer._running
        pid = os.fork()
        if pid == 0:
            assert find(store, b"b" * 16) == "before"
            save(store, "child", b"c" * 16)
            assert find(store, b"c" * 16) == "child"
            again = os.fork()
            if again == 0:
                save(store, "grandchild", b"g" * 16)
                store.flush()
                os._exit(0)
            os.waitpid(again, 0)
            store.flush()
            os._exit(0)
        save(store, "parent", b"p" * 16)
        assert os.waitpid(pid, 0)[1] == 0
        store.flush()
        print([find(store, key * 16) for key in (b"b", b"p", b"c", b"g")])
        store.close()
        """,
        shop.folder,
    )
    assert done.stdout == "['before', 'parent', 'child', 'grandchild']\n"
    assert done.stderr == ""


def test_multiprocessing_by_fork_saves_in_every_child(python, shop):
    done = python(
        """
        import multiprocessing
        store = open_store(sys.argv[1], "project")

        def work(i):
            save(store, i, bytes([i]) * 16)
            store.flush()
            return find(store, bytes([i]) * 16)

        with multiprocessing.get_context("fork").Pool(4) as pool:
            assert pool.map(work, range(1, 40)) == list(range(1, 40))
        print(sum(find(store, bytes([i]) * 16) for i in range(1, 40)))
        store.close()
        """,
        shop.folder,
    )
    assert done.stdout == f"{sum(range(1, 40))}\n"
    assert done.stderr == ""


def test_threads_that_save_while_others_fork(python, shop):
    done = python(
        """
        import threading, warnings
        warnings.simplefilter("ignore")
        store = open_store(sys.argv[1], "project")

        def work(t):
            for i in range(300):
                key = b"%02d%014d" % (t, i)
                save(store, (t, i), key)
                assert find(store, key) == (t, i)

        threads = [threading.Thread(target=work, args=(t,)) for t in range(3)]
        for thread in threads:
            thread.start()
        for n in range(15):
            pid = os.fork()
            if pid == 0:
                save(store, n, b"fork%012d" % n)
                store.flush()
                os._exit(0 if find(store, b"fork%012d" % n) == n else 1)
            assert os.waitpid(pid, 0)[1] == 0
        for thread in threads:
            thread.join()
        store.flush()
        print(all(find(store, b"%02d%014d" % (t, i)) == (t, i) for t in range(3) for i in range(300)))
        print(all(find(store, b"fork%012d" % n) == n for n in range(15)))
        store.close()
        """,
        shop.folder,
    )
    assert done.stdout == "True\nTrue\n", done.stderr


def test_a_signal_handler_may_use_the_store(python, shop):
    done = python(
        """
        import signal
        store = open_store(sys.argv[1], "project")
        count = 0

        def handler(*_):
            global count
            number = count = count + 1  # on a busy machine the next signal may come before this one is done with
            key = b"hand%012d" % number
            save(store, number, key)
            assert find(store, key) == number
            signal.setitimer(signal.ITIMER_REAL, 0.0003)

        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for i in range(3000):
            save(store, i, b"%016d" % i)
            assert find(store, b"%016d" % i) == i
        signal.signal(signal.SIGALRM, signal.SIG_IGN)  # one that is on its way would set the timer again
        store.close()
        print(count > 0)
        """,
        shop.folder,
    )
    assert done.stdout == "True\n", done.stderr


KILLED = """
    store = open_store(sys.argv[1], "project")
    run = store.start_run({"command": ["x"]})
    print(run, flush=True)
    i = int(sys.argv[2])
    while True:
        i += 1
        save(store, [i, os.urandom(100), bytes(i % 7 * 40_000)], i.to_bytes(16, "big"))
        store.flush()
        print(i, flush=True)
        for j in range(5):
            save(store, os.urandom(100_000 if j == 2 else 10), os.urandom(16))
"""


@pytest.mark.parametrize("after", [1, 4, 15])
def test_what_was_committed_outlives_sigkill(shop, store, start, save, after):
    from hitsave.store.verify import verify

    store.close()
    process = start(KILLED, shop.folder, 0)
    lines = [int(process.stdout.readline()) for _ in range(after + 1)]
    process.send_signal(signal.SIGKILL)
    lines += [int(line) for line in process.stdout]
    process.wait()
    store = shop.open()
    for i in range(1, max(lines[1:]) + 1):
        (trace,) = store.candidates(i.to_bytes(16, "big"))
        assert store.load_value(store.trace(trace)[4][3])[0] == i
    assert {p.kind for p in verify(store)} <= {"unnamed-blob", "unfinished"}
    verify(store, fix=True)
    assert verify(store) == []
    assert store.run(1)["state"] == "killed"
    assert save(store, "after", b"x" * 16)[1]


def test_it_is_in_the_store_without_a_flush(shop, start):
    process = start(
        """
        store = open_store(sys.argv[1], "project")
        save(store, "soon", b"s" * 16)
        print("saved", flush=True)
        sys.stdin.read()
        """,
        shop.folder,
    )
    assert process.stdout.readline() == "saved\n"
    store = shop.open()
    while not store.candidates(b"s" * 16):  # the run of the test is the limit
        os.sched_yield()
    process.send_signal(signal.SIGKILL)


def test_many_processes_at_once(shop, start):
    from hitsave.store.verify import verify

    program = """
        store = open_store(sys.argv[1], "project")
        me = int(sys.argv[2])
        for i in range(25):
            save(store, (me, i), b"%04d%012d" % (me, i))
            save(store, ["shared", i], b"shared%010d" % i)
            store.save_blob(b"shared" * 20_000 + b"%d" % i)
            assert find(store, b"shared%010d" % i) == ["shared", i]
        store.close()
        print("done")
    """
    processes = [start(program, shop.folder, n) for n in range(8)]
    assert [process.stdout.read() for process in processes] == ["done\n"] * 8
    store = shop.open()
    for n in range(8):
        for i in range(25):
            (trace,) = store.candidates(b"%04d%012d" % (n, i))
            assert store.load_value(store.trace(trace)[4][3]) == (n, i)
    assert len(store.candidates(b"shared%010d" % 3)) == 8
    assert {p.kind for p in verify(store)} <= {"unnamed-blob"}
    assert shop.said == []
