"""Stores that can't be used: the program runs, and hears of it once."""

from __future__ import annotations

import os
import resource

import pytest

USE = """
    def use(folder, limit=None):
        store = open_store(folder, "project")
        if limit is not None:
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        run = store.start_run({"command": ["x"]})
        for i in range(20):
            call = i.to_bytes(16, "big")
            found = find(store, call)
            save(store, os.urandom(200_000), call)
            store.save_blob(os.urandom(100_000))
            store.save_source(os.urandom(5000))
            store.save_cost("mod:f", (1.0,))
            time.sleep(0.005)
        store.note_calls(run, [{"function": "mod:f"}])
        store.finish_run(run, {})
        store.runs(), store.costs()
        store.flush()
        store.close()
        print("the program ran")
"""


def run_with(python, folder, more="use(sys.argv[1])", **options):
    import textwrap

    done = python(textwrap.dedent(USE) + more, folder, **options)
    assert done.stdout == "the program ran\n"
    return done.stderr


def test_the_store_is_a_file(python, tmp_path):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        said = run_with(python, folder)
        assert said.startswith("hitsave: the store is a file, not a folder\n")
        assert said.count("hitsave: ") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_the_folder_is_something_else(python, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    said = run_with(python, tmp_path)
    assert "[not-a-store]" in said
    assert not (tmp_path / "values").exists()


@pytest.mark.parametrize(
    "format_file, slug", [("hitsave store, format 2\n", "newer-store"), ("\0\0\0", "store-damaged")]
)
def test_the_format_is_not_known(python, shop, store, format_file, slug):
    store.close()
    (shop.folder / "format").write_text(format_file)
    before = (shop.folder / "values" / "data.mdb").read_bytes()
    said = run_with(python, shop.folder)
    assert said.count("hitsave: ") == 1
    assert f"[{slug}]" in said
    assert (shop.folder / "values" / "data.mdb").read_bytes() == before


@pytest.mark.parametrize("part", ["values", "log"])
@pytest.mark.parametrize("content", [b"garbage " * 5000, b"x", bytes(8192)])
def test_a_database_that_is_none(python, shop, store, part, content):
    store.close()
    (shop.folder / part / "data.mdb").write_bytes(content)
    said = run_with(python, shop.folder)
    assert said.count("hitsave: ") == 1
    assert said.endswith("]\n")


def test_a_folder_that_cannot_be_written(python, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o755)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid() and parent != parent.parent and "pytest" in str(parent):
            parent.chmod(0o755)
    folder.chmod(0o555)
    user = tmp_path / "user of it"
    user.mkdir()
    user.chmod(0o777)
    # Root may write anywhere: become nobody.
    more = "os.getuid() or os.setuid(65534)\nuse(sys.argv[1] + '/store')"
    said = run_with(python, folder, more, env={**os.environ, "XDG_DATA_HOME": str(user)})
    assert said.count("hitsave: ") == 1
    assert "[store-not-writable]" in said
    assert os.listdir(folder) == []


@pytest.mark.parametrize("limit", [0, 40_000, 150_000])
def test_no_space_is_left(python, shop, limit):
    shop.open().close()
    said = run_with(python, shop.folder, f"use(sys.argv[1], {limit})")
    assert said.count("hitsave: ") == 1
    assert "[store-full]" in said
    assert os.listdir(shop.folder / "values" / "new") == []
    store = shop.open()
    from hitsave.store.verify import verify

    assert [p for p in verify(store) if p.kind != "unnamed-blob"] == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_closed_stderr_is_no_reason_to_fail(python, tmp_path):
    (tmp_path / "file").write_text("")
    assert run_with(python, tmp_path / "file", "os.close(2)\nuse(sys.argv[1])") == ""


def test_damaged_rows_are_not_there_and_are_told_once(shop, store, save):
    from hitsave.store import schema

    call, trace, value = save(store, 1)
    _, other, _ = save(store, 2)
    store.flush()

    def damage(txn):
        for key in (schema.TRACE + trace, schema.VALUE + value):
            row = bytearray(txn.get(key))
            row[-3] ^= 4
            txn.put(key, bytes(row))
        txn.put(
            schema.TRACE + other, txn.get(schema.NODE + store.trace(other)[4][0][0][0])
        )  # whole, but not what it is

    store.values.environment.write(damage)
    assert store.candidates(call) == [trace]
    assert store.trace(trace) is None
    assert store.trace(other) is None
    with pytest.raises(Exception, match="digest"):
        store.load_value(value)
    assert shop.slugs == ["damaged-record"]
    shop.said.clear()
    from hitsave.store.verify import verify

    assert len(verify(store, fix=True)) == 3
    assert {p.kind for p in verify(store)} == {"dangling"}
    verify(store, fix=True)
    assert verify(store) == []
    assert save(store, 1, call)[1]
    assert store.load_value(value) == 1
