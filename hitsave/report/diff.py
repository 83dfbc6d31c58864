"""Unified diffs of functions, with the line numbers of their files.

The text is what git writes: `git apply` and delta read it.
"""

from __future__ import annotations

import difflib
import re

from hitsave.report.archive import Version

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def of_versions(before: Version | None, after: Version | None, context: int = 3) -> list[str]:
    """The diff between two versions of a function, line by line without line ends."""
    old, new = (before.lines if before else []), (after.lines if after else [])
    old_first, new_first = (before.first_line if before else 0), (after.first_line if after else 0)
    path = next((version.path for version in (after, before) if version and version.path), None) or "source"
    head_old = "/dev/null" if before is None else f"a/{before.path or path}"
    head_new = "/dev/null" if after is None else f"b/{after.path or path}"
    return of_lines(old, new, head_old, head_new, max(old_first - 1, 0), max(new_first - 1, 0), context)


def of_lines(
    old: list[str],
    new: list[str],
    old_head: str,
    new_head: str,
    old_offset: int = 0,
    new_offset: int = 0,
    context: int = 3,
) -> list[str]:
    """The diff of two lists of lines that begin `offset` lines below the top of their files."""
    told: list[str] = []
    for line in difflib.unified_diff(old, new, old_head, new_head, n=context):
        if line.startswith("@@"):
            told.append(_moved(line, old_offset, new_offset))
        elif line.startswith(("--- ", "+++ ")):
            told.append(line.rstrip())
        else:
            told.append(line.removesuffix("\n"))
            if not line.endswith("\n"):
                told.append("\\ No newline at end of file")
    return told


def count(lines: list[str]) -> tuple[int, int]:
    """How many lines a diff adds and removes."""
    added = sum(line.startswith("+") and not line.startswith("+++ ") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("--- ") for line in lines)
    return added, removed


def _moved(hunk: str, old_offset: int, new_offset: int) -> str:
    found = _HUNK.match(hunk)
    if found is None:
        return hunk.rstrip()
    old_at, old_length, new_at, new_length = found.groups()

    def span(at: str, length: str | None, offset: int) -> str:
        return f"{int(at) + offset}" + (f",{length}" if length is not None else "")

    return f"@@ -{span(old_at, old_length, old_offset)} +{span(new_at, new_length, new_offset)} @@"


def hunks(lines: list[str]) -> list[list[str]]:
    """The hunks of a diff, without its two head lines."""
    found: list[list[str]] = []
    for line in lines[2:]:
        if line.startswith("@@"):
            found.append([])
        found[-1].append(line)
    return found


def touches(hunk: list[str], side: int, spans: list[tuple[int, int]]) -> bool:
    """Whether a hunk changes a line of one of the spans, on the old (0) or the new (1) side."""
    found = _HUNK.match(hunk[0])
    if found is None:
        return False
    at, mine, other = int(found.group(3 if side else 1)), "-+"[side], "+-"[side]
    for line in hunk[1:]:
        sign = line[:1]
        if sign == mine and any(first <= at <= last for first, last in spans):
            return True
        if sign not in (other, "\\"):
            at += 1
    return False
