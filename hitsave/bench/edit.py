"""An edit that changes no result, and that HitSave has to take for any other: what a run after an edit costs.

An empty list is made and thrown away: in front of a statement of a function, `[]; `, or for a statement at the top level
around its value, `((…), [])[0]`. The compiler leaves both as they are, so the code differs. No name is bound and no line
moved: the program can't tell.

Which function: the last one of the run that took long and inside of which no other did. It is the last step of the
work that people edit most, the figure or the table, and before it stand the steps that should be answered.
"""

from __future__ import annotations

import ast
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Row = dict[str, object]

WORTH = 0.05
"""The share of a run from which a function is taken for one that took long."""

_COMPOUND = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith,
    ast.Try, ast.TryStar, ast.Match,
)  # fmt: skip
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Edit:
    """An edit of one file. `path` is that file, `old` and `new` its bytes."""

    __slots__ = ("function", "new", "old", "path", "seconds", "shown", "where")

    def __init__(self, path: str, old: bytes, new: bytes, function: str, where: str) -> None:
        self.path = path
        self.old = old
        self.new = new
        self.function = function
        self.seconds = 0.0  # what its calls took in the run by which it was chosen
        changed = list(_changed(old, new))
        self.where = f"{where.rpartition(':')[0]}:{changed[0][0]}"  # `train.py:41`, the line that is edited
        self.shown = b" ".join(line.strip() for _, line in changed).decode("utf-8", "replace")

    def told(self) -> Row:
        """As plain data."""
        return {"function": self.function, "where": self.where, "seconds": self.seconds, "line": self.shown}


def choose(folder: str, run: Row, calls: list[Row], wanted: str | None = None) -> Edit | None:
    """The edit for a run with these calls, of files below `folder`; of the function `wanted` if that is said."""
    asked = [call for call in calls if wanted is None or _is_named(str(call.get("function")), wanted)]
    for verdict in ("miss", "unsaved"):
        of_kind = [call for call in asked if call.get("verdict") == verdict]
        for call in _ordered(of_kind, run):
            edit = _edit(folder, str(call.get("function")), str(call.get("where")))
            if edit is not None:
                edit.seconds = sum(_seconds(one) for one in of_kind if one.get("function") == call.get("function"))
                return edit
    return None


def _is_named(name: str, wanted: str) -> bool:
    module, _, qualname = name.partition(":")
    return wanted in (name, qualname, f"{module}.{qualname}", qualname.rpartition(".")[2])


def _ordered(calls: list[Row], run: Row) -> Iterator[Row]:
    """Calls in the order in which they are tried."""
    around = {at for call in calls for at in _within(call)}
    inmost = [call for call in calls if call.get("at") not in around]
    totals: dict[str, float] = {}
    for call in inmost:
        name = str(call.get("function"))
        totals[name] = totals.get(name, 0.0) + _seconds(call)
    least = _seconds(run) * WORTH
    yield from (call for call in reversed(inmost) if totals[str(call.get("function"))] >= least)
    yield from sorted(inmost, key=_seconds, reverse=True)
    yield from reversed(calls)


def _within(call: Row) -> list[object]:
    found = call.get("within")
    return found if isinstance(found, list) else []


def _seconds(row: Row) -> float:
    found = row.get("seconds")
    return float(found) if isinstance(found, int | float) else 0.0


def _edit(folder: str, function: str, where: str) -> Edit | None:
    name, _, line = where.rpartition(":")
    path = os.path.join(folder, name)
    if not name or not line.isdecimal() or not os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep):
        return None
    try:
        with open(path, "rb") as file:
            old = file.read()
        new = edited(old, function.partition(":")[2], int(line))
    except (OSError, SyntaxError, ValueError):
        return None
    return Edit(path, old, new, function, where) if new is not None else None


def edited(source: bytes, qualname: str, line: int) -> bytes | None:
    """The source with the edit in a function, or in the statement of the top level (`line 41–58`) that begins at `line`.

    None if it has no place for one. Raises SyntaxError.
    """
    tree = ast.parse(source)
    if not source.isascii() and not _encoding(source).startswith("utf-8"):
        return None  # columns are counted in UTF-8
    if b"\r" in source.replace(b"\r\n", b""):
        return None  # lines end where we don't count one
    if qualname.startswith("line "):
        found = [node for node in tree.body if node.lineno <= line <= (node.end_lineno or 0)]
        new = _in_statement(source, found[0]) if found and not isinstance(found[0], _DEFINITIONS) else None
    else:
        named = [node for name, node in _functions(tree, "") if name == qualname.partition("#")[0]]
        nearest = min(named, key=lambda node: abs(node.lineno - line), default=None)
        place = _place(nearest.body) if nearest is not None else None
        new = None if place is None else _with(source, [(place, b"[]; ")])
    if new is not None:
        compile(new, "<edited>", "exec", dont_inherit=True)
    return new


def _encoding(source: bytes) -> str:
    import io
    import tokenize

    return tokenize.detect_encoding(io.BytesIO(source).readline)[0]


def _functions(node: ast.AST, above: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield above + child.name, child
            yield from _functions(child, f"{above}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{above}{child.name}.")
        else:
            yield from _functions(child, above)


Place = tuple[int, int]


def _place(body: list[ast.stmt]) -> Place | None:
    """Before the first plain statement of a function's body; else of a block in it."""
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]  # a docstring
    for statement in body:
        if not isinstance(statement, _COMPOUND):
            return statement.lineno, statement.col_offset
    for statement in body:
        if not isinstance(statement, _DEFINITIONS):
            for block in _blocks(statement):
                found = _place(block)
                if found is not None:
                    return found
    return None


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if block:
            yield block
    for case in getattr(statement, "cases", ()):
        yield case.body


def _in_statement(source: bytes, statement: ast.stmt) -> bytes | None:
    if isinstance(statement, _COMPOUND):
        found = next((place for place in map(_place, _blocks(statement)) if place is not None), None)
        return None if found is None else _with(source, [(found, b"[]; ")])
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.expr) or value.end_lineno is None or value.end_col_offset is None:
        return None
    ends = (value.end_lineno, value.end_col_offset)
    return _with(source, [((value.lineno, value.col_offset), b"(("), (ends, b"), [])[0]")])


def _with(source: bytes, additions: list[tuple[Place, bytes]]) -> bytes:
    lines = source.split(b"\n")
    bom = b"\xef\xbb\xbf"
    for (line, column), text in reversed(additions):
        old = lines[line - 1]
        if line == 1 and old.startswith(bom):
            column += len(bom)
        lines[line - 1] = old[:column] + text + old[column:]
    return b"\n".join(lines)


def _changed(old: bytes, new: bytes) -> Iterator[tuple[int, bytes]]:
    for number, (before, after) in enumerate(zip(old.split(b"\n"), new.split(b"\n"), strict=True), 1):
        if before != after:
            yield number, after


class Applied:
    """While it is entered, the edit is in its file. Then all is as it was: content, times, and what was compiled."""

    __slots__ = ("_before", "_edit")

    def __init__(self, edit: Edit) -> None:
        self._edit = edit
        self._before: dict[str, tuple[bytes, int, int] | None] = {}

    def __enter__(self) -> None:
        for path in (self._edit.path, *_compiled(self._edit.path)):
            self._before[path] = _state(path)
        with open(self._edit.path, "wb") as file:
            file.write(self._edit.new)

    def __exit__(self, *_: object) -> None:
        for path in _compiled(self._edit.path):
            if path not in self._before:
                os.unlink(path)
        for path, state in self._before.items():
            if state is None:
                continue
            content, accessed, modified = state
            with open(path, "wb") as file:
                file.write(content)
            os.utime(path, ns=(accessed, modified))


def _compiled(path: str) -> list[str]:
    folder = os.path.join(os.path.dirname(path), "__pycache__")
    stem = os.path.basename(path).removesuffix(".py") + "."
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.startswith(stem) and name.endswith(".pyc")]


def _state(path: str) -> tuple[bytes, int, int] | None:
    try:
        with open(path, "rb") as file:
            content = file.read()
        found = os.stat(path)
    except OSError:
        return None
    return content, found.st_atime_ns, found.st_mtime_ns
