"""Switching probes on and off.

A probe's slot is a place in its code object's tuple of constants: None when it is off. Turning it on writes another
pointer into that place, with ctypes: the interpreter reads the constant anew each time, also in frames that are
running. Both pointers' objects live as long as the process, and each slot holds a reference of its own to either, so
no count is ever wrong, whichever of the two is in place when the code object dies.

`MARK` means: call the hook. `BODY` means: go straight to the observed body. Both hash like None, so that the hash of
a code object, which tracers use as a key, does not change when a probe is switched.
"""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from hitsave_trace.names import CodeInfo
    from hitsave_trace.probes.hooks import Site

_HASH = hash(None)


class Mark:
    """A constant that stands in a slot."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        return _HASH

    def __repr__(self) -> str:
        return "None"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return mark_named, (self.name,)


MARK = Mark("MARK")
BODY = Mark("BODY")


def mark_named(name: str) -> Mark:
    """Give the mark of that name (for code that travels by value)."""
    return MARK if name == "MARK" else BODY


_OFF, _ON, _DIRECT = id(None), id(MARK), id(BODY)
_increment = ctypes.pythonapi.Py_IncRef
_increment.argtypes = (ctypes.py_object,)
_increment.restype = None
_HEADER = tuple.__basicsize__
_WORD = ctypes.sizeof(ctypes.c_void_p)
_cell_at = ctypes.c_void_p.from_address


def link(info: CodeInfo, code: CodeType, entry: int, exit_: int, blocks: int = 0, count: int = 0) -> None:
    """Give `info` its slots, which are places of `code.co_consts`: `count` of them for blocks, from `blocks` on."""
    first = id(code.co_consts) + _HEADER
    for mark in (None, MARK, BODY):
        for _ in range(count + 2):
            _increment(mark)
    info.entry_at = first + entry * _WORD
    if info.has_body:
        info.exit_at = first + exit_ * _WORD
        info.blocks_at = first + blocks * _WORD if count else 0


def link_slot(site: Site, code: CodeType, at: int) -> None:
    """Give a call site its slot, which is a place of `code.co_consts`."""
    for mark in (None, MARK):
        _increment(mark)
    site.cell = _cell_at(id(code.co_consts) + _HEADER + at * _WORD)


def arm(cell: ctypes.c_void_p) -> None:
    """Make the probe call its hook."""
    cell.value = _ON


def arm_entry(info: CodeInfo) -> None:
    """Make the probe of a function that was just loaded call its hook."""
    _cell_at(info.entry_at).value = _ON


def direct(cell: ctypes.c_void_p) -> None:
    """Make a prologue go to the observed body without asking."""
    cell.value = _DIRECT


def disarm(cell: ctypes.c_void_p) -> None:
    """Make the probe cost nothing."""
    cell.value = _OFF


def is_armed(cell: ctypes.c_void_p) -> bool:
    """Whether the probe is on in either way."""
    return cell.value != _OFF
