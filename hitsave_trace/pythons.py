"""Every fact in which the supported interpreters differ, each as a name.

Nobody else looks at `sys.version_info`. Supporting a new version means: run the differential tests of
`tests/unit/probes` under it, add what differs here and in `probes/snippets.py`, and add it to `TESTED`.
"""

from __future__ import annotations

import opcode
import sys

TESTED = ((3, 11), (3, 12), (3, 13))
VERSION = sys.version_info[:2]
IS_TESTED = VERSION in TESTED and sys.implementation.name == "cpython"

FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()
"""Probes are armed by writing into a tuple of constants, which is only safe under the global lock."""

CALL_NEEDS_PRECALL = VERSION == (3, 11)
"""3.11 compiles `f(x)` as PRECALL 1; CALL 1. Later versions have CALL alone."""

NULL_BELOW_CALLABLE = VERSION <= (3, 12)
"""The stack before a call is [NULL, f, args] up to 3.12 and [f, NULL, args] from 3.13."""

JUMPS_HAVE_DIRECTION_NAMES = VERSION == (3, 11)
"""3.11 has POP_JUMP_FORWARD_IF_NONE and POP_JUMP_BACKWARD_IF_NONE; later versions only jump forward."""

CLASS_BODY_STORES_FIRST_LINE = VERSION >= (3, 13)
"""3.13 stores `__firstlineno__` (a line number!) and `__static_attributes__` (in no fixed order) in class bodies."""

ATTRIBUTE_HAS_METHOD_BIT = VERSION >= (3, 12)
"""From 3.12 the lowest bit of LOAD_ATTR's operand says that a method is wanted; before, that was LOAD_METHOD."""

COMPARISON_SHIFT = {(3, 11): 0, (3, 12): 4}.get(VERSION, 5)
"""How many lower bits of COMPARE_OP's operand say something else than which comparison it is."""

PROFILING_SLOWS_ALL = VERSION == (3, 11)
"""While a profile function is set, 3.11 executes every instruction by way of its tracing code; later versions don't."""

HAS_MONITORING = VERSION >= (3, 12)

ATTRIBUTES_ARE_INLINE = {(3, 11): "plain", (3, 12): "tagged"}.get(VERSION, "") if IS_TESTED else ""
"""Whether an instance has its attributes in an array until it is asked for its `__dict__`, and is slower afterwards; how the
array is referred to. Later versions keep the array."""

CACHE = opcode.opmap.get("CACHE", 0)
EXTENDED_ARG = opcode.opmap["EXTENDED_ARG"]


def _cache_sizes() -> list[int]:
    """Give the number of inline cache units that follow each opcode."""
    entries = opcode._inline_cache_entries  # type: ignore[attr-defined]
    sizes = [0] * 256
    if isinstance(entries, dict):  # 3.13: by name
        for name, size in entries.items():
            if opcode.opmap.get(name, 256) < 256:
                sizes[opcode.opmap[name]] = size
    else:  # 3.11, 3.12: by number
        for number, size in enumerate(entries[:256]):
            sizes[number] = size
    return sizes


CACHE_SIZES = _cache_sizes()
