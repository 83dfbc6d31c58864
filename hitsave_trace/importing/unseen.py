"""Functions whose frames nobody sees.

CPython leaves a frame out of tracebacks, `sys._getframe`, `f_back` and the stack levels of warnings for as long as it has
not passed its RESUME instruction: until then it counts as not yet made. A function without RESUME stays in that state for
its whole life. It runs as ever; it is only never shown. So the program that runs on top of such frames finds its own
`<module>` at the bottom of the stack, and an exception that passes through gains no line.

What RESUME does besides: it looks for signals (the next jump backwards or call does) and it puts in the events of
`sys.monitoring` (hence none are sent). Nothing else is lost. Frames of this kind must not use what asks for "the current
frame": `globals()`, `locals()`, `eval` and `exec` without a namespace.

The other way to the same end would be to cut our frames out of each traceback. It has to be done in every place where
a traceback or a stack can be looked at, and those can't be counted.
"""

from __future__ import annotations

import opcode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType
    from typing import TypeVar

    F = TypeVar("F", bound=Callable[..., object])


RESUME, NOP = opcode.opmap["RESUME"], opcode.opmap["NOP"]


def unseen_code(code: CodeType) -> CodeType:
    """The same code without its RESUME instructions."""
    raw = bytearray(code.co_code)
    for offset in range(0, len(raw), 2):
        if raw[offset] == RESUME:
            raw[offset] = NOP
    return code.replace(co_code=bytes(raw))


def unseen(function: F) -> F:
    """Make a function's frames unseen. To be used as a decorator, on plain functions that are no generators."""
    plain: FunctionType = function  # type: ignore[assignment]
    plain.__code__ = unseen_code(plain.__code__)
    return function
