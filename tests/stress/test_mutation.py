"""A few edits of each program by machine: HitSave shows what plain Python shows after each. `nox -s stress` makes more."""

from __future__ import annotations

from random import Random

import pytest

from tests.stress import edits
from tests.stress.mutation import Trial
from tests.stress.programs import PROGRAMS


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_edits_change_nothing_but_the_program(name, tmp_path):
    program = PROGRAMS[name]
    if program.missing:
        pytest.skip(f"not installed: {', '.join(program.missing)}")
    folder = tmp_path / name
    folder.mkdir()
    trial = Trial(program, folder, Random(f"test {name}"), 2, None)
    tally = trial.run(6, 3)
    assert tally.wrong == []
    assert tally.semantic + tally.irrelevant + tally.skipped > 0
    assert tally.base["hit"] > 0


TEXT = '''\
"""Docstring."""
LIMIT = 3


def one(a, b=2):
    """Docstring."""
    if a < b and a:
        return two(a, b) + 1
    return "none"


def two(x, y):
    return x - y


print(one(1), one(5))
'''


def test_edits_are_those_of_the_seed_and_compile():
    source = edits.Source("main.py", TEXT, set(range(1, TEXT.count("\n") + 1)))
    first = list(edits.semantic(source, Random(7)))
    assert [made[2] for made in first] == [made[2] for made in edits.semantic(source, Random(7))]
    assert {made[0] for made in first} >= {
        "number",
        "string",
        "operator",
        "comparison",
        "boolean",
        "negated",
        "deleted",
    }
    assert {made[0] for made in first} >= {"swapped", "default", "callee"}
    for _, _, text in first:
        compile(text, "main.py", "exec")
        assert text != TEXT
        assert text.count('"""Docstring."""') == 2


def test_edits_are_made_on_lines_that_ran():
    source = edits.Source("main.py", TEXT, {2, 9})
    assert {what.partition(":")[0] for _, what, _ in edits.semantic(source, Random(1))} <= {
        "line 2",
        "line 9",
        "line 5",
        "line 7",
    }


def test_what_can_not_matter_leaves_the_output():
    source = edits.Source("main.py", TEXT, {2, 5, 7, 8, 9, 12, 13, 16})
    made = edits.irrelevant(source, Random(3), TEXT)
    kinds = set()
    for _ in range(40):
        kind, _, text = next(made)
        kinds.add(kind)
        assert shown(text) == shown(TEXT)
    assert len(kinds) >= 5


def shown(text: str) -> list[str]:
    told: list[str] = []
    exec(compile(text, "main.py", "exec"), {"print": lambda *words: told.append(repr(words))})
    return told
