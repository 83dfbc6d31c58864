"""The copy in which a program is measured: what it holds, and when there is none."""

from __future__ import annotations

import os

import pytest

from hitsave.bench import folder


@pytest.fixture
def project(tmp_path):
    made = tmp_path / "project"
    for name in ("pkg/mod.py", "data/a.csv", ".git/HEAD", ".venv/pyvenv.cfg", ".venv/lib/x.py", "node_modules/x.js"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    (made / "kept").mkdir()
    (made / "kept" / "format").write_text("hitsave store 1\n")
    (made / "empty").mkdir()
    (made / "run.sh").write_text("#!/bin/sh\n")
    (made / "run.sh").chmod(0o755)
    os.mkfifo(made / "pipe")
    return made


def names(path):
    found = []
    for at, _, files in os.walk(path):
        found += [os.path.relpath(os.path.join(at, name), path) for name in files]
    return sorted(found)


def test_what_a_run_can_need_is_copied_and_times_are_kept(project, tmp_path):
    os.utime(project / "pkg" / "mod.py", ns=(5, 7))
    folder.copy(str(project), str(tmp_path / "copy"))
    copied = tmp_path / "copy"
    assert names(copied) == [".git/HEAD", "data/a.csv", "pkg/mod.py", "run.sh"]
    assert (copied / "pkg" / "mod.py").stat().st_mtime_ns == 7
    assert os.access(copied / "run.sh", os.X_OK)
    assert (copied / "empty").is_dir()


def test_links_lead_where_they_led(project, tmp_path):
    (tmp_path / "outside").write_text("outside")
    (project / "inside").symlink_to("data/a.csv")
    (project / "out").symlink_to("../outside")
    (project / "folder").symlink_to("data")
    folder.copy(str(project), str(tmp_path / "deep" / "copy"))
    copied = tmp_path / "deep" / "copy"
    assert (copied / "inside").resolve() == copied / "data" / "a.csv"
    assert (copied / "out").resolve() == tmp_path / "outside"
    assert (copied / "folder").resolve() == copied / "data"


def test_a_repository_that_is_too_large_leaves_its_folder_as_the_mark_of_a_project(project, tmp_path, monkeypatch):
    (project / ".git" / "pack").write_bytes(bytes(5000))
    monkeypatch.setattr(folder, "MOST_BYTES", 2000)
    folder.copy(str(project), str(tmp_path / "copy"))
    assert names(tmp_path / "copy") == ["data/a.csv", "pkg/mod.py", "run.sh"]
    assert (tmp_path / "copy" / ".git").is_dir()


@pytest.mark.parametrize(("name", "most"), [("MOST_BYTES", 20), ("MOST_FILES", 3)])
def test_what_is_too_large_is_not_copied_at_all(project, tmp_path, monkeypatch, name, most):
    monkeypatch.setattr(folder, name, most)
    with pytest.raises(folder.TooLarge):
        folder.copy(str(project), str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


def test_the_folder_that_holds_project_and_working_directory(project, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    script = str(project / "pkg" / "mod.py")
    assert folder.find(str(project / "data"), script) == (str(project), str(project))
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "x.py").write_text("")
    assert folder.find(str(tmp_path), "loose/x.py") == (str(tmp_path), str(tmp_path / "loose"))
    with pytest.raises(folder.TooLarge):
        folder.find(str(tmp_path / "loose"), script)
    monkeypatch.setenv("HOME", str(project))
    with pytest.raises(folder.TooLarge):
        folder.find(str(project), script)


def test_paths_of_the_folder_are_those_of_the_copy(project, tmp_path, monkeypatch):
    folder.copy(str(project), str(tmp_path / "copy"))
    monkeypatch.syspath_prepend(str(project / "pkg"))
    monkeypatch.syspath_prepend(str(project / ".venv" / "lib"))
    place = folder.Place(str(project), str(tmp_path / "copy"), str(project / "data"), str(project))
    assert place.cwd == str(tmp_path / "copy" / "data")
    assert place.moved(f"--out={project}/out.csv") == f"--out={tmp_path}/copy/out.csv"
    assert place.moved(str(project)) == str(tmp_path / "copy")
    assert place.moved(f"{project}s/x") == f"{project}s/x"
    assert place.paths == [str(tmp_path / "copy" / "pkg")], (
        "what is installed in place is found in the copy; no environment is"
    )
