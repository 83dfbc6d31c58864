"""What git says, read from its files, against git itself."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from hitsave.memo import git as files

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def git(tmp_path):
    def run(*words, cwd=tmp_path):
        ran = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
            cwd=cwd,
            capture_output=True,
            check=True,
            text=True,
        )
        return ran.stdout.strip()

    run("init", "-q", "-b", "main")
    (tmp_path / "a.py").write_text("a = 1\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.py").write_text("b = 1\n")
    return run


def state(folder, *names):
    found = files.find(str(folder))
    return found.state({str(folder / name): (folder / name).read_bytes() for name in names})


def test_a_repository_without_a_commit(git, tmp_path):
    found = state(tmp_path, "a.py")
    assert (found["commit"], found["branch"]) == (None, "main")


def test_clean_then_edited_then_committed(git, tmp_path):
    git("add", ".")
    git("commit", "-qm", "one")
    found = state(tmp_path, "a.py", "sub/b.py")
    assert found == {"commit": git("rev-parse", "HEAD"), "branch": "main", "dirty": False, "untracked": []}
    (tmp_path / "sub" / "b.py").write_text("b = 2\n")
    assert state(tmp_path, "a.py")["dirty"] is True, "an edit of a file that did not run is one, too"
    git("commit", "-qam", "two")
    assert state(tmp_path, "a.py")["dirty"] is False


def test_a_file_that_was_touched_is_not_dirty(git, tmp_path):
    git("add", ".")
    git("commit", "-qm", "one")
    (tmp_path / "a.py").touch()
    assert state(tmp_path, "a.py")["dirty"] is False


def test_what_is_staged_is_dirty(git, tmp_path):
    git("add", ".")
    git("commit", "-qm", "one")
    (tmp_path / "a.py").write_text("a = 2\n")
    git("add", ".")
    assert state(tmp_path, "a.py")["dirty"] is True


def test_an_untracked_file_that_ran(git, tmp_path):
    git("add", ".")
    git("commit", "-qm", "one")
    (tmp_path / "new.py").write_text("")
    found = state(tmp_path, "a.py", "new.py")
    assert (found["dirty"], found["untracked"]) == (False, ["new.py"])


def test_packed_references_and_a_detached_head(git, tmp_path):
    git("add", ".")
    git("commit", "-qm", "one")
    git("pack-refs", "--all")
    assert files.find(str(tmp_path)).commit == git("rev-parse", "HEAD")
    git("checkout", "-q", "--detach")
    found = files.find(str(tmp_path))
    assert (found.commit, found.branch) == (git("rev-parse", "HEAD"), None)


def test_a_worktree_and_a_folder_below(git, tmp_path):
    git("add", ".")
    git("commit", "-qm", "one")
    git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    found = files.find(str(tmp_path / "tree" / "sub"))
    assert (found.root, found.branch) == (str(tmp_path / "tree"), "other")
    assert found.commit == git("rev-parse", "HEAD")
    assert state(tmp_path / "tree", "a.py")["dirty"] is False


def test_no_repository_and_a_damaged_one(tmp_path):
    (tmp_path / ".git").mkdir()
    found = files.find(str(tmp_path))
    assert found.state({}) == {"commit": None, "branch": None, "dirty": None, "untracked": []}
