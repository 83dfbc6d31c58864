"""Data files that would crash LMDB, and with it the program, are recognised before it sees them."""

from __future__ import annotations

import os
import random

import pytest

from hitsave.store import soundness
from hitsave.store.soundness import Unsound

LOOK = """
    store = open_store(sys.argv[1], "project")
    wrong = 0
    for i in range(200):
        try:
            found = find(store, i.to_bytes(16, "big"))
        except (codec.Gone, codec.Damaged):
            found = None
        wrong += found is not None and found["i"] != i
    run = store.start_run({})
    save(store, {"new": 1}, b"n" * 16)
    store.flush()
    store.finish_run(run, {})
    store.runs()
    store.close()
    print("the program ran,", wrong, "wrong")
"""


@pytest.fixture
def filled(shop, save):
    store = shop.open()
    for i in range(200):
        save(store, {"i": i, "pad": os.urandom(100 if i % 20 else 9000)}, i.to_bytes(16, "big"))
        if i % 10 == 0:
            store.flush()
    store.close()
    return shop.folder / "values"


def test_what_lmdb_left_is_sound(filled, shop, save):
    soundness.check(str(filled))
    soundness.check(str(shop.folder / "log"))
    store = shop.open()
    from hitsave.store import evict

    for limit in (100_000, 50_000, 0):
        evict.prune(store, limit)
        soundness.check(str(filled))
        for i in range(50):
            save(store, os.urandom(i * 100))
        store.flush()
        soundness.check(str(filled))


@pytest.mark.parametrize("seed", range(12))
def test_no_damage_ends_the_program(filled, shop, python, seed):
    rng = random.Random(seed)
    path = filled / "data.mdb"
    data = bytearray(path.read_bytes())
    page = rng.randrange(2, len(data) // 4096) * 4096
    match seed % 4:
        case 0:
            del data[rng.randrange(len(data) // 2, len(data)) :]
        case 1:
            data[page : page + 4096] = bytes(4096)
        case 2:
            data[page : page + 4096] = rng.randbytes(4096)
        case 3:
            for _ in range(40):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    done = python(LOOK, shop.folder)
    assert done.stdout == "the program ran, 0 wrong\n"
    assert done.stderr.count("hitsave: ") <= 1


def test_a_file_that_was_cut_is_told(filled, shop, python):
    # By half: the last few pages may be free ones.
    os.truncate(filled / "data.mdb", os.path.getsize(filled / "data.mdb") // 2 // 4096 * 4096)
    with pytest.raises(Unsound):
        soundness.check(str(filled))
    said = python(LOOK, shop.folder).stderr
    assert said.startswith("hitsave: the store is damaged\n")


def test_it_is_looked_at_only_if_someone_else_was_there(filled, shop, monkeypatch):
    looked = []
    monkeypatch.setattr(soundness, "check", looked.append)
    shop.open().close()
    assert looked == []
    os.utime(filled / "data.mdb")
    shop.open().close()
    assert looked == [str(filled)]
    shop.open().close()
    assert looked == [str(filled)]


def test_a_damaged_lock_file_is_no_reason_to_fail(filled, shop, python):
    for content in (b"", b"garbage" * 100, bytes(8192)):
        (filled / "lock.mdb").write_bytes(content)
        done = python(LOOK, shop.folder)
        assert done.stdout == "the program ran, 0 wrong\n"
