"""Which dotted names code assigns to: `json.JSONEncoder.item_separator = ";"`, `setattr(json, "dumps", f)`, in all that is nested in it.

What is set on objects to which no chain of names leads (a parameter, a variable of a loop) is known by the last name alone.
"""

from __future__ import annotations

import dis
from itertools import pairwise
from types import CodeType

from hitsave_trace.fingerprint.code import instructions
from hitsave_trace.names import parts
from hitsave_trace.pythons import ATTRIBUTE_HAS_METHOD_BIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Chain = tuple[str, ...]
    Step = tuple[str, str | None]  # the name of an instruction; the name, text or module that it is about

_STORES = frozenset(("STORE_ATTR", "DELETE_ATTR"))
_STORE_OPS = frozenset(dis.opmap[name] for name in _STORES)
GLOBAL = frozenset(("LOAD_NAME", "LOAD_GLOBAL"))
LOCAL = frozenset(("LOAD_FAST", "LOAD_DEREF", "LOAD_FAST_CHECK"))
ON_ITSELF = (("LOAD_FAST", "self"), ("LOAD_DEREF", "self"))
_HAS_NAME, _HAS_LOCAL = frozenset(dis.hasname), frozenset((*dis.haslocal, *dis.hasfree))
ANY = "*"
"""Stands in `_loose` for a name that is only known while `setattr` runs."""

NAMESPACE = "**"
"""Stands there for names that are set in the `__dict__` of something."""
_SETTERS = frozenset(("setattr", "delattr"))
_NAMESPACES = frozenset(("vars", "__dict__", "__setattr__", "__delattr__"))
_BY_NAME = _SETTERS | _NAMESPACES

_loose: set[str] = set()
_by_function: dict[str, set[str]] = {}
"""The same by the function whose code sets them."""
_waiting: list[Callable[[], object]] = []
_FAR = 60
"""Instructions between the two ends of `a.b += …` that are looked at."""


def wait(look: Callable[[], object]) -> None:
    """Let `look`, which gives code to `assigned`, be called before somebody asks for what such code sets."""
    if not _waiting:
        _waiting.append(look)


def set_on_anything() -> set[str]:
    """Name the attributes that the program sets on objects to which no chain of names leads: a parameter, a variable of a loop.
    They may be classes of libraries. What methods set on their own `self` is left out.
    """
    while _waiting:
        _waiting.pop()()
    return _loose


def entries_of_anything(names: set[str]) -> bool:
    """Whether any name may be set, by code that sets these."""
    return ANY in names or NAMESPACE in names


def set_by_functions(functions: Iterable[str]) -> set[str]:
    """Name what functions, and the code that runs inline in them, set on anything. `functions`: as they are called in recordings."""
    found: set[str] = set()
    for name in functions:
        found |= _by_function.get(in_module(name), found)
    return found


def in_module(function: str) -> str:
    """The qualified name, as `parts` gives it, of a function as it is called in recordings."""
    qualname = function.partition(":")[2].partition("#")[0]
    return "<module>" if qualname.startswith("<statement ") else qualname


def assigned(code: CodeType, *, of_program: bool = True) -> tuple[Chain, ...]:
    """List the dotted names. A module that the code imports under a local name begins with that of the module. `of_program`: what
    it sets on anything is noted as well.
    """
    found: dict[Chain, None] = {}
    for one, where in parts(code):
        if _BY_NAME.isdisjoint(one.co_names) and _STORE_OPS.isdisjoint(one.co_code[::2]):
            continue
        loose: set[str] = set()
        found.update(dict.fromkeys(_of_one(one, loose)))
        if loose and of_program:
            _loose.update(loose)
            _by_function.setdefault(where, set()).update(loose)
    return tuple(found)


def _of_one(code: CodeType, loose: set[str]) -> list[Chain]:
    steps = steps_of(code)
    local = _imported(steps)
    found = []
    for position, (op, name) in enumerate(steps):
        chain: Chain | None = None
        if op in _STORES and name is not None:
            holder = _before(steps, position, local) or _augmented(steps, position, name, local)
            chain = (*holder, name) if holder else None
            if chain is None and steps[position - 1] not in ON_ITSELF:
                loose.add(name)
        elif name in _NAMESPACES:
            loose.add(NAMESPACE)
        elif name in _SETTERS and op in GLOBAL:
            chain = _given(steps, position + 1, local)
            if chain is None and not any(step in ON_ITSELF for step in steps[position + 1 : position + 2]):
                loose.add(ANY)
        if chain is not None:
            found.append(chain)
    return found


def steps_of(code: CodeType, offsets: list[int] | None = None) -> list[Step]:
    """List the instructions, two in one as two, each with the name or text that it is about; `offsets` gets where they stand."""
    found: list[Step] = []
    name_of_local = code._varname_from_oparg  # type: ignore[attr-defined]
    for offset, op, arg, skipped in instructions(code):
        name = dis.opname[op]
        if skipped or name == "PUSH_NULL":
            continue
        said: str | None = None
        if op in _HAS_NAME:
            shift = 1 if name == "LOAD_GLOBAL" or (name == "LOAD_ATTR" and ATTRIBUTE_HAS_METHOD_BIT) else 0
            shift = 2 if name == "LOAD_SUPER_ATTR" else shift
            said = code.co_names[arg >> shift]
        elif op in _HAS_LOCAL:
            if name.count("_FAST") > 1:  # two in one
                loads = name.startswith("LOAD_FAST")
                found.append(("LOAD_FAST", name_of_local(arg >> 4)) if loads else (name, None))
                name, arg = "LOAD_FAST" if name.endswith("LOAD_FAST") else name, arg & 15
            said = name_of_local(arg)
        elif name == "LOAD_CONST" and type(code.co_consts[arg]) is str:
            said = code.co_consts[arg]
        elif name in ("COPY", "SWAP"):
            said = str(arg)
        found.append((name, said))
        if offsets is not None:
            offsets += [offset] * (len(found) - len(offsets))
    return found


def _imported(steps: list[Step]) -> dict[str, str]:
    """Local names that stand for modules: `import json` in a function."""
    return {
        str(local): str(module)
        for (op, module), (store, local) in pairwise(steps)
        if op == "IMPORT_NAME" and store in ("STORE_FAST", "STORE_DEREF") and "." not in str(module)
    }


def _root(step: Step, local: dict[str, str]) -> str | None:
    """What a chain begins with: a global name, or the module that a local one stands for."""
    op, name = step
    return name if op in GLOBAL else local.get(str(name)) if op in LOCAL else None


def _before(steps: list[Step], end: int, local: dict[str, str]) -> Chain | None:
    """The chain of names that is loaded right before a position."""
    parts: list[str] = []
    for step in reversed(steps[:end]):
        if step[0] != "LOAD_ATTR":
            root = _root(step, local)
            return (root, *reversed(parts)) if root is not None else None
        parts.append(str(step[1]))
    return None


def _augmented(steps: list[Step], end: int, name: str, local: dict[str, str]) -> Chain | None:
    """What stands before the dot in `a.b += …`."""
    for position in range(end - 1, max(end - _FAR, 0), -1):
        if steps[position] == ("COPY", "1") and steps[position + 1] == ("LOAD_ATTR", name):
            return _before(steps, position, local)
    return None


def _given(steps: list[Step], start: int, local: dict[str, str]) -> Chain | None:
    """What `setattr` is given: an object and a text."""
    end = start + 1
    while end < len(steps) and steps[end][0] == "LOAD_ATTR":
        end += 1
    holder = _before(steps, end, local) if end < len(steps) else None
    said = steps[end] if holder is not None else ("", None)
    return (*holder, said[1]) if holder is not None and said[0] == "LOAD_CONST" and said[1] is not None else None
