"""Every reading command where there is nothing, the wrong thing, or no longer what there was."""

from __future__ import annotations

import json
import os
import stat

import pytest

READING = [
    ["show"], ["diff"], ["why"], ["calls", "train"], ["result", "train"], ["graph"], ["graph", "train"], ["restore", "1"],
    ["note", "1"], ["pin", "1"], ["unpin", "1"], ["tag", "1", "x"], ["accept", "train"],
]  # fmt: skip
OF_A_RUN = [
    ["show", "99"], ["diff", "99"], ["diff", "1", "99"], ["why", "--run", "99"], ["why", "--against", "99"],
    ["result", "train", "--run", "99"], ["graph", "99"], ["restore", "99"], ["note", "99", "x"], ["pin", "99"],
    ["tag", "99", "x"], ["accept", "train", "--run", "99"],
]  # fmt: skip
AS_JSON = [["log"], ["show"], ["diff"], ["why"], ["calls", "train"], ["graph"], ["graph", "train"], ["result", "train"]]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_an_empty_project(hitsave, project, tmp_path, words):
    status, out, err = hitsave(*words)
    assert (status, out) == (4, ""), err
    assert err.startswith("hitsave: no ")
    assert len(err.splitlines()) == 2
    assert not (tmp_path / "data").exists(), "reading makes nothing"


@pytest.mark.parametrize("words", OF_A_RUN, ids=" ".join)
def test_an_unknown_run(runs, hitsave, words):
    status, out, err = hitsave(*words)
    assert (status, out) == (4, "")
    assert err.splitlines() == ["hitsave: there is no run 99", "  runs  1 to 2", "See: hitsave log"]


@pytest.mark.parametrize("words", [["why"], ["calls"], ["result"], ["graph"]], ids=" ".join)
def test_an_unknown_call_is_told_with_the_nearest(runs, hitsave, words):
    status, out, err = hitsave(*words, "trian")
    assert (status, out) == (4, "")
    assert "Did you mean __main__:train?" in err


def test_a_name_that_may_mean_several(runs, hitsave, open_store):
    with open_store() as store:
        store.note_calls(2, [{"function": name, "verdict": "hit", "reasons": []} for name in ("a:f", "b:f")])
        for name in ("a:f", "b:f"):
            store.note_table(2, name, [{"arguments": {}, "result": None}])
    for words in (["why", "f"], ["calls", "f"], ["result", "f"], ["graph", "f"]):
        status, out, err = hitsave(*words)
        assert (status, out) == (4, "")
        assert f"Say which: hitsave {words[0]} a:f" in err


@pytest.mark.parametrize("words", AS_JSON, ids=" ".join)
def test_json_is_json_and_nothing_else(runs, hitsave, words):
    status, out, err = hitsave(*words, "--json")
    assert (status, err) == (0, "")
    json.loads(out)


def test_a_result_that_is_no_longer_stored(runs, hitsave):
    status, out, err = hitsave("result", "train")
    assert (status, out) == (4, "")
    assert "the call was not saved" in err
    status, out, _ = hitsave("result", "train", "--json")
    assert json.loads(out)["result"] == {"loss": 1.0}, "its numbers are in the log, which is never evicted"


def test_reading_needs_no_right_to_write(runs, hitsave, project, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    store = tmp_path / "data" / "hitsave"
    for folder, _, names in os.walk(store):
        for name in names:
            os.chmod(os.path.join(folder, name), stat.S_IRUSR)
        os.chmod(folder, stat.S_IRUSR | stat.S_IXUSR)
    assert hitsave("log")[0] == 0


def test_reading_changes_nothing(runs, hitsave, tmp_path):
    def state():
        found = {}
        for folder, _, names in os.walk(tmp_path / "data"):
            for name in names:
                path = os.path.join(folder, name)
                if not name.startswith("lock"):  # LMDB's table of readers
                    found[path] = (os.stat(path).st_size, os.stat(path).st_mtime_ns)
        return found

    before = state()
    for words in (["log"], ["show"], ["why"], ["diff"], ["calls", "train"], ["graph", "train"], ["cache", "size"]):
        assert hitsave(*words)[0] == 0
    assert state() == before


def test_a_script_is_found_by_its_name(runs, hitsave):
    assert hitsave("show", "@:train.py")[1].startswith("run 2  ")
    assert hitsave("show", "@-:train.py")[1].startswith("run 1  ")
    status, _, err = hitsave("show", "@:trian.py")
    assert (status, "Did you mean train.py?" in err) == (4, True)


def test_notes_tags_and_pins_are_in_the_log(runs, hitsave):
    assert hitsave("tag", "1", "figure-3")[0] == 0
    assert hitsave("note", "figure-3", "of the paper")[0] == 0
    assert hitsave("pin", "figure-3")[:2] == (0, "run 1: 0 results pinned\n")
    assert hitsave("log")[1].splitlines()[2].endswith('first run  pinned  [figure-3]  "of the paper"')
    assert hitsave("note", "1")[1] == "of the paper\n"
    assert [row["run"] for row in json.loads(hitsave("log", "--grep", "PAPER", "--json")[1])] == [1]
    assert hitsave("tag", "2", "figure-3")[0] == 0, "a tag moves"
    assert hitsave("show", "figure-3")[1].startswith("run 2  ")
    assert "[figure-3]" not in hitsave("log")[1].splitlines()[2]
    assert hitsave("tag", "--delete", "figure-3")[0] == 0
    assert hitsave("unpin", "1")[0] == 0
    assert hitsave("note", "1", "--clear")[0] == 0
    assert hitsave("log")[1].splitlines()[2].endswith("first run")
    assert hitsave("show", "figure-3")[0] == 4
    for name in ("12", "@x", "-x", ""):
        assert hitsave("tag", "1", "--", name)[0] == 2


def test_the_log_is_filtered(runs, hitsave):
    def numbers(*words):
        return [row["run"] for row in json.loads(hitsave("log", "--json", *words)[1])]

    assert numbers() == [2, 1]
    assert numbers("--changed", "scale") == [2]
    assert numbers("--changed", "helper.scale") == [2]
    assert numbers("--changed", "helper.py") == [2]
    assert numbers("--changed", "other") == []
    assert numbers("--since", "2023-11-14") == [2, 1]
    assert numbers("--since", "1h") == []
    assert numbers("--grep", "FAST") == [2, 1]
    assert numbers("--grep", "slow") == []
    assert numbers("--script", "train.py", "-n", "1") == [2]
    assert hitsave("log", "--since", "1h")[2].startswith("hitsave: no run is like that\n")
    assert hitsave("log", "--since", "soon")[0] == 2


def test_diff_says_by_its_status_whether_anything_differs(runs, hitsave):
    assert hitsave("diff", "--exit-code")[0] == 1
    assert hitsave("diff", "1", "1", "--exit-code")[:2] == (0, "")
    assert hitsave("diff", "@-:train.py", "@")[1].startswith("diff --git a/helper.py b/helper.py\n")


def test_restore_refuses_a_folder_that_is_there(runs, hitsave, project):
    (project / "old").mkdir()
    (project / "old" / "mine.txt").write_text("")
    status, _, err = hitsave("restore", "1", "old")
    assert (status, "not empty" in err) == (2, True)
    status, _, _ = hitsave("restore", "1")
    assert (status, os.listdir(project / "run-1")) == (0, ["helper.py"])
    assert (project / "run-1" / "helper.py").read_text() == "def scale(x):\n    return x * 0.1\n"


def test_no_name_leads_out_of_the_folder():
    from hitsave.report.restore import target

    assert target("/a/b", "/etc/passwd") == "/a/b/outside-the-project/etc/passwd"
    with pytest.raises(ValueError, match="leads out"):
        target("/a/b", "../c")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(hitsave, shell):
    status, out, _ = hitsave("completion", shell)
    assert status == 0
    assert "_HITSAVE_COMPLETE" in out
    assert hitsave("completion", "csh")[0] == 2


def test_completion_offers_runs_and_functions(runs, process):
    def offered(words, position):
        _, out, _ = process(COMP_WORDS=words, COMP_CWORD=str(position), _HITSAVE_COMPLETE="complete_bash")
        return out.split()

    assert offered("hitsave show ", 2) == ["2", "@", "1", "@-"]
    assert offered("hitsave why tr", 2) == ["train"]
    assert "restore" in offered("hitsave re", 1)
    assert "--values" in offered("hitsave diff --v", 2)


def test_sixty_columns(runs, process):
    for words in (["log"], ["show"], ["calls", "train"], ["graph", "train"]):
        status, out, _ = process(*words, COLUMNS="60")
        assert (status, "\x1b" in out) == (0, False)
