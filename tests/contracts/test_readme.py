"""The README's commands exist, and all dependencies have their reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_both_commands_stand_on_the_first_screen_and_exist():
    first_screen = (ROOT / "README.md").read_text().splitlines()[:30]
    makefile = (ROOT / "Makefile").read_text()
    for target in ("example", "test"):
        assert any(line.strip().startswith(f"make {target} ") for line in first_screen)
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_files_that_the_readme_links_to_exist():
    for link in re.findall(r"\]\(([^)#:]+)", (ROOT / "README.md").read_text()):
        assert (ROOT / link).exists(), link


def test_the_log_why_and_diff_are_shown():
    text = (ROOT / "README.md").read_text()
    for name in ("log", "why", "diff"):
        assert f"](docs/pictures/{name}.svg)" in text  # made from real output, and checked, by docs/make_docs.py


def test_each_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = (ROOT / "docs" / "dependencies.md").read_text()
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[<>=\[ ]", requirement)[0] for group in groups for requirement in group}
    assert {name for name in names if name not in told} == set()
    runtime = {re.split(r"[<>=\[ ]", requirement)[0] for requirement in project["dependencies"]}
    assert set(re.findall(r"^\| (\w+) \|", told, re.MULTILINE)) - {"distribution"} == runtime


def test_interpreters_are_named_alike():
    versions = (ROOT / ".python-version").read_text().split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [f"Programming Language :: Python :: {v}" for v in versions] == [
        c for c in project["classifiers"] if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", c)
    ]
    assert f"PYTHONS = {versions}".replace("'", '"') in (ROOT / "noxfile.py").read_text()
