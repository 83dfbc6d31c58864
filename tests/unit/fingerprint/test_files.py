"""Files by content, behind a stat check that can't be fooled by a quick rewrite."""

from __future__ import annotations

import os
import time

import pytest

from hitsave_trace.fingerprint import files
from hitsave_trace.fingerprint.files import FileDigests
from hitsave_trace.model import ABSENT


@pytest.fixture
def digests():
    return FileDigests()


def settle(path, seconds_ago=10):
    moment = time.time_ns() - seconds_ago * 10**9
    os.utime(path, ns=(moment, moment))


def test_content_and_absence(tmp_path, digests):
    path = tmp_path / "a"
    assert digests.content(str(path)) == ABSENT
    seen = set()
    for data in (b"", b"a", b"b", b"x" * (1 << 20), b"x" * ((1 << 20) + 1), b"x" * (3 << 20)):
        path.write_bytes(data)
        digest = digests.content(str(path))
        assert digest == files.content_of(data)
        seen.add(digest)
    assert len(seen) == 6
    path.unlink()
    assert digests.content(str(path)) == ABSENT
    assert digests.content(str(path / "below")) == ABSENT


def test_touched_but_equal(tmp_path, digests):
    path = tmp_path / "a"
    path.write_bytes(b"data")
    before = digests.content(str(path))
    settle(path)
    assert digests.content(str(path)) == before


def test_same_size_and_time_but_other_content(tmp_path, digests):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    moment = path.stat().st_mtime_ns
    before = digests.content(str(path))
    path.write_bytes(b"two")
    os.utime(path, ns=(moment, moment))
    assert digests.content(str(path)) != before


def test_replaced_by_rename(tmp_path, digests):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"one")
    other.write_bytes(b"two")
    settle(path)
    settle(other)
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    before = digests.content(str(path))
    os.replace(other, path)
    assert digests.content(str(path)) != before


def test_a_settled_file_is_not_read_again(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"data")
    now = time.time_ns()
    monkeypatch.setattr(files, "time_ns", lambda: now + 60 * 10**9)
    digests = FileDigests()
    before = digests.content(str(path))
    monkeypatch.setattr(files.os, "open", None)
    assert digests.content(str(path)) == before


def test_a_fresh_file_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"data")
    digests = FileDigests()
    digests.content(str(path))
    monkeypatch.setattr(files.os, "open", None)
    with pytest.raises(TypeError):
        digests.content(str(path))


def test_a_memory_between_processes(tmp_path, monkeypatch):
    class Memory(dict):
        def put(self, path, stamp, digest):
            self[path] = stamp, digest

    path = tmp_path / "a"
    path.write_bytes(b"data")
    now = time.time_ns()
    monkeypatch.setattr(files, "time_ns", lambda: now + 60 * 10**9)
    memory = Memory()
    before = FileDigests(memory).content(str(path))
    assert list(memory) == [str(path)]
    monkeypatch.setattr(files.os, "open", None)
    assert FileDigests(memory).content(str(path)) == before


def test_links_and_working_directory(tmp_path, digests, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").write_bytes(name.encode())
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "one" / "data")
    before = digests.content(str(link))
    link.unlink()
    link.symlink_to(tmp_path / "two" / "data")
    assert digests.content(str(link)) != before
    monkeypatch.chdir(tmp_path / "one")
    first = digests.content("data")
    monkeypatch.chdir(tmp_path / "two")
    assert digests.content("data") != first


def test_what_has_no_content_is_not_read(tmp_path, digests):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert digests.content(str(fifo)) == digests.content(os.devnull) == digests.content(str(tmp_path)) == files.SPECIAL


def test_presence(tmp_path, digests):
    file, fifo = tmp_path / "a", tmp_path / "fifo"
    file.write_bytes(b"")
    os.mkfifo(fifo)
    found = [digests.presence(str(path)) for path in (tmp_path / "none", file, tmp_path, fifo)]
    assert [files.KIND_WORDS[digest] for digest in found] == ["absent", "file", "directory", "other"]


def test_listing_is_the_names():
    one, two = files.listing(["b"]), files.listing(["b", "a"])
    assert files.listing(["a", "b"]) == two
    assert len({files.listing([]), one, two, files.listing(["ab"]), ABSENT}) == 5


def test_stat(tmp_path, digests):
    path = tmp_path / "a"
    assert digests.stat(str(path)) == ABSENT
    path.write_bytes(b"1")
    settle(path, 20)
    before = digests.stat(str(path))
    assert digests.stat(str(path)) == before
    settle(path, 10)
    touched = digests.stat(str(path))
    path.write_bytes(b"12")
    assert len({before, touched, digests.stat(str(path))}) == 3


def test_names_that_no_file_can_have(digests):
    assert digests.presence("a\0b") == digests.stat("a\0b") == ABSENT
    assert digests.content("a\0b") == files.UNREADABLE
