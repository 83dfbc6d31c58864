"""Two runs side by side: patches of what was used, data, packages; a run and the working copy; one call and another."""

from __future__ import annotations

import pytest

from hitsave.render import compare as text
from hitsave.render import console
from hitsave.report import against, compare, diff, show

OLD = "LR = 1\n\n\ndef used(x):\n    return x\n\n\n\n\n\n\n\ndef unused(x):\n    return x\n"
NEW = OLD.replace("def used(x):\n    return x", "def used(x):\n    return x * LR").replace(
    "def unused(x):\n    return x", "def unused(x):\n    return 2"
)


@pytest.fixture
def two(memory):
    """Two runs of m.py: `used` was edited and used, `unused` was edited and not used; a file and a package changed."""
    for number, source in enumerate((OLD, NEW), 1):
        fingerprint = memory.add_code("m:used", "m.py", source, 4, 5)
        uses = [("file", "d.csv", f"{number} bytes"), ("distribution", "numpy", f"2.{number}"), ("global", "m:LR", "1")]
        memory.add_run(
            number, [], functions={"m:used": fingerprint}, sources={"m.py": memory.add_source(source)},
            used=memory.add_uses(uses), project="/nowhere",
        )  # fmt: skip
    return memory


def test_only_hunks_that_touch_what_was_used(two, archive):
    told = compare.between(archive, archive.run(1), archive.run(2))
    (file,) = told["files"]
    assert (file["file"], file["added"], file["removed"], file["functions"], file["left_out"]) == (
        "m.py",
        1,
        1,
        ["used"],
        1,
    )
    assert [item["function"] for item in told["data"]] == ["d.csv"]
    assert [item["function"] for item in told["packages"]] == ["numpy"]
    whole = compare.between(archive, archive.run(1), archive.run(2), whole=True)
    assert (whole["files"][0]["added"], whole["files"][0]["left_out"]) == (2, 0)


def test_the_text_is_a_patch_with_remarks(two, archive):
    layout = text.patch(compare.between(archive, archive.run(1), archive.run(2)))
    lines = [console.plain(line) for line in layout]
    assert lines[:3] == ["diff --git a/m.py b/m.py", "--- a/m.py", "+++ b/m.py"]
    remarks = [line for line in lines if line.startswith("#")]
    assert remarks == [
        "# data", "#   d.csv  1 bytes → 2 bytes", "# packages", "#   numpy  2.1 → 2.2",
        "# 1 other edit in these files, of what neither used: --all",
    ]  # fmt: skip


def test_spaces_at_the_ends_of_lines_stay_in_a_patch():
    lines = diff.of_lines(["a  \n", "b\r\n"], ["a  \n", "c\r\n"], "a/m", "b/m")
    assert [console.plain(line) for line in console.diff_lines(lines, "")][3:] == [" a  ", "-b\r", "+c\r"]


def test_a_run_and_the_working_copy(two, archive, tmp_path):
    run = {**archive.run(1), "project": str(tmp_path)}
    (tmp_path / "m.py").write_text(OLD)
    assert compare.between(archive, run, None)["files"] == []
    (tmp_path / "m.py").write_text(NEW)
    told = compare.between(archive, run, None)
    assert [file["functions"] for file in told["files"]] == [["used"]]
    assert told["data"][0]["after"] == "absent"
    assert compare.differs(told)


def test_a_new_and_a_deleted_file(memory, archive):
    memory.add_run(1, [], sources={"a.py": memory.add_source("x = 1\n")})
    memory.add_run(2, [], sources={"b.py": memory.add_source("y = 1\n")})
    files = compare.between(archive, archive.run(1), archive.run(2), whole=True)["files"]
    assert [file["patch"][1:4] for file in files] == [
        ["deleted file mode 100644", "--- a/a.py", "+++ /dev/null"],
        ["new file mode 100644", "--- /dev/null", "+++ b/b.py"],
    ]


def test_calls_are_paired_by_their_arguments(memory, archive, make_call):
    for number, factor in ((1, 1), (2, 3)):
        rates = (0.1, 0.2) if number == 1 else (0.2, 0.1)
        calls = [make_call("m:f", "miss", at=float(i), arguments={"rate": str(rate)}) for i, rate in enumerate(rates)]
        memory.add_run(number, calls)
        memory.tables.setdefault("m:f", []).extend(
            {
                "run": number,
                "at": float(i),
                "arguments": {"rate": rate},
                "result": {"loss": rate * factor},
                "seconds": 1.0,
            }
            for i, rate in enumerate(rates)
        )
    told = compare.between(archive, archive.run(1), archive.run(2))["results"]
    assert [(cell["name"], cell["before"], cell["after"]) for row in told for cell in row["cells"]] == [
        ("loss", 0.2, pytest.approx(0.6)), ("loss", 0.1, pytest.approx(0.3)),
    ]  # fmt: skip


def test_one_call_against_that_of_another_run(edited, archive):
    (told,) = against.of_calls(archive, archive.run(2), [archive.calls(2)[2]], archive.run(1))
    assert [(reason["kind"], reason["subject"]) for reason in told["reasons"] if reason["kind"] != "argument"] == [
        ("code", "helper:scale"), ("global", "config:LR"),
    ]  # fmt: skip
    (same,) = against.of_calls(archive, archive.run(2), [archive.calls(2)[0]], archive.run(1))
    assert (same["same_result"], same["reasons"]) == (True, [])
    (new,) = against.of_calls(archive, archive.run(2), [archive.calls(2)[3]], archive.run(1))
    assert new["in_other"] is False


def test_many_calls_that_are_alike_are_one_line_and_few_are_not(make_call):
    calls = [make_call("m:f", "hit", at=float(i), parent=10_000) for i in range(10_000)]
    calls.append(make_call("m:main", "miss", at=-1.0))
    (main,) = show.tree(calls)
    assert [(row["function"], row["count"]) for row in main["calls"]] == [("m:f", 10_000)]
    (main,) = show.tree(calls, folded=False)
    assert len(main["calls"]) == 10_000
    few = [make_call("m:f", "hit", at=float(i)) for i in range(3)]
    assert [row["count"] for row in show.tree(few)] == [1, 1, 1]


def test_parents_that_were_too_quick_for_a_row_are_passed_over(memory, archive, make_call):
    memory.add_run(
        1,
        [
            make_call("m:inner", "miss", at=3.0, within=[1.0, 2.0]),
            make_call("m:outer", "miss", at=1.0, within=[]),
        ],
    )
    assert [call["parent"] for call in archive.calls(1)] == [1, None]
