"""Blocks whose reads are known before they run."""

from __future__ import annotations

import builtins

from hitsave_trace import reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.recording import Recording

_ERRORS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)
"""Names whose reading speaks against nothing."""


def foregone(info: CodeInfo) -> tuple[int, ...]:
    """The blocks of `info` that read nothing but the names of builtin exceptions.

    They stand where errors are raised, mostly never run, and as long as they have not, calls would have to run the
    observed body. What they read counts as read from the start: that nobody else has taken such a name.
    """
    names = info.module.globals
    if names is None:
        return ()
    return tuple(
        number
        for number, chains in enumerate(info.blocks[1:], 1)
        if all(len(chain) == 1 and chain[0] in _ERRORS and chain[0] not in names for chain in chains)
    )


def observe(recording: Recording, info: CodeInfo, numbers: tuple[int, ...], reader: int) -> None:
    """Record what these blocks read."""
    for number in numbers:
        reads.observe(recording, info.module, info.blocks[number], reader)
