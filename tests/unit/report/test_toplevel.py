"""What was edited at the top level of a script, and which of it counts."""

from __future__ import annotations

import pytest

from hitsave.report import history, toplevel

SCRIPT = '''"""A script."""
import time
RATE = 0.1
SPARE = 1
names = ["a", "b"]


def work(x):
    return x * RATE


total = work(2) + len(names)
for name in names:
    total += 1
print(total)
'''


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("print(total)", "print(total, 1)", [("line 15", (1, 1), None)]),
        ("print(total)", "print(total)\nprint(2)", [("line 16", (1, 0), None)]),
        ("print(total)\n", "", [("line 15", (0, 1), None)]),
        ("    total += 1\n", "    total += 2\n    total += 1\n", [("line 13–15", (1, 0), None)]),
        ("RATE = 0.1", "RATE = 0.2", [("line 3", (1, 1), {"RATE"})]),
        ("RATE = 0.1\nSPARE = 1", "RATE = 2\nSPARE = 2", [("line 3", (1, 1), {"RATE"}), ("line 4", (1, 1), {"SPARE"})]),
        ("import time", "import time, json", [("line 2", (1, 1), {"time", "json"})]),
        ('["a", "b"]', '["a", "b"', None),
        ("    return x * RATE", "    return x", []),
        ("print(total)", "# shown\nprint( total )", []),
        ('"""A script."""', '"""Another."""', []),
        ("work(2)", "work(3)", [("line 12", (1, 1), None)]),
    ],
)
def test_edits(old, new, told):
    assert SCRIPT.count(old) == 1
    found = toplevel.edits(SCRIPT, SCRIPT.replace(old, new))
    assert (found if found is None else [(edit.lines, edit.count(), edit.binds) for edit in found]) == told


def test_a_name_counts_if_the_top_level_looks_at_it():
    def looked_at(old, new):
        (edit,) = toplevel.edits(SCRIPT, SCRIPT.replace(old, new)) or ()
        return edit.looked_at

    assert looked_at('["a", "b"]', '["a"]')
    assert not looked_at("RATE = 0.1", "RATE = 0.2")  # only a function does, which tells what it reads
    assert not looked_at("SPARE = 1", "SPARE = 2")


def test_values_that_functions_read_are_told_by_their_value(memory, archive):
    old, new = (memory.add_source(SCRIPT.replace("0.1", rate)) for rate in ("0.1", "0.2"))
    memory.add_run(1, [], sources={"train.py": old}, used=memory.add_uses([("global", "__main__:RATE", "0.1")]))
    memory.add_run(2, [], sources={"train.py": new}, used=memory.add_uses([("global", "__main__:RATE", "0.2")]))
    row = history.rows(archive)[0]
    assert [(item["kind"], item["function"]) for item in row["diff"]] == [("global", "__main__:RATE")]
    assert row["edits_unused"] == 0


def test_what_nothing_looks_at_is_an_edit_that_was_not_used(memory, archive):
    old, new = memory.add_source(SCRIPT), memory.add_source(SCRIPT.replace("SPARE = 1", "SPARE = 2"))
    for number, source in ((1, old), (2, new)):
        memory.add_run(number, [], sources={"train.py": source}, used=memory.add_uses([]))
    row = history.rows(archive)[0]
    assert (row["diff"], row["edits_unused"]) == ([], 1)


def test_what_a_failed_run_did_not_reach_was_not_used(memory, archive):
    new = SCRIPT.replace("print(total)", "print(1)").replace("work(2)", "work(None)")
    traceback = (
        'Traceback (most recent call last):\n  File "/p/train.py", line 12, in <module>\n    total = 1\nTypeError'
    )
    memory.add_run(1, [], sources={"train.py": memory.add_source(SCRIPT)}, used=memory.add_uses([]))
    memory.add_run(
        2,
        [],
        sources={"train.py": memory.add_source(new)},
        used=memory.add_uses([]),
        state="failed",
        traceback=traceback,
    )
    row = history.rows(archive)[0]
    assert [item["function"] for item in row["diff"]] == ["__main__:line 12"]
    assert row["edits_unused"] == 1


def test_a_value_that_comes_of_another_edit_is_not_told_beside_it(memory, archive):
    source = memory.add_source("rows = open('d').read()\nRATE = 2\n")
    for number, text in ((1, "1"), (2, "2")):
        used = memory.add_uses([("global", "__main__:rows", f"[{text}]"), ("file", "d", f"{text} bytes")])
        memory.add_run(number, [], sources={"train.py": source}, used=used)
    assert [item["function"] for item in history.rows(archive)[0]["diff"]] == ["d"]
    # Alone it is told: something must have changed it.
    used = memory.add_uses([("global", "__main__:rows", "[3]"), ("file", "d", "2 bytes")])
    memory.add_run(3, [], sources={"train.py": source}, used=used)
    assert [item["function"] for item in history.rows(archive)[0]["diff"]] == ["__main__:rows"]


def test_a_class_is_told_by_what_changed_of_it_unless_its_methods_are(memory, archive):
    text = "class Net:\n    DECAY = {}\n    def fit(self, k={}):\n        return k\n"
    for number, (decay, k) in enumerate((("0.9", "1"), ("0.8", "1"), ("0.8", "2")), 1):
        source = text.format(decay, k)
        shape = f"(object)\nDECAY = {decay}\nfit(k={k})"
        memory.add_run(
            number,
            [],
            sources={"net.py": memory.add_source(source)},
            functions={"net:Net.fit": memory.add_code("net:Net.fit", "net.py", source, 3, 4)},
            used=memory.add_uses([("class shape", "net:Net", shape)]),
        )
    newest, middle, _ = history.rows(archive)
    assert [(item["kind"], item["function"], item["before"], item["after"]) for item in middle["diff"]] == [
        ("class shape", "net:Net", "DECAY = 0.9", "DECAY = 0.8")
    ]
    assert [(item["kind"], item["function"]) for item in newest["diff"]] == [("code", "net:Net.fit")]
