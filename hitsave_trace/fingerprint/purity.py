"""Whether a function gives the same for the same arguments, whenever it runs: all that its code mentions never changes.

Asked of functions whose results are kept: if the answer is yes, it does not matter when and for whom a result was computed.
The answer is sure or no: what reads a file, a variable that is bound twice, or an attribute of anything, is not.
"""

from __future__ import annotations

import builtins
import dis
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from hitsave_trace import names

_ATOMS = frozenset((int, float, complex, str, bytes, bool, type(None), type(...)))
_MODULES = frozenset((
    "math", "cmath", "itertools", "_operator", "operator", "bisect", "_bisect", "heapq", "_heapq", "string", "fractions",
    "functools", "_functools", "collections", "_collections",
))  # fmt: skip
_BUILTINS = frozenset((
    "abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "chr", "complex", "dict", "divmod", "enumerate", "filter",
    "float", "format", "frozenset", "hex", "int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "min", "next",
    "oct", "ord", "pow", "range", "repr", "reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple", "type", "zip",
))  # fmt: skip

_mentions: dict[int, tuple[CodeType, frozenset[str] | None]] = {}
_bindings: dict[int, tuple[CodeType, frozenset[str]]] = {}


def is_pure(function: object) -> bool:
    """Whether what a function of the program gives depends on nothing but its arguments, which can't be changed."""
    waiting: list[object] = [function]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop()
        while hasattr(type(item), "cache_info"):
            item = item.__wrapped__  # type: ignore[attr-defined]
        if type(item) is not FunctionType:
            return False
        if id(item) in seen:
            continue
        seen.add(id(item))
        if not _is_fixed((item.__defaults__, tuple((item.__kwdefaults__ or {}).values()))):
            return False
        wanted = _mentioned(names.original_code(item.__code__))
        if wanted is None:
            return False
        space = item.__globals__
        for name in wanted:
            if name not in space:
                value = vars(builtins).get(name)
                if name not in _BUILTINS and not (isinstance(value, type) and issubclass(value, BaseException)):
                    return False
                continue
            value = space[name]
            if isinstance(value, ModuleType):
                if value.__name__ not in _MODULES:
                    return False
            elif isinstance(value, (type, BuiltinFunctionType)):
                if value.__module__ not in _MODULES:
                    return False
            elif not _is_bound_once(space, name):
                return False
            elif not _is_fixed(value):
                waiting.append(value)
    return True


def _is_fixed(value: object) -> bool:
    """Whether a value is a number, a text, or a tuple of such."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if type(item) is tuple or type(item) is frozenset:
            waiting.extend(item)
        elif type(item) not in _ATOMS:
            return False
    return True


def _mentioned(code: CodeType) -> frozenset[str] | None:
    """The global names that code mentions; None if it does what is not known to depend on them and its arguments alone."""
    known = _mentions.get(id(code))
    if known is None:
        _mentions[id(code)] = known = code, _look_through(code)
    return known[1]


def _look_through(code: CodeType) -> frozenset[str] | None:
    if code.co_freevars:
        return None
    found: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        for step in dis.get_instructions(one):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                found.add(step.argval)
            elif step.opname.startswith(("IMPORT", "STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR", "LOAD_BUILD")):
                return None
            elif type(step.argval) is CodeType:
                waiting.append(step.argval)
    return frozenset(found)


def _is_bound_once(space: dict[str, object], name: str) -> bool:
    """Whether a global name of the program means one thing from its first to its last moment."""
    module = names.user_modules.get(str(space.get("__name__")))
    if module is None or module.globals is not space or module.loads > 1:
        return False
    top = next((info for info in module.codes if info.qualname == "<module>"), None)
    if top is None or top.code is None:
        return False
    code = names.original_code(top.code)
    known = _bindings.get(id(code))
    if known is None:
        _bindings[id(code)] = known = code, frozenset(_bound_once(code))
    return name in known[1] and sys.modules.get(module.name) is not None


def _bound_once(code: CodeType) -> set[str]:
    """The names that a module's code binds at one place, once."""
    places: dict[str, list[int]] = {}
    loops: list[tuple[int, int]] = []
    for step in dis.get_instructions(code):
        if step.opname.startswith("JUMP_BACKWARD"):
            loops.append((step.argval, step.offset))
        elif step.opname in ("STORE_NAME", "STORE_GLOBAL", "DELETE_NAME"):
            places.setdefault(step.argval, []).append(step.offset)
    once = {
        name
        for name, offsets in places.items()
        if len(offsets) == 1 and not any(start <= offsets[0] <= end for start, end in loops)
    }
    waiting = [item for item in code.co_consts if type(item) is CodeType]
    while waiting:
        inner = waiting.pop()
        once -= {
            step.argval for step in dis.get_instructions(inner) if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL")
        }
        waiting += [item for item in inner.co_consts if type(item) is CodeType]
    return once
