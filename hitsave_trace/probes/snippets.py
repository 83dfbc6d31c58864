"""The instruction sequences that probes are made of, for each supported interpreter.

Everything here is a list of code units as bytes, position-independent: jumps inside a snippet are relative and none
leaves it. Stack effects are stated as `[before] → [after]`.
"""

from __future__ import annotations

import opcode

from hitsave_trace.pythons import (
    CACHE_SIZES,
    CALL_NEEDS_PRECALL,
    EXTENDED_ARG,
    JUMPS_HAVE_DIRECTION_NAMES,
    NULL_BELOW_CALLABLE,
)

_OP = opcode.opmap


def op(name: str, arg: int = 0) -> bytes:
    """Encode one instruction with the prefixes and the inline cache that it needs."""
    encoded = _encoded.get((name, arg))
    if encoded is None:
        encoded = _encoded[name, arg] = _encode(name, arg)
    return encoded


_encoded: dict[tuple[str, int], bytes] = {}


def _encode(name: str, arg: int) -> bytes:
    number = _OP[name]
    units = b""
    for shift in (24, 16, 8):
        if arg >> shift:
            units += bytes((EXTENDED_ARG, arg >> shift & 255))
    return units + bytes((number, arg & 255)) + b"\0\0" * CACHE_SIZES[number]


if JUMPS_HAVE_DIRECTION_NAMES:
    IF_NONE, IF_NOT_NONE = "POP_JUMP_FORWARD_IF_NONE", "POP_JUMP_FORWARD_IF_NOT_NONE"
    IF_TRUE, IF_FALSE = "POP_JUMP_FORWARD_IF_TRUE", "POP_JUMP_FORWARD_IF_FALSE"
else:
    IF_NONE, IF_NOT_NONE = "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE"
    IF_TRUE, IF_FALSE = "POP_JUMP_IF_TRUE", "POP_JUMP_IF_FALSE"


def jump_if(name: str, over: bytes) -> bytes:
    """`[x] → []`: skip `over` when the condition holds; `over` follows."""
    return op(name, len(over) // 2) + over


def call(function: int, *arguments: bytes) -> bytes:
    """`[] → [result]`: call the constant number `function` with what `arguments` push."""
    count = len(arguments)
    pushed = b"".join(arguments)
    if NULL_BELOW_CALLABLE:
        head = op("PUSH_NULL") + op("LOAD_CONST", function)
    else:
        head = op("LOAD_CONST", function) + op("PUSH_NULL")
    precall = op("PRECALL", count) if CALL_NEEDS_PRECALL else b""
    return head + pushed + precall + op("CALL", count)


def call_with_top(function: int, first: bytes) -> bytes:
    """`[x] → [x]`: call the constant `function` with what `first` pushes and with x, and drop the result."""
    # The callable and its NULL take two places, `first` one: x is the fourth from the top.
    return call(function, first, op("COPY", 4)) + op("POP_TOP")


def leave(slot: int, function: int, info: int) -> bytes:
    """`[value] → [value]`, before a return: tell `function` when the slot is armed."""
    return op("LOAD_CONST", slot) + jump_if(IF_NONE, call_with_top(function, op("LOAD_CONST", info)))


def block(slot: int, function: int, info: int, number: int) -> bytes:
    """`[] → []`, before the first read of a block: tell `function` when the slot is armed."""
    told = call(function, op("LOAD_CONST", info), op("LOAD_CONST", number)) + op("POP_TOP")
    return op("LOAD_CONST", slot) + jump_if(IF_NONE, told)


def receiver(function: int, info: int) -> bytes:
    """`[x] → [x]`, before an attribute of x is read: show x to `function`."""
    return call_with_top(function, op("LOAD_CONST", info))


def module_entry(function: int, info: int) -> bytes:
    """`[] → []`, at the start of a module's top level."""
    return call(function, op("LOAD_CONST", info)) + op("POP_TOP")


def forgive(overflow: int) -> bytes:
    """Handler, `[exception] → []`: forget that there was no room on the stack for a hook; raise anything else again.

    Hooks let nothing out that is theirs. What still comes is the stack's limit, which the program itself did not
    reach, or what a signal handler of the program raised while the hook ran, which is the program's.
    """
    forget = op("POP_TOP") + op("POP_EXCEPT")
    again = op("SWAP", 2) + op("POP_EXCEPT") + op("RERAISE", 0)
    return (
        op("PUSH_EXC_INFO")
        + op("LOAD_CONST", overflow)
        + op("CHECK_EXC_MATCH")
        + op(IF_TRUE, len(again) // 2)
        + again
        + forget
    )


def abandon(function: int, info: int) -> bytes:
    """Handler, `[lasti, exception] → raises`: tell `function`, then go on raising from where it came."""
    return call_with_top(function, op("LOAD_CONST", info)) + op("RERAISE", 1)


DROP_AND_RERAISE = op("POP_TOP") + op("RERAISE", 1)
"""Handler, `[lasti, exception, new] → raises`: a hook failed while an exception was on its way."""
