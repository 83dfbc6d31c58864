"""What a machine does to a source file: edits that may matter, and edits that can't.

An edit is a replacement of the whole text of one file, with a few words about it. Edits are made from the syntax tree
and put in at its positions, so that the rest of the file stays as it was, character by character. The same seed gives
the same edits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from random import Random


class Edit:
    """One change of one file."""

    __slots__ = ("kind", "name", "text", "what")

    def __init__(self, name: str, kind: str, what: str, text: str):
        self.name, self.kind, self.what, self.text = name, kind, what, text

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}: {self.what}"


ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.BitAnd, ast.BitOr)
COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


class Source:
    """A parsed file, and what a run of it executed."""

    def __init__(self, name: str, text: str, lines: set[int]):
        self.name, self.text, self.lines = name, text, lines
        self.tree = ast.parse(text)
        self._data = text.encode()
        self._starts = [0]
        for line in self._data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self.docstrings = {
            id(node.body[0].value)
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
            and isinstance(node.body[0].value, ast.Constant)
            and isinstance(node.body[0].value.value, str)
        }

    def put(self, node: ast.AST, text: str) -> str:
        """The file with `node` replaced by `text`."""
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[node.end_lineno - 1] + node.end_col_offset
        return (self._data[:start] + text.encode() + self._data[end:]).decode()

    def ran(self, node: ast.AST) -> bool:
        """Whether a line of the node was executed."""
        return any(line in self.lines for line in range(node.lineno, node.end_lineno + 1))


# --- edits that may matter ---------------------------------------------------------------------------------------


def semantic(source: Source, random: Random) -> Iterator[tuple[str, str, str]]:
    """All (kind, what, text) for one file, lazily, in random order."""
    makers = [
        (kind, node, make)
        for node in ast.walk(source.tree)
        if hasattr(node, "lineno")
        and source.ran(node)
        and id(getattr(node, "value", node)) not in source.docstrings
        and id(node) not in source.docstrings
        for kind, applies, make in MAKERS
        if applies(node)
    ]
    # Each kind has an equal chance, however common its nodes are.
    by_kind: dict[str, list] = {}
    for kind, node, make in makers:
        by_kind.setdefault(kind, []).append((node, make))
    for choices in by_kind.values():
        random.shuffle(choices)
    while by_kind:
        kind = random.choice(sorted(by_kind))
        node, make = by_kind[kind].pop()
        if not by_kind[kind]:
            del by_kind[kind]
        made = make(source, node, random)
        if made is None:
            continue
        target, text = made
        changed = source.put(target, text)
        try:
            if ast.dump(ast.parse(changed)) == ast.dump(source.tree):
                continue
        except (SyntaxError, ValueError):
            continue
        old = ast.get_source_segment(source.text, target) or ""
        yield kind, f"line {target.lineno}: {short(old)} -> {short(text)}", changed


def short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def _number(source: Source, node: ast.Constant, random: Random):
    value = node.value
    new = random.choice([value + 1, value - 1, value * 2, 0, -value])
    return None if new == value else (node, f"({new!r})" if new < 0 else repr(new))


def _string(source: Source, node: ast.Constant, random: Random):
    text = ast.get_source_segment(source.text, node)
    if not text or text[-1] not in "'\"" or "\n" in text:
        return None  # a part of an f-string
    value = node.value
    new = random.choice([value + "x", value[1:], value.swapcase(), ""])
    return node, f"({new!r})"


def _constant(source: Source, node: ast.Constant, random: Random):
    return node, {True: "False", False: "True", None: "0"}[node.value]


def _operator(source: Source, node: ast.BinOp, random: Random):
    choices = [op for op in ARITHMETIC if not isinstance(node.op, op)]
    new = ast.BinOp(node.left, random.choice(choices)(), node.right)
    return node, f"({ast.unparse(new)})"


def _comparison(source: Source, node: ast.Compare, random: Random):
    i = random.randrange(len(node.ops))
    ops = [COMPARISONS[type(op)]() if j == i else op for j, op in enumerate(node.ops)]
    return node, f"({ast.unparse(ast.Compare(node.left, ops, node.comparators))})"


def _boolean(source: Source, node: ast.BoolOp, random: Random):
    return node, f"({ast.unparse(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))})"


def _negate(source: Source, node: ast.If, random: Random):
    return node.test, f"(not ({ast.unparse(node.test)}))"


def _delete(source: Source, node: ast.stmt, random: Random):
    return node, "pass"


def _swap(source: Source, node: ast.Call, random: Random):
    i = random.randrange(len(node.args) - 1)
    args = list(node.args)
    args[i], args[i + 1] = args[i + 1], args[i]
    return node, f"({ast.unparse(ast.Call(node.func, args, node.keywords))})"


def _default(source: Source, node: ast.FunctionDef, random: Random):
    defaults = [value for value in [*node.args.defaults, *node.args.kw_defaults] if value is not None]
    chosen = random.choice(defaults)
    new = random.choice(["None", "0", "1", "True", "'x'", "2.5"])
    return chosen, new


def _callee(source: Source, node: ast.Call, random: Random):
    """Call another function or method of the same file."""
    if isinstance(node.func, ast.Name):
        names = sorted({x.name for x in source.tree.body if isinstance(x, ast.FunctionDef)} - {node.func.id})
        if node.func.id not in {x.name for x in source.tree.body if isinstance(x, ast.FunctionDef)} or not names:
            return None
        return node.func, random.choice(names)
    methods = sorted(
        {
            x.name
            for cls in ast.walk(source.tree)
            if isinstance(cls, ast.ClassDef)
            for x in cls.body
            if isinstance(x, ast.FunctionDef)
        }
    )
    if node.func.attr not in methods or len(methods) < 2:
        return None
    return node.func, f"{ast.unparse(node.func.value)}.{random.choice([x for x in methods if x != node.func.attr])}"


def _attribute(source: Source, node: ast.ClassDef, random: Random):
    held = [x for x in node.body if isinstance(x, ast.Assign) and source.ran(x)]
    if not held:
        return None
    chosen = random.choice(held)
    return chosen.value, random.choice(["None", "0", "1", "'x'", "()", f"({ast.unparse(chosen.value)}, 1)"])


def _drop_method(source: Source, node: ast.ClassDef, random: Random):
    held = [x for x in node.body if isinstance(x, ast.FunctionDef) and not x.decorator_list]
    if not held:
        return None
    return random.choice(held), "pass"


def _module_value(source: Source, node: ast.Module, random: Random):
    held = [x for x in node.body if isinstance(x, ast.Assign) and source.ran(x)]
    if not held:
        return None
    chosen = random.choice(held)
    return chosen.value, random.choice(["None", "0", "{}", f"({ast.unparse(chosen.value)})[:1]"])


def _base(source: Source, node: ast.ClassDef, random: Random):
    return random.choice(node.bases), random.choice(["object", "Exception", "dict"])


def _drop_decorator(source: Source, node: ast.FunctionDef, random: Random):
    # The `@` stays: something that does nothing takes the place.
    return random.choice(node.decorator_list), "(lambda _f: _f)"


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


MAKERS = (
    ("number", _is_number, _number),
    ("string", lambda n: isinstance(n, ast.Constant) and type(n.value) is str, _string),
    ("constant", lambda n: isinstance(n, ast.Constant) and (n.value is None or type(n.value) is bool), _constant),
    ("operator", lambda n: isinstance(n, ast.BinOp), _operator),
    ("comparison", lambda n: isinstance(n, ast.Compare), _comparison),
    ("boolean", lambda n: isinstance(n, ast.BoolOp), _boolean),
    ("negated", lambda n: isinstance(n, ast.If), _negate),
    ("deleted", lambda n: isinstance(n, (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.If, ast.For, ast.Raise)), _delete),
    ("swapped", lambda n: isinstance(n, ast.Call) and len(n.args) > 1 and not any(isinstance(a, ast.Starred) for a in n.args), _swap),
    ("default", lambda n: isinstance(n, ast.FunctionDef) and bool([v for v in [*n.args.defaults, *n.args.kw_defaults] if v]), _default),
    ("callee", lambda n: isinstance(n, ast.Call) and isinstance(n.func, (ast.Name, ast.Attribute)), _callee),
    ("attribute", lambda n: isinstance(n, ast.ClassDef), _attribute),
    ("method", lambda n: isinstance(n, ast.ClassDef), _drop_method),
    ("base", lambda n: isinstance(n, ast.ClassDef) and bool(n.bases), _base),
    ("decorator", lambda n: isinstance(n, ast.FunctionDef) and bool(n.decorator_list), _drop_decorator),
)  # fmt: skip


def of_data(text: str, random: Random) -> tuple[str, str] | None:
    """(what, text): a data file with one thing changed."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return None
    i = random.randrange(len(lines))
    how = random.choice(("digit", "letter", "drop", "double"))
    if how == "drop":
        new = ""
    elif how == "double":
        new = lines[i] * 2
    else:
        found = [m.start() for m in re.finditer(r"\d" if how == "digit" else r"[a-z]", lines[i])]
        if not found:
            return None
        at = random.choice(found)
        letters = "0123456789" if how == "digit" else "abcdefghijklmnopqrstuvwxyz"
        new = lines[i][:at] + random.choice([c for c in letters if c != lines[i][at]]) + lines[i][at + 1 :]
    return f"line {i + 1}: {how}", "".join([*lines[:i], new, *lines[i + 1 :]])


# --- edits that can't matter -------------------------------------------------------------------------------------


def irrelevant(source: Source, random: Random, everywhere: str) -> Iterator[tuple[str, str, str]]:
    """Some (kind, what, text) for one file. `everywhere` is the text of the whole project."""
    kinds = list(IRRELEVANT)
    while True:
        kind = random.choice(kinds)
        made = kind(source, random, everywhere)
        if made is not None and made[1] != source.text:
            try:
                ast.parse(made[1])
            except (SyntaxError, ValueError):
                continue
            yield kind.__name__.strip("_").replace("_", " "), made[0], made[1]
        else:
            kinds.remove(kind)
            if not kinds:
                return


def _statement_starts(source: Source) -> list[int]:
    """Lines on which a statement begins, and nothing else goes on from the line before."""
    inside = {
        line
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.expr, ast.Import, ast.ImportFrom)) and node.end_lineno != node.lineno
        for line in range(node.lineno + 1, node.end_lineno + 1)
    }
    lines = source.text.splitlines()
    return [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.stmt)
        and node.lineno not in inside
        and node.col_offset == len(lines[node.lineno - 1]) - len(lines[node.lineno - 1].lstrip())
        and not (node.lineno > 1 and lines[node.lineno - 2].endswith("\\"))
    ]


def _insert(source: Source, line: int, text: str) -> str:
    lines = source.text.splitlines(keepends=True)
    return "".join([*lines[: line - 1], text, *lines[line - 1 :]])


def _comment(source: Source, random: Random, everywhere: str):
    starts = _statement_starts(source)
    if not starts:
        return None
    line = random.choice(starts)
    indent = re.match(r"\s*", source.text.splitlines()[line - 1]).group()
    return f"line {line}", _insert(source, line, f"{indent}# a remark, {random.random()}\n")


def _blank_lines(source: Source, random: Random, everywhere: str):
    starts = _statement_starts(source)
    if not starts:
        return None
    line = random.choice(starts)
    return f"line {line}", _insert(source, line, "\n" * random.randint(1, 4))


def _docstring(source: Source, random: Random, everywhere: str):
    held = [n for n in ast.walk(source.tree) if id(n) in source.docstrings and n.col_offset >= 0]
    held = [n for n in held if source.text.splitlines()[n.lineno - 1].lstrip().startswith(('"', "'", "r"))]
    if not held:
        return None
    node = random.choice(held)
    return f"line {node.lineno}", source.put(node, repr(f"Other words, {random.random()}."))


def _reformatted(source: Source, random: Random, everywhere: str):
    return "ast.unparse", ast.unparse(source.tree) + "\n"


def _unused_function(source: Source, random: Random, everywhere: str):
    name = f"_unused_{random.randrange(10**6)}"
    text = f"def {name}(a, b=3):\n    return a + b\n\n\n"
    places = [
        n.lineno for n in source.tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and not n.decorator_list
    ]
    if not places:
        return None
    line = random.choice(places)
    return f"{name} at line {line}", _insert(source, line, text)


def _renamed_unused_function(source: Source, random: Random, everywhere: str):
    held = [
        n
        for n in source.tree.body
        if isinstance(n, ast.FunctionDef)
        and not any(line in source.lines for line in range(n.body[0].lineno, n.end_lineno + 1))
        and len(re.findall(rf"\b{re.escape(n.name)}\b", everywhere)) == 1
    ]
    if not held:
        return None
    node = random.choice(held)
    lines = source.text.splitlines(keepends=True)
    lines[node.lineno - 1] = lines[node.lineno - 1].replace(f"def {node.name}", f"def {node.name}_too", 1)
    return node.name, "".join(lines)


def _changed_unused_function(source: Source, random: Random, everywhere: str):
    held = [
        n
        for n in ast.walk(source.tree)
        if isinstance(n, ast.FunctionDef)
        and not any(line in source.lines for line in range(n.body[0].lineno, n.end_lineno + 1))
        and n.body[0].lineno > n.lineno
    ]
    if not held:
        return None
    node = random.choice(held)
    last = node.body[-1]
    if last.lineno != last.end_lineno and isinstance(last, (ast.FunctionDef, ast.ClassDef)):
        return None
    return f"{node.name}, line {last.lineno}", source.put(last, f"raise ValueError({random.random()})")


def _reordered_functions(source: Source, random: Random, everywhere: str):
    pairs = [
        (one, two)
        for one, two in zip(source.tree.body, source.tree.body[1:], strict=False)
        if isinstance(one, ast.FunctionDef)
        and isinstance(two, ast.FunctionDef)
        and one.name != two.name
        and not one.decorator_list
        and not two.decorator_list
        and all(isinstance(d, ast.Constant) for n in (one, two) for d in [*n.args.defaults, *n.args.kw_defaults] if d)
        and not any(
            getattr(a, "annotation", None) for n in (one, two) for a in ast.walk(n.args) if isinstance(a, ast.arg)
        )
        and one.returns is two.returns is None
    ]
    if not pairs:
        return None
    one, two = random.choice(pairs)
    lines = source.text.splitlines(keepends=True)
    first, second = lines[one.lineno - 1 : one.end_lineno], lines[two.lineno - 1 : two.end_lineno]
    between = lines[one.end_lineno : two.lineno - 1]
    if second and not second[-1].endswith("\n"):
        return None
    return f"{one.name}, {two.name}", "".join(
        [*lines[: one.lineno - 1], *second, *between, *first, *lines[two.end_lineno :]]
    )


IRRELEVANT = (
    _comment, _blank_lines, _docstring, _reformatted, _unused_function, _renamed_unused_function, _changed_unused_function,
    _reordered_functions,
)  # fmt: skip
