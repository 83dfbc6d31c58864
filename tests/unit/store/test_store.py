"""The store against what a dict would do, and what a run does with it."""

from __future__ import annotations

import os
import random
import sys

import numpy as np
import pytest

from hitsave.store import codec, pickles, schema
from hitsave.store.store import Gone, NoStore, Store


def test_a_saved_call_is_found_at_once_and_after_reopening(shop, store, save):
    call, trace, value = save(store, {"answer": 42})

    def look(store):
        assert store.candidates(call) == [trace]
        record = store.trace(trace)
        assert record[2:4] == (call, "mod:f")
        ((node, reader),) = record[4][0]
        assert (store.node(node), reader) == (("global", "mod:x", b"f" * 16, "x"), 0)
        assert store.load_value(value) == {"answer": 42}

    look(store)
    store.flush()
    look(store)
    store.close()
    look(shop.open())


def test_what_is_not_there_is_none(store):
    nothing = bytes(16)
    assert store.candidates(nothing) == []
    assert store.trace(nothing) is store.node(nothing) is store.source(nothing) is None
    assert store.cost("mod:f") is store.run(1) is store.code("mod:f", nothing) is None
    assert store.run_calls(1) == store.runs() == store.calls_of("mod:f") == []
    for load in (store.load_value, store.blob):
        with pytest.raises(Gone):
            load(nothing)


@pytest.mark.parametrize("flushed", [True, False])
def test_candidates_and_calls_are_newest_first(store, save, flushed):
    call = os.urandom(16)
    traces = [save(store, i, call)[1] for i in range(5)]
    other = save(store, "other")
    if flushed:
        store.flush()
    assert store.candidates(call) == traces[::-1]
    assert store.calls_of("mod:f") == [(other[0], other[1])] + [(call, t) for t in traces[::-1]]
    assert store.calls_of("mod:f", limit=2) == store.calls_of("mod:f")[:2]
    assert store.calls_of("mod:g") == []


@pytest.mark.parametrize("flushed", [True, False])
def test_what_is_saved_at_one_tick_of_the_clock_is_all_there(store, save, monkeypatch, flushed):
    monkeypatch.setattr("hitsave.store.schema.time_ns", lambda: 1_700_000_000_000_000_000)
    call = os.urandom(16)
    traces = {save(store, i, call)[1] for i in range(5)}
    if flushed:
        store.flush()
    assert set(store.candidates(call)) == traces
    assert set(store.elsewhere(call)) == set()
    assert set(store.calls_of("mod:f")) == {(call, trace) for trace in traces}
    assert all(schema.saved_at(key) == 1_700_000_000_000_000_000 for key, _ in store.values.scan(schema.CALL))


def test_half_of_it_committed_is_still_in_order(store, save):
    call = os.urandom(16)
    first = save(store, 1, call)[1]
    store.flush()
    second = save(store, 2, call)[1]
    assert store.candidates(call) == [second, first]


def test_a_preferred_trace_is_the_first_candidate_and_stands_there_once(store, save):
    from hitsave.store import evict

    call = os.urandom(16)
    first, second = save(store, 1, call)[1], save(store, 2, call)[1]
    for _ in range(3):
        store.prefer(call, first)
        assert store.candidates(call) == [first, second]
        store.flush()
    store.prefer(call, second)
    assert store.candidates(call) == [second, first]
    evict.prune(store, 1 << 30)
    assert store.candidates(call) == [second, first]
    assert len(store.values.scan(b"c" + store._namespace)) == 2


def test_projects_do_not_see_each_other(shop, save):
    one, two = shop.open(project="one"), shop.open(project="two")
    call, trace, _ = save(one, 1)
    one.save_cost("mod:f", (1.0,))
    assert one.start_run({}) == 1
    assert two.start_run({}) == 1
    one.flush()
    assert two.candidates(call) == []
    assert two.elsewhere(call) == [trace]
    assert one.elsewhere(call) == []
    two.prefer(call, trace)
    assert two.candidates(call) == [trace]
    assert two.elsewhere(call) == []
    assert two.cost("mod:f") is None
    assert two.trace(trace) is not None  # content goes by its digest, whoever saved it
    assert [run["run"] for run in two.runs()] == [1]


def test_what_the_caller_does_to_its_value_afterwards_is_not_saved(store, save):
    small, large = np.zeros(10), np.zeros(1_000_000)
    _, _, value = save(store, [small, large])
    small[:] = large[:] = 7
    store.flush()
    again = store.load_value(value)
    assert again[0].sum() == again[1].sum() == 0


def test_a_value_that_changes_while_it_is_saved_is_not_kept(store):
    array = np.zeros(1_000_000)
    pickled = pickles.dump(array)
    trace = ("trace", 1, b"c" * 16, "mod:f", ((), (), (), pickled.digest, 0.5, 1, 0.0, ()))
    array[3] = 1
    assert store.save_trace(b"c" * 16, trace, [], pickled) == b""
    assert store.candidates(b"c" * 16) == []


def test_nothing_of_the_program_is_kept_alive(store, save):
    array = np.zeros(1_000_000)
    held = sys.getrefcount(array)
    save(store, array)
    assert sys.getrefcount(array) == held


@pytest.mark.parametrize("size", [0, 10, 70_000, 3_000_000])
def test_blobs(store, size):
    data = random.Random(size).randbytes(size)
    name = store.save_blob(data)
    assert store.blob(name) == data
    store.flush()
    assert store.save_blob(bytearray(data)) == name
    assert store.blob(name) == data


def test_costs_and_file_digests_keep_the_last(store):
    store.save_cost("mod:f", (1.0, 2))
    store.save_cost("mod:f", (1.5, 3))
    store.save_cost("mod:g", (0.1,))
    assert store.cost("mod:f") == (1.5, 3)
    store.flush()
    assert store.costs() == {"mod:f": (1.5, 3), "mod:g": (0.1,)}
    store.save_file_digest("/a/b", (10, 20, b"d" * 16))
    assert store.file_digest("/a/b") == (10, 20, b"d" * 16)


def test_sources_are_kept_once_and_codes_lead_to_them(shop, store):
    text = b"def f():\n    return 1\n"
    source = store.save_source(text)
    assert store.save_source(text) == source
    store.save_code(b"c" * 16, ("mod:f", source, 1, 2))
    store.save_code(b"d" * 16, ("mod:f", source, "mod.py", 1, 2))
    store.close()
    store = shop.open()
    assert store.source(source) == text
    assert store.code("mod:f", b"c" * 16) == (source, None, 1, 2)
    assert store.code("mod:f", b"d" * 16) == (source, "mod.py", 1, 2)
    assert store.code("mod:g", b"d" * 16) is None


def test_two_openings_in_one_process_are_one_store(shop, save):
    one, two = shop.open(), shop.open()
    call, trace, _ = save(one, 1)
    one.flush()
    assert two.candidates(call) == [trace]
    one.close()
    assert two.candidates(call) == [trace]


def test_the_thread_is_there_only_when_there_is_something_to_write(store, save):
    import threading

    save(store, 1)
    assert threading.active_count() == 1
    writer = store.values.writer
    assert writer._running
    writer.stop()
    assert not os.path.exists(f"/proc/self/task/{writer._thread_id}")
    _, _, value = save(store, 2)
    assert store.load_value(value) == 2


def test_a_store_and_a_no_store_have_the_same_methods():
    def public(kind):
        return {name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))}

    assert public(Store) == public(NoStore)


def test_a_no_store_takes_everything_and_keeps_nothing(save):
    store = NoStore("somewhere")
    call, trace, value = save(store, 1)
    assert trace == b""
    assert store.candidates(call) == []
    with pytest.raises(Gone):
        store.load_value(value)
    assert store.start_run({}) == 0
    store.note_calls(0, [{}])
    store.finish_run(0, {})
    assert store.save_source(b"x") == codec.digest_of(b"x")
    store.flush()
    store.close()


def test_the_map_grows_in_the_middle_of_everything(shop, save, monkeypatch):
    from hitsave.store import schema

    monkeypatch.setattr(schema, "VALUES_MAP", 64 << 10)
    monkeypatch.setattr(schema, "LOG_MAP", 64 << 10)
    store = shop.open()
    saved = [save(store, os.urandom(20_000)) for _ in range(100)]
    texts = [os.urandom(10_000) for _ in range(50)]
    sources = [store.save_source(text) for text in texts]
    store.flush()
    assert all(store.candidates(call) == [trace] for call, trace, _ in saved)
    assert [store.source(name) for name in sources] == texts
    assert shop.said == []


def test_a_map_that_another_process_made_larger_is_followed(shop, store, save, python):
    save(store, 1)
    store.flush()
    python(
        """
        store = open_store(sys.argv[1], "project")
        store.values.environment._resize(1 << 30)
        for i in range(6000):
            save(store, os.urandom(60_000), i.to_bytes(16, "big"))
        store.close()
        """,
        shop.folder,
    )
    call = (5999).to_bytes(16, "big")
    assert len(store.candidates(call)) == 1
    assert save(store, 2)[1]
    store.flush()
