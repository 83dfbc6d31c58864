"""`--where 'rate > 0.1 and loss < 2'`: conditions on the columns of a table.

A small language in Python's own words: comparisons (also chained, and `in`), `and`, `or`, `not`, arithmetic, numbers, strings and
names of columns, with dots. Nothing else is understood, so nothing can be run by it. A comparison with a cell that is
empty, or of another kind, is false.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

Cells = Mapping[str, object]


class BadCondition(Exception):
    """A text that is no condition; `hint` says what is understood."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


_COMPARISONS: dict[type[ast.cmpop], Callable[..., object]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda one, many: operator.contains(many, one), ast.NotIn: lambda one, many: not operator.contains(many, one),
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_EXAMPLE = "For example: 'rate > 0.1 and loss < 2'"


class Condition:
    """A condition that was understood: called with the cells of a row, it says whether they fulfil it."""

    __slots__ = ("_tree", "names")

    def __init__(self, text: str) -> None:
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise BadCondition(f"'{text}' is no condition", _EXAMPLE) from None
        self.names: list[str] = []
        self._understand(self._tree)

    def __call__(self, cells: Cells) -> bool:
        return bool(_value(self._tree, cells))

    def _understand(self, node: ast.expr) -> None:
        """Refuse what is not in the language; collect the names of columns."""
        inner: list[ast.expr] = []
        if isinstance(node, ast.BoolOp):
            inner = node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.UAdd):
            inner = [node.operand]
        elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            inner = [node.left, node.right]
        elif isinstance(node, ast.Compare) and all(type(sign) in _COMPARISONS for sign in node.ops):
            inner = [node.left, *node.comparators]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            inner = node.elts
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float | str | None):
            return
        else:
            name = _column(node)
            if name is None:
                raise BadCondition(f"'{ast.unparse(node)}' can't stand in a condition", _EXAMPLE)
            self.names.append(name)
            return
        for each in inner:
            self._understand(each)


def _column(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _column(node.value)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def _value(node: ast.expr, cells: Cells) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BoolOp):
        if isinstance(node.op, ast.And):
            return all(_value(each, cells) for each in node.values)
        return any(_value(each, cells) for each in node.values)
    if isinstance(node, ast.UnaryOp):
        return _signed(node.op, _value(node.operand, cells))
    if isinstance(node, ast.BinOp):
        return _applied(_ARITHMETIC[type(node.op)], _value(node.left, cells), _value(node.right, cells))
    if isinstance(node, ast.Compare):
        left = _value(node.left, cells)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = _value(other, cells)
            empty = (left is None or right is None) and not isinstance(sign, ast.Is | ast.IsNot | ast.Eq | ast.NotEq)
            if empty or not _applied(_COMPARISONS[type(sign)], left, right):
                return False
            left = right
        return True
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_value(each, cells) for each in node.elts]
    return cells.get(_column(node) or "")


def _signed(sign: ast.unaryop, value: object) -> object:
    if isinstance(sign, ast.Not):
        return not value
    if not isinstance(value, int | float):
        return None
    return -value if isinstance(sign, ast.USub) else value


def _applied(function: Callable[..., object], one: object, two: object) -> object:
    # Numbers and words only: `'a' * 10**9` must not be worth trying.
    if function in _ARITHMETIC.values() and not (isinstance(one, int | float) and isinstance(two, int | float)):
        return None
    try:
        return function(one, two)
    except (TypeError, ValueError, ArithmeticError):
        return None
