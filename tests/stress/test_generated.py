"""Programs made by chance: they are those of the seed, and HitSave shows what plain Python shows. `nox -s generated` makes more."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.stress.generated import Program, trial


def test_programs_are_those_of_the_seed_and_compile():
    for seed in range(30):
        files = Program(Random(seed)).files()
        assert files == Program(Random(seed)).files()
        for name, text in files.items():
            compile(text, name, "exec")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_edits_of_constants(number, tmp_path):
    verdicts: Counter[str] = Counter()
    assert not trial(f"test {number}", tmp_path, 0.006, None, verdicts)
    assert verdicts["hit"] > 0
