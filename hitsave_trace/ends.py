"""What goes together with the frame of a function that returns: too late to be recorded, and seen all the same.

A local object with a `__del__`, a generator in the middle of a `try`, a weak reference with a callback: when nobody holds them
any more, code of the program runs. For what a function leaves in its local variables that is the moment at which
its frame is cleared, after the return that closes the recording. So a call that leaves such a thing behind is not saved.
Those around it are: what happens at that moment is recorded for them.

The heap is only looked through in programs that define a `__del__`, and for calls in which a generator ran or weak references
were used.
"""

from __future__ import annotations

from _weakref import ReferenceType
from gc import get_referents, is_tracked
from itertools import islice
from types import AsyncGeneratorType, CodeType, CoroutineType, FunctionType, GeneratorType, ModuleType

from hitsave_trace import names
from hitsave_trace.fingerprint.state import minds_its_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.recording import Recording

MOST = 20_000
"""Objects that are looked at."""
_SUSPENDS = 0x20 | 0x80 | 0x200
_PASSED_OVER = (type, ModuleType, CodeType)


def left_behind(recording: Recording, frame: FrameType, result: object) -> str | None:
    """Name what will run code of the program when `frame` goes, as far as `result` does not keep it."""
    if recording.reasons or not _may_leave(recording):
        return None
    waiting: list[Anything] = [value for value in frame.f_locals.values() if value is not result]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if id(value) in seen or isinstance(value, _PASSED_OVER):
            continue
        if len(seen) > MOST:
            return "too much to look through" if names.finalisers else None
        seen.add(id(value))
        if minds_its_end(kind):
            return f"{kind.__qualname__}.__del__"
        if kind in (GeneratorType, CoroutineType, AsyncGeneratorType):
            if _is_suspended(value):
                return value.__qualname__  # type: ignore[no-any-return]
            continue
        if kind is ReferenceType:
            if value.__callback__ is not None and value() is not None:
                return "a weak reference with a callback"
            continue
        if kind is FunctionType:
            held: list[object] = [value.__closure__, value.__defaults__, value.__kwdefaults__, value.__dict__]
            waiting += [part for part in held if part]
        elif kind in _CONTAINERS and len(value) > MANY and not names.finalisers and _holds_data(value):
            continue
        elif is_tracked(value) or kind.__dictoffset__:
            waiting += [part for part in get_referents(value) if type(part) not in _ATOMS]
    return None


def _holds_data(container: Anything) -> bool:
    """Whether a large container begins with nothing but numbers, texts and tuples of them: who keeps generators, or
    what has weak references, by the thousand keeps nothing else.
    """
    some = list(islice(container, FIRST))
    if type(container) is dict:
        some += islice(container.values(), FIRST)
    return all(type(one) in _ATOMS or (type(one) is tuple and _ATOMS.issuperset(map(type, one))) for one in some)


MANY, FIRST = 1000, 50
_CONTAINERS = frozenset((list, dict, tuple, set, frozenset))
_ATOMS = frozenset((int, float, str, bytes, bool, type(None), complex))


def _may_leave(recording: Recording) -> bool:
    if names.finalisers or any("weakref" in name for _, name in recording.reads):
        return True
    known = names.by_name
    return any(name in known and known[name].flags & _SUSPENDS for name in recording.functions)


def _is_suspended(value: object) -> bool:
    """Whether code of the program has begun to run and has not ended: closing it may run more."""
    for prefix in ("gi", "cr", "ag"):
        code = getattr(value, f"{prefix}_code", None)
        if code is not None:
            waits = getattr(value, f"{prefix}_suspended", getattr(value, f"{prefix}_frame") is not None)
            return bool(waits) and names.info_of(code) is not None
    return False
