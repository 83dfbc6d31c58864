"""Case pages: what a page of `tests/cases` says.

A page is prose with fenced blocks. A second-level heading starts a new revision of the project; everything before the
first one is the first revision. In any revision:

- `` `name` `` alone on a line, then a fence: the whole content of that file, new or instead of the old one;
- ```` ```edit NAME ````: lines `- old` and `+ new`; each run of `-` lines must occur exactly once in the file and gives way to the
  `+` lines after it (`+` lines alone are appended to the file);
- ```` ```delete ```` and ```` ```touch ````: names, one a line;
- ```` ```run ````: the command line, `VARIABLE=value main.py argument`; holds from there on. `-m package` is possible;
- ```` ```stdin ````: what the program finds on its standard input, in this revision;
- ```` ```first ```` (first revision) or ```` ```then ````: lines `ran:`, `hit:`, `unsaved:` with the functions of which a call had that
  verdict, and `any:` with those of which nothing is stated in this revision. Functions of the script need no `__main__:`.
  A line `whole: replayed` or `whole: ran` says whether the run was answered as a whole (where `run` sets HITSAVE_REPLAY=1);
- ```` ```why FUNCTION ````: the reasons of that function's calls that were no hits.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

VERDICTS = {"ran": "miss", "hit": "hit", "unsaved": "unsaved", "any": "any"}


class BadPage(Exception):
    """The page itself is wrong: nothing was run."""


class Block:
    """One fence: its info words, its text and the line numbers of what is between the fences (from 0, end excluded)."""

    def __init__(self, words: list[str], lines: list[str], start: int, end: int):
        self.words, self.lines, self.start, self.end = words, lines, start, end

    @property
    def text(self) -> str:
        return "".join(line + "\n" for line in self.lines)


class Revision:
    """One state of the project: how to get there from the one before, how to run it, what must then be so."""

    def __init__(self, title: str):
        self.title = title
        self.changes: list[tuple[str, str, Block]] = []
        self.environment: dict[str, str] = {}
        self.command: list[str] = []
        self.stdin = ""
        self.verdicts: dict[str, set[str]] | None = None
        self.replayed: bool | None = None
        self.why: list[tuple[str, Block]] = []

    def apply(self, folder: Path) -> None:
        """Bring `folder` from the revision before to this one."""
        for kind, name, block in self.changes:
            path = folder / name
            if kind == "file":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text)
            elif kind == "edit":
                path.write_text(edited(path.read_text(), block, name))
            elif kind == "delete":
                path.unlink()
            else:
                facts = path.stat()
                os.utime(path, (facts.st_atime + 10, facts.st_mtime + 10))


class Page:
    """A whole case: its revisions, and the functions that any of its statements is about."""

    def __init__(self, path: Path):
        self.path = path
        self.lines = path.read_text().split("\n")
        self.revisions: list[Revision] = []
        self._read()
        self.tracked = {name for r in self.revisions for names in (r.verdicts or {}).values() for name in names}

    def _read(self) -> None:
        revision = Revision("first")
        before = ""
        position = 0
        while position < len(self.lines):
            line = self.lines[position]
            position += 1
            if line.startswith("## "):
                self._finish(revision)
                before_command, before_environment = revision.command, revision.environment
                revision = Revision(line[3:].strip())
                revision.command, revision.environment = before_command, before_environment
            if not line.startswith("```"):
                before = line.strip() or before
                continue
            fence = line[: len(line) - len(line.lstrip("`"))]
            start = position
            while position < len(self.lines) and self.lines[position] != fence:
                position += 1
            if position == len(self.lines):
                raise self.wrong(start, "this fence is never closed")
            block = Block(line[len(fence) :].split(), self.lines[start:position], start, position)
            position += 1
            self._take(revision, block, before)
            before = ""
        self._finish(revision)

    def _take(self, revision: Revision, block: Block, before: str) -> None:
        word = block.words[0] if block.words else ""
        if len(before) > 2 and before[0] == before[-1] == "`" and before.count("`") == 2:
            revision.changes.append(("file", before[1:-1], block))
        elif word == "edit" and len(block.words) == 2:
            revision.changes.append(("edit", block.words[1], block))
        elif word in ("delete", "touch"):
            revision.changes += [(word, name.strip(), block) for name in block.lines if name.strip()]
        elif word == "run":
            revision.environment, revision.command = {}, shlex.split(block.text)
            while "=" in revision.command[0]:
                variable, _, value = revision.command.pop(0).partition("=")
                revision.environment[variable] = value
        elif word == "stdin":
            revision.stdin = block.text
        elif word == ("then" if self.revisions else "first"):
            revision.verdicts = self._statement(block, revision)
        elif word == "why" and len(block.words) > 1:
            revision.why.append((full(" ".join(block.words[1:])), block))
        else:
            raise self.wrong(block.start, f"a block of kind {' '.join(block.words)!r} means nothing here")

    def _statement(self, block: Block, revision: Revision) -> dict[str, set[str]]:
        verdicts: dict[str, set[str]] = {verdict: set() for verdict in VERDICTS.values()}
        for number, line in enumerate(block.lines, block.start + 1):
            word, colon, names = line.partition(":")
            if word == "whole" and names.strip() in ("replayed", "ran"):
                revision.replayed = names.strip() == "replayed"
                continue
            if not colon or word not in VERDICTS:
                raise self.wrong(number, f"expected one of {', '.join(VERDICTS)}, then a colon")
            verdicts[VERDICTS[word]] |= {full(name.strip()) for name in names.split(",") if name.strip()}
        return verdicts

    def _finish(self, revision: Revision) -> None:
        if revision.verdicts is None:
            raise self.wrong(len(self.lines), f"the revision {revision.title!r} doesn't say what ran")
        revision.command = revision.command or ["main.py"]
        self.revisions.append(revision)

    def wrong(self, line: int, what: str) -> BadPage:
        return BadPage(f"{self.path}:{line}: {what}")

    def rewrite(self, texts: list[tuple[Block, list[str]]]) -> None:
        """Put new lines into blocks of this page."""
        for block, lines in sorted(texts, key=lambda item: -item[0].start):
            self.lines[block.start : block.end] = lines
        self.path.write_text("\n".join(self.lines))


def full(name: str) -> str:
    """The report's name of a function: those of the script may leave out `__main__:`."""
    return name if ":" in name else f"__main__:{name}"


def edited(text: str, block: Block, name: str) -> str:
    """`text` with the edit made. Each old piece must be there exactly once."""
    lines = [line for line in block.lines if line.strip()]
    position = 0
    while position < len(lines):
        old, new = [], []
        while position < len(lines) and lines[position].startswith("-"):
            old.append(lines[position][2:])
            position += 1
        while position < len(lines) and lines[position].startswith("+"):
            new.append(lines[position][2:])
            position += 1
        if not old and not new:
            raise BadPage(f"edit of {name}: {lines[position]!r} starts with neither - nor +")
        if not old:
            text += "".join(line + "\n" for line in new)
            continue
        piece = "\n".join(old)
        if text.count(piece) != 1:
            raise BadPage(f"edit of {name}: {piece!r} is there {text.count(piece)} times, not once")
        text = text.replace(piece, "\n".join(new)) if new else text.replace(piece + "\n", "", 1)
    return text
