from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hitsave import config, errors


@pytest.fixture
def project(tmp_path):
    def make(table):
        (tmp_path / "pyproject.toml").write_text(table)
        return str(tmp_path)

    return make


def test_defaults(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    found = config.load(str(tmp_path), environ={})
    assert found.threshold_seconds == 0.010
    assert found.store == str(tmp_path / "data" / "hitsave")
    assert (found.tracer, found.trace, found.clocks, found.quiet) == ("auto", (), "allow", False)
    assert found.size_limit_bytes == 20_000_000_000
    assert found.origins == {}


def test_pyproject_then_environment_then_flags(project):
    folder = project('[tool.hitsave]\nthreshold = 0.5\ntracer = "profile"\nclocks = "refuse"\nquiet = true\n')
    found = config.load(
        folder, {"tracer": "monitoring", "store": None}, {"HITSAVE_TRACER": "auto", "HITSAVE_THRESHOLD": "2"}
    )
    assert found.tracer == "monitoring"
    assert found.threshold_seconds == 2.0
    assert (found.clocks, found.quiet) == ("refuse", True)
    assert found.origins["tracer"] == "--tracer"
    assert found.origins["threshold"] == "HITSAVE_THRESHOLD"
    assert found.origins["clocks"] == os.path.join(folder, "pyproject.toml") + ":4"


def test_paths_are_relative_to_where_they_are_said(project, monkeypatch, tmp_path):
    folder = project('[tool.hitsave]\nstore = ".hitsave"\ntrace = ["../shared", "company.tools"]\n')
    found = config.load(folder, environ={})
    assert found.store == os.path.join(folder, ".hitsave")
    assert found.trace == (os.path.join(os.path.dirname(folder), "shared"), "company.tools")
    monkeypatch.chdir("/")
    assert config.load(folder, environ={"HITSAVE_STORE": "cache"}).store == "/cache"
    assert config.load(folder, {"store": "there"}, {}).store == "/there"
    assert config.load(folder, {}, {"HITSAVE_TRACE": "a.b" + os.pathsep + "./c"}).trace == ("a.b", "/c")


@pytest.mark.parametrize(
    "text, size", [("20 GB", 20 * 10**9), ("1.5GiB", 3 << 29), ("100", 100), ("5 mb", 5 * 10**6), ("0", 0)]
)
def test_sizes(project, text, size):
    folder = project(f'[tool.hitsave]\nsize_limit = "{text}"\n')
    assert config.load(folder, environ={}).size_limit_bytes == size


def test_an_unknown_key_is_named_with_its_line_and_the_nearest(project):
    folder = project("[tool.other]\ntreshold = 1\n\n[tool.hitsave]\nquiet = true\ntreshold = 0.5\n")
    with pytest.raises(errors.ConfigError) as caught:
        config.load(folder, environ={})
    text = caught.value.render()
    assert text.startswith("hitsave: unknown setting treshold\n")
    assert f"{folder}/pyproject.toml:6\n" in text
    assert "Did you mean: threshold" in text
    assert text.endswith("[unknown-setting]\n")


def test_a_key_that_is_near_to_nothing(project):
    with pytest.raises(errors.ConfigError) as caught:
        config.load(project("[tool.hitsave]\nxyz = 1\n"), environ={})
    assert "Known are: threshold, store" in caught.value.render()


@pytest.mark.parametrize(
    "line",
    [
        "threshold = -1", 'threshold = "fast"', "threshold = true", "threshold = nan", 'tracer = "fast"', "trace = 3",
        "trace = [1]", 'clocks = "no"', 'size_limit = "20 XB"', "size_limit = -1", 'size_limit = "B"', "quiet = 2",
        "store = 1", 'store = ""',
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused(project, line):
    with pytest.raises(errors.ConfigError) as caught:
        config.load(project(f"[tool.hitsave]\n{line}\n"), environ={})
    assert caught.value.slug == "bad-setting"
    assert "pyproject.toml:2" in caught.value.render()


def test_a_pyproject_that_is_no_toml(project):
    with pytest.raises(errors.ConfigError) as caught:
        config.load(project("[tool.hitsave\n"), environ={})
    assert caught.value.slug == "bad-pyproject"
    assert config.load(project("[other\n"), environ={}).tracer == "auto"  # not ours to complain about


def test_a_project_without_our_table_costs_no_parser(project):
    folder = project("[tool.other]\nx = 1\n")
    program = (
        "import sys; before = set(sys.modules); from hitsave import config; config.load(sys.argv[1], {}, {}); "
        "print(sorted(set(sys.modules) - before))"
    )
    root = Path(__file__).resolve().parents[2]
    out = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, cwd=root, check=True)
    assert out.stdout == "['__future__', 'hitsave', 'hitsave.config', 'hitsave.errors']\n"


def test_settings_do_not_change(tmp_path):
    found = config.load(str(tmp_path), environ={})
    with pytest.raises(AttributeError):
        found.tracer = "profile"


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.cfg", "setup.py", ".git"])
def test_the_project_is_the_nearest_folder_with_a_mark(tmp_path, mark):
    (tmp_path / "pyproject.toml").touch()
    inner = tmp_path / "inner"
    (inner / "a" / "b").mkdir(parents=True)
    (inner / mark).touch()
    assert config.find_project(str(inner / "a" / "b" / "x.py")) == str(inner)
    assert config.find_project(str(tmp_path / "x.py")) == str(tmp_path)


def test_without_a_mark_it_is_the_scripts_own_folder(tmp_path):
    (tmp_path / "a").mkdir()
    assert config.find_project(str(tmp_path / "a" / "x.py")) == str(tmp_path / "a")


def test_the_home_folder_is_no_project(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".git").mkdir()
    (tmp_path / "scripts").mkdir()
    assert config.find_project(str(tmp_path / "scripts" / "x.py")) == str(tmp_path / "scripts")
    assert config.find_project(str(tmp_path / "x.py")) == str(tmp_path)
