"""The canonical form of code: what it does, not how it was written down.

Two code objects have one fingerprint if they execute the same instructions on the same operands. Operands are
resolved: a constant is its value with its type, a name is its text, a jump is the instruction that it reaches. Left
out is what formatting decides: line numbers, file names, docstrings, padding instructions, and the pairs that the
compiler merges or splits depending on where lines break.

A function's form holds the functions nested in it. The form of a module's top level holds its class bodies but not
the bodies of functions: those count when they run.
"""

from __future__ import annotations

import dis
from types import CodeType

from xxhash import xxh3_128

from hitsave_trace.names import parameters
from hitsave_trace.pythons import ATTRIBUTE_HAS_METHOD_BIT, CACHE, EXTENDED_ARG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

_OPNAME = dis.opname
_HAS_CONST = frozenset(dis.hasconst)
_HAS_NAME = frozenset(dis.hasname)
_HAS_LOCAL = frozenset(dis.haslocal)
_HAS_FREE = frozenset(dis.hasfree)
_HAS_JUMP = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
_NOP = dis.opmap["NOP"]

# Superinstructions are only made of neighbours on one line: expand them again.
_PAIRS = {
    dis.opmap[name]: parts
    for name, parts in {
        "LOAD_FAST_LOAD_FAST": ("LOAD_FAST", "LOAD_FAST"),
        "STORE_FAST_LOAD_FAST": ("STORE_FAST", "LOAD_FAST"),
        "STORE_FAST_STORE_FAST": ("STORE_FAST", "STORE_FAST"),
    }.items()
    if name in dis.opmap
}
_NAME_SHIFT = {
    dis.opmap[name]: shift
    for name, shift in {"LOAD_GLOBAL": 1, "LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2}.items()
    if name in dis.opmap
}
if not ATTRIBUTE_HAS_METHOD_BIT:
    del _NAME_SHIFT[dis.opmap["LOAD_ATTR"]]

_ALWAYS_JUMPS = frozenset(dis.opmap[name] for name in ("JUMP_FORWARD", "JUMP_BACKWARD"))
_ENDS = _ALWAYS_JUMPS | frozenset(
    dis.opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST", "RERAISE", "RAISE_VARARGS") if name in dis.opmap
)

_NOT_CODE = frozenset(("__doc__", "__firstlineno__", "__static_attributes__"))
_HAS_DOCSTRING_FLAG = 0x4000000  # 3.13
_OPTIMIZED = 0x1


def fingerprint_code(code: CodeType, *, with_functions: bool | None = None) -> bytes:
    """Fingerprint what `code` does.

    `with_functions` says whether functions nested in it count; by default they do in functions and don't at the top
    level of a module or class.
    """
    if with_functions is None:
        with_functions = bool(code.co_flags & _OPTIMIZED)
    return xxh3_128(canonical(code, with_functions=with_functions).encode("utf-8", "surrogatepass")).digest()


def canonical(code: CodeType, *, with_functions: bool = True) -> str:
    """Write the canonical form of `code` as text, an instruction a line."""
    out: list[str] = []
    _write(code, out, with_functions)
    return "\n".join(out)


def _write(code: CodeType, out: list[str], with_functions: bool) -> None:
    flags = code.co_flags & ~_HAS_DOCSTRING_FLAG
    out.append(
        f"code {code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount} {flags} "
        f"{parameters(code)!r} {code.co_freevars!r}"
    )
    found = instructions(code)
    # Every offset, also of a dropped padding instruction, maps to the number of the next instruction that is kept.
    number: dict[int, int] = {}
    kept = 0
    for offset, op, _, skipped in found:
        number[offset] = kept
        if not skipped:
            kept += 2 if op in _PAIRS else 1
    number[len(code.co_code)] = kept
    for offset, op, arg, skipped in found:
        if not skipped:
            _write_instruction(code, out, offset, op, arg, number, with_functions)
    for start, end, target, depth, lasti in exception_entries(code.co_exceptiontable):
        begin, behind = number.get(start * 2, -1), number.get(end * 2, -1)
        if begin != behind:
            out.append(f"except {begin} {behind} {number.get(target * 2, -1)} {depth} {lasti}")


def _write_instruction(
    code: CodeType, out: list[str], offset: int, op: int, arg: int, number: dict[int, int], with_functions: bool
) -> None:
    """Write one instruction; `number` says which one stands at an offset, for jumps."""
    local_name = code._varname_from_oparg  # type: ignore[attr-defined]
    name = _OPNAME[op]
    if op in _PAIRS:
        first, second = _PAIRS[op]
        out.append(f"{first} {local_name(arg >> 4)}")
        out.append(f"{second} {local_name(arg & 15)}")
    elif op in _HAS_CONST:
        out.append("LOAD_CONST")
        _write_constant(code.co_consts[arg], out, with_functions)
        if name == "RETURN_CONST":
            out.append("RETURN_VALUE")
    elif op in _HAS_NAME:
        shift = _NAME_SHIFT.get(op, 0)
        out.append(f"{name} {code.co_names[arg >> shift]} {arg & ((1 << shift) - 1)}")
    elif op in _HAS_LOCAL or op in _HAS_FREE:
        out.append(f"{name} {local_name(arg)}")
    elif op in _HAS_JUMP:
        out.append(f"{name} to {number.get(_target(code, offset, op, arg), -1)}")
    else:
        out.append(f"{name} {arg}")


def fingerprint_part(code: CodeType, part: Sequence[tuple[int, int, int]], left: AbstractSet[int]) -> bytes:
    """Fingerprint what some instructions of `code` do, with all functions nested in them.

    `part` lists (byte offset, opcode, argument) in the order of the code. What jumps to one of the offsets in `left`, or
    to what is no part, leaves it; whether by a jump, by falling through or by returning is decided by what stands behind
    the part, and left out.
    """
    members = {offset for offset, _, _ in part if offset not in left}
    number: dict[int, int] = {}
    kept: list[tuple[int, int, int, bool]] = []
    count = 0
    for offset, op, arg in part:
        if offset not in members:
            continue
        leaves = op in _ALWAYS_JUMPS and _target(code, offset, op, arg) not in members
        number[offset] = -1 if leaves else count
        if op != _NOP:
            kept.append((offset, op, arg, leaves))
            count += 0 if leaves else 2 if op in _PAIRS else 1
    out: list[str] = []
    for offset, op, arg, leaves in kept:
        if not leaves:
            _write_instruction(code, out, offset, op, arg, number, True)
        if leaves or (op not in _ENDS and _behind(code, offset) not in members):
            out.append("leave")
    for start, end, target, depth, lasti in exception_entries(code.co_exceptiontable):
        inside = [n for offset, n in number.items() if start * 2 <= offset < end * 2 and n >= 0]
        if inside:
            out.append(f"except {min(inside)} {max(inside)} {number.get(target * 2, -1)} {depth} {lasti}")
    return xxh3_128("\n".join(out).encode("utf-8", "surrogatepass")).digest()


def _behind(code: CodeType, offset: int) -> int:
    """The offset of what stands behind the instruction at `offset`."""
    raw = code.co_code
    while raw[offset] == EXTENDED_ARG:
        offset += 2
    offset += 2
    while offset < len(raw) and raw[offset] == CACHE:
        offset += 2
    return offset


def _write_constant(value: object, out: list[str], with_functions: bool) -> None:
    if type(value) is CodeType:
        if with_functions or not value.co_flags & _OPTIMIZED:
            _write(value, out, with_functions)
            out.append("end")
        else:
            out.append(f"function {value.co_qualname}")
    elif type(value) is tuple:
        out.append(f"tuple {len(value)}")
        for item in value:
            _write_constant(item, out, with_functions)
    elif type(value) is frozenset:
        # Its order depends on the hash seed.
        parts: list[str] = []
        for item in value:
            part: list[str] = []
            _write_constant(item, part, with_functions)
            parts.append("\n".join(part))
        out.append(f"frozenset {len(parts)}")
        out.extend(sorted(parts))
    else:
        out.append(f"{type(value).__name__} {value!r}")


def instructions(code: CodeType) -> list[tuple[int, int, int, bool]]:
    """List (offset, opcode, argument, left out) of each instruction, prefixes folded in."""
    raw = code.co_code
    found: list[tuple[int, int, int, bool]] = []
    extended, start = 0, -1
    for offset in range(0, len(raw), 2):
        op = raw[offset]
        if op == CACHE:
            continue
        if start < 0:
            start = offset
        arg = raw[offset + 1] | extended
        if op == EXTENDED_ARG:
            extended = arg << 8
            continue
        found.append((start, op, arg, op == _NOP))
        extended, start = 0, -1
    # `LOAD_CONST text; STORE_NAME __doc__` and its like at the top of modules and classes say nothing of behaviour.
    if not code.co_flags & _OPTIMIZED:
        store = dis.opmap["STORE_NAME"]
        for i in range(1, len(found)):
            offset, op, arg, _ = found[i]
            if op == store and code.co_names[arg] in _NOT_CODE and found[i - 1][1] in _HAS_CONST:
                found[i - 1] = (*found[i - 1][:3], True)
                found[i] = (offset, op, arg, True)
    return found


def _target(code: CodeType, offset: int, op: int, arg: int) -> int:
    """Give the byte offset that a jump reaches."""
    raw = code.co_code
    while raw[offset] == EXTENDED_ARG:
        offset += 2
    after = offset + 2
    while after < len(raw) and raw[after] == CACHE:
        after += 2
    delta = -arg if "BACKWARD" in _OPNAME[op] else arg
    return after + 2 * delta


def exception_entries(table: bytes) -> list[tuple[int, int, int, int, bool]]:
    """Decode an exception table into (start, end, target, depth, lasti), in code units."""
    found: list[tuple[int, int, int, int, bool]] = []
    i, size = 0, len(table)

    def number(i: int) -> tuple[int, int]:
        byte = table[i]
        value = byte & 63
        while byte & 64:
            i += 1
            byte = table[i]
            value = value << 6 | byte & 63
        return value, i + 1

    while i < size:
        start, i = number(i)
        length, i = number(i)
        target, i = number(i)
        depth, i = number(i)
        found.append((start, start + length, target, depth >> 1, bool(depth & 1)))
    return found


def index(code: CodeType, module: str) -> list[tuple[str, CodeType]]:
    """List every code object in `code` with its subject name, in source order.

    The second, third… code object with one qualified name gets `#2`, `#3`.
    """
    found: list[tuple[str, CodeType]] = [(f"{module}:<module>", code)]
    seen: dict[str, int] = {}
    stack = [const for const in reversed(code.co_consts) if type(const) is CodeType]
    while stack:
        inner = stack.pop()
        name = inner.co_qualname
        seen[name] = seen.get(name, 0) + 1
        count = seen[name]
        found.append((f"{module}:{name}" if count == 1 else f"{module}:{name}#{count}", inner))
        stack.extend(const for const in reversed(inner.co_consts) if type(const) is CodeType)
    return found
