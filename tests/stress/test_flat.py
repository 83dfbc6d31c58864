"""A few edits of each flat script by machine: HitSave shows what plain Python shows after each. `nox -s flat` makes more."""

from __future__ import annotations

import ast
import importlib.util
from random import Random

import pytest

from tests.stress.flat import KINDS, SCRIPTS, Flat, Trial, _pieces, _without, edit_of

NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))


def imported(text: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(text)))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_edits_change_nothing_but_the_script(name, tmp_path):
    missing = [x for x in imported((SCRIPTS / f"{name}.py").read_text()) if importlib.util.find_spec(x) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    tally = Trial(name, tmp_path, "test", 5, 6).run()
    assert tally.wrong == []
    assert tally.verdicts["hit (statement)"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_edits_are_those_of_the_seed_and_compile(name):
    text = (SCRIPTS / f"{name}.py").read_text()
    made = [edit_of(text, Random(seed)) for seed in range(20)]
    assert made == [edit_of(text, Random(seed)) for seed in range(20)]
    assert all(new != text for _, new in made)
    assert len({new for _, new in made}) > 10


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_each_kind_of_edit_is_made(kind):
    flat = Flat((SCRIPTS / "orders.py").read_text())
    assert any(kind(flat, Random(seed)) for seed in range(5))


def test_what_is_left_out_is_left_out_of_all_states():
    states = ["a = 1\nif a:\n    b = 2\nprint(a)\n", "a = 1\nif a:\n    b = 3\nprint(a)\n"]
    pieces = _pieces(states)
    assert "    b = 2\n" in pieces
    assert [_without(text, ["print(a)\n", "    b = 2\n"]) for text in states] == [
        "a = 1\nif a:\n    pass\n",
        "a = 1\nif a:\n    b = 3\n",
    ]
