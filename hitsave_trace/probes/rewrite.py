"""From compiled code to code with probes.

A function's code is left as it was, instruction by instruction, and gets two things:

- a *prologue* behind its first RESUME: load one constant, the slot; go on if it is None. Two instructions and no call
  while the probe is disarmed.
- behind its end, out of the way, what the prologue jumps to: a call of `enter` with the arguments, which may answer
  the call; and a second copy of the body, the *observed body*, which tells `leave` before each return, `abandon` when
  an exception passes, and `block` where it enters a block that reads something that the entry does not. Only calls
  that are being recorded run it.

So a disarmed function pays for the prologue alone, and a recorded one is observed exactly, on every interpreter.

Things that don't work: a wrapper (identity, signature and stack depth change); return probes in the one body (twice
the cost of a disarmed call); `sys.setprofile` for returns (every call of the thread pays); assigning `__code__` later
(3.13 never specialises calls of such functions again); one re-assembly of everything (the order of locals and
exception depths change, and it takes a millisecond a function).

Module top levels get a call of `enter_module` at their start, and probes around their statements (`toplevel.py`). Class
bodies and comprehensions are left alone: they run where they stand.

The result is a *template*, in which slots and hooks are None (`template.py`).
"""

from __future__ import annotations

import marshal
from types import CodeType

from hitsave_trace.fingerprint.code import exception_entries, fingerprint_code
from hitsave_trace.names import is_inline, parameters
from hitsave_trace.probes import callsites, sites, snippets, statements, tables, toplevel
from hitsave_trace.probes.assembler import Jump, Label, Places, assemble, insert
from hitsave_trace.probes.snippets import IF_NONE, IF_NOT_NONE, IF_TRUE, op
from hitsave_trace.probes.template import (
    ABANDON,
    BLOCK,
    BODY,
    ENTER,
    EXIT_SLOT,
    FIXED,
    FORMAT,
    INFO,
    LEAVE,
    OVERFLOW,
    RECEIVER,
    SLOT,
    ZERO,
    load,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.names import ModuleInfo
    from hitsave_trace.probes.template import Row, Table

MAX_UNITS = 6000
"""Longer code gets no observed body: its reads are then all that it mentions, and it is not recorded by itself."""

_OPTIMIZED, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x1, 0x20, 0x80, 0x200
_SUSPENDS = _GENERATOR | _COROUTINE | _ASYNC_GENERATOR
_RESUME = snippets._OP["RESUME"]
_RETURN_VALUE = snippets._OP["RETURN_VALUE"]
_RETURN_CONST = snippets._OP.get("RETURN_CONST", -1)

NEVER_RECORDED = frozenset((
    "__init__", "__new__", "__del__", "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__hash__",
    "__eq__", "__lt__", "__len__", "__bool__", "__repr__", "__str__", "__init_subclass__", "__set_name__", "__get__",
    "__set__", "__class_getitem__", "__prepare__",
))  # fmt: skip
"""Methods that the interpreter calls in the middle of other work; they count as code, but get no trace of their own."""


def rewrite(code: CodeType, module: str) -> bytes:
    """Give the template of a module's code: what `load` needs to make it live."""
    code, table = _rewrite_module(code, module, Context(module, callsites.Names(code)))
    return marshal.dumps((FORMAT, code, table))


class Context:
    """What is the same for all code objects of a module."""

    __slots__ = ("counts", "module", "names")

    def __init__(self, module: str, names: callsites.Names) -> None:
        self.module = module
        self.names = names
        self.counts: dict[str, int] = {}  # code objects by qualified name


def rewrite_code(code: CodeType, module: ModuleInfo) -> CodeType:
    """Rewrite code that is about to be executed, without a template."""
    return load(rewrite(code, module.name), module)


def _rewrite_module(code: CodeType, module: str, context: Context) -> tuple[CodeType, Table]:
    original = code
    code, inner = _rewrite_constants(code, context)
    resume = _after_resume(code)
    if resume is None or code.co_flags & _SUSPENDS:  # top-level await is not a module that is imported
        resume = None
    flow, found = (None, []) if resume is None else statements.find(original, resume, script=module == "__main__")
    row: Row = (
        f"{module}:<module>",
        fingerprint_code(original, with_functions=False),
        (),
        (),
        (sites.imports(original),),
        0,
        original.co_firstlineno,
        _last_line(original),
        len(code.co_consts),
        0,
        tuple(
            (one.digest, one.chains, one.callees, one.binds, one.sure, one.first_line, one.last_line) for one in found
        ),
    )
    if resume is None:
        return code, (None, inner, ())
    code, called, _ = callsites.add(toplevel.with_probes(code, resume, flow, found), context.names)
    return code, (row, inner, called)


def statements_of(code: CodeType, module: str) -> list[statements.Statement]:
    """List the statements of a module's code that are observed."""
    resume = _after_resume(code)
    if resume is None or code.co_flags & _SUSPENDS:
        return []
    return statements.find(code, resume, script=module == "__main__")[1]


def _rewrite_constants(code: CodeType, context: Context) -> tuple[CodeType, tuple[tuple[int, Table], ...]]:
    """Rewrite the code objects among the constants of `code`; say which they are."""
    consts = list(code.co_consts)
    inner: list[tuple[int, Table]] = []
    for i, value in enumerate(consts):
        if type(value) is CodeType:
            consts[i], table = _rewrite_function(value, context)
            inner.append((i, table))
    return (code.replace(co_consts=tuple(consts)) if inner else code), tuple(inner)


def _rewrite_function(code: CodeType, context: Context) -> tuple[CodeType, Table]:
    qualname, counts, module = code.co_qualname, context.counts, context.module
    number = counts[qualname] = counts.get(qualname, 0) + 1
    name = f"{module}:{qualname}" if number == 1 else f"{module}:{qualname}#{number}"
    original = code
    code, inner = _rewrite_constants(code, context)
    code, called, moved = callsites.add(code, context.names)
    resume = _after_resume(code)
    if is_inline(code) or resume is None:
        return code, (None, inner, called)
    places = sites.find(original)
    suspends = bool(code.co_flags & _SUSPENDS)
    recordable = not suspends and code.co_name not in NEVER_RECORDED
    observed = len(original.co_code) // 2 <= MAX_UNITS and (recordable or bool(places.blocks or places.receivers))
    if not observed:
        recordable = False
        places = sites.Sites(places.all(), ())
    given = parameters(code)
    blocks = (places.entry, *(chains for _, chains in places.blocks))
    row: Row = (
        name,
        fingerprint_code(original, with_functions=True),
        given,
        code.co_freevars,
        blocks,
        code.co_flags,
        code.co_firstlineno,
        _last_line(original),
        len(code.co_consts),
        observed | recordable << 1 | bool(places.receivers) << 2,
        (),
    )
    if moved is not None:
        places = places.moved(moved)
    code = _probed(code, resume, len(given), places, suspends, observed, recordable)
    return code, (row, inner, called)


def _probed(
    code: CodeType, resume: int, nargs: int, probed: sites.Sites, suspends: bool, observed: bool, recordable: bool
) -> CodeType:
    base = len(code.co_consts)
    raw = code.co_code
    plain, cold, body, quit_ = Label(), Label(), Label(), Label()
    none, answered, failed = Label(), Label(), Label()
    asked, asked_end = Label(), Label()

    pieces: list[bytes | Label | Jump] = [
        raw[: 2 * resume],
        op("LOAD_CONST", base + SLOT),
        Jump(IF_NOT_NONE, cold),
        plain,
        raw[2 * resume :],
        cold,
    ]
    if observed:
        pieces += [op("LOAD_CONST", base + SLOT), op("LOAD_CONST", base + BODY), op("IS_OP", 0), Jump(IF_TRUE, body)]
    pieces += [asked, snippets.call(base + ENTER, *_arguments(code, base, nargs)), asked_end]
    pieces += [op("COPY", 1), Jump(IF_NONE, none)]
    if observed:
        pieces += [op("COPY", 1), op("LOAD_CONST", base + BODY), op("IS_OP", 0), Jump(IF_TRUE, answered)]
    if not suspends:
        pieces += [op("LOAD_CONST", base + ZERO), op("BINARY_SUBSCR"), op("RETURN_VALUE")]
    pieces += [none, op("POP_TOP"), Jump("JUMP_BACKWARD_NO_INTERRUPT", plain)]
    pieces += [failed, snippets.forgive(base + OVERFLOW), Jump("JUMP_BACKWARD_NO_INTERRUPT", plain)]
    constants: list[object] = [None] * (FIXED if observed else EXIT_SLOT)
    constants[ZERO] = 0
    if not observed:
        laid = assemble(pieces, 0)
        entries = _shifted(code, resume, plain.unit - resume)
        entries.append((asked.unit, asked_end.unit, failed.unit, 0, False))
        return code.replace(
            co_code=laid,
            co_consts=(*code.co_consts, *constants),
            co_exceptiontable=tables.encode_exceptions(entries),
            co_linetable=tables.insert_unplaced(code.co_linetable, resume, plain.unit - resume)
            + tables.unplaced(len(laid) // 2 - cold.unit),
            co_stacksize=max(code.co_stacksize, nargs + len(code.co_freevars) + 8),
        )

    # The observed body: the code behind RESUME once more, with probes.
    instructions = list(sites.units(code))
    additions: dict[int, bytes] = {}
    told: dict[int, int] = {}  # unit → number of units of a `leave` piece that a handler guards
    for unit in probed.receivers:
        additions[unit] = snippets.receiver(base + RECEIVER, base + INFO)
    for number, (unit, _) in enumerate(probed.blocks, 1):
        slot = base + FIXED + 2 * (number - 1)
        additions[unit] = snippets.block(slot, base + BLOCK, base + INFO, slot + 1) + additions.get(unit, b"")
        constants += [None, number]
    if recordable:
        leaving = snippets.leave(base + EXIT_SLOT, base + LEAVE, base + INFO)
        for start, _, number, argument in instructions:
            if number == _RETURN_VALUE:
                additions[start] = additions.get(start, b"") + leaving
                told[start] = 0
            elif number == _RETURN_CONST:
                load = additions.get(start, b"") + op("LOAD_CONST", argument)
                additions[start] = load + leaving + op("RETURN_VALUE")
                told[start] = len(op("RETURN_VALUE")) // 2
    jumps = [row for row in instructions if row[2] in sites.JUMPS]
    copied, places = insert(raw, jumps, additions)
    skip = places.moved(resume) if resume not in additions else places.before(resume)
    abandoned, guarded, guarded_end, dropped = Label(), Label(), Label(), Label()
    if recordable:
        pieces += [
            abandoned,
            guarded,
            snippets.abandon(base + ABANDON, base + INFO)[: -len(op("RERAISE", 1))],
            guarded_end,
            op("RERAISE", 1),
            dropped,
            snippets.DROP_AND_RERAISE,
            quit_,
            snippets.forgive(base + OVERFLOW),
            op("RETURN_VALUE"),
        ]
    # The observed body comes last, so that the code ends on the line on which it always ended.
    end = Label()
    pieces += [answered, op("POP_TOP"), body, copied[2 * skip :], end]
    laid = assemble(pieces, 0)
    shift = body.unit - skip

    entries = _shifted(code, resume, plain.unit - resume)
    entries.append((asked.unit, asked_end.unit, failed.unit, 0, False))
    if recordable:
        entries.append((guarded.unit, guarded_end.unit, dropped.unit, 2, False))
    # Who handles each unit of the observed body: what handled it in the original, else `abandon`.
    owner: list[tuple[int, int, bool] | None]
    owner = [(abandoned.unit, 0, True) if recordable else None] * (end.unit - body.unit)
    for first, last, target, depth, lasti in exception_entries(code.co_exceptiontable):
        one, two = max(places.before(first), skip) - skip, places.before(last) - skip
        if two > one:
            owner[one:two] = [(places.before(target) + shift, depth, lasti)] * (two - one)
    for start, trailing in told.items():
        # The hook's call must not let anything out: the value is on the stack, and is returned.
        two = places.moved(start) - skip - trailing
        one = two - len(leaving) // 2
        owner[one:two] = [(quit_.unit, 1, False)] * (two - one)
    run = 0
    for i in range(1, len(owner) + 1):
        if i == len(owner) or owner[i] != owner[run]:
            who = owner[run]
            if who is not None:
                entries.append((body.unit + run, body.unit + i, *who))
            run = i

    positions = list(code.co_positions())
    table = tables.insert_unplaced(code.co_linetable, resume, plain.unit - resume)
    table += tables.unplaced(body.unit - cold.unit)
    table += tables.encode_positions(_runs(positions, places, skip, end.unit - body.unit), _final_line(code, positions))
    return code.replace(
        co_code=laid,
        co_consts=(*code.co_consts, *constants),
        co_exceptiontable=tables.encode_exceptions(entries),
        co_linetable=table,
        co_stacksize=max(code.co_stacksize + 8, nargs + len(code.co_freevars) + 8),
    )


def _arguments(code: CodeType, base: int, nargs: int) -> list[bytes]:
    """Push what `enter` is given: the probe, the arguments as a tuple, the captured cells as a tuple."""
    cells = set(code.co_cellvars)
    pushed = [op("LOAD_CONST", base + INFO)]
    values = b""
    for i in range(nargs):
        values += op("LOAD_DEREF" if code.co_varnames[i] in cells else "LOAD_FAST", i)
    pushed.append(values + op("BUILD_TUPLE", nargs))
    captured = b""
    if code.co_freevars:
        name_of = code._varname_from_oparg  # type: ignore[attr-defined]
        total = len(code.co_varnames) + len(code.co_freevars) + len(cells - set(code.co_varnames))
        # Free variables are the last of the frame's locals; LOAD_FAST pushes the cell itself.
        first = total - len(code.co_freevars)
        for i in range(first, total):
            if name_of(i) != code.co_freevars[i - first]:
                raise AssertionError(code)
            captured += op("LOAD_FAST", i)
    pushed.append(captured + op("BUILD_TUPLE", len(code.co_freevars)))
    return pushed


def _runs(positions: list[tables.Position], places: Places, skip: int, total: int) -> list[tuple[int, tables.Position]]:
    """Give the positions of the observed body as (units, position) runs. What was inserted has that of what it stands
    before: a tracer would be told twice of a line with a piece of none in its middle.
    """
    found: list[tables.Position | None] = [None] * (skip + total)
    for first, behind, moved in places.stretches(len(positions)):
        found[moved : moved + behind - first] = positions[first:behind]
    placed: list[tables.Position] = []
    following = tables.NO_POSITION
    for position in reversed(found[skip : skip + total]):
        following = position or following
        placed.append(following)
    return tables.runs(placed[::-1])


def _final_line(code: CodeType, positions: list[tables.Position]) -> int:
    for position in reversed(positions):
        if position[0] is not None:
            return position[0]
    return code.co_firstlineno


def _shifted(code: CodeType, at: int, count: int) -> list[tuple[int, int, int, int, bool]]:
    """Move the exception table's entries by `count` units from unit `at` on."""
    moved = []
    for start, end, target, depth, lasti in exception_entries(code.co_exceptiontable):
        moved.append(
            (
                start + count if start >= at else start,
                end + count if end > at else end,
                target + count if target >= at else target,
                depth,
                lasti,
            )
        )
    return moved


def _after_resume(code: CodeType) -> int | None:
    """Give the unit behind the first RESUME, or None when there is none."""
    raw = code.co_code
    for offset in range(0, len(raw), 2):
        if raw[offset] == _RESUME:
            return offset // 2 + 1
    return None


def _last_line(code: CodeType) -> int:
    last = max((line for _, _, line in code.co_lines() if line is not None), default=code.co_firstlineno)
    for value in code.co_consts:
        if type(value) is CodeType:
            last = max(last, _last_line(value))
    return last
