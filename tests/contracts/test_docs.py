"""The docs hold together: links lead somewhere, commands and options exist, reasons and settings are spelled as in the code."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import typer

from hitsave import config, errors, reasons
from hitsave.cli.app import commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "tests" / "README.md"])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(name: str) -> str:
    return _FENCE.sub("", (ROOT / name).read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def command_lines(text: str) -> list[list[str]]:
    """What is written as a command: `hitsave …` in backquotes, or at the start of an indented or fenced line."""
    inline = re.findall(r"`((?:HITSAVE\w*=\S+ )?hitsave [^`\n]+)`", text)
    blocks = re.findall(r"^(?:    |\$ )((?:HITSAVE\w*=\S+ )?hitsave .+)$", text, re.MULTILINE)
    found = []
    for line in inline + blocks:
        words = re.sub(r"#.*| > .*| >> .*", "", line).split()
        found.append(words[words.index("hitsave") + 1 :])
    return found


def known_commands() -> dict[str, set[str]]:
    """The options of each command, by its name; those of `hitsave` itself by the empty name."""
    top = typer.main.get_command(commands)
    found = {"": {"--version", "--help"}}
    waiting = [("", top)]
    while waiting:
        above, command = waiting.pop()
        for name, sub in getattr(command, "commands", {}).items():
            full = f"{above} {name}".strip()
            found[full] = {option for parameter in sub.params for option in parameter.opts} | {"--help"}
            waiting.append((full, sub))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(name)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not anchor or other.suffix != ".md" or anchor in anchors(other), target


def wrong_in(words: list[str], known: dict[str, set[str]]) -> str | None:
    """What in a command line does not exist; None if all of it does."""
    command = ""
    while words and f"{command} {words[0].strip(',.;:')}".strip() in known:
        command = f"{command} {words[0].strip(',.;:')}".strip()
        words = words[1:]
    if not command and words and words[0].islower() and not words[0].startswith("-"):
        return words[0]
    for word in words:
        if word.endswith(".py") or word in ("MODULE", "SCRIPT", "-m"):
            return None  # what follows is the program's own
        if re.match(r"-{1,2}[a-z]", word) and word.partition("=")[0] not in known[command]:
            return word
    return None


@pytest.mark.parametrize("name", NAMES)
def test_commands_that_are_shown_exist(name):
    known = known_commands()
    for words in command_lines((ROOT / name).read_text("utf-8")):
        assert wrong_in(words, known) is None, words


def test_commands_that_do_not_exist_are_found():
    known = known_commands()
    assert command_lines("`hitsave wyh train`") == [["wyh", "train"]]
    assert wrong_in(["wyh", "train"], known) == "wyh"
    assert wrong_in(["why", "--explian", "code"], known) == "--explian"
    assert wrong_in(["cache", "size", "--jsn"], known) == "--jsn"
    assert wrong_in(["cache", "size", "--json"], known) is None
    assert wrong_in(["run", "--threshold", "0", "train.py", "--epochs"], known) is None


@pytest.mark.parametrize("name", NAMES)
def test_settings_that_are_shown_exist(name):
    text = (ROOT / name).read_text("utf-8")
    for block in re.findall(r"^\[tool\.hitsave\]\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for key in re.findall(r"^(\w+) *=", block, re.MULTILINE):
            assert key in config.KEYS


def test_all_settings_are_told():
    told = (ROOT / "docs" / "what-is-saved.md").read_text("utf-8")
    assert {key for key in config.KEYS if not re.search(rf"^{key} *=", told, re.MULTILINE)} == set()


def test_messages_of_the_troubleshooting_page_are_those_of_the_program():
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    source = Path(errors.__file__).read_text("utf-8")
    for slug in re.findall(r" \[([a-z]+(?:-[a-z]+)*)\]`", page):
        assert f'"{slug}"' in source, slug


def test_slugs_that_are_linked_to_are_reasons():
    known = {*reasons.slugs(reasons.MISSED), *reasons.slugs(reasons.UNSAVED)}
    for name in NAMES:
        for slug in re.findall(r"reasons\.md#([\w-]+)\)", prose(name)):
            assert slug in known


def test_how_it_works_names_no_class():
    words = set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w+\b", prose("docs/how-it-works.md")))
    assert words <= {"HitSave"}
    assert len((ROOT / "docs" / "how-it-works.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/pictures/*.svg")), ids=lambda path: path.stem)
def test_pictures_are_whole(path):
    assert ET.parse(path).getroot().tag.endswith("svg")


def test_every_page_can_be_found_from_the_index():
    linked = {
        (ROOT / "docs" / target.partition("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / "docs" / "index.md").read_text("utf-8"))
    }
    pages = {
        page for page in ROOT.glob("docs/**/*.md") if page.name != "index.md" and not page.name.endswith(".source.md")
    }
    assert {str(page.relative_to(ROOT)) for page in pages - linked} == set()
