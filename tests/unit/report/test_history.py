"""The list of runs and its diff column."""

from __future__ import annotations

import pytest

from hitsave.render import console, log
from hitsave.report import definitions, history


def _diff(archive, position=0):
    return [
        (item["kind"], item["function"], item["added"], item["removed"])
        for item in history.rows(archive)[position]["diff"]
    ]


def test_what_changed_and_was_used_is_listed_and_nothing_else(edited, archive):
    row = history.rows(archive)[0]
    assert [(item["kind"], item["function"]) for item in row["diff"]] == [
        ("code", "helper:scale"),
        ("global", "config:LR"),
    ]
    assert row["diff"][0] | {} == {
        "function": "helper:scale",
        "file": "helper.py",
        "kind": "code",
        "added": 1,
        "removed": 1,
        "before": "def scale(x):\n    return x * 0.1\n",
        "after": "def scale(x):\n    return x * 0.2\n",
    }
    assert (row["diff"][1]["before"], row["diff"][1]["after"]) == ("0.1", "0.2")
    assert row["edits_unused"] == 1  # `unused`


def test_the_first_run_is_compared_with_nothing(edited, archive):
    row = history.rows(archive)[1]
    assert (row["compared_with"], row["diff"]) == (None, [])


def test_a_value_that_went_back_is_compared_with_the_run_before_not_with_the_oldest(edited, archive, make_call):
    # Run 3 is answered by run 1's trace: there is no reason to read, and still LR changed back.
    trace = edited.recorded[1][1]["trace"]
    edited.add_run(
        3,
        [make_call("__main__:train", "hit", trace=trace, source_run=1)],
        functions=edited.records[1]["functions"],
        sources=edited.records[1]["sources"],
    )
    assert [(kind, name) for kind, name, _, _ in _diff(archive)] == [("code", "helper:scale"), ("global", "config:LR")]
    values = history.rows(archive)[0]["diff"][1]
    assert (values["before"], values["after"]) == ("0.2", "0.1")


def test_a_reason_against_an_older_result_is_not_taken_for_a_change_since_the_last_run(edited, archive, make_call):
    stale = {
        "kind": "global",
        "subject": "config:LR",
        "where": "model.py:4",
        "before": "0.7",
        "after": "0.2",
        "path": [],
    }
    second = edited.recorded[2][2]["trace"]
    run = edited.records[2]
    edited.add_run(
        3,
        [make_call("__main__:train", "miss", stale, trace=second)],
        functions=run["functions"],
        sources=run["sources"],
    )
    assert _diff(archive) == []


def test_reasons_speak_where_no_trace_was_kept(memory, archive, make_call):
    reason = {"kind": "file", "subject": "d.csv", "where": "m.py:4", "before": "1 B", "after": "2 B", "path": []}
    memory.add_run(1, [])
    memory.add_run(2, [make_call("m:f", "miss", reason)])
    assert _diff(archive) == [("file", "d.csv", 0, 0)]


def test_a_function_that_ran_for_the_first_time_but_stood_there_before_is_no_edit(memory, archive):
    text = "def a():\n    return 1\n\ndef b():\n    return 2\n"
    a, b = memory.add_code("m:a", "m.py", text, 1, 2), memory.add_code("m:b", "m.py", text, 4, 5)
    sources = {"m.py": memory.add_source(text)}
    memory.add_run(1, [], functions={"m:a": a}, sources=sources)
    memory.add_run(2, [], functions={"m:a": a, "m:b": b}, sources=sources)
    assert _diff(archive) == []


def test_a_new_function_is_an_addition(memory, archive):
    old, new = "def a():\n    return 1\n", "def a():\n    return 1\n\ndef b():\n    return 2\n"
    a, b = memory.add_code("m:a", "m.py", new, 1, 2), memory.add_code("m:b", "m.py", new, 4, 5)
    memory.add_run(1, [], functions={"m:a": a}, sources={"m.py": memory.add_source(old)})
    memory.add_run(2, [], functions={"m:a": a, "m:b": b}, sources={"m.py": memory.add_source(new)})
    assert _diff(archive) == [("code", "m:b", 2, 0)]


def test_an_edit_of_a_function_is_not_told_of_the_module_around_it(memory, archive):
    old, new = "X = 1\ndef a():\n    return 1\n", "X = 1\ndef a():\n    return 2\n"
    runs = []
    for text in (old, new):
        functions = {
            "m:<module>": memory.add_code("m:<module>", "m.py", text, 1, 3),
            "m:a": memory.add_code("m:a", "m.py", text, 2, 3),
        }
        runs.append((functions, {"m.py": memory.add_source(text)}))
    for number, (functions, sources) in enumerate(runs, 1):
        memory.add_run(number, [], functions=functions, sources=sources)
    assert _diff(archive) == [("code", "m:a", 1, 1)]


def test_an_edit_of_a_method_is_not_told_of_the_class_around_it(memory, archive):
    texts = ["class A:\n    def f(self):\n        return 1\n", "class A:\n    def f(self):\n        return 2\n"]
    for number, text in enumerate(texts, 1):
        functions = {
            "m:A": memory.add_code("m:A", "m.py", text, 1, 3),
            "m:A.f": memory.add_code("m:A.f", "m.py", text, 2, 3),
        }
        memory.add_run(number, [], functions=functions, sources={"m.py": memory.add_source(text)})
    assert _diff(archive) == [("code", "m:A.f", 1, 1)]


def test_a_function_inside_a_reused_result_counts_as_used(memory, archive, make_call):
    # Run 2 enters nothing: `g` is known from the trace that answered `f`. Run 3 enters the edited `g`.
    texts = ["def g():\n    return 1\n", "def g():\n    return 2\n"]
    old, new = (memory.add_code("m:g", "m.py", text, 1, 2) for text in texts)
    sources = [{"m.py": memory.add_source(text)} for text in texts]
    trace = memory.add_trace("m:f", [], 1)
    record = memory.traces[bytes.fromhex(trace)]
    memory.nodes[b"n" * 16] = ("code", "m:g", bytes.fromhex(old), "m.py:1")
    memory.traces[bytes.fromhex(trace)] = (*record[:4], ((b"n" * 16, 0),), *record[5:])
    memory.add_run(1, [], functions={"m:g": old}, sources=sources[0])
    memory.add_run(2, [make_call("m:f", "hit", trace=trace)], functions={}, sources=sources[0])
    memory.add_run(3, [], functions={"m:g": new}, sources=sources[1])
    assert _diff(archive) == [("code", "m:g", 1, 1)]
    # And where that trace is gone, the older run's own list and file tell the same.
    memory.recorded[2] = []
    assert _diff(archive) == [("code", "m:g", 1, 1)]


def test_a_file_that_was_looked_for_and_read_is_told_once(memory, archive, make_call):
    for number, (there, content) in enumerate([("file", "1 B"), ("absent", "gone")], 1):
        trace = memory.add_trace("m:f", [("presence", "d.csv", there), ("file", "d.csv", content)], number)
        memory.add_run(number, [make_call("m:f", "miss", trace=trace)])
    rows = history.rows(archive)[0]["diff"]
    assert [(row["kind"], row["function"], row["before"], row["after"]) for row in rows] == [
        ("file", "d.csv", "1 B", "gone")
    ]


def test_runs_of_another_script_are_passed_over(edited, archive):
    edited.add_run(3, [], script="other.py")
    edited.add_run(4, [], functions=edited.records[2]["functions"], sources=edited.records[2]["sources"])
    assert [row["compared_with"] for row in history.rows(archive)] == [2, None, 1, None]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("x = 1\n", "x = 1\n", []),
        ("x = 1\n", "x = 1  # why\n", [""]),
        ("def f():\n    'a'\n    return 1\n", "def f():\n    'b'\n\n    return 1\n", [""]),
        ("x = 1\ny = 1\n", "x = 1\ny = 2\n", ["y"]),
        ("def f():\n    return 1\n", "def f(a=1):\n    return 1\n", ["f"]),
        (
            "class A:\n    k = 1\n    def f(self): return 1\n",
            "class A:\n    k = 1\n    def f(self): return 2\n",
            ["A.f"],
        ),
        ("class A:\n    k = 1\n", "class A:\n    k = 2\n", ["A"]),
        ("import a\n", "import b\n", ["<module>"]),
        ("def f(): pass\n", "", ["f"]),
        ("x = 1\n", "x = (\n", None),
    ],
)
def test_the_pieces_of_a_file_that_were_edited(old, new, names):
    assert definitions.edited(old, new) == names


def _table(archive, width):
    rows = history.rows(archive)
    return [console.plain(line) for line in log.table(rows, width, 1_700_000_500.0)]


def test_the_table_shows_runs_newest_first_with_what_changed(edited, archive):
    heads, last, first = _table(archive, None)
    assert heads.split() == [
        "run",
        "when",
        "outcome",
        "took",
        "saved",
        "reused",
        "ran",
        "unsaved",
        "command",
        "changed",
    ]
    assert last.split()[0] == "2"
    assert last.endswith("train.py --fast  helper.scale +1 -1, config.LR 0.1→0.2 (1 other edit, not used)")
    assert first.endswith("first run")


@pytest.mark.parametrize("width", [40, 60, 80, 109, 110, 200])
def test_the_table_fits_the_terminal(edited, archive, width):
    lines = _table(archive, width)
    if width in (60, 80, 109):
        assert max(map(len, lines)) <= width
    assert any("helper.scale +1 -1" in line for line in lines)
    assert any("config.LR" in line for line in lines)


def test_nothing_changed_and_edits_that_nobody_used(edited, archive):
    assert log.changed({"compared_with": 1, "diff": [], "edits_unused": 0}) == [("=", "soft")]
    assert log.changed({"compared_with": 1, "diff": [], "edits_unused": 3}) == [("3 edits, none used", "soft")]
