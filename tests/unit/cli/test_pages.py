"""Help pages, usage errors, exit statuses, generated docs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMANDS = [[], ["run"], ["why"], ["log"], ["cache"], ["cache", "size"], ["cache", "clear"], ["cache", "prune"]]
COMMANDS += [["cache", "verify"], ["cache", "trust"], ["show"], ["diff"], ["calls"], ["result"], ["graph"], ["restore"]]
COMMANDS += [["bench"], ["accept"], ["note"], ["tag"], ["pin"], ["unpin"], ["completion"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_page_starts_with_an_example_and_fits_a_screen(hitsave, command):
    status, out, err = hitsave(*command, "--help")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("  hitsave " + " ".join(command))
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 80
    assert "Usage: hitsave" in out


def test_no_command_shows_the_page(hitsave):
    status, out, _ = hitsave()
    assert status == 0
    assert out == hitsave("--help")[1]
    assert hitsave("cache")[1] == hitsave("cache", "--help")[1]


def test_the_first_page_names_all_commands(hitsave):
    from hitsave.cli.app import commands

    page = hitsave()[1]
    names = [command.name for command in commands.registered_commands] + [
        group.name for group in commands.registered_groups
    ]
    assert len(names) > 14
    assert [name for name in names if name not in page.replace(",", " ").split()] == []


def test_the_page_of_run_names_the_options_that_run_knows(hitsave):
    from hitsave.options import NAMES

    page = hitsave("run", "--help")[1]
    assert [name for name in NAMES if name not in page and name != "-h"] == []


def test_version(hitsave):
    import hitsave as package

    status, out, _ = hitsave("--version")
    assert status == 0
    assert out.startswith(f"hitsave {package.__version__} (CPython 3.")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lgo"], ["no such command 'lgo'", "Did you mean 'log'?", "hitsave --help"]),
        (["cache", "sise"], ["no such command 'sise'", "Did you mean 'size'?", "hitsave cache --help"]),
        (["xyzzy"], ["no such command 'xyzzy'", "hitsave --help"]),
        (["why", "--jsn"], ["no such option", "--json", "hitsave why --help"]),
        (["log", "-n", "x"], ["hitsave log --help"]),
        (["log", "-n", "0"], ["hitsave log --help"]),
        (["log", "extra"], ["hitsave log --help"]),
    ],
)
def test_wrong_usage_is_told_in_two_lines_with_the_nearest_name(hitsave, arguments, told):
    status, out, err = hitsave(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("hitsave: ")
    assert len(err.splitlines()) <= 2
    for part in told:
        assert part in err


def test_a_failure_of_ours_is_one_message(hitsave, monkeypatch):
    from hitsave.report import history

    def broken(*_, **__):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(history, "rows", broken)
    status, out, err = hitsave("log")
    assert (status, out) == (3, "")
    assert err.startswith("hitsave: this command failed\n")
    assert "ZeroDivisionError: by nothing" in err
    assert "Traceback" not in err


def test_the_generated_pages_are_up_to_date():
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "docs" / "make_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for path, text in module.pages().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run python docs/make_docs.py"
