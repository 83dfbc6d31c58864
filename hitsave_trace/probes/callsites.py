"""Probes around calls: where user code is about to call something that may belong to a library.

Right after the callable has been loaded, and before its arguments are evaluated, stands

    LOAD_CONST slot; POP_JUMP_IF_NONE on      (two instructions while the site is off)
    callable = site(callable)

so that every form of a call (keywords, `*args`, `**kwargs`, methods) works unchanged: what is called is either the
callable itself or something that stands in for it. A method is loaded in the armed piece as an attribute: what the
call makes of it is the same.

Sites are put in before a function gets its other probes, so both bodies of a function share one slot. What is
inserted carries the position of the instruction that loads the callable: lines, tracebacks and coverage see nothing.

On 3.11 and 3.12 the stack is [NULL, callable] when the arguments begin, and nothing marks that moment: `fns[0](x)` loads
`fns` where `fns(x)` would. So it is looked ahead until the value is used, and only if a call uses it *as its callable* there
is a site. On 3.13 the NULL comes behind the callable, and marks it. The NULL itself is never copied.

Left alone: names of builtins and of functions of the module, methods that builtin types have, and `super().method`.
"""

from __future__ import annotations

import builtins
import opcode
from types import CodeType

from hitsave_trace.fingerprint.code import exception_entries
from hitsave_trace.probes import tables
from hitsave_trace.probes.assembler import Places, insert
from hitsave_trace.probes.sites import CLOCK_ATTRIBUTES, JUMPS, jump_target, units
from hitsave_trace.probes.snippets import IF_NONE, jump_if, op
from hitsave_trace.pythons import ATTRIBUTE_HAS_METHOD_BIT, CALL_NEEDS_PRECALL, NULL_BELOW_CALLABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    # of a site: the position of its constants, what it calls as written, its number among those alike, its line
    SiteRow = tuple[int, str, int, int]
    Instruction = tuple[int, int, int, int]

MOST = 400
"""Sites of one code object; what comes after them is called as ever."""
LONGEST = 8000
"""Code units of a code object that gets sites."""
SLOT, SITE = 0, 1
_OPTIMIZED = 0x1
CONSTANTS = 2

_QUICK = """
    append extend insert remove pop clear index count sort reverse copy keys values items get setdefault update popitem
    add discard union intersection difference issubset issuperset join split rsplit strip lstrip rstrip format lower upper
    title capitalize replace startswith endswith encode decode find rfind partition rpartition splitlines isdigit isalpha
    zfill ljust rjust center read write readline readlines writelines close flush seek tell send throw acquire release
    wait set is_set put put_nowait get_nowait task_done group groups match search start end cancel result submit shutdown
    debug info warning error critical exception log add_argument parse_args as_posix exists is_file is_dir mkdir unlink
    open resize fillna ffill bfill interpolate clip where mask __init__ __new__ __enter__ __exit__ __next__ __iter__
    __getitem__ __setitem__ eval query var init_session
"""
QUICK_METHODS = CLOCK_ATTRIBUTES.union(_QUICK.split())
"""Methods that are not worth asking about, or that look at what refers to their object (`resize`, and those by which pandas
finds chained assignments) or at the variables of their caller."""

_BUILTINS = frozenset(vars(builtins))
_FRAMES = frozenset(("super", "locals", "vars", "eval", "exec", "dir", "globals", "__import__", "input", "print"))
_OP = {name: number for name, number in opcode.opmap.items() if number < 256}
_NAME = opcode.opname
_NAMES_GLOBAL = frozenset(_OP[n] for n in ("LOAD_GLOBAL", "LOAD_NAME"))
_LOADS = frozenset(
    _OP[n]
    for n in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FAST_CHECK")
    if n in _OP
)
_LOAD_GLOBAL, _LOAD_ATTR, _LOAD_METHOD = _OP["LOAD_GLOBAL"], _OP["LOAD_ATTR"], _OP.get("LOAD_METHOD", -1)
_PUSH_NULL, _CALL, _CALL_EX = _OP["PUSH_NULL"], _OP["CALL"], _OP["CALL_FUNCTION_EX"]
_JUMP_FORWARD, _FOR_ITER = _OP["JUMP_FORWARD"], _OP["FOR_ITER"]
_STORES = frozenset(_OP[n] for n in ("STORE_NAME", "STORE_GLOBAL"))
_MAKES_FUNCTION = frozenset(_OP[n] for n in ("MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE") if n in _OP)


class Names:
    """What is known of a module's names from its text."""

    __slots__ = ("bound", "functions", "methods", "star")

    def __init__(self, code: CodeType) -> None:
        self.bound: set[str] = set()
        self.functions: set[str] = set()
        self.star = False  # whether names may have come by a star import
        before = -1
        for _, _, number, argument in units(code):
            if number in _STORES:
                name = code.co_names[argument]
                (self.functions if before in _MAKES_FUNCTION else self.bound).add(name)
            elif _NAME[number] == "IMPORT_STAR" or (_NAME[number] == "CALL_INTRINSIC_1" and argument == 2):
                self.star = True
            before = number
        self.functions -= self.bound
        self.methods: set[str] = set()  # of the classes of the module
        waiting = [value for value in code.co_consts if type(value) is CodeType]
        while waiting:
            inner = waiting.pop()
            below = [value for value in inner.co_consts if type(value) is CodeType]
            if not inner.co_flags & _OPTIMIZED:
                self.functions.add(inner.co_name)  # a class of the module
                self.methods.update(value.co_name for value in below)
            waiting += below

    def uninteresting(self, name: str) -> bool:
        """Whether a bare name is that of a builtin or of a function of the module itself."""
        if name in self.functions or name in _FRAMES:
            return True
        return name in _BUILTINS and name not in self.bound and not self.star


class _Site:
    """Where a site goes: before which unit, what it calls, and the instruction whose position it takes."""

    __slots__ = ("at", "method", "of", "text")

    def __init__(self, at: int, of: int, text: str, method: int | None) -> None:
        self.at = at
        self.of = of  # number of the instruction
        self.text = text
        self.method = method  # for a method: the position of its name


def add(code: CodeType, names: Names) -> tuple[CodeType, tuple[SiteRow, ...], Places | None]:
    """Put sites into a code object; say which, and where its units went. The slots are None: the sites are off."""
    if len(code.co_code) // 2 > LONGEST:
        return code, (), None
    instructions = list(units(code))
    found = _find(code, instructions, names)[:MOST]
    if not found:
        return code, (), None
    positions = list(code.co_positions())
    base = len(code.co_consts)
    additions: dict[int, bytes] = {}
    placed: dict[int, tables.Position] = {}
    rows: list[SiteRow] = []
    seen: dict[str, int] = {}
    for i, site in enumerate(found):
        first = base + CONSTANTS * i
        start, unit = instructions[site.of][:2]
        if site.method is None:
            piece = _plain(first)
        else:
            following = instructions[site.of + 1][0] if site.of + 1 < len(instructions) else len(code.co_code) // 2
            piece = _method(first, site.method, following - start)
        additions[site.at] = piece
        placed[site.at] = positions[unit]
        number = seen[site.text] = seen.get(site.text, 0) + 1
        rows.append((first, site.text, number, positions[unit][0] or code.co_firstlineno))
    jumps = [row for row in instructions if row[2] in JUMPS]
    raw, places = insert(code.co_code, jumps, additions)
    entries = [
        (places.before(start), places.before(end), places.before(target), depth, lasti)
        for start, end, target, depth, lasti in exception_entries(code.co_exceptiontable)
    ]
    code = code.replace(
        co_code=raw,
        co_consts=(*code.co_consts, *(None,) * (CONSTANTS * len(found))),
        co_exceptiontable=tables.encode_exceptions(entries),
        co_linetable=tables.encode_positions(
            _runs(positions, places, additions, placed, len(raw) // 2), code.co_firstlineno
        ),
        co_stacksize=code.co_stacksize + 6,
    )
    return code, tuple(rows), places


def _runs(
    positions: list[tables.Position],
    places: Places,
    additions: dict[int, bytes],
    placed: dict[int, tables.Position],
    total: int,
) -> list[tuple[int, tables.Position]]:
    new: list[tables.Position | None] = [None] * total
    for at, piece in additions.items():
        start = places.before(at)
        new[start : start + len(piece) // 2] = [placed[at]] * (len(piece) // 2)
    for first, behind, moved in places.stretches(len(positions)):
        new[moved : moved + behind - first] = positions[first:behind]
    # What is None is a prefix that a jump got for its longer way: it belongs to what follows.
    following = tables.NO_POSITION
    for i in range(total - 1, -1, -1) if None in new else ():
        following = new[i] = new[i] or following
    return tables.runs(new)  # type: ignore[arg-type]


def _precall(count: int) -> bytes:
    return op("PRECALL", count) if CALL_NEEDS_PRECALL else b""


def _plain(base: int) -> bytes:
    """`[NULL, f] → [NULL, site(f)]`, or `[f, NULL] → [site(f), NULL]`, if the slot is armed."""
    if NULL_BELOW_CALLABLE:
        armed = op("PUSH_NULL") + op("LOAD_CONST", base + SITE) + op("COPY", 3) + _precall(1) + op("CALL", 1)
        armed += op("SWAP", 2) + op("POP_TOP")
    else:
        armed = op("LOAD_CONST", base + SITE) + op("PUSH_NULL") + op("COPY", 4) + op("CALL", 1)
        armed += op("SWAP", 3) + op("POP_TOP")
    return op("LOAD_CONST", base + SLOT) + jump_if(IF_NONE, armed)


def _method(base: int, name: int, over: int) -> bytes:
    """`[object] → ` what the call of its method needs, if the slot is armed; then the next `over` units are skipped."""
    attribute = op("LOAD_ATTR", name << 1 if ATTRIBUTE_HAS_METHOD_BIT else name)
    if NULL_BELOW_CALLABLE:
        armed = op("PUSH_NULL") + op("SWAP", 2) + attribute + op("PUSH_NULL") + op("LOAD_CONST", base + SITE)
        armed += op("COPY", 3) + _precall(1) + op("CALL", 1) + op("SWAP", 2) + op("POP_TOP")
    else:
        armed = attribute + op("LOAD_CONST", base + SITE) + op("PUSH_NULL") + op("COPY", 3) + op("CALL", 1)
        armed += op("SWAP", 2) + op("POP_TOP") + op("PUSH_NULL")
    return op("LOAD_CONST", base + SLOT) + jump_if(IF_NONE, armed + op("JUMP_FORWARD", over))


# --- where the sites are -----------------------------------------------------------------------------------------


def _find(code: CodeType, instructions: list[Instruction], names: Names) -> list[_Site]:
    found: list[_Site] = []
    # In a function, what is called like a method of the module's own classes mostly is one.
    inside = bool(code.co_flags & _OPTIMIZED)
    by_unit = {row[0]: i for i, row in enumerate(instructions)}
    for i, (start, _, number, argument) in enumerate(instructions):
        after = instructions[i + 1][0] if i + 1 < len(instructions) else -1
        if number == _LOAD_METHOD or (number == _LOAD_ATTR and ATTRIBUTE_HAS_METHOD_BIT and argument & 1):
            name = argument >> 1 if ATTRIBUTE_HAS_METHOD_BIT else argument
            if code.co_names[name] not in QUICK_METHODS and not (inside and code.co_names[name] in names.methods):
                found.append(_Site(start, i, _text(code, instructions, i), name))
            continue
        loader = i
        if NULL_BELOW_CALLABLE:
            if number not in _LOADS and number != _LOAD_ATTR:
                continue
            if number == _LOAD_ATTR and code.co_names[_attribute(argument)] in QUICK_METHODS:
                continue
        elif number == _PUSH_NULL:
            loader = i - 1
            if loader < 0 or instructions[loader][2] not in _LOADS | {_LOAD_ATTR}:
                continue
        elif not (number == _LOAD_GLOBAL and argument & 1):
            continue
        kind, operand = instructions[loader][2:]
        if kind in _NAMES_GLOBAL:
            if names.uninteresting(code.co_names[operand >> 1 if kind == _LOAD_GLOBAL else operand]):
                continue
        elif kind == _LOAD_ATTR:
            if code.co_names[_attribute(operand)] in QUICK_METHODS:
                continue
        elif inside:
            continue  # a local variable mostly holds a function of the program
        if after >= 0 and (not NULL_BELOW_CALLABLE or _is_called(code.co_code, instructions, by_unit, i + 1)):
            found.append(_Site(after, loader, _text(code, instructions, loader), None))
    return found


def _attribute(argument: int) -> int:
    return argument >> 1 if ATTRIBUTE_HAS_METHOD_BIT else argument


def _text(code: CodeType, instructions: list[Instruction], i: int) -> str:
    """What is called, as far as it is a chain of names: `np.linalg.svd`, `.fit`."""
    parts: list[str] = []
    while i >= 0:
        number, argument = instructions[i][2:]
        if number in (_LOAD_ATTR, _LOAD_METHOD):
            parts.append(code.co_names[_attribute(argument)])
            i -= 1
            continue
        if number in _LOADS:
            if number in _NAMES_GLOBAL:
                parts.append(code.co_names[argument >> 1 if number == _LOAD_GLOBAL else argument])
            else:
                parts.append(str(code._varname_from_oparg(argument)))  # type: ignore[attr-defined]
        else:
            parts.append("")
        break
    return ".".join(reversed(parts))


_POPS = {
    "NOP": (0, 0), "KW_NAMES": (0, 0), "PRECALL": (0, 0), "MAKE_CELL": (0, 0),
    "LOAD_CONST": (0, 1), "LOAD_FAST": (0, 1), "LOAD_NAME": (0, 1), "LOAD_DEREF": (0, 1), "LOAD_CLOSURE": (0, 1),
    "LOAD_CLASSDEREF": (0, 1), "LOAD_FAST_CHECK": (0, 1), "LOAD_FAST_AND_CLEAR": (0, 1), "PUSH_NULL": (0, 1),
    "LOAD_METHOD": (1, 2), "UNARY_NOT": (1, 1), "UNARY_NEGATIVE": (1, 1), "UNARY_INVERT": (1, 1),
    "UNARY_POSITIVE": (1, 1), "GET_ITER": (1, 1), "LIST_TO_TUPLE": (1, 1), "CALL_INTRINSIC_1": (1, 1),
    "BINARY_OP": (2, 1), "BINARY_SUBSCR": (2, 1), "COMPARE_OP": (2, 1), "IS_OP": (2, 1), "CONTAINS_OP": (2, 1),
    "BINARY_SLICE": (3, 1), "LIST_APPEND": (1, 0), "SET_ADD": (1, 0), "LIST_EXTEND": (1, 0), "SET_UPDATE": (1, 0),
    "DICT_UPDATE": (1, 0), "DICT_MERGE": (1, 0), "MAP_ADD": (2, 0), "STORE_FAST": (1, 0), "STORE_NAME": (1, 0),
    "STORE_GLOBAL": (1, 0), "STORE_DEREF": (1, 0), "POP_TOP": (1, 0),
    "POP_JUMP_FORWARD_IF_TRUE": (1, 0), "POP_JUMP_FORWARD_IF_FALSE": (1, 0), "POP_JUMP_FORWARD_IF_NONE": (1, 0),
    "POP_JUMP_FORWARD_IF_NOT_NONE": (1, 0), "POP_JUMP_IF_TRUE": (1, 0), "POP_JUMP_IF_FALSE": (1, 0),
    "POP_JUMP_IF_NONE": (1, 0), "POP_JUMP_IF_NOT_NONE": (1, 0), "JUMP_IF_TRUE_OR_POP": (1, 0),
    "JUMP_IF_FALSE_OR_POP": (1, 0), "JUMP_FORWARD": (0, 0),
}  # fmt: skip
"""What an instruction takes from the stack and puts there, on the way on which no jump is taken."""


def _taken(name: str, argument: int) -> tuple[int, int] | None:
    known = _POPS.get(name)
    if known is not None:
        return known
    if name == "LOAD_GLOBAL":
        return 0, 1 + (argument & 1)
    if name == "LOAD_ATTR":
        return 1, 1 + (argument & 1 if ATTRIBUTE_HAS_METHOD_BIT else 0)
    if name == "LOAD_SUPER_ATTR":
        return 3, 1 + (argument & 1)
    if name in ("BUILD_TUPLE", "BUILD_LIST", "BUILD_SET", "BUILD_STRING", "BUILD_SLICE"):
        return argument, 1
    if name == "BUILD_MAP":
        return 2 * argument, 1
    if name == "BUILD_CONST_KEY_MAP":
        return argument + 1, 1
    if name == "FORMAT_VALUE":
        return 1 + (argument & 4 == 4), 1
    if name == "MAKE_FUNCTION":
        return 1 + (argument & 15).bit_count(), 1
    if name == "CALL":
        return argument + 2, 1
    if name == "CALL_FUNCTION_EX":
        return 3 + (argument & 1), 1
    if name == "SWAP":
        return argument, argument
    if name == "COPY":
        return argument, argument + 1
    return None


def _is_called(raw: bytes, instructions: list[Instruction], by_unit: dict[int, int], i: int) -> bool:
    """Whether the value that is on top of the stack before instruction `i` is next used as the callable of a call."""
    depth = 1  # of the stack from that value on
    for _ in range(2000):
        if i >= len(instructions):
            return False
        _, unit, number, argument = instructions[i]
        if number == _CALL and depth == argument + 1:
            return True
        if number == _CALL_EX and depth == 2 + (argument & 1):
            return True
        if number == _FOR_ITER:
            # On the way on which it ends: the iterator goes, and END_FOR, if there is one, is passed over.
            depth -= 1
            i = by_unit.get(jump_target(raw, unit, number, argument), len(instructions))
            if i < len(instructions) and _NAME[instructions[i][2]] == "END_FOR":
                i += 1
            if depth < 1:
                return False
            continue
        taken = _taken(_NAME[number], argument)
        if taken is None or depth - taken[0] < 1:
            return False
        depth += taken[1] - taken[0]
        i = (
            by_unit.get(jump_target(raw, unit, number, argument), len(instructions))
            if number == _JUMP_FORWARD
            else i + 1
        )
    return False
