"""The static Merkle closure: what a function is when nobody will see it run.

A helper behind `functools.lru_cache` may be answered by the cache, a function made by `exec` has no probe. Such a
function is its code, what it carries, and every global that its code mentions, each of them in the same way, down to
the libraries. That is more than what a call would read, never less (short of names that are computed).
"""

from __future__ import annotations

import sys
from types import CodeType, FunctionType, ModuleType

from hitsave_trace import names
from hitsave_trace.fingerprint import hasher
from hitsave_trace.fingerprint.hasher import marshalled, text
from hitsave_trace.fingerprint.libraries import is_library, note
from hitsave_trace.fingerprint.places import ATTRIBUTES
from hitsave_trace.fingerprint.registry import WHOLE, Entry, by_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Children
    from hitsave_trace.fingerprint.values import Walk
    from hitsave_trace.model import Fingerprint


def closure(value: object, deadline: float | None = None) -> Fingerprint:
    """Fingerprint a function or class with all that its code refers to."""
    from hitsave_trace.fingerprint.values import Walk

    return Walk(deadline, deep=True).fingerprint(value, getattr(value, "__qualname__", ""))


def code_form(code: CodeType) -> bytes:
    """Fingerprint a code object; a probed one keeps the fingerprint it had before the probe went in."""
    info = names.info_of(code)
    if info is not None:
        return info.fingerprint
    known = _forms.get(id(code))
    if known is not None:
        return known[1]
    from hitsave_trace.fingerprint.code import fingerprint_code

    form = fingerprint_code(code)
    if len(_forms) >= MOST_FORMS:
        _forms.clear()
    _forms[id(code)] = code, form  # it is kept, so that its id stays its own
    return form


MOST_FORMS = 10_000
_forms: dict[int, tuple[CodeType, bytes]] = {}


def mentioned(code: CodeType) -> list[str]:
    """List the names that code mentions, nested code included, in order of first mention."""
    found: dict[str, None] = {}
    waiting = [code]
    while waiting:
        one = waiting.pop()
        found.update(dict.fromkeys(one.co_names))
        waiting.extend(item for item in one.co_consts if type(item) is CodeType)
    return list(found)


class Mentions:
    """The names of one module that a piece of code mentions, as attributes of that module."""

    __slots__ = ("module", "names")

    def __init__(self, module: ModuleType, wanted: list[str]) -> None:
        self.module = module
        self.names = wanted


def deep_function(walk: Walk, function: FunctionType, module: str) -> Children:
    """Write a function with its code and what its code mentions. The walk is a deep one."""
    from hitsave_trace.fingerprint.functions import carried

    code = function.__code__
    walk.write(hasher.DEEP + text(module) + text(function.__qualname__) + code_form(code))
    held, labels = carried(function)
    space = function.__globals__
    builtins = sys.modules["builtins"].__dict__
    wanted = mentioned(code)
    present: list[str] = []
    for name in wanted:
        if name in space:
            value = space[name]
        elif name in builtins:
            value = builtins[name]
            if is_library(getattr(value, "__module__", None) or "builtins"):
                continue  # The interpreter's own.
        else:
            continue  # The name of an attribute, or of nothing: its appearance changes `present`.
        present.append(name)
        if isinstance(value, ModuleType):
            value = Mentions(value, wanted)
        held.append(value)
        labels.append(name)
    walk.write(marshalled(tuple(present), 2) + marshalled(len(held), 2))
    return held, (ATTRIBUTES, labels)


def _mentions(walk: Walk, value: Mentions) -> Children:
    module, wanted = value.module, value.names
    name = module.__dict__.get("__name__")
    if type(name) is str and is_library(name):
        note(walk, name)
        walk.write(hasher.MODULE + text(name))
        return None
    key = object.__hash__(module), hash(tuple(wanted))
    walk.write(hasher.MENTIONS + text(str(name)))
    if walk.mentioned is None:
        walk.mentioned = set()
    if key in walk.mentioned:
        walk.write(b"again")
        return None
    walk.mentioned.add(key)
    space = module.__dict__
    present = [name for name in wanted if name in space]
    walk.write(marshalled(tuple(present), 2))
    held = [space[name] for name in present]
    return [Mentions(item, wanted) if isinstance(item, ModuleType) else item for item in held], (ATTRIBUTES, present)


by_type[Mentions] = Entry(_mentions, False, WHOLE)
