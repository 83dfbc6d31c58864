"""What a library opens in native code is told from the arguments of the function that opens it.

The libraries themselves are tried in `tests/stress/native`; here a stand-in has functions of each kind.
"""

from __future__ import annotations

import io
import operator
import sys
import types

import pytest

from hitsave_trace import catalogue
from hitsave_trace.taps import native

ROWS = """
    read 0:source:r :filesystem:!
    write 1:where:w
    mark 0:target:w.mtx
    never forbid
    Box.__init__ 1:file:m2:mode=r
    Box.make 1:source:r
    Box.gone? 1:source:r
"""


@pytest.fixture
def library(observe, monkeypatch):
    module = types.ModuleType("fakelib")
    code = """
def read(source, columns=None, filesystem=None): return "read"
def write(table, where=None): return "written"
def mark(target): return "marked"
def never(): return "done"
class Box:
    def __init__(self, file, mode="r"): self.file = file
    @classmethod
    def make(cls, source): return cls(None)
"""
    exec(code, vars(module))
    monkeypatch.setitem(sys.modules, "fakelib", module)
    monkeypatch.setitem(native.MODULES, "fakelib", ROWS)
    observe.installed.native.arrived("fakelib")
    return module


def told(observe, call):
    observe.notebook.told.clear()
    observe.notebook.stacks[1] = []
    call()
    observe.notebook.stacks.clear()
    return observe.notebook.told


def test_a_file_that_is_read(observe, library, tmp_path):
    (tmp_path / "x").write_text("1")
    for call in (
        lambda: library.read("x"),
        lambda: library.read(source="x"),
        lambda: library.read(tmp_path / "x"),
        lambda: library.read(["x"]),
        lambda: library.read(str(tmp_path / "x").encode()),
        lambda: library.Box("x"),
        lambda: library.Box.make("x"),
    ):
        assert ("file_read", str(tmp_path / "x")) in told(observe, call)
    assert library.read("x") == "read"


def test_a_file_that_is_not_there(observe, library, tmp_path):
    assert ("file_read", str(tmp_path / "none")) in told(observe, lambda: library.read("none"))


def test_content_and_open_files_are_no_paths(observe, library, tmp_path):
    (tmp_path / "x").write_text("1")
    with open(tmp_path / "x", "rb") as file:
        assert told(observe, lambda: library.read(file)) == []
    assert told(observe, lambda: library.read(io.BytesIO(b"x"))) == []
    assert told(observe, lambda: library.read(b"PAR1\0...")) == []
    assert told(observe, lambda: library.read(None)) == []


def test_folders_and_patterns(observe, library, tmp_path):
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "x").write_text("1")
    (tmp_path / "d" / "y").write_text("1")
    d = str(tmp_path / "d")
    found = told(observe, lambda: library.read("d"))
    assert [one for one in found if one[0] != "working_directory"] == [
        ("listed", d), ("file_read", d + "/y"), ("listed", d + "/e"), ("file_read", d + "/e/x"),
    ]  # fmt: skip
    found = told(observe, lambda: library.read(d + "/*"))
    assert found == [("listed", d), ("file_read", d + "/y")]
    found = told(observe, lambda: library.read(d + "/*/x"))
    assert found == [("listed", d), ("listed", d + "/e"), ("file_read", d + "/e/x")]


def test_files_that_are_written(observe, library, tmp_path):
    assert ("file_written", str(tmp_path / "x"), "w") in told(observe, lambda: library.write(1, "x"))
    assert ("file_written", str(tmp_path / "x.mtx"), "w") in told(observe, lambda: library.mark("x"))
    assert ("file_written", str(tmp_path / "x.mtx"), "w") in told(observe, lambda: library.mark("x.mtx"))
    assert ("file_written", str(tmp_path / "x"), "w") in told(observe, lambda: library.Box("x", "w"))
    found = told(observe, lambda: library.Box("x", mode="a"))
    assert ("file_read", str(tmp_path / "x")) in found
    assert ("file_written", str(tmp_path / "x"), "r+") in found


@pytest.mark.parametrize(
    ("call", "slug"),
    [
        (lambda library: library.read("s3://bucket/x"), "network"),
        (lambda library: library.read("x", filesystem=object()), "native-io"),
        (lambda library: library.read(3.5), "native-io"),
        (lambda library: library.write(1, "."), "native-io"),
        (lambda library: library.never(), "native-io"),
        (lambda library: library.read("d/{a,b}*"), "native-io"),
    ],
)
def test_what_can_not_be_followed(observe, library, call, slug):
    assert slug in [one[1] for one in told(observe, lambda: call(library)) if one[0] == "forbid"]


def test_another_version_of_a_library_is_not_followed_at_all(observe, monkeypatch):
    module = types.ModuleType("otherlib.io")
    monkeypatch.setitem(sys.modules, "otherlib.io", module)
    monkeypatch.setitem(native.MODULES, "otherlib.io", "read 0:source:r")
    catalogue.lookup("x")
    monkeypatch.setattr(catalogue, "_entries", dict(catalogue._entries))
    observe.installed.native.arrived("otherlib.io")
    assert catalogue.lookup("otherlib.read").mode == "forbid"


def test_every_row_can_be_read():
    for rows in native.MODULES.values():
        for row in rows.splitlines():
            for word in row.split()[1:]:
                if word not in ("forbid", "links", "process"):
                    mode, position, name, *_ = native._spec(word)
                    assert mode.partition(".")[0] in ("r", "w", "m", "!", "db")
                    assert name.isidentifier()
                    assert position >= 0 or mode == "!"


def test_a_class_that_can_not_be_changed_is_itself_to_whoever_asks(observe, monkeypatch, tmp_path):
    module = types.ModuleType("builtlib")
    module.Bytes = bytearray
    monkeypatch.setitem(sys.modules, "builtlib", module)
    monkeypatch.setitem(native.MODULES, "builtlib", "Bytes 0:path:r")
    observe.installed.native.arrived("builtlib")
    stand_in = module.Bytes
    assert stand_in is not bytearray
    assert isinstance(stand_in(b"x"), stand_in)
    assert not isinstance("x", stand_in)
    assert issubclass(bytearray, stand_in)
    assert operator.eq(stand_in, bytearray)
    assert {bytearray: 1}[stand_in] == 1

    class Derived(stand_in):
        pass

    assert Derived.__mro__[1] is bytearray
    assert stand_in.__name__ == "bytearray"
    (tmp_path / "x").write_text("1")

    def made():
        with pytest.raises(TypeError):
            stand_in(str(tmp_path / "x"))

    assert ("file_read", str(tmp_path / "x")) in told(observe, made)
