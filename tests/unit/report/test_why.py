"""What `why` says of calls and of runs."""

from __future__ import annotations

import pytest

from hitsave.render import console
from hitsave.render import why as text
from hitsave.report import find, places, why

_NOW = 1_700_000_000.0 + 60 * 2 + 300


def _text(layout):
    return "\n".join(console.plain(line) for line in layout)


def _why(archive, name, number=2):
    run = archive.run(number)
    return _text(text.calls(run, why.of_calls(archive, run, find.calls(archive, run, name)), _NOW))


def test_an_edit_three_calls_deep_is_told_with_its_diff_and_the_way_to_it(edited, archive):
    told = _why(archive, "train").splitlines()
    assert told[0] == "train  ran again  2.0 s  run 2  train.py:41"
    assert told[1] == "  rate=0.1, epochs=3"
    assert told[2] == "  the code of helper.scale changed  helper.py:3"
    assert told[3] == "    train → fit (model.py:3) → scale (helper.py:3)"
    assert told[4:10] == [
        "    --- a/helper.py",
        "    +++ b/helper.py",
        "    @@ -3,2 +3,2 @@",
        "     def scale(x):",
        "    -    return x * 0.1",
        "    +    return x * 0.2",
    ]


def test_a_second_change_is_told_after_the_first(edited, archive):
    told = _why(archive, "train")
    assert "  also: config.LR changed: 0.1 → 0.2  model.py:4" in told
    assert told.index("helper.scale") < told.index("config.LR")


def test_the_place_of_a_link_that_was_kept_wins(memory, archive, make_call):
    path = [("m:f", None), ("m:g", "m.py:40"), ("m:h", "m.py:3")]
    memory.add_run(1, [make_call("m:f", "miss", {"kind": "global", "subject": "m:X", "path": path})])
    assert "f → g (m.py:40) → h (m.py:3)" in _why(archive, "f", 1)


def test_an_unsaved_call_is_told_with_what_can_be_done(edited, archive):
    told = _why(archive, "stamp")
    assert "stamp  ran, not saved  2.0 s" in told
    assert "it read the date or the time of day: datetime.now  train.py:12" in told
    assert "what can be done: read it outside, and pass it in" in told


def test_a_hit_is_told_with_its_origin_and_with_what_was_checked(edited, archive):
    told = _why(archive, "load")
    assert "load  reused  saved 7.0 s" in told
    assert "made by run 1, " in told
    assert "it took 2.0 s then" in told
    assert "file          data/d.csv" in told
    assert "distribution  numpy 2.1" in told


def test_calls_with_the_same_answer_are_told_together(memory, archive, make_call):
    reason = {"kind": "global", "subject": "m:X", "where": "m.py:1", "before": "1", "after": "2", "path": []}
    calls = [make_call("m:f", "miss", dict(reason), arguments={"n": str(n)}) for n in range(8)]
    memory.add_run(1, [*calls, make_call("m:f", "hit", source_run=1)])
    told = _why(archive, "f", 1)
    assert told.count("m.X changed") == 1
    assert "m.f ×8  ran again  16.0 s" in told
    assert "and 3 calls more with other arguments" in told
    assert "m.f  reused" in told


def test_first_time_no_longer_stored_and_new_arguments_are_different_answers(memory, archive, make_call):
    nearest = {"kind": "argument", "subject": "rate", "before": "0.1", "after": "0.2", "path": []}
    memory.add_run(
        1,
        [
            make_call("m:a", "miss", {"kind": "new", "subject": "", "path": []}),
            make_call("m:b", "miss", {"kind": "gone", "subject": "", "path": []}),
            make_call("m:c", "miss", nearest),
        ],
    )
    assert "ran for the first time" in _why(archive, "a", 1)
    assert "no longer" in _why(archive, "b", 1)
    assert "first time with these arguments; nearest stored: rate was 0.1, is 0.2" in _why(archive, "c", 1)


def test_the_summary_tells_each_cause_once_with_the_calls_under_it(edited, archive):
    told = why.of_run(archive, archive.run(2))
    assert [(cause["kind"], cause["subject"]) for cause in told["missed"]] == [
        ("code", "helper:scale"),
        ("global", "config:LR"),
    ]
    assert [(row["function"], row["count"]) for row in told["missed"][0]["calls"]] == [
        ("model:fit", 1),
        ("__main__:train", 1),
    ]
    assert told["missed"][1]["calls"] == []
    assert told["missed"][1]["also_reaches"] == 1
    shown = _text(text.summary(told, _NOW))
    assert shown.count("helper.scale") == 1
    assert "helper.scale changed  helper.py:3  +1 -1" in shown
    assert "model.fit, train  3.0 s" in shown
    assert "reaches 1 call named under another cause" in shown
    assert "Not saved\n  it read the date or the time of day: datetime.now  train.py:12" in shown
    assert "Reused\n  load  saved 7.0 s" in shown
    assert "run 2  train.py --fast  5 minutes ago" in shown
    assert "1 reused (saved 7.0 s) · 2 computed · 1 not saved" in shown


def test_what_the_run_before_had_made_too_is_the_first_cause(memory, archive, make_call):
    code = {"kind": "code", "subject": "helper:scale", "where": "helper.py:1", "before": None, "after": None}
    older = {"kind": "class shape", "subject": "net:Net", "where": "net.py:1", "before": "a", "after": "b", "since": 1}
    argument = {"kind": "argument", "subject": "x", "where": "t.py:1", "before": "1", "after": "2", "since": 2}
    memory.add_run(1, [make_call("m:f", "miss", call="f1")])
    memory.add_run(2, [make_call("m:g", "hit", call="g")])
    calls = [
        make_call("m:h", "miss", argument, call="h"),
        make_call("m:f", "miss", older, call="f1"),
        make_call("m:g", "miss", {**code, "since": 2}, call="g"),
    ]
    memory.add_run(3, calls)
    told = why.of_run(archive, archive.run(3))
    assert [(cause["kind"], cause["in_run_before"]) for cause in told["missed"]] == [
        ("code", True),
        ("class shape", False),
        ("argument", False),
    ]
    assert told["compared_with"] == 2
    shown = _text(text.summary(told, _NOW))
    assert "the class net.Net changed: a → b  net.py:1  since run 1" in shown
    assert "helper.py:1  since" not in shown
    (call,) = why.of_calls(archive, archive.run(3), [calls[1]])
    shown = _text(text.calls(archive.run(3), [call], _NOW, why.changed(archive, archive.run(3))))
    assert "compared with run 1: no such call is recorded in run 2" in shown


def test_two_looks_at_one_thing_on_one_line_are_one_reason(memory, archive, make_call):
    def look(subject, where="t.py:3", kind="calendar"):
        return {"kind": kind, "subject": subject, "where": where, "before": None, "after": None, "path": []}

    reasons = [
        look("datetime.datetime.now"),
        look("datetime.datetime"),
        look("time.localtime"),
        look("datetime.datetime", "t.py:9"),
    ]
    memory.add_run(1, [make_call("m:f", "unsaved", *reasons)])
    (call,) = why.of_calls(archive, archive.run(1), archive.calls(1))
    assert [(one["subject"], one["where"]) for one in call["reasons"]] == [
        ("datetime.datetime.now", "t.py:3"),
        ("time.localtime", "t.py:3"),
        ("datetime.datetime", "t.py:9"),
    ]


def test_a_parameter_of_a_library_that_has_no_name_is_counted(memory, archive, make_call):
    reason = {
        "kind": "argument",
        "subject": "#1",
        "where": "t.py:3",
        "before": "ndarray",
        "after": "ndarray",
        "path": [],
    }
    memory.add_run(1, [make_call("numpy.linalg:svd", "miss", reason, arguments={"#1": "ndarray", "full": "True"})])
    (call,) = why.of_calls(archive, archive.run(1), archive.calls(1))
    assert "argument 1 is another ndarray" in str(call["reasons"][0]["sentence"])
    assert "  ndarray, full=True\n" in _text(text.calls(archive.run(1), [call], _NOW)) + "\n"


def test_several_arguments_that_differ_are_told_once_as_new(memory, archive, make_call):
    reasons = [{"kind": "argument", "subject": name, "before": "1", "after": "2", "path": []} for name in ("a", "b")]
    memory.add_run(1, [make_call("m:f", "miss", *reasons)])
    told = _why(archive, "f", 1)
    assert told.count("first time") == 1
    assert "also: b was 1, is 2" in told
    memory.add_run(2, [make_call("m:f", "miss", *reasons), make_call("m:g", "miss", reasons[1])])
    causes = why.of_run(archive, archive.run(2))["missed"]
    assert [cause["sentence"] for cause in causes] == ["first time with these arguments"]


def test_an_unsaved_child_and_its_parents_are_one_cause(memory, archive, make_call):
    reason = {"kind": "entropy", "subject": "os.urandom", "where": "m.py:3", "path": ["m:f", "m:g"]}
    memory.add_run(1, [make_call("m:g", "unsaved", dict(reason)), make_call("m:f", "unsaved", dict(reason))])
    causes = why.of_run(archive, archive.run(1))["not_saved"]
    assert len(causes) == 1
    assert [row["function"] for row in causes[0]["calls"]] == ["m:g", "m:f"]


def test_a_run_that_was_replayed_whole_says_so(memory, archive):
    memory.add_run(1, [], replayed=True, saved_seconds=9.0)
    assert "the whole run was replayed" in _text(text.summary(why.of_run(archive, archive.run(1)), _NOW))


def test_a_run_that_raised_or_was_killed_says_so(memory, archive):
    memory.add_run(
        1, [], state="failed", exit=1, traceback="Traceback (most recent call last):\n  ...\nKeyError: 'x'\n"
    )
    memory.add_run(2, [], state="killed", exit=None)
    assert "failed\nKeyError: 'x'\n" in _text(text.summary(why.of_run(archive, archive.run(1)), _NOW))
    assert "killed" in _text(text.summary(why.of_run(archive, archive.run(2)), _NOW))


def test_failures_of_ours_are_told(memory, archive):
    memory.add_run(1, [], faults=["KeyError: 'x'", "KeyError: 'x'"])
    told = _text(text.summary(why.of_run(archive, archive.run(1)), _NOW))
    assert told.count("KeyError: 'x'") == 1
    assert "HitSave failed" in told


def test_a_function_whose_source_is_gone_is_still_told(memory, archive, make_call):
    reason = {"kind": "code", "subject": "m:g", "where": "m.py:3", "before": "ab" * 16, "after": "cd" * 16, "path": []}
    memory.add_run(1, [make_call("m:f", "miss", reason)])
    told = why.of_calls(archive, archive.run(1), archive.calls(1))[0]["reasons"][0]
    assert told["diff"] == []
    assert told["before"] == "code abababababab (source not kept)"


@pytest.mark.parametrize("name", ["train", "__main__:train", "__main__.train"])
def test_a_call_is_found_by_each_of_its_spellings(edited, archive, name):
    found = find.calls(archive, archive.run(2), name)
    assert [call["function"] for call in found] == ["__main__:train"]


def test_an_ambiguous_name_lists_the_functions(memory, archive, make_call):
    memory.add_run(1, [make_call("a:fit", "hit"), make_call("b:Net.fit", "hit")])
    with pytest.raises(find.NotFound) as caught:
        find.calls(archive, archive.run(1), "fit")
    assert [key for key, _ in caught.value.facts] == ["a:fit", "b:Net.fit"]
    assert len(find.calls(archive, archive.run(1), "Net.fit")) == 1


def test_an_unknown_name_gives_the_nearest(edited, archive):
    with pytest.raises(find.NotFound) as caught:
        find.calls(archive, archive.run(2), "trian")
    assert caught.value.hint == "Did you mean __main__:train?"


def test_a_function_that_ran_below_the_threshold_is_told_apart_from_an_unknown_one(edited, archive):
    with pytest.raises(find.NotFound) as caught:
        find.calls(archive, archive.run(2), "scale")
    assert "no call of scale is recorded" in caught.value.what


def test_runs_are_found_by_number_and_by_how_long_ago(edited, archive):
    assert [find.run(archive, name)["run"] for name in (None, "@", "@-", "@-1", "1")] == [2, 2, 1, 1, 1]
    for name in ("7", "@-2", "@x", "x", "-1"):
        with pytest.raises(find.NotFound):
            find.run(archive, name)


def test_no_runs_at_all_is_told(archive):
    with pytest.raises(find.NotFound) as caught:
        find.run(archive, None)
    assert caught.value.what == "no runs yet"


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("a = 1\nLR = 2\n", "LR", 2),
        ("a = 1\nLR = 2\nLR = 3\n", "LR", 3),
        ("LR: float = 2\ndef f():\n    LR = 3\n", "LR", 1),
        ("try:\n    LR = 1\nexcept E:\n    LR = 2\nelse:\n    pass\n", "LR", 4),
        ("class Net:\n    LR = 1\n", "Net.LR", 1),
        ("import a.b\nfrom c import d as e\n", "a", 1),
        ("import a.b\nfrom c import d as e\n", "e", 2),
        ("(x, [y, *z]) = w\n", "z", 1),
        ("a = 1\n", "LR", None),
        ("a = (\n", "a", None),
    ],
)
def test_the_line_that_binds_a_name(text, name, line):
    assert places.line_of(text, name) == line


def test_a_global_is_told_with_the_line_that_defines_it(edited, archive):
    edited.records[2]["sources"]["config.py"] = edited.add_source("import os\nLR = 0.2\n")
    assert "also: config.LR changed: 0.1 → 0.2  config.py:2" in _why(archive, "train")
