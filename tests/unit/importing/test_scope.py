"""Which files are user code."""

import os
import sys

import pytest

from hitsave_trace import scope
from hitsave_trace.scope import Scope, project_of


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "home" / "work"
    for name in (
        "src/model.py",
        ".venv/pyvenv.cfg",
        ".venv/lib/helper.py",
        ".venv/lib/python3.11/site-packages/numpy/core.py",
        "env/conda-meta/history",
        "env/lib/thing.py",
        ".tox/py/x.py",
        "node_modules/gyp.py",
        "site-packages/numpy/core.py",
        "site-packages/single.py",
        "train.py",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (folder / "pyproject.toml").write_text("")
    return folder


def test_project_files_are_user_code(project):
    decide = Scope(str(project), str(project / "train.py")).decide
    assert decide(str(project / "train.py")) == (True, "the script")
    assert decide(str(project / "src/model.py")) == (True, "in the project folder")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (".venv/lib/helper.py", "in a virtual environment"),
        (".venv/lib/python3.11/site-packages/numpy/core.py", "an installed package"),
        ("env/lib/thing.py", "in a virtual environment"),
        (".tox/py/x.py", "in .tox"),
        ("node_modules/gyp.py", "in node_modules"),
        ("site-packages/numpy/core.py", "an installed package"),
    ],
)
def test_what_stands_in_the_project_folder_and_is_not_the_users(project, name, why):
    assert Scope(str(project)).decide(str(project / name)) == (False, why)


def test_a_folder_whose_name_begins_like_the_projects_is_outside(project):
    assert Scope(str(project)).decide(str(project) + "2/x.py")[0] is False


def test_the_standard_library_and_hitsave_are_not_user_code(project):
    decide = Scope(str(project)).decide
    assert decide(os.__file__) == (False, "the standard library")
    assert decide(scope.__file__) == (False, "HitSave itself")
    assert decide("<string>")[0] is False
    assert decide("")[0] is False


def test_hitsave_is_not_user_code_in_its_own_project():
    own = os.path.dirname(os.path.dirname(scope.__file__))
    assert Scope(own).decide(scope.__file__) == (False, "HitSave itself")


def test_a_script_outside_any_project(tmp_path):
    script = tmp_path / "one.py"
    script.write_text("")
    assert Scope(str(tmp_path / "elsewhere"), str(script)).decide(str(script)) == (True, "the script")


def test_settings_name_packages_and_folders(project):
    decide = Scope(str(project), None, ["numpy", "single", "../shared"]).decide
    assert decide(str(project / "site-packages/numpy/core.py")) == (True, "named in the settings")
    assert decide(str(project / "site-packages/single.py")) == (True, "named in the settings")
    assert decide(str(project.parent / "shared/x.py")) == (True, "named in the settings")
    assert decide(str(project / "site-packages/pandas/core.py"))[0] is False


def test_settings_that_come_later_change_answers(project):
    found = Scope(str(project))
    path = str(project / "site-packages/numpy/core.py")
    assert found.decide(path)[0] is False
    found.extend(["numpy"])
    assert found.decide(path)[0] is True


def test_links(project, tmp_path):
    """A link into the project leads to user code; so does a link in the project to a file of the user's elsewhere."""
    (tmp_path / "way").symlink_to(project / "src")
    assert Scope(str(project)).decide(str(tmp_path / "way/model.py"))[0] is True
    (tmp_path / "whole").symlink_to(project)
    assert Scope(str(tmp_path / "whole")).decide(str(project / "src/model.py"))[0] is True


def test_editable_installs(tmp_path, monkeypatch):
    library = tmp_path / "site-packages"
    url = (tmp_path / "my lib").as_uri()
    for name, text in (
        ("mine-1.0.dist-info", f'{{"url": "{url}", "dir_info": {{"editable": true}}}}'),
        ("copied-1.0.dist-info", f'{{"url": "{(tmp_path / "copied").as_uri()}", "dir_info": {{}}}}'),
        ("broken-1.0.dist-info", '{"editable"'),
    ):
        (library / name).mkdir(parents=True)
        (library / name / "direct_url.json").write_text(text)
    (library / "plain-1.0.dist-info").mkdir()
    (library / "old.egg-link").write_text(f"{tmp_path}/old\n.\n")
    monkeypatch.setattr(sys, "path", [str(library)])
    decide = Scope(str(tmp_path / "project")).decide
    assert decide(str(tmp_path / "my lib/mine/x.py")) == (True, "editable install of mine")
    assert decide(str(tmp_path / "old/x.py")) == (True, "editable install of old")
    assert decide(str(tmp_path / "copied/x.py"))[0] is False


def test_the_project_is_the_nearest_that_looks_like_one(project, tmp_path, monkeypatch):
    assert project_of(str(project / "src")) == str(project)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".git").mkdir()
    lonely = tmp_path / "home" / "scripts"
    lonely.mkdir()
    assert project_of(str(lonely)) == str(lonely)
    assert project_of(str(tmp_path / "home")) == str(tmp_path / "home")


def test_a_script_inside_of_an_environment_belongs_to_its_own_folder(project):
    inside = project / ".venv" / "tmp" / "try"
    inside.mkdir(parents=True)
    assert project_of(str(inside)) == str(inside)
    (inside / "setup.py").write_text("")
    (inside / "src").mkdir()
    assert project_of(str(inside / "src")) == str(inside)


def test_one_answer_for_a_folder_of_a_library_does_not_hide_the_script_in_it(project):
    folder = project / "site-packages" / "numpy"
    (folder / "tool.py").write_text("")
    decide = Scope(str(project), str(folder / "tool.py")).decide
    assert decide(str(folder / "core.py")) == (False, "an installed package")
    assert decide(str(folder / "other.py")) == (False, "an installed package")
    assert decide(str(folder / "tool.py")) == (True, "the script")
    # In the folder of all libraries each file is one.
    named = Scope(str(project), extra=["single"]).decide
    assert named(str(project / "site-packages" / "other.py")) == (False, "an installed package")
    assert named(str(project / "site-packages" / "single.py")) == (True, "named in the settings")


def test_what_the_settings_name_later_counts_for_folders_that_were_asked_for(project):
    scope = Scope(str(project))
    path = str(project / "site-packages" / "numpy" / "core.py")
    assert scope.decide(path) == (False, "an installed package")
    scope.extend(["numpy"])
    assert scope.decide(path) == (True, "named in the settings")
