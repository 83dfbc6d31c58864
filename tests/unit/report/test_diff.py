"""Diffs of functions, as git reads them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from hitsave.report import diff
from hitsave.report.archive import Version

HEAD = [f"# {line}\n" for line in range(10)]
OLD = ["def f(x):\n", "    a = 1\n", "    return x * a\n"]
NEW = ["def f(x):\n", "    a = 2\n", "    b = 3\n", "    return x * a * b"]


def test_a_diff_counts_lines_as_the_files_do_and_tells_of_a_missing_line_end():
    lines = diff.of_versions(Version("m:f", "m.py", 11, OLD), Version("m:f", "m.py", 11, NEW))
    assert lines == [
        "--- a/m.py",
        "+++ b/m.py",
        "@@ -11,3 +11,4 @@",
        " def f(x):",
        "-    a = 1",
        "-    return x * a",
        "+    a = 2",
        "+    b = 3",
        "+    return x * a * b",
        "\\ No newline at end of file",
    ]
    assert diff.count(lines) == (3, 2)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_applies_it(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("".join(HEAD + OLD))
    lines = diff.of_versions(Version("m:f", "m.py", 11, OLD), Version("m:f", "m.py", 11, NEW))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, check=True, input="\n".join(lines) + "\n", text=True)
    assert file.read_text() == "".join(HEAD + NEW)


def test_a_new_function_is_all_additions_and_a_removed_one_all_removals():
    version = Version("m:f", "m.py", 4, OLD)
    assert diff.count(diff.of_versions(None, version)) == (3, 0)
    assert diff.count(diff.of_versions(version, None)) == (0, 3)
    assert diff.of_versions(version, version) == []


def test_lines_that_look_like_heads_are_counted():
    assert diff.count(diff.of_lines(["--- x\n"], ["+++ y\n"], "a/m", "b/m")) == (1, 1)
