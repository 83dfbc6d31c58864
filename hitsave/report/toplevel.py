"""What was edited at the top level of a script, statement by statement.

A script's top level runs from its first line to its last, whether a statement of it was slow enough to be recorded or not. So an edit
there was used, unless it only binds a name that nothing looks at.
"""

from __future__ import annotations

import ast
from difflib import SequenceMatcher

from hitsave.report import diff
from hitsave.report.archive import Archive, Run, mapping_of, script_of
from hitsave.report.places import modules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]
    Row = dict[str, object]

_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Edit:
    """Statements that took the place of others: their lines in the two versions, and which names they only bind."""

    __slots__ = ("after", "before", "binds", "looked_at", "names", "new", "old", "reached")

    def __init__(self, old: Span, new: Span, before: list[str], after: list[str]) -> None:
        self.old = old  # first and last line; the last is before the first if there is nothing
        self.new = new
        self.before = before
        self.after = after
        self.binds: set[str] | None = set()  # None if a statement does more than bind names
        self.reached = True  # whether the run came so far
        self.names: set[str] = set()  # all names that they bind
        self.looked_at = False  # whether the rest of the top level looks at one of these names

    @property
    def lines(self) -> str:
        """`line 41`, `lines 41–58`, as statements are called; of what is gone, where it stood."""
        first, last = self.new if self.after else (self.new[0], self.new[0])
        return f"line {first}" + (f"–{last}" if last > first else "")

    def count(self) -> tuple[int, int]:
        """Lines added and removed."""
        return diff.count(diff.of_lines(self.before, self.after, "a/", "b/"))


def edits(old: str, new: str) -> list[Edit] | None:
    """The edits between two versions of a script, functions and classes left out. None if one of them does not parse."""
    trees = []
    for text in (old, new):
        try:
            trees.append(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    then, now = ([node for node in _body(tree) if not isinstance(node, _DEFINES)] for tree in trees)
    texts = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = SequenceMatcher(None, [ast.dump(node) for node in then], [ast.dump(node) for node in now], autojunk=False)
    found: list[Edit] = []
    for word, i, j, k, m in matcher.get_opcodes():
        if word == "equal":
            continue
        # As many as before: each took the place of one.
        pairs = [(then[n : n + 1], now[n - i + k : n - i + k + 1]) for n in range(i, j)] if j - i == m - k else []
        for before, after in pairs or [(then[i:j], now[k:m])]:
            spans = _span(before, then, i), _span(after, now, k)
            edit = Edit(*spans, *(text[first - 1 : last] for (first, last), text in zip(spans, texts, strict=True)))
            _look(edit, before + after, trees)
            found.append(edit)
    return found


def _body(tree: ast.Module) -> list[ast.stmt]:
    first = tree.body[0] if tree.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return tree.body[1:]
    return tree.body


def _span(nodes: list[ast.stmt], all_of_them: list[ast.stmt], at: int) -> Span:
    if nodes:
        return nodes[0].lineno, max(node.end_lineno or node.lineno for node in nodes)
    line = (
        all_of_them[at].lineno
        if at < len(all_of_them)
        else 1 + max((n.end_lineno or 0 for n in all_of_them), default=0)
    )
    return line, line - 1


def _look(edit: Edit, nodes: list[ast.stmt], trees: list[ast.Module]) -> None:
    for node in nodes:
        names = _bound(node)
        edit.names |= names or set()
        # What is called may do anything besides.
        does_more = names is None or any(isinstance(inner, ast.Call | ast.Await) for inner in ast.walk(node))
        if does_more or edit.binds is None:
            edit.binds = None
        else:
            edit.binds |= names or set()
    if edit.binds:
        edit.looked_at = any(edit.binds & set(_mentioned(node)) for tree in trees for node in tree.body)


def _bound(node: ast.stmt) -> set[str] | None:
    """The names that an assignment or an import binds; None of any other statement."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return None
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names: set[str] = set()
    for target in targets:
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.add(inner.id)
            elif not isinstance(inner, ast.Tuple | ast.List | ast.Starred | ast.expr_context):
                return None
    return names


def _mentioned(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of the top level looks at when it runs; what functions look at is recorded."""
    waiting: list[ast.AST] = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load | ast.Del):
            yield inner.id
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*inner.decorator_list, inner.args]
        else:
            waiting += ast.iter_child_nodes(inner)


# --- of two runs ----------------------------------------------------------------------------------------------------


def used(archive: Archive, old: Run, new: Run, values: list[Row]) -> list[tuple[str, Edit]]:
    """The edits of the script's top level that count: those that do something, or bind a name that something looks at.

    Of a name that functions look at the value is told, if it changed (`values`).
    """
    told = {str(item["function"]) for item in values if item["kind"] in ("global", "binding")}
    found = []
    for path, edit in between(archive, old, new):
        if any(f"__main__:{name}" in told for name in edit.names) or not edit.reached:
            continue
        if edit.binds is None or edit.looked_at:
            found.append((path, edit))
    return found


def between(archive: Archive, old: Run, new: Run) -> list[tuple[str, Edit]]:
    """The edits of the script's top level between two runs, each with the file."""
    path = script_file(new)
    texts = [archive.source_lines(mapping_of(run, "sources").get(path or "")) for run in (old, new)]
    if path is None or texts[0] is None or texts[1] is None or texts[0] == texts[1]:
        return []
    last = _last_line(new, path)
    found = edits("".join(texts[0]), "".join(texts[1])) or []
    for edit in found:
        edit.reached = last is None or edit.new[0] <= last
    return [(path, edit) for edit in found]


def _last_line(run: Run, path: str) -> int | None:
    """The line of the script's top level at which a run failed; what stands below it did not run."""
    found = None
    for line in str(run.get("traceback") or "").splitlines():
        head, _, number = line.strip().partition('", line ')
        number, _, function = number.partition(", in ")
        if head.startswith('File "') and head.endswith(path) and function == "<module>" and number.isdecimal():
            found = int(number)
    return found


def script_file(run: Run) -> str | None:
    """The file whose top level is the program."""
    return next((path for path in mapping_of(run, "sources") if "__main__" in modules_of(path, script_of(run))), None)


def row(path: str, edit: Edit) -> Row:
    """An edit as a row of the diff column."""
    added, removed = edit.count()
    return {
        "function": f"__main__:{edit.lines}",
        "file": path,
        "kind": "code",
        "added": added,
        "removed": removed,
        "before": "".join(edit.before) or None,
        "after": "".join(edit.after) or None,
    }
