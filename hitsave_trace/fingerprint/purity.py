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

_NEVER = ("STORE_GLOBAL", "DELETE_GLOBAL")
_NOT_ALONE = (*_NEVER, "IMPORT", "STORE_ATTR", "LOAD_BUILD")

_mentions: dict[tuple[int, bool], tuple[CodeType, frozenset[str] | None, frozenset[str]]] = {}
_bindings: dict[int, tuple[CodeType, frozenset[str]]] = {}


def is_pure(function: object, *, alone: bool = True) -> bool:
    """Whether what a function of the program gives depends on nothing but its arguments, which can't be changed.

    If it need not be `alone`, it may use what is outside of the program, such as files, by way of libraries, containers that
    have one name for good, and objects: as long as the code of the program sets no attribute that it reads, except where
    objects are made.
    """
    waiting: list[object] = [function]
    seen: set[int] = set()
    attributes: set[str] = set()
    while waiting:
        item = waiting.pop()
        while hasattr(type(item), "cache_info"):
            item = item.__wrapped__  # type: ignore[attr-defined]
        if type(item) is not FunctionType:
            return False
        if id(item) in seen:
            continue
        seen.add(id(item))
        if not is_fixed((item.__defaults__, tuple((item.__kwdefaults__ or {}).values()))):
            return False
        wanted, read = _mentioned(names.original_code(item.__code__), alone)
        if wanted is None:
            return False
        space = item.__globals__
        for name in wanted:
            if name not in space:
                value = vars(builtins).get(name)
                if (
                    alone
                    and name not in _BUILTINS
                    and not (isinstance(value, type) and issubclass(value, BaseException))
                ):
                    return False
                continue
            value = space[name]
            if isinstance(value, ModuleType):
                if alone and value.__name__ not in _MODULES:
                    return False
            elif isinstance(value, (type, BuiltinFunctionType)):
                if alone and value.__module__ not in _MODULES:
                    return False
            elif not alone and isinstance(value, FunctionType) and names.info_of(value.__code__) is None:
                continue  # a library's
            elif not _is_bound_once(space, name):
                return False
            elif not is_fixed(value) and (alone or callable(value)):
                waiting.append(value)
        attributes |= read
    return alone or attributes.isdisjoint(_set_attributes())


def is_fixed(value: object) -> bool:
    """Whether a value is a number, a text, or a tuple of such."""
    if type(value) in _ATOMS:
        return True
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if type(item) is tuple or type(item) is frozenset:
            waiting.extend(item)
        elif type(item) not in _ATOMS:
            return False
    return True


def _mentioned(code: CodeType, alone: bool) -> tuple[frozenset[str] | None, frozenset[str]]:
    """The global names and the attributes that code mentions; None for the names if it does what speaks against it."""
    known = _mentions.get((id(code), alone))
    if known is None:
        _mentions[id(code), alone] = known = code, *_look_through(code, alone)
    return known[1], known[2]


def _look_through(code: CodeType, alone: bool) -> tuple[frozenset[str] | None, frozenset[str]]:
    found: set[str] = set()
    attributes: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        for step in dis.get_instructions(one):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                found.add(step.argval)
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                attributes.add(step.argval)
            elif step.opname.startswith(_NOT_ALONE if alone else _NEVER):
                return None, frozenset()
            elif type(step.argval) is CodeType:
                waiting.append(step.argval)
    return None if code.co_freevars else frozenset(found), frozenset(attributes)


_MAKERS = frozenset(("__init__", "__new__", "__post_init__", "__set_name__", "__init_subclass__"))
_STORES = frozenset((dis.opmap["STORE_ATTR"], dis.opmap["DELETE_ATTR"]))
_set_in: dict[int, tuple[CodeType, frozenset[str]]] = {}


def _set_attributes() -> set[str]:
    """The names of all attributes that the code of the program sets, but where objects are made."""
    found: set[str] = set()
    for module in list(names.user_modules.values()):
        for info in module.codes:
            code = None if info.code is None else names.original_code(info.code)
            if code is None or code.co_name in _MAKERS or _STORES.isdisjoint(code.co_code[::2]):
                continue
            known = _set_in.get(id(code))
            if known is None:
                steps = (step for step in dis.get_instructions(code) if step.opcode in _STORES)
                _set_in[id(code)] = known = code, frozenset(step.argval for step in steps)
            found |= known[1]
    return found


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
