"""The rows of a run's calls, where several threads add some and hand them over at once."""

from __future__ import annotations

import threading

from hitsave.memo.journal import Journal


class Store:
    """A store in which, while it writes, other threads go on."""

    def __init__(self):
        self.calls = []
        self.tables = []
        self.meanwhile = []

    def note_calls(self, _run, rows):
        for row in rows:
            self._others()
            self.calls.append(row["call"])

    def note_table(self, _run, function, rows):
        self._others()
        self.tables += [(function, row) for row in rows]

    def _others(self):
        while self.meanwhile:
            thread = threading.Thread(target=self.meanwhile.pop())
            thread.start()
            thread.join()


def test_what_comes_while_rows_are_written_is_written_later(monkeypatch):
    monkeypatch.setattr("hitsave.memo.journal.perf_counter", lambda: 0.0)  # nothing is late: only when it is said
    store = Store()
    journal = Journal(store, 1, wanted=False)

    def another(number):
        journal._note({"call": number})
        journal._tables.setdefault(f"f{number}", []).append(number)

    another(1)
    another(2)
    store.meanwhile = [lambda: another(4), lambda: another(3)]
    journal.flush()
    assert store.calls == [1, 2]
    store.meanwhile = [lambda: another(5), journal.flush]
    journal.flush()
    journal.finish()
    assert sorted(store.calls) == [1, 2, 3, 4, 5]
    assert sorted(store.tables) == [(f"f{number}", number) for number in (1, 2, 3, 4, 5)]


def test_a_child_does_not_wait_for_a_thread_of_its_parent():
    journal = Journal(Store(), 1, wanted=False)
    journal._lock.acquire()
    done = []

    def child():
        journal.fork()
        journal.store.flush = lambda: None
        journal._note({"call": 1})
        done.append(journal.store.calls)

    thread = threading.Thread(target=child)
    thread.start()
    thread.join(60)
    assert done == [[1]]
