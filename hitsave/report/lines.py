"""Statements at the top level, in what is told of versions of code.

A statement is known by what it does. An edit makes another one of it, which has nothing in common with the old one but
the place: here the two are found again as one thing that changed.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from hitsave.report import diff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hitsave.report.archive import Version

    Row = dict[str, object]

ALIKE = 0.4
"""How much of two statements' texts must be the same for one to have come from the other."""
LONGEST = 2000
_MARK = ":<statement "


def is_statement(name: str) -> bool:
    """Whether a subject is a statement."""
    return _MARK in name


def shown(name: str, where: str | None, last: int | None = None) -> str:
    """What a statement is called when it is shown to people, if it is known where it stands: `__main__:line 41–58`."""
    _, colon, line = (where or "").rpartition(":")
    if not is_statement(name) or not colon or not line.isdecimal():
        return name
    return f"{name.partition(':')[0]}:line {line}" + (f"–{last}" if last is not None and last > int(line) else "")


def changed(
    old: Mapping[str, str],
    new: Mapping[str, str],
    version: Callable[[str, object], Version | None],
    text_of: Callable[[bool, str | None], str],
) -> list[Row]:
    """The statements that differ between what two runs used, each with the one that stood in its place before.

    `text_of` gives the text of a file as the older run (False) or the newer one (True) had it.
    """
    found: list[Row] = []
    for module in dict.fromkeys(name.partition(":")[0] for name in new if is_statement(name)):
        then, now = (
            sorted(
                (place, name, one)
                for name, fingerprint in used.items()
                if name.startswith(module + _MARK)
                and (one := version(name, fingerprint)) is not None
                and (place := line_in(text_of(newer, one.path), one)) is not None
            )
            for newer, used in ((False, old), (True, new))
        )
        matcher = SequenceMatcher(None, [item[1] for item in then], [item[1] for item in now], autojunk=False)
        for word, first, last, start, end in matcher.get_opcodes():
            for j in range(start, end) if word in ("replace", "insert") else ():
                place, _, after = now[j]
                if line_in(text_of(False, after.path), after) is not None:
                    continue  # it was there, but nobody asked about it
                # The older run may have asked about others between them.
                alike = [(_likeness(then[i][2], after), i) for i in range(first, last)]
                best = max(alike, default=(0.0, 0))
                found.append(_row(module, then[best[1]][2] if best[0] > ALIKE else None, after, place))
    return found


def _likeness(one: Version, two: Version) -> float:
    return SequenceMatcher(None, one.text[:LONGEST], two.text[:LONGEST]).ratio()


def line_in(text: str, version: Version) -> int | None:
    """The line at which a version of a statement stands in a text; None if it does not."""
    at = text.find(version.text.rstrip("\n"))
    return None if at < 0 else text.count("\n", 0, at) + 1


def _row(module: str, before: Version | None, after: Version, line: int) -> Row:
    added, removed = diff.count(diff.of_versions(before, after))
    last = line + max(len(after.lines) - 1, 0)
    return {
        "function": f"{module}:line {line}" + ("" if last == line else f"–{last}"),
        "file": after.path,
        "kind": "code",
        "added": added,
        "removed": removed,
        "before": None,
        "after": None,
    }
