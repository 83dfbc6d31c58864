"""Writes what stands under a name (`VALUE_OF`: module:name.attr…) at the end of the program, for `tests.stress.causes`."""

import atexit
import json
import os
import sys
import types


def cell_of(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return None


def look(thing, depth=0):
    """A text that tells two values apart, without what differs in every run."""
    if isinstance(thing, (int, float, complex, str, bytes, bool, type(None))):
        return repr(thing)
    if depth > 6:
        return type(thing).__name__
    if isinstance(thing, types.FunctionType):
        held = (thing.__defaults__, thing.__kwdefaults__, [cell_of(cell) for cell in thing.__closure__ or ()])
        code = thing.__code__
        # A wrapper that has taken the name of what it wraps: which of two it is shows in its code alone.
        wraps = f" by {code.co_qualname} {code.co_code.hex()}" if code.co_qualname != thing.__qualname__ else ""
        return f"{thing.__module__}.{thing.__qualname__}{wraps} {look(held, depth + 1)}"
    if type(thing).__module__ == "typing":
        return repr(thing)
    if isinstance(thing, types.ModuleType):
        return thing.__name__
    if isinstance(thing, type):
        own = {
            k: look(v, depth + 1)
            for k, v in vars(thing).items()
            if k not in ("__dict__", "__weakref__", "__firstlineno__")
        }
        return f"{thing.__qualname__} {[base.__qualname__ for base in thing.__mro__]} {own} {type(thing).__qualname__}"
    if isinstance(thing, dict):
        return (
            "{" + ", ".join(f"{look(k, depth + 1)}: {look(v, depth + 1)}" for k, v in list(thing.items())[:2000]) + "}"
        )
    if isinstance(thing, (list, tuple)):
        return type(thing).__name__ + "[" + ", ".join(look(v, depth + 1) for v in thing[:2000]) + "]"
    if isinstance(thing, (set, frozenset)):
        return type(thing).__name__ + str(sorted(look(v, depth + 1) for v in thing))
    inside = getattr(thing, "__dict__", None)
    slots = {
        name: getattr(thing, name, None)
        for cls in type(thing).__mro__
        for name in vars(cls).get("__slots__", ())
        if isinstance(name, str)
    }
    text = repr(thing) if type(thing).__module__ in ("re", "builtins", "decimal", "fractions") else ""
    return f"{type(thing).__qualname__} {text} {look(inside, depth + 1) if inside else ''} {look(slots, depth + 1) if slots else ''}"


def write():
    module, _, names = os.environ["VALUE_OF"].partition(":")
    thing = sys.modules.get(module)
    told = []
    for name in names.split("."):
        thing = (
            vars(thing).get(name, getattr(thing, name, None))
            if hasattr(thing, "__dict__")
            else getattr(thing, name, None)
        )
        told.append(look(thing))
    with open(os.environ["VALUE_OUT"], "w") as out:
        json.dump(told, out)


if "VALUE_OUT" in os.environ:
    atexit.register(write)
