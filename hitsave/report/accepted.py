"""Edits of which the user said that they change no result.

What is accepted is one edit of one function: from the version that a run used to the version that stands in the file now.
The two then count as the same when a stored result is checked. Another edit is another matter, and is seen.
"""

from __future__ import annotations

import os
import time

from hitsave.report import diff, find
from hitsave.report.archive import Archive, Run, Version, decode_source, mapping_of, number_of, script_of
from hitsave.report.history import code_of
from hitsave.report.places import modules_of

Row = dict[str, object]


def known(archive: Archive) -> list[Row]:
    """What was accepted in this project: function, version before, version after, since which run, when."""
    found = archive.said().get("accepted")
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def edits(archive: Archive, run: Run, names: list[str]) -> list[Row]:
    """The edits since `run` of the functions that `names` mean. Raises NotFound."""
    used = code_of(archive, run)
    meant: dict[str, None] = {}
    for name in names:
        functions = find.matching(list(used), name)
        if len(functions) > 1:
            facts = [(one, "") for one in functions]
            raise find.NotFound(
                f"'{name}' may mean several functions", facts, f"Say which: hitsave accept {functions[0]}"
            )
        if not functions:
            raise find.NotFound(f"run {run.get('run')} did not use '{name}'", hint="See: hitsave show --code")
        meant.update(dict.fromkeys(functions))
        # Of a call that was recorded: everything that ran in it.
        for call in archive.calls(number_of(run)):
            trace = archive.trace(call.get("trace")) if call.get("function") == functions[0] else None
            for kind, inner, _, _, _ in trace["dependencies"] if trace is not None else ():  # type: ignore[attr-defined]
                if kind == "code" and inner in used:
                    meant[inner] = None
    now = present(run)
    found = []
    for name in meant:
        version = now.get(name)
        if version is None or version[0] == used[name] or name.endswith(":<module>"):
            continue
        added, removed = diff.count(diff.of_versions(archive.version(name, used[name]), version[1]))
        row: Row = {"function": name, "before": used[name], "after": version[0], "run": run.get("run")}
        found.append({**row, "when": time.time(), "added": added, "removed": removed})
    return found


def present(run: Run) -> dict[str, tuple[str, Version]]:
    """The functions of a run's files as they stand now: fingerprint of the code, and its lines."""
    from hitsave_trace.fingerprint.code import index
    from hitsave_trace.importing.quietly import compile_quietly
    from hitsave_trace.probes.rewrite import rewrite
    from hitsave_trace.probes.template import fingerprints

    found: dict[str, tuple[str, Version]] = {}
    project = str(run.get("project") or "")
    for path in mapping_of(run, "sources"):
        try:
            with open(os.path.join(project, path), "rb") as file:
                source = file.read()
            code = compile_quietly(source, path)
        except (OSError, SyntaxError, ValueError):
            continue
        lines = decode_source(source).splitlines(keepends=True)
        for module in modules_of(path, script_of(run)):
            known = fingerprints(rewrite(code, module))
            for name, inner in index(code, module):
                if name not in known:
                    continue
                first, last = inner.co_firstlineno, max((line for _, _, line in inner.co_lines() if line), default=0)
                version = Version(name, path, first, lines[first - 1 : last])
                found[name] = (known[name].hex(), version)
    return found
