"""The table of a function's calls."""

from __future__ import annotations

import json

import pytest

from hitsave.render import console
from hitsave.render import table as text
from hitsave.report import table
from hitsave.report.conditions import BadCondition


@pytest.fixture
def calls(memory, archive):
    """Four calls of train, in two versions."""
    memory.add_run(1, [])
    old, new = (memory.add_uses([("code", "m:train", version)]) for version in ("one", "two"))
    rows = [(0.1, 3.0, old), (0.2, 2.0, old), (0.1, 1.0, new), (0.2, float("nan"), new)]
    memory.tables["m:train"] = [
        {
            "run": number, "verdict": "miss", "arguments": {"rate": rate, "config.depth": 2}, "seconds": 0.5, "when": 1.0,
            "result": {"loss": loss, "rate": "returned"}, "code": "ab" * 16, "codes": codes, "call": "cd" * 16, "trace": None,
        }
        for number, (rate, loss, codes) in enumerate(rows, 1)
    ]  # fmt: skip
    return lambda **how: _built(archive, **how)


def _built(archive, whole=False, **how):
    found = table.build(archive, "m:train", whole=whole)
    table.select(found, **how)
    return found


def test_columns_that_vary_and_those_that_do_not(calls):
    found = calls()
    assert found.columns == ["run", "rate", "loss", "code", "seconds"]
    assert found.constant == {"config.depth": 2, "result.rate": "returned"}
    assert "config.depth" in calls(whole=True).columns


def test_versions_are_numbered_as_they_ran(calls):
    assert [row["cells"]["code"] for row in calls().rows] == ["v1", "v1", "v2", "v2"]


def test_conditions_and_order(calls):
    assert [row["run"] for row in calls(where="rate > 0.15").rows] == [2, 4]
    assert [row["run"] for row in calls(top="loss").rows] == [3, 2, 1, 4], "of a loss the least is best; NaN is last"
    assert [row["run"] for row in calls(top="rate").rows][:2] == [2, 4]
    assert [row["run"] for row in calls(sort="-loss").rows] == [1, 2, 3, 4]
    with pytest.raises(BadCondition) as told:
        calls(where="los > 1")
    assert told.value.hint == "Did you mean loss?"


def test_rows_for_programs(calls):
    rows = table.public(calls())
    assert rows[0]["arguments"] == {"rate": 0.1, "config": {"depth": 2}}
    assert rows[0]["result"] == {"loss": 3.0, "rate": "returned"}
    assert {"run", "arguments", "result", "code", "seconds", "when"} <= rows[0].keys()
    assert rows[0]["code"] != rows[2]["code"]
    json.dumps(rows)


def test_csv_has_all_columns(calls):
    lines = text.csv(calls()).splitlines()
    assert lines[0] == "run,rate,loss,code,seconds,config.depth,result.rate,when"
    assert lines[1] == "1,0.1,3.0,v1,0.5,2,returned,1.0"


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal(calls, width):
    found = calls(whole=True)
    lines = [console.plain(line) for line in text.table(found, found.rows, {}, width)]
    assert max(map(len, lines[:5])) <= width
    assert any(line.startswith("no room for: ") for line in lines) == (width == 40)


def test_points():
    layout = text.points("rate", "loss", [(0.0, 0.0), (1.0, 1.0)], 80)
    lines = [console.plain(line) for line in layout]
    assert lines[0] == "loss"
    assert lines[-1].split() == ["0", "1", "rate"]
    assert sum(ord(sign) > 0x2800 and ord(sign) < 0x2900 for line in lines for sign in line) == 2
