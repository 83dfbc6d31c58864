"""The flat example under HitSave: cold, again, after edits at its end, in its middle and at its beginning, beside plain Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.runs import ROOT, Pair

SMALLER = {
    "RandomForestRegressor(60,": "RandomForestRegressor(8,",
    "n_estimators=120": "n_estimators=10",
    "n_estimators=250": "n_estimators=20",
}
# What is edited, and the slow calls that may run then (None: any).
EDITS = [
    ("nothing", "", "", set()),
    ("the last title", "one week in autumn", "a week in October", set()),
    ("a model's rate", "learning_rate=0.1,", "learning_rate=0.15,", {"fit", "permutation_importance"}),
    ("one of three depths", "(4, 8, 14)", "(4, 9, 14)", {"cross_val_score"}),
    ("a comment", "# --- models", "# --- the models", set()),
    ("an early number", '["weekday"] >= 5', '["weekday"] >= 6', None),
    ("undone", '["weekday"] >= 6', '["weekday"] >= 5', set()),
]
SLOW = {"fit", "permutation_importance", "cross_val_score"}


@pytest.mark.slow
def test_edits_of_a_flat_script(tmp_path: Path):
    pair = Pair(tmp_path)
    pair.copy_in(ROOT / "examples" / "spreadsheet")
    text = (ROOT / "examples" / "spreadsheet" / "analysis.py").read_text()
    for old, new in SMALLER.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    switched_on = {"HITSAVE_SITES": "1", "HITSAVE_STATEMENTS": "1"}
    for number, (name, old, new, may_run) in enumerate([("cold", "", "", None), *EDITS]):
        assert text.count(old) >= 1 if old else True, name
        text = text.replace(old, new) if old else text
        for folder in (pair.plain, pair.saved):
            (folder / "analysis.py").write_text(text)
        plain, saved, report = pair.both(["analysis.py"], switched_on)
        assert plain.status == 0, plain.stderr
        assert plain.differences(saved) == [], name
        ran = {
            call["function"].rpartition(".")[2].rpartition(":")[2]
            for call in report["calls"]
            if call["verdict"] == "miss" and call["seconds"] > 0.1
        }
        if may_run is not None:
            assert ran & SLOW <= may_run, (name, ran)
        if number == 1:
            assert any(call["verdict"] == "hit" for call in report["calls"])
