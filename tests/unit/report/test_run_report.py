"""`--report FILE`: exactly the documented keys, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path

import pytest

from hitsave.report import run_report

DOCS = Path(__file__).parents[3] / "docs" / "report-format.md"


def test_a_report_has_the_documented_keys_and_no_others(edited, archive):
    report = run_report.build(edited.records[2], edited.recorded[2], archive)
    assert list(report) == [
        "version",
        "run",
        "command",
        "exit",
        "replayed",
        "seconds",
        "tracer",
        "verify",
        "verified",
        "different",
        "calls",
    ]
    assert report["version"] == 1
    assert report["command"] == ["train.py", "--fast"]
    assert report == run_report.build(edited.records[2], edited.recorded[2], edited), "a store does as well"
    call = report["calls"][2]
    assert list(call) == ["function", "arguments", "verdict", "reasons", "seconds", "saved_seconds", "where"]
    assert call["function"] == "__main__:train"
    assert call["arguments"] == {"rate": "0.1", "epochs": "3"}
    assert call["reasons"][0] == {
        "kind": "code",
        "subject": "helper:scale",
        "where": "helper.py:3",
        "before": "def scale(x):\n    return x * 0.1\n",
        "after": "def scale(x):\n    return x * 0.2\n",
        "path": ["__main__:train", "model:fit", "helper:scale"],
        "since": None,
    }
    assert report["calls"][3]["reasons"][0]["kind"] == "calendar"


def test_every_key_is_in_the_docs(edited, archive):
    report = run_report.build(edited.records[2], edited.recorded[2], archive)
    documented = set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text("utf-8"), re.MULTILINE))
    call = report["calls"][2]
    assert documented == {*report, *call, *call["reasons"][0]}


def test_the_example_of_the_docs_has_the_shape_of_a_report(edited, archive):
    example = json.loads(DOCS.read_text("utf-8").partition("```json\n")[2].partition("```")[0])
    report = run_report.build(edited.records[2], edited.recorded[2], archive)
    assert list(example) == list(report)
    assert all(list(call) == list(report["calls"][0]) for call in example["calls"])
    assert list(example["calls"][1]["reasons"][0]) == list(report["calls"][2]["reasons"][0])


def test_presence_is_reported_as_a_file_and_unreadable_records_as_text(archive, make_call):
    reason = {
        "kind": "presence",
        "subject": "d.csv",
        "before": b"\1" * 16,
        "after": None,
        "path": [["m:f", "m.py:1"], "m:g"],
    }
    told = run_report.build({}, [make_call("m:f", "miss", reason)])["calls"][0]["reasons"][0]
    assert (told["kind"], told["path"]) == ("file", ["m:f", "m:g"])
    json.dumps(told)


def test_a_report_replaces_the_old_one_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    run_report.write(str(path), {"version": 1, "text": "é \udce9 \U0001f600"})
    assert json.loads(path.read_text("utf-8")) == {"version": 1, "text": "é \udce9 \U0001f600"}
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        run_report.write(str(tmp_path / "none" / "report.json"), {})
    path = tmp_path / "report.json"
    path.write_text("old")

    class Odd:
        def __str__(self):
            raise ValueError

    with pytest.raises(ValueError):
        run_report.write(str(path), {"odd": Odd()})
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_link_stays_a_link_and_a_pipe_is_written_to(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    run_report.write(str(tmp_path / "link.json"), {"version": 1})
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text()) == {"version": 1}
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    run_report.write(str(tmp_path / "pipe"), {"version": 1})
    reader.join()
    assert json.loads(read[0]) == {"version": 1}
