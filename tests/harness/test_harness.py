"""The harness itself: pages are read as they are meant, and a page that states what is not so fails.

HitSave's part is played by reports made by hand, so that each kind of false statement can be tried.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import cases
from tests.harness.pages import BadPage, Block, Page, edited
from tests.harness.runs import Outcome, Pair, files_of

PAGE = """# A title

`main.py`
```py
import time

def load():
    time.sleep(0.02)
    return 1

print(load())
```
```run
X=1 main.py "two words"
```
```first
ran: load
```
## another value
```edit main.py
- return 1
+ return 2
```
```then
ran: load
hit: helper:train
```
```why load
code main:load
```
"""


def page(tmp_path: Path, text: str = PAGE) -> Page:
    path = tmp_path / "page.md"
    path.write_text(text)
    return Page(path)


def block(*lines: str) -> Block:
    return Block([], list(lines), 0, len(lines))


def call(function: str, verdict: str, *reasons: dict) -> dict:
    return {"function": function, "verdict": verdict, "reasons": list(reasons), "seconds": 0.02}


def test_a_page_is_read(tmp_path):
    first, then = page(tmp_path).revisions
    assert first.command == ["main.py", "two words"]
    assert first.environment == {"X": "1"}
    assert first.verdicts == {"miss": {"__main__:load"}, "hit": set(), "unsaved": set(), "any": set()}
    assert then.title == "another value"
    assert then.command == first.command
    assert then.verdicts == {"miss": {"__main__:load"}, "hit": {"helper:train"}, "unsaved": set(), "any": set()}
    assert [(name, b.lines) for name, b in then.why] == [("__main__:load", ["code main:load"])]


def test_revisions_change_files(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    first, then = page(tmp_path).revisions
    first.apply(folder)
    assert "return 1\n" in (folder / "main.py").read_text()
    then.apply(folder)
    assert "return 2\n" in (folder / "main.py").read_text()


@pytest.mark.parametrize(
    "text",
    [
        PAGE.replace("ran: load\n```\n## another", "runs: load\n```\n## another"),
        PAGE.replace("```then", "```than"),
        PAGE.replace("```first\nran: load\n```\n", ""),
        PAGE + "```py\n",
    ],
)
def test_a_bad_page_is_refused(tmp_path, text):
    with pytest.raises(BadPage):
        page(tmp_path, text)


def test_edits():
    assert edited("a = 1\nb = 1\n", block("- a = 1", "+ a = 2"), "f") == "a = 2\nb = 1\n"
    assert edited("a\nb\nc\n", block("- a", "- b", "+ x", "- c", "+ y"), "f") == "x\ny\n"
    assert edited("a\nb\n", block("- a"), "f") == "b\n"
    assert edited("a\n", block("+ b"), "f") == "a\nb\n"


@pytest.mark.parametrize("text", ["a = 1\na = 1\n", "b = 1\n"])
def test_an_edit_that_is_not_unique_is_refused(text):
    with pytest.raises(BadPage):
        edited(text, block("- a = 1", "+ a = 2"), "f")


def test_false_verdicts_are_found(tmp_path):
    read = page(tmp_path)
    then = read.revisions[1]
    right = [call("__main__:load", "miss"), call("helper:train", "hit"), call("__main__:quick", "miss")]
    assert cases.verdict_differences(read, then, right) == []
    for wrong in (
        [call("__main__:load", "miss"), call("helper:train", "miss")],
        [call("__main__:load", "hit"), call("helper:train", "hit")],
        [call("__main__:load", "miss")],
        [*right, call("helper:train", "unsaved")],
    ):
        assert cases.verdict_differences(read, then, wrong) != []


def test_what_is_not_stated_is_not_judged(tmp_path):
    read = page(tmp_path, PAGE.replace("hit: helper:train", "any: helper:train"))
    for verdict in ("hit", "miss", "unsaved"):
        calls = [call("__main__:load", "miss"), call("helper:train", verdict)]
        assert cases.verdict_differences(read, read.revisions[1], calls) == []
    assert cases.verdict_differences(read, read.revisions[1], [call("__main__:load", "hit")]) != []


def test_a_hit_whose_body_ran_is_found(tmp_path):
    then = page(tmp_path).revisions[1]
    assert cases.untrue_hits(then, {"load"}) == []
    assert cases.untrue_hits(then, {"load", "train"}) == ["train: a hit by the report, but its body ran"]


def test_reasons_are_shown():
    code = {
        "kind": "code", "subject": "helper:f", "where": "helper.py:1", "path": ["__main__:load", "helper:f"],
        "before": "def f():\n    return 1\n", "after": "def f():\n    return 2\n",
    }  # fmt: skip
    value = {"kind": "global", "subject": "config:LR", "where": "", "path": [], "before": "0.1", "after": "0.2"}
    assert cases.reason_lines([call("__main__:load", "miss", code, value, value)], "__main__:load", "/p") == [
        "code helper:f (helper.py:1)",
        "  - return 1",
        "  + return 2",
        "  load → helper:f",
        "global config:LR",
        "  0.1 → 0.2",
    ]


def test_plain_runs_and_their_differences(tmp_path):
    pair = Pair(tmp_path)
    for number, folder in enumerate((pair.plain, pair.saved)):
        (folder / "main.py").write_text(
            "import sys, time\ndef f():\n    time.sleep(0.001)\nf()\n"
            f"print({number})\nopen('out.txt', 'w').write('x' * {number})\nsys.exit({number})\n"
        )
    plain = pair.run_plain(["main.py"])
    assert (plain.stdout, plain.status, plain.files["out.txt"]) == (b"0\n", 0, b"")
    assert plain.differences(plain) == []
    pair.plain.rename(tmp_path / "gone")
    pair.saved.rename(pair.plain)
    found = "\n".join(plain.differences(pair.run_plain(["main.py"])))
    assert "exit status: plain 0, hitsave 1" in found
    assert "stdout differs" in found
    assert "file out.txt differs" in found


def test_files_that_only_one_side_leaves_are_found(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "a.txt").write_text("")
    (tmp_path / "two" / "folder").mkdir()

    class Process:
        stdout = stderr = b""
        returncode = 0

    one, two = (Outcome(Process(), files_of(tmp_path / name)) for name in ("one", "two"))
    assert one.differences(two) == [
        "file a.txt: only plain Python leaves it",
        "file folder/: only hitsave leaves it",
    ]
