"""The canonical form of sympy's expressions: what they are made of, and nothing of what was computed of them.

An expression can't be changed, equal ones may be one object or several, and which it is depends on what sympy's caches hold. So
every part is written once, and by the number of its first sight afterwards, however many objects it is. Hashes and assumptions
that were worked out since are kept in an expression and say nothing that is not in it.
"""

from __future__ import annotations

from hitsave_trace.fingerprint import hasher, objects
from hitsave_trace.fingerprint.hasher import ATOMS, marshalled
from hitsave_trace.fingerprint.registry import WHOLE, add
from hitsave_trace.names import is_user_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

_BASE = "sympy.core.basic.Basic"
_COUNTED = ("Dummy", "Wild", "UndefinedFunction")
"""Classes whose objects are told apart by a number that the process counts, or which are made by it."""


def _expression(walk: Walk, value: Anything) -> Children:
    base = next(cls for cls in type(value).__mro__ if f"{cls.__module__}.{cls.__qualname__}" == _BASE)
    numbers: dict[int, int] = {}
    # Parts before what they are a part of. None of it is recursion: an expression may be deeper than the stack.
    todo: list[tuple[Anything, tuple[object, ...] | None]] = [(value, None)]
    while todo:
        one, content = todo.pop()
        if id(one) in numbers:
            continue
        if content is None:
            content = _content(one)
            todo.append((one, content))
            todo += [(part, None) for part in content if isinstance(part, base)]
            continue
        known = objects.identity(walk, type(one))
        if known is None or is_user_class(type(one)):
            objects.refuse(one, "an expression of a class that was made by the program")
        parts = [b"%d" % numbers[id(part)] if isinstance(part, base) else _other(walk, part) for part in content]
        form = hasher.EXPRESSION + known + marshalled(tuple(parts), 2)
        number = walk.numbered.get(form)
        if number is None:
            number = walk.numbered[form] = len(walk.numbered)
            walk.write(form)
        numbers[id(one)] = number
    walk.write(hasher.EXPRESSION + hasher.number(numbers[id(value)]))
    return None


def _content(one: Anything) -> tuple[object, ...]:
    if any(cls.__name__ in _COUNTED for cls in (*type(one).__mro__, type(type(one)))):
        objects.refuse(one, "it is told from others by a number that the process counts")
    found = one._hashable_content()
    return tuple(found)


def _other(walk: Walk, part: object) -> object:
    """What is no expression, and stands in one: a name, digits, a polynomial's coefficients."""
    if type(part) in ATOMS:
        return (type(part).__name__, part)
    return walk.inner(deep=walk.deep).fingerprint(part)


add(_BASE, _expression, shared=False, reach=WHOLE)
