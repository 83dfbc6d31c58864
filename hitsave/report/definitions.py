"""What a source file defines, so that two versions can be compared piece by piece.

A piece is a function, a class body or a top-level statement, in a form that ignores comments,
formatting, docstrings and line numbers: what counts as an edit here is what could count as one when
the program runs.
"""

from __future__ import annotations

import ast

_MODULE = "<module>"


def pieces(text: str) -> dict[str, str] | None:
    """Qualified name → canonical text of that piece, without the functions and classes inside it.

    A global that is assigned once at the top level has its own piece under its name; the other
    statements of the module are the piece '<module>'. None if the text does not parse.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: dict[str, str] = {}
    rest: list[str] = []
    for statement in _without_docstring(tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _definition(statement, "", found)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            name = ",".join(_names(target) for target in targets)
            found[name] = found.get(name, "") + ast.dump(statement)
        else:
            rest.append(ast.dump(statement))
    found[_MODULE] = "\n".join(rest)
    return found


def _names(target: ast.expr) -> str:
    """The names in a target, `a` and `b` of `(a, b)`; the text of an attribute or an element."""
    if isinstance(target, ast.Tuple | ast.List):
        return ",".join(map(_names, target.elts))
    return ast.unparse(target.value if isinstance(target, ast.Starred) else target)


def binders(text: str, name: str) -> list[str]:
    """Those statements of the top level, other than assignments, that bind a name: loops, imports, `with`."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        ast.dump(statement)
        for statement in body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign)
        and any(_binds(node, name) for node in ast.walk(statement))
    ]


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.alias):
        return (node.asname or node.name).partition(".")[0] in (name, "*")
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def edited(before: str | None, after: str | None) -> list[str] | None:
    """The names of the pieces that differ between two versions of a file.

    A version that is not there (None) has no pieces. `[""]` means that the texts differ in nothing but
    comments, formatting or docstrings. None if it can't be told.
    """
    if before == after:
        return []
    old, new = pieces(before or ""), pieces(after or "")
    if old is None or new is None:
        return None
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return names or [""]


def _definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, owner: str, found: dict[str, str]) -> None:
    name = f"{owner}{node.name}"
    inner = f"{name}." if isinstance(node, ast.ClassDef) else f"{name}.<locals>."
    body: list[ast.stmt] = []
    for statement in _without_docstring(node.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _definition(statement, inner, found)
            body.append(ast.Expr(ast.Constant(f"def {statement.name}")))
        else:
            body.append(statement)
    node.body = body
    # A second definition of the same name joins the first: an edit of either is an edit of the name.
    found[name] = found.get(name, "") + ast.dump(node)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def span_of(text: str, name: str) -> tuple[int, int] | None:
    """First and last line of the function or class `name` ('Net.fit', 'make.<locals>.inner'), decorators included."""
    found = spans(text).get(name)
    return None if found is None else found[:2]


def spans(text: str) -> dict[str, tuple[int, int, bool, int]]:
    """First and last line of every function and class by qualified name, whether it is a function, the line of its `def`."""
    try:
        body: list[ast.stmt] = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, tuple[int, int, bool, int]] = {}
    waiting: list[tuple[str, ast.stmt]] = [("", statement) for statement in body]
    while waiting:
        owner, node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            name = f"{owner}{node.name}"
            is_function = not isinstance(node, ast.ClassDef)
            known = found.get(name)
            if known is None or known[0] < first:  # of two definitions of a name the later counts
                found[name] = (first, node.end_lineno or node.lineno, is_function, node.lineno)
            owner = f"{name}.<locals>." if is_function else f"{name}."
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(node, field, None)
            waiting += [(owner, statement) for statement in (inner if isinstance(inner, list) else ())]
        for handler in getattr(node, "handlers", ()):
            waiting += [(owner, statement) for statement in handler.body]
    return found
