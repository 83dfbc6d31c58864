"""The commands against a real store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_why_shows_the_edit_and_the_way_to_it(runs, hitsave):
    status, out, err = hitsave("why", "train")
    assert (status, err) == (0, "")
    assert out == (
        "train  ran again  2.0 s  run 2  train.py:41\n"
        "  rate=0.1\n"
        "  the code of helper.scale changed  helper.py:1\n"
        "    train → scale (helper.py:1)\n"
        "    --- a/helper.py\n"
        "    +++ b/helper.py\n"
        "    @@ -1,2 +1,2 @@\n"
        "     def scale(x):\n"
        "    -    return x * 0.1\n"
        "    +    return x * 0.2\n"
    )


def test_why_of_an_earlier_run(runs, hitsave):
    for reference in ("1", "@-"):
        status, out, _ = hitsave("why", "train", "--run", reference)
        assert status == 0
        assert out.startswith("train  ran for the first time  2.0 s  run 1")


def test_why_without_a_call_sums_the_run_up(runs, hitsave):
    status, out, _ = hitsave("why")
    assert status == 0
    assert out.startswith("run 2  train.py --fast  ")
    assert "Ran again\n  the code of helper.scale changed  helper.py:1  +1 -1\n    train  2.0 s\n" in out


def test_why_as_json(runs, hitsave):
    _, out, _ = hitsave("why", "train", "--json")
    told = json.loads(out)
    assert told["run"] == 2
    assert told["calls"][0]["reasons"][0]["subject"] == "helper:scale"
    _, out, _ = hitsave("why", "--json")
    assert json.loads(out)["missed"][0]["calls"][0]["function"] == "__main__:train"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["why", "trian"], "Did you mean __main__:train?"),
        (["why", "--run", "9"], "there is no run 9"),
        (["why", "--run", "@-7"], "there is no run @-7"),
        (["why", "--run", "last"], "'last' is no run"),
    ],
)
def test_what_does_not_exist_is_told_with_what_does(runs, hitsave, arguments, told):
    status, out, err = hitsave(*arguments)
    assert (status, out) == (4, "")
    assert told in err


def test_why_in_an_empty_project(hitsave, project):
    status, out, err = hitsave("why")
    assert (status, out) == (4, "")
    assert err == "hitsave: no runs yet\nA run is recorded by: hitsave run train.py\n"


def test_reading_commands_make_no_store(hitsave, project, tmp_path):
    for arguments in (["why"], ["log"], ["cache", "size"], ["cache", "verify"], ["cache", "clear"], ["cache", "prune"]):
        hitsave(*arguments)
    assert not (tmp_path / "data").exists()
    assert os.listdir(project) == ["pyproject.toml"]


def test_log_lists_the_runs_with_what_changed(runs, hitsave):
    status, out, err = hitsave("log")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 3
    assert lines[1].split()[0] == "2"
    assert lines[1].endswith("train.py --fast  helper.scale +1 -1")
    assert lines[2].endswith("first run")
    _, out, _ = hitsave("log", "-n", "1")
    assert len(out.splitlines()) == 2


def test_log_as_json_has_the_documented_keys(runs, hitsave):
    _, out, _ = hitsave("log", "--json")
    rows = json.loads(out)
    keys = "run started command exit seconds saved_seconds hits misses unsaved verified different replayed tracer git diff edits_unused"
    assert " ".join(rows[0]) == keys
    assert rows[0]["diff"][0] | {"before": 0, "after": 0} == {
        "function": "helper:scale", "file": "helper.py", "kind": "code", "added": 1, "removed": 1, "before": 0, "after": 0
    }  # fmt: skip


def test_log_of_an_empty_project(hitsave, project):
    status, out, err = hitsave("log")
    assert (status, out) == (0, "")
    assert "no runs yet" in err
    assert json.loads(hitsave("log", "--json")[1]) == []


def test_the_runs_of_the_only_project_below_are_found_from_above(runs, hitsave, project, monkeypatch):
    monkeypatch.chdir(project.parent)
    status, out, err = hitsave("log")
    assert (status, err) == (0, "hitsave: runs of project\n")
    assert len(out.splitlines()) == 3


def test_explain(hitsave):
    status, out, _ = hitsave("why", "--explain", "entropy")
    assert status == 0
    assert out.startswith("entropy  unsaved: it drew true randomness: …")
    assert json.loads(hitsave("why", "--explain", "entropy", "--json")[1])["remedy"] == "use a generator with a seed"
    status, _, err = hitsave("why", "--explain", "entropi")
    assert status == 2
    assert "Did you mean entropy?" in err


def test_cache_size_clear_prune_verify(runs, hitsave):
    status, out, _ = hitsave("cache", "size")
    assert status == 0
    assert "2 runs" in out
    assert json.loads(hitsave("cache", "size", "--json")[1])["runs"] == 2
    assert hitsave("cache", "verify")[:2] == (0, "all is well\n")
    assert hitsave("cache", "prune", "--to", "1GB")[0] == 0
    assert hitsave("cache", "clear")[0] == 0
    assert len(hitsave("log")[1].splitlines()) == 3, "the log stays"
    status, _, err = hitsave("cache", "clear", "--log")
    assert (status, "--yes" in err) == (2, True)
    assert hitsave("cache", "clear", "--log", "--yes")[0] == 0
    assert "no runs yet" in hitsave("log")[2]


@pytest.mark.parametrize("size", ["lots", "5XB", "-3", "", "1e400"])
def test_a_size_that_is_none(runs, hitsave, size):
    assert hitsave("cache", "prune", "--to", size)[0] == 2


def test_trust(hitsave, tmp_path):
    status, _, err = hitsave("cache", "trust", str(tmp_path))
    assert status == 2
    assert "there is no store in" in err


def test_a_store_that_cannot_be_read_is_told(runs, hitsave, tmp_path):
    (tmp_path / "file").write_text("")
    status, out, err = hitsave("log", "--store", str(tmp_path / "file"))
    assert (status, out) == (3, "")
    assert err.startswith("hitsave: the store is a file, not a folder\n")
    assert "[store-is-file]" in err
    assert "runs as" not in err, "nothing runs here"


def test_no_colour_off_a_terminal_and_colour_when_forced(runs, process):
    assert "\x1b" not in process("why", "train")[1]
    forced = process("why", "train", FORCE_COLOR="1")[1]
    assert "\x1b[" in forced
    assert "\x1b" not in process("why", "train", FORCE_COLOR="1", NO_COLOR="1")[1]
    assert "\x1b[" in process("log", FORCE_COLOR="1")[1]


def test_a_pipe_that_is_closed_is_quiet(runs, project):
    code = "from hitsave.cli.app import app; app(['log'])"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as ran:
        ran.stdout.close()
        assert ran.stderr.read() == b""
    assert ran.returncode == 0
