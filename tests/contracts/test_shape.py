"""The shape of the source: sizes, names, what packages and the run path import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(p for package in ("hitsave", "hitsave_trace") for p in (ROOT / package).rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

# Names that say nothing about what is inside.
BANNED_NAMES = {"core", "base", "main", "common", "utils", "misc", "helpers", "manager", "types"}
# Modules that cost start-up time or change what a program finds in sys.modules.
BANNED_IMPORTS = {"typing", "dataclasses", "inspect", "re", "json", "pathlib", "logging", "tempfile"}
# These parts of hitsave are at work only after or beside a run.
OFF_THE_RUN_PATH = ("hitsave/cli/", "hitsave/render/", "hitsave/report/", "hitsave/api.py")


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_short(name):
    assert len((ROOT / name).read_text().splitlines()) <= 400


@pytest.mark.parametrize("name", NAMES)
def test_a_module_has_a_name_and_says_what_it_answers(name):
    assert Path(name).stem not in BANNED_NAMES
    assert ast.get_docstring(ast.parse((ROOT / name).read_text())), "no docstring"


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(OFF_THE_RUN_PATH)])
def test_the_run_path_is_light(name):
    tree = ast.parse((ROOT / name).read_text())
    imported = {
        part.partition(".")[0]
        for node in top_level(tree.body)
        for part in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert imported & BANNED_IMPORTS == set()


def top_level(body: list[ast.stmt]):
    """Imports that happen when the module is imported: those under `if TYPE_CHECKING:` and in functions don't."""
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            yield from top_level(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            yield from top_level(node.body + node.orelse + node.finalbody)
            for handler in node.handlers:
                yield from top_level(handler.body)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "hitsave_trace/pythons.py"])
def test_only_one_module_asks_for_the_version(name):
    attributes = {
        node.attr for node in ast.walk(ast.parse((ROOT / name).read_text())) if isinstance(node, ast.Attribute)
    }
    assert attributes & {"version_info", "hexversion"} == set()


@pytest.mark.parametrize("package", ["hitsave", "hitsave_trace"])
def test_importing_a_package_costs_nothing(package):
    before = modules("pass")
    assert {m for m in modules(f"import {package}") - before if m.partition(".")[0] != package} == set()


def modules(code: str) -> set[str]:
    """What is in sys.modules after `code`, in a process of its own."""
    process = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(process.stdout.split())
