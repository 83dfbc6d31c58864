"""Two runs, or a run and the files as they are now: what differs, the things first that the runs used.

Source files are compared as wholes, so that the patch applies. Of a file's hunks those count that touch a function that
one of the two used, or a value that differs; the others are shown on demand.
"""

from __future__ import annotations

import os

from hitsave.report import definitions, diff, lines
from hitsave.report.archive import (
    Archive,
    Call,
    Run,
    decode_source,
    mapping_of,
    number_of,
    script_of,
    seconds_of,
)
from hitsave.report.history import changes, code_of, used_by
from hitsave.report.places import line_of, modules_of

Told = dict[str, object]

_DATA = ("file", "listing", "env", "argv", "cwd", "terminal", "global", "closure", "binding")
_PACKAGES = ("distribution", "interpreter", "hash-seed")


def between(archive: Archive, old: Run, new: Run | None, *, whole: bool = False) -> Told:
    """What differs between two runs; between a run and the working copy if `new` is None. `whole`: also in what was not
    used.
    """
    items = changes(archive, old, new) if new is not None else present_changes(archive, old)
    names = {**code_of(archive, old), **(code_of(archive, new) if new is not None else {})}
    named = [str(item["function"]) for item in items] + list(names)
    files = []
    then, now = _texts(archive, old), _texts(archive, new) if new is not None else _present(old)
    for path in dict.fromkeys((*then, *now)):
        before, after = then.get(path), now.get(path)
        if before == after or (before is None and new is None):
            continue
        spans = [_statements(archive, path, run, text) for run, text in ((old, before), (new or old, after))]
        file = _file(path, before, after, _subjects(path, script_of(old), named, items), spans, whole=whole)
        if file is not None:
            files.append(file)
    return {
        "old": old.get("run"),
        "new": new.get("run") if new is not None else None,
        "commands": [old.get("command"), new.get("command") if new is not None else None],
        "files": files,
        "data": [item for item in items if item["kind"] in _DATA],
        "packages": [item for item in items if item["kind"] in _PACKAGES],
        "results": _results(archive, old, new) if new is not None else [],
    }


def differs(told: Told) -> bool:
    """Whether there is anything to show."""
    return any(told[key] for key in ("files", "data", "packages", "results"))


def _texts(archive: Archive, run: Run) -> dict[str, str]:
    found = {}
    for path, digest in mapping_of(run, "sources").items():
        lines = archive.source_lines(digest)
        if lines is not None:
            found[path] = "".join(lines)
    return found


def _present(run: Run) -> dict[str, str]:
    """The run's files as they are now."""
    found = {}
    for path in mapping_of(run, "sources"):
        try:
            with open(os.path.join(str(run.get("project") or ""), path), "rb") as file:
                found[path] = decode_source(file.read())
        except OSError:
            continue
    return found


def present_changes(archive: Archive, run: Run) -> list[Told]:
    """What a run read of files, variables and packages, and is another thing now."""
    from hitsave_trace.fingerprint import surroundings
    from hitsave_trace.fingerprint.files import FileDigests
    from hitsave_trace.model import ABSENT

    digests = FileDigests()
    found: list[Told] = []
    for (kind, name), (fingerprint, text) in used_by(archive, run).items():
        after: str | None
        if kind == "file":
            path = os.path.join(str(run.get("project") or ""), name)
            now = digests.content(path)
            size = os.path.getsize(path) if now != ABSENT and os.path.exists(path) else 0
            after = "absent" if now == ABSENT else f"{size} bytes, digest {now.hex()[:12]}"
        elif kind == "env":
            now, after = surroundings.env(name)
        elif kind == "distribution":
            now, after = surroundings.distribution(name)
        else:
            continue
        if now.hex() != fingerprint:
            file = name if kind == "file" else None
            found.append(
                {"function": name, "file": file, "kind": kind, "added": 0, "removed": 0, "before": text, "after": after}
            )
    return found


def _subjects(path: str, script: str, names: list[str], items: list[Told]) -> tuple[set[str], set[str]]:
    """The functions of a file that were used, and its classes and values that differ."""
    modules = modules_of(path, script)
    functions = {part for module, _, part in (name.partition(":") for name in names) if module in modules}
    others = {
        part
        for item in items
        if item["kind"] in ("global", "class shape", "binding")
        for module, _, part in [str(item["function"]).partition(":")]
        if module in modules
    }
    return functions, others


def _file(
    path: str,
    before: str | None,
    after: str | None,
    subjects: tuple[set[str], set[str]],
    statements: list[list[tuple[int, int]]],
    *,
    whole: bool,
) -> Told | None:
    old, new = (text.splitlines(keepends=True) if text is not None else [] for text in (before, after))
    old_head = f"a/{path}" if before is not None else "/dev/null"
    new_head = f"b/{path}" if after is not None else "/dev/null"
    lines = diff.of_lines(old, new, old_head, new_head)
    if not lines:
        return None
    hunks = diff.hunks(lines)
    spans = [_spans(text, *subjects) + more for text, more in zip((before, after), statements, strict=True)]
    used = [any(diff.touches(hunk, side, spans[side]) for side in (0, 1)) for hunk in hunks]
    shown = [hunk for hunk, wanted in zip(hunks, used, strict=True) if wanted or whole]
    if not shown:
        return None
    head = [f"diff --git a/{path} b/{path}"]
    head += ["new file mode 100644"] if before is None else ["deleted file mode 100644"] if after is None else []
    body = [line for hunk in shown for line in hunk]
    added, removed = diff.count(body)
    return {
        "file": path,
        "added": added,
        "removed": removed,
        "used": any(used),
        "functions": sorted(subjects[0] & _touched(shown, (before, after))),
        "patch": [*head, *lines[:2], *body],
        "left_out": len(hunks) - len(shown),
    }


def _statements(archive: Archive, path: str, run: Run, text: str | None) -> list[tuple[int, int]]:
    """Where the statements of the top level that a run used stand in a file."""
    found = []
    for name, fingerprint in code_of(archive, run).items():
        version = archive.version(name, fingerprint) if lines.is_statement(name) else None
        first = lines.line_in(text or "", version) if version is not None and version.path == path else None
        if version is not None and first is not None:
            found.append((first, first + len(version.lines) - 1))
    return found


def _spans(text: str | None, functions: set[str], others: set[str]) -> list[tuple[int, int]]:
    if text is None:
        return []
    known = definitions.spans(text)
    found = [span[:2] for name, span in known.items() if (name in functions and span[2]) or name in others]
    for name in others - known.keys():
        line = line_of(text, name)
        if line is not None:
            found.append((line, line))
    return found


def _touched(hunks: list[list[str]], texts: tuple[str | None, str | None]) -> set[str]:
    found: set[str] = set()
    for side, text in enumerate(texts):
        for name, span in definitions.spans(text or "").items():
            if any(diff.touches(hunk, side, [span[:2]]) for hunk in hunks):
                found.add(name)
    return found


# --- what calls were given and gave ---------------------------------------------------------------------------------


def results(archive: Archive, run: Run) -> list[tuple[Call, Told]]:
    """The calls of a run with their rows of the table: arguments and returned scalars. A hit has that of the call that made it."""
    tables: dict[tuple[str, int], list[Told]] = {}
    found = []
    for call in archive.calls(number_of(run)):
        function, source = str(call.get("function")), call.get("source_run")
        number = source if isinstance(source, int) else number_of(run)
        if (function, number) not in tables:
            tables[function, number] = archive.table(function, number)
        key = "trace" if call.get("verdict") == "hit" else "at"
        row = next((row for row in tables[function, number] if row.get(key) == call.get(key)), None)
        if row is not None:
            found.append((call, row))
    return found


def _results(archive: Archive, old: Run, new: Run) -> list[Told]:
    """Calls of the same function side by side, where what they were given or gave differs."""
    then: dict[str, list[tuple[Call, Told]]] = {}
    for call, row in results(archive, old):
        then.setdefault(str(call.get("function")), []).append((call, row))
    told = []
    for call, row in results(archive, new):
        waiting = then.get(str(call.get("function")), [])
        # The same arguments first; else the call that comes next in order.
        found = next((one for one in waiting if one[1].get("arguments") == row.get("arguments")), None)
        found = found or (waiting[0] if waiting else None)
        if found is None:
            continue
        waiting.remove(found)
        cells = [
            {"what": what, "name": name, "before": before.get(name), "after": after.get(name)}
            for what, before, after in (
                ("argument", _cells(found[1], "arguments"), _cells(row, "arguments")),
                ("result", _cells(found[1], "result"), _cells(row, "result")),
            )
            for name in {**before, **after}
            if before.get(name) != after.get(name) or (name in before) != (name in after)
        ]
        if cells:
            told.append(
                {
                    "function": call.get("function"),
                    "arguments": call.get("arguments"),
                    "seconds": [seconds_of(found[1]), seconds_of(row)],
                    "traces": [found[1].get("trace"), row.get("trace")],
                    "cells": cells,
                }
            )
    return told


def _cells(row: Told, key: str) -> dict[str, object]:
    value = row.get(key)
    return value if isinstance(value, dict) else {}
