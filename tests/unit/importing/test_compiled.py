"""Templates on disk: found by what they were made of, and never a reason to fail."""

import marshal
import os

import pytest

from hitsave_trace.importing.compiled import Templates


def code(source, filename="x.py"):
    return compile(source, filename, "exec")


@pytest.fixture
def templates(tmp_path):
    return Templates(str(tmp_path / "t"), "1")


def test_what_is_put_is_got(templates):
    key = templates.key(code("x = 1"), "m")
    assert templates.get(key) is None
    templates.put(key, b"template")
    assert templates.get(key) == b"template"


def test_all_that_makes_a_template_another_is_in_the_key(templates):
    keys = {
        templates.key(code("x = 1"), "m"),
        templates.key(code("x = 2"), "m"),
        templates.key(code("x = 1.0"), "m"),
        templates.key(code("x = True"), "m"),
        templates.key(code("\nx = 1"), "m"),
        templates.key(code("x = 1", "y.py"), "m"),
        templates.key(code("x = 1"), "n"),
        Templates(None, "2").key(code("x = 1"), "m"),
    }
    assert len(keys) == 8


def test_the_key_is_the_same_for_code_that_has_been_written_and_read(templates):
    fresh = code("def f(a, *, b=(1, 'x')):\n    return [a for a in b if a in {1, 2}]\n")
    assert templates.key(fresh, "m") == templates.key(marshal.loads(marshal.dumps(fresh)), "m")


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "folder"])
def test_a_damaged_template_counts_as_missing(templates, damage):
    key = templates.key(code("x = 1"), "m")
    templates.put(key, b"template")
    path = templates._path(key)
    with open(path, "rb") as file:
        data = file.read()
    if damage == "folder":
        os.unlink(path)
        os.mkdir(path)
    else:
        data = {"cut": data[:-1], "flip": data[:-1] + bytes([data[-1] ^ 1]), "empty": b""}[damage]
        with open(path, "wb") as file:
            file.write(data)
    assert templates.get(key) is None


def test_a_folder_that_can_not_be_written_is_no_failure(tmp_path):
    (tmp_path / "file").write_text("")
    templates = Templates(str(tmp_path / "file"), "1")
    templates.put("ab" * 16, b"template")
    assert templates.get("ab" * 16) is None


def test_nothing_but_whole_files_is_left(templates):
    key = templates.key(code("x = 1"), "m")
    templates.put(key, b"one")
    templates.put(key, b"two")
    assert templates.get(key) == b"two"
    assert os.listdir(os.path.dirname(templates._path(key))) == [key[2:]]
