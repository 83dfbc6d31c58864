"""Calls of `id` that ask no more than whether two names mean one object.

The number that `id` gives is another one in each run, so a call that asks for it is not saved. It can be where the number
serves only to tell objects apart: compared with that of another object, or as the key of a set or dict that nobody but
this code looks into, or that is the memo of a `__deepcopy__`.
"""

from __future__ import annotations

import dis
from types import CodeType

from hitsave_trace.names import parameters
from hitsave_trace.pythons import ATTRIBUTE_HAS_METHOD_BIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

Unit = tuple[int, int, int, int]
"""First unit with prefixes, unit of the opcode, opcode, argument."""

_IGNORED = frozenset(("PUSH_NULL", "PRECALL", "RESUME", "NOP", "EXTENDED_ARG", "CACHE"))
_OF_KEYS = frozenset(("add", "discard", "get", "pop", "remove", "setdefault"))
_SUBSCRIPTS = frozenset(("BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR"))
_TELLING = frozenset(("locals", "vars", "eval", "exec"))  # by these a variable can be had without its name
_EMPTY = frozenset(("set", "dict"))
_NEW = object()

Step = tuple[str, object, int]
"""A name of an instruction, what it is about, and the number of the instruction in the code."""


def harmless_calls(code: CodeType, instructions: Iterable[Unit], leaders: Container[int]) -> frozenset[int]:
    """Number the instructions of `code` that load the name `id` for such a call.

    `leaders` are the units to which something may jump: what comes before them in the text did not always come before.
    """
    steps = _steps(code, instructions, leaders)
    compared, keyed = _calls(steps)
    if not keyed or not _TELLING.isdisjoint(code.co_names):
        return frozenset(compared)
    closed = _closed(code, steps, {step for _, step in keyed.values()})
    return frozenset((*compared, *(number for number, (local, _) in keyed.items() if local in closed)))


def _steps(code: CodeType, instructions: Iterable[Unit], leaders: Container[int]) -> list[Step]:
    """Put what several versions say in several ways into one."""
    found: list[Step] = []
    for number, (unit, _, opcode, argument) in enumerate(instructions):
        name = dis.opname[opcode]
        if unit in leaders:
            found.append(("", None, number))
        if name in _IGNORED:
            continue
        if name in ("LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"):
            found.append(("STORE_FAST" if name.startswith("STORE") else "LOAD_FAST", argument >> 4, number))
            found.append(("STORE_FAST" if name.endswith("STORE_FAST") else "LOAD_FAST", argument & 15, number))
        elif name == "LOAD_FAST_CHECK":
            found.append(("LOAD_FAST", argument, number))
        elif name == "LOAD_GLOBAL":
            found.append((name, code.co_names[argument >> 1], number))
        elif name == "LOAD_METHOD":
            found.append(("LOAD_ATTR", code.co_names[argument], number))
        elif name == "LOAD_ATTR":
            found.append((name, code.co_names[argument >> ATTRIBUTE_HAS_METHOD_BIT], number))
        else:
            found.append((name, argument, number))
    return found


def _calls(steps: list[Step]) -> tuple[list[int], dict[int, tuple[object, int]]]:
    """Find calls of `id` that are compared with another, and those that serve as the key of a local variable.

    The latter with the variable and the step that loads it.
    """
    compared: list[int] = []
    keyed: dict[int, tuple[object, int]] = {}
    for i, (name, about, number) in enumerate(steps):
        if (name, about) != ("LOAD_GLOBAL", "id"):
            continue
        end = _end(steps, i)
        if end is None:
            continue
        after, second = _names(steps, end, 2)
        before, last = _names(steps, i - 2, 2) if i > 1 else ("", _names(steps, i - 1, 1)[0] if i else "")
        if (after, second) == ("LOAD_FAST", "CONTAINS_OP"):
            keyed[number] = (steps[end][1], end)
        elif last == "LOAD_FAST" and after in _SUBSCRIPTS:
            keyed[number] = (steps[i - 1][1], i - 1)
        elif (before, last) == ("LOAD_FAST", "LOAD_ATTR") and steps[i - 1][1] in _OF_KEYS:
            if after == "CALL" or (after in ("LOAD_CONST", "LOAD_FAST") and second == "CALL"):
                keyed[number] = (steps[i - 2][1], i - 2)
        elif steps[end][:2] == ("LOAD_GLOBAL", "id"):
            further = _end(steps, end)
            if further is not None and steps[further][0] == "COMPARE_OP":
                compared += [number, steps[end][2]]
    return compared, keyed


def _end(steps: list[Step], i: int) -> int | None:
    """Say which step comes after the call that begins at `i`, if it has one argument that is read without a call."""
    i += 1
    if i >= len(steps) or steps[i][0] not in ("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL"):
        return None
    i += 1
    while i < len(steps) and steps[i][0] in ("LOAD_ATTR", "LOAD_CONST", "BINARY_SUBSCR"):
        i += 1
    return i + 1 if i + 1 < len(steps) and steps[i][:2] == ("CALL", 1) else None


def _names(steps: list[Step], i: int, count: int) -> list[str]:
    found = [name for name, _, _ in steps[i : i + count]]
    return found + [""] * (count - len(found))


def _closed(code: CodeType, steps: list[Step], loads: set[int]) -> set[object]:
    """Say which local variables hold nothing but sets or dicts made here, of which nothing else is asked than that."""
    open_ones: set[object] = set(range(len(parameters(code))))
    empty = _stores_of_empty(steps)
    for i, (name, about, _) in enumerate(steps):
        if "FAST" in name and i not in loads and i not in empty:
            open_ones.add(about)
    if code.co_name == "__deepcopy__" and code.co_argcount > 1 and ("STORE_FAST", 1) not in {x[:2] for x in steps}:
        open_ones.discard(1)
    return {about for name, about, _ in steps if name == "LOAD_FAST"} - open_ones


def _stores_of_empty(steps: list[Step]) -> set[int]:
    """Find the steps at which a local variable is given a set or dict that was made empty right before."""
    found: set[int] = set()
    stack: list[object] = []  # what is known of its upper end: _NEW, a name that was loaded, or None
    for i, (name, about, _) in enumerate(steps):
        top = stack[-1] if stack else None
        if name in ("LOAD_FAST", "LOAD_CONST"):
            stack.append(None)
        elif name == "LOAD_GLOBAL":
            stack.append(about)
        elif name == "CALL" and about == 0 and top in _EMPTY:
            stack[-1] = _NEW
        elif name in ("BUILD_MAP", "BUILD_SET", "BUILD_LIST", "BUILD_TUPLE") and len(stack) >= int(str(about)):
            del stack[len(stack) - int(str(about)) :]
            stack.append(_NEW if about == 0 and name in ("BUILD_MAP", "BUILD_SET") else None)
        elif name == "SWAP" and len(stack) >= int(str(about)):
            stack[-1], stack[-int(str(about))] = stack[-int(str(about))], top
        elif name == "STORE_FAST" and stack:
            if stack.pop() is _NEW:
                found.add(i)
        else:
            stack = []
    return found
