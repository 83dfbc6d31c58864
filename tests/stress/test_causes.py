"""A few edits by machine: `hitsave why` names what was edited first, and nothing that did not change. `nox -s causes` makes more."""

from __future__ import annotations

from random import Random

import pytest

from tests.stress import edits
from tests.stress.causes import Asked, Truth
from tests.stress.programs import PROGRAMS


@pytest.mark.slow
@pytest.mark.parametrize("name", ["texts", "functional", "sorted"])
def test_the_edit_is_the_first_cause(name, tmp_path):
    program = PROGRAMS[name]
    if program.missing:
        pytest.skip(f"not installed: {', '.join(program.missing)}")
    folder = tmp_path / name
    folder.mkdir()
    counts = Asked(program, folder, Random(f"test {name}"), 2, None).examine(4)
    assert (counts.not_first, counts.unchanged) == ([], [])
    assert counts.edits == 4


BEFORE = "LIMIT = 3\n\n\nclass Net:\n    rate = 1\n\n    def fit(self, k=1):\n        return k\n\n\ndef one(a):\n    return lambda: a\n"


@pytest.mark.parametrize(
    ("old", "new", "yes", "no"),
    [
        ("LIMIT = 3", "LIMIT = 4", [("global", "m:LIMIT")], [("code", "m:one"), ("global", "other:LIMIT")]),
        ("rate = 1", "rate = 2", [("class shape", "m:Net"), ("global", "m:Net.rate")], [("code", "m:Net.fit")]),
        ("k=1", "k=2", [("code", "m:Net.fit"), ("class shape", "m:Net")], [("code", "m:one")]),
        (
            "return lambda: a",
            "return lambda: -a",
            [("code", "m:one"), ("code", "m:one.<locals>.<lambda>")],
            [("class shape", "m:Net")],
        ),
    ],
)
def test_the_truth_of_an_edit(old, new, yes, no):
    assert BEFORE.count(old) == 1
    truth = Truth(
        {"m.py": BEFORE, "other.py": ""}, {"m.py": BEFORE.replace(old, new), "other.py": ""}, ["m.py", "other.py"]
    )
    assert all(truth.is_edited(*subject) for subject in yes)
    assert not any(truth.is_edited(*subject) for subject in no)


def test_a_machine_edit_is_found_in_the_truth():
    source = edits.Source("m.py", BEFORE, set(range(1, BEFORE.count("\n") + 1)))
    for kind, what, text in edits.semantic(source, Random(3)):
        truth = Truth({"m.py": BEFORE}, {"m.py": text}, ["m.py"])
        assert truth.names["m.py"], (kind, what)
