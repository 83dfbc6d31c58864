"""Where a subject stands in the user's files.

A reason that was noted while a program ran knows who read the subject. Where the subject itself is defined is found
here, in the sources that the run kept, when somebody asks.
"""

from __future__ import annotations

import ast

from hitsave.report import definitions
from hitsave.report.archive import Archive, Reason, Run, mapping_of, script_of, text_of

# What has a line of its own in a module: `LR = 0.1`, `class Net`, `from helper import scale`.
_DEFINED = ("global", "binding", "class shape")


def place_of(archive: Archive | None, run: Run, reason: Reason) -> str | None:
    """`file:line` of the reason's subject where it is defined; else the place that was noted."""
    noted = text_of(reason.get("where"))
    subject = str(reason.get("subject") or "")
    module, colon, name = subject.partition(":")
    if archive is None or not colon or reason.get("kind") not in _DEFINED:
        return noted
    for path, digest in mapping_of(run, "sources").items():
        if module in modules_of(path, script_of(run)):
            lines = archive.source_lines(digest)
            line = line_of("".join(lines), name) if lines is not None else None
            if line is not None:
                return f"{path}:{line}"
    return noted


def function_place(archive: Archive, run: Run, name: str) -> str | None:
    """`file:line` of a function in the sources of a run, where its `def` stands."""
    module, _, part = name.partition(":")
    for path, digest in mapping_of(run, "sources").items():
        if module in modules_of(path, script_of(run)):
            span = definitions.spans("".join(archive.source_lines(digest) or [])).get(part)
            if span is not None:
                return f"{path}:{span[3]}"
    return None


def line_of(text: str, name: str) -> int | None:
    """The line of the last top-level statement of a file that binds `name` ('LR', 'Net.rate' → 'Net')."""
    first = name.partition(".")[0]
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = None
    # With its own list, not by recursion: `if` and `try` at the top level bind names too, functions and classes don't.
    waiting: list[ast.stmt] = body
    while waiting:
        statement = waiting.pop()
        if first in _bound(statement):
            found = max(found or 0, statement.lineno)
        for field in ("finalbody", "orelse", "body"):
            inner = getattr(statement, field, None)
            if isinstance(inner, list) and not isinstance(statement, _SCOPES):
                waiting += inner
        for handler in getattr(statement, "handlers", ()):
            waiting += handler.body
    return found


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds by itself."""
    if isinstance(statement, _SCOPES):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = list(statement.targets)
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For):
        targets = [statement.target]
    elif isinstance(statement, ast.With):
        targets = [item.optional_vars for item in statement.items if item.optional_vars is not None]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def modules_of(path: str, script: str) -> list[str]:
    """The names under which the functions of a file may be known: 'pkg/model.py' → pkg.model, model."""
    stem = path.removesuffix(".py").removesuffix("/__init__").removesuffix("/__main__")
    pieces = [piece for piece in stem.split("/") if piece]
    names = [".".join(pieces[start:]) for start in range(len(pieces))]
    is_script = path == script or path.endswith("/" + script) or script.endswith("/" + path) or script in names
    return [*names, "__main__"] if is_script else names
