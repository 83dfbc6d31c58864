"""Generators that have not begun, and those that have ended: what they would do, or nothing, is all that there is to them.

One that has not begun is its function with what it was given. Its code counts when it runs, as that of any function; that of an
expression, which is a part of the code around it, is written deeply. One that is in the middle of its work can't be written: where
it stands can't be seen.

A call that has exhausted a generator, as those do that are handed the end of a chain of them, has closed it for everybody. One that has
not begun can be closed as well, and none of its code runs.
"""

from __future__ import annotations

from types import FunctionType

from hitsave_trace.fingerprint import hasher, objects
from hitsave_trace.fingerprint.hasher import text
from hitsave_trace.fingerprint.places import ATTRIBUTES
from hitsave_trace.fingerprint.registry import EXACT, Entry, by_type
from hitsave_trace.names import parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

_RUNNING = "it is in the middle of its work; where it stands can't be seen"
_TAG = hasher.LEAF + text("generator")


def _parts(generator: Anything) -> tuple[FunctionType, list[object]] | None:
    """Give the function of a generator that has not begun, and what its frame holds in order; None if that is not to be seen."""
    import gc

    code = generator.gi_code
    held = gc.get_referents(generator)
    for i in range(len(held) - 1):
        function = held[i]
        if type(function) is FunctionType and function.__code__ is code and held[i + 1] is code:
            return function, held[i + 2 :]
    return None


def _labels(generator: Anything) -> list[str]:
    """Name what the frame of a generator holds before it begins: its parameters, then its cells."""
    code = generator.gi_code
    given = parameters(code)
    return [*given, *(name for name in code.co_cellvars if name not in given), *code.co_freevars]


def is_at_work(generator: Anything) -> bool:
    """Whether a generator has begun and has not ended."""
    return bool(generator.gi_running or generator.gi_suspended)


def has_ended(generator: Anything) -> bool:
    """Whether a generator will give nothing any more."""
    return not is_at_work(generator) and generator.gi_frame is None


def _generator(walk: Walk, value: Anything) -> Children:
    if is_at_work(value):
        objects.refuse(value, _RUNNING)
    names = text(value.__name__) + text(value.__qualname__)
    if has_ended(value):
        walk.write(_TAG + b"e" + names)
        return None
    parts = _parts(value)
    labels = _labels(value)
    if parts is None or len(parts[1]) != len(labels):
        objects.refuse(value, "what it was given can't be seen")
    function, held = parts
    walk.write(_TAG + b"b" + names + hasher.number(len(held)))
    if value.gi_code.co_name == "<genexpr>":
        # Nobody sees it run but through the code around it, which may have been left by then.
        walk.write(walk.inner(deep=True).fingerprint(function, value.__qualname__))
        return held, (ATTRIBUTES, labels)
    return [function, *held], (ATTRIBUTES, ["__func__", *labels])


def end(generator: Anything, wanted: object) -> None:
    """Close a generator that has not begun, if it is `wanted` to have ended."""
    if wanted and not has_ended(generator):
        generator.close()


GENERATOR = type(item for item in "")
by_type[GENERATOR] = Entry(_generator, True, EXACT)
