from __future__ import annotations

import os

import numpy as np
import pytest

from hitsave.store import evict
from hitsave.store.store import Gone
from hitsave.store.verify import verify


def test_what_was_used_last_stays(store, save, monkeypatch):
    import hitsave.store.store as module

    saved = [save(store, np.full(200_000, i, dtype=float), function=f"mod:f{i}", text=f"t{i}") for i in range(5)]
    store.flush()
    before = evict.size(store)
    assert before.traces == 5
    assert before.blobs == 5 * 1_600_000
    monkeypatch.setattr(module, "time", lambda: 4e9)
    store.used(saved[0][1])
    store.load_value(saved[2][2])
    gone = evict.prune(store, 2 * 1_600_000 + 100_000)
    assert gone == 3
    assert [bool(store.candidates(call)) for call, _, _ in saved] == [True, False, True, False, False]
    assert store.load_value(saved[0][2])[0] == 0.0
    assert store.calls_of("mod:f1") == []
    with pytest.raises(Gone):
        store.load_value(saved[1][2])
    assert evict.size(store).blobs == 2 * 1_600_000
    assert verify(store) == []


def test_parts_that_are_shared_stay_with_the_last_that_names_them(store, save):
    array = np.arange(200_000.0)
    one = save(store, [array, 1])
    two = save(store, [array, 2])
    assert evict.size(store).blobs == array.nbytes
    assert evict.prune(store, array.nbytes + 700) == 1
    assert store.candidates(one[0]) == []
    assert np.array_equal(store.load_value(two[2])[0], array)


def test_the_log_is_never_cut(store, save):
    number = store.start_run({"command": ["x"]})
    text = store.save_source(b"x" * 1000)
    store.note_calls(number, [{"function": "m:f"}])
    evict.prune(store, 0)
    evict.clear(store)
    assert store.run(number)["command"] == ["x"]
    assert store.source(text) == b"x" * 1000
    assert store.run_calls(number) == [{"function": "m:f"}]
    evict.clear(store, log=True)
    assert store.runs() == []
    assert store.start_run({}) == 1


def test_closing_keeps_the_limit(shop, save):
    store = shop.open(limit=4_000_000)
    saved = [save(store, np.full(200_000, i, dtype=float)) for i in range(5)]
    store.close()
    store = shop.open()
    assert evict.size(store).cache <= 4_000_000
    assert store.candidates(saved[-1][0])
    assert not store.candidates(saved[0][0])


def test_cleared_values_can_be_saved_again(store, save):
    call, _, value = save(store, np.ones(500_000))
    mapped = store.load_value(value)
    evict.clear(store)
    assert evict.size(store).cache == 0
    assert mapped.sum() == 500_000  # what a program holds stays with it
    save(store, np.ones(500_000), call)
    assert store.load_value(value).sum() == 500_000


def test_blobs_of_a_call_that_still_runs_are_spared(store):
    name = store.save_blob(bytes(100_000))
    evict.prune(store, 0)
    assert store.blob(name) == bytes(100_000)
    os.utime(store.blobs.path(name), (0, 0))
    evict.prune(store, 0)
    with pytest.raises(Gone):
        store.blob(name)


def test_verify_finds_what_was_done_to_the_files(store, save):
    whole, cut, lost = (save(store, np.full(200_000, i, dtype=float)) for i in range(3))
    store.flush()
    paths = {}
    for _, trace, value in (cut, lost):
        from hitsave.store.codec import decode
        from hitsave.store.pickles import references

        (reference,) = references(decode(store.values.get(b"v" + value)))
        paths[value] = store.blobs.path(reference[0])
    os.chmod(paths[cut[2]], 0o600)
    with open(paths[cut[2]], "r+b") as file:
        file.seek(800_000)
        file.write(b"x")
    os.unlink(paths[lost[2]])
    store.save_blob(b"y" * 100_000)
    with open(os.path.join(store.folder, "values", "new", "999999999-1-aa"), "wb"):
        pass
    assert sorted(p.kind for p in verify(store)) == ["damaged-blob", "missing-blob", "unfinished", "unnamed-blob"]
    assert all(p.fixed for p in verify(store, fix=True))
    assert [p.kind for p in verify(store, fix=True)] == ["missing-blob"]  # the value whose blob was removed just now
    assert verify(store) == []
    assert store.load_value(whole[2])[0] == 0
