"""Rewritten code as it is cached on disk, and how it becomes live.

A template is marshalled code in which slots and hooks are None, with a table of what stands where: `load` puts the live
objects in. It names no file, so that a moved project keeps its templates.
"""

from __future__ import annotations

import marshal
from types import CodeType

from hitsave_trace.names import CodeInfo, ModuleInfo, StatementInfo, register, register_statement, statement_name
from hitsave_trace.probes import hooks, toplevel
from hitsave_trace.probes.arming import link, link_slot
from hitsave_trace.probes.callsites import SITE
from hitsave_trace.probes.hooks import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.model import Chain
    from hitsave_trace.probes.callsites import SiteRow

    # name, fingerprint, parameters, captured names, chains by block, flags, first and last line, position of the
    # probe's constants, abilities (1: has an observed body, 2: can be recorded, 4: watches receivers), and for a module
    # its statements: fingerprint, chains, names of what it only calls, names that it may bind and that it binds
    # for certain, first and last line
    Row = tuple[
        str,
        bytes,
        tuple[str, ...],
        tuple[str, ...],
        tuple[tuple[Chain, ...], ...],
        int,
        int,
        int,
        int,
        int,
        tuple["Line", ...],
    ]
    Line = tuple[bytes, tuple[Chain, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], int, int]
    # the row of a code object, if it has a probe; the tables of those among its constants, by position; its call sites
    Table = tuple[Row | None, tuple[tuple[int, "Table"], ...], tuple[SiteRow, ...]]

FORMAT = 13
"""Part of the key of cached templates: raise it whenever the result of `rewrite` changes."""

# The constants that a probe appends, in this order.
SLOT, BODY, ENTER, INFO, ZERO, OVERFLOW, EXIT_SLOT, LEAVE, ABANDON, BLOCK, RECEIVER = range(11)
FIXED = 11


def load(data: bytes, module: ModuleInfo, made_from: CodeType | None = None) -> CodeType:
    """Make a template live: fresh slots, registered probes, code that carries the file's name.

    Constants are those of the code that it was `made_from`: marshal gives a frozenset, of which `for x in {8, 0, 16}`
    is made, another order than the compiler does.
    """
    _, code, table = marshal.loads(data)
    module.loads += 1
    return _load_code(code, table, module, made_from)


def fingerprints(data: bytes) -> dict[str, bytes]:
    """Read the fingerprints of all functions of a template, by name, without making it live."""
    _, _, table = marshal.loads(data)
    found: dict[str, bytes] = {}
    rows: list[Table] = [table]
    while rows:
        row, inner, _ = rows.pop()
        if row is not None:
            found[row[0]] = row[1]
            for digest, *_ in row[10]:
                found[statement_name(row[0].partition(":")[0], digest)] = digest
        rows.extend(below for _, below in inner)
    return found


def _load_code(code: CodeType, table: Table, module: ModuleInfo, made_from: CodeType | None) -> CodeType:
    row, inner, called = table
    consts = list(code.co_consts)
    if made_from is not None:
        consts[: len(made_from.co_consts)] = made_from.co_consts
    for i, below in inner:
        consts[i] = _load_code(code.co_consts[i], below, module, None if made_from is None else consts[i])
    found = [Site(module, f"{module.name}:{code.co_qualname}", *told[1:]) for told in called]
    for site, (at, *_) in zip(found, called, strict=True):
        consts[at + SITE] = site
    code = _live(code, row, consts, module)
    for site, (at, *_) in zip(found, called, strict=True):
        link_slot(site, code, at)
        hooks.site_registered(site, code)
    return code


def _live(code: CodeType, row: Row | None, consts: list[object], module: ModuleInfo) -> CodeType:
    if row is None:
        return code.replace(co_consts=tuple(consts), co_filename=module.filename)
    name, digest, parameters, captured, blocks, flags, first, last, base, abilities, lines = row
    info = CodeInfo(module, name, digest)
    info.parameters, info.captured, info.blocks = parameters, captured, blocks
    info.flags, info.first_line, info.last_line = flags, first, last
    info.has_body, info.recordable, info.watches = bool(abilities & 1), bool(abilities & 2), bool(abilities & 4)
    if name.endswith(":<module>"):
        return _load_module(code, consts, base, info, lines)
    consts[base + BODY], consts[base + ENTER], consts[base + INFO] = hooks.BODY, hooks.enter, info
    consts[base + OVERFLOW] = RecursionError
    if info.has_body:
        consts[base + LEAVE], consts[base + ABANDON], consts[base + BLOCK] = hooks.leave, hooks.abandon, hooks.block
        consts[base + RECEIVER] = hooks.receiver
    code = code.replace(co_consts=tuple(consts), co_filename=module.filename)
    register(info, code)
    link(info, code, base + SLOT, base + EXIT_SLOT, base + FIXED, len(blocks) - 1)
    hooks.registered(info)
    return code


def _load_module(code: CodeType, consts: list[object], base: int, info: CodeInfo, lines: tuple[Line, ...]) -> CodeType:
    module = info.module
    consts[base + toplevel.ENTER_MODULE], consts[base + toplevel.MODULE_INFO] = hooks.enter_module, info
    consts[base + toplevel.STATEMENT], consts[base + toplevel.ENDED] = hooks.statement, hooks.ended
    consts[base + toplevel.ABANDON] = hooks.abandon
    found: list[tuple[StatementInfo, int]] = []
    for number, (digest, chains, callees, binds, sure, first, last) in enumerate(lines):
        one = StatementInfo(module, digest)
        one.blocks, one.callees, one.binds, one.sure = (chains,), callees, binds, sure
        one.first_line, one.last_line = first, last
        place = base + toplevel.FIXED + toplevel.EACH * number
        consts[place + toplevel.INFO] = one
        found.append((one, place))
    code = code.replace(co_consts=tuple(consts), co_filename=module.filename)
    register(info, code)
    for one, place in found:
        register_statement(one, code)
        link(one, code, place + toplevel.SLOT, place + toplevel.EXIT_SLOT)
        hooks.registered(one)
    return code
