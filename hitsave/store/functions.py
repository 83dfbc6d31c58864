"""Functions that no name leads to, pickled: nested functions and lambdas, with what they carry. And modules, by name.

A function is its code, its defaults, its captured cells and its attributes. The code of user code is the one that has that
name when the value is put together: whatever of it runs is a dependency of who runs it. The code of a library is found
in the function around it; its distribution is a dependency.
"""

from __future__ import annotations

import sys
from types import CellType, CodeType, FunctionType, ModuleType

from hitsave_trace import names
from hitsave_trace.fingerprint.functions import home
from hitsave_trace.fingerprint.libraries import is_library
from hitsave_trace.fingerprint.registry import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.registry import Anything

    # The name of user code, or of a library's function by name and the places of constants from its code on down.
    Place = str | tuple[str, tuple[int, ...]]

_STATE = ("__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__kwdefaults__", "__annotations__")


def reduce(thing: Anything) -> object:
    """What a `reducer_override` gives for functions, cells and modules; NotImplemented for all else."""
    if isinstance(thing, ModuleType):
        name = getattr(thing, "__name__", None)
        return (import_module, (name,)) if type(name) is str and sys.modules.get(name) is thing else NotImplemented
    if type(thing) is CellType:
        try:
            return make_cell, (), (thing.cell_contents,), None, None, fill_cell
        except ValueError:
            return make_cell, ()
    if type(thing) is not FunctionType:
        return NotImplemented
    module = home(thing)
    if reach(thing.__module__ or module, thing.__qualname__) is thing:
        return NotImplemented
    space = getattr(sys.modules.get(module), "__dict__", None)
    place = _place(thing.__code__, module)
    if space is not thing.__globals__ or place is None:
        return NotImplemented
    state = {name: getattr(thing, name) for name in _STATE}
    if not state["__annotations__"]:
        del state["__annotations__"]
    return make_function, (module, place, thing.__closure__), (state, dict(thing.__dict__)), None, None, dress


def _place(code: CodeType, module: str) -> Place | None:
    info = names.info_of(code)
    if info is not None:
        return info.name if info.module.name == module and names.by_name.get(info.name) is info else None
    if not is_library(module):
        return None
    head = code.co_qualname.partition(".<locals>.")[0]
    around = _code_around(module, head)
    path = None if around is None else next((path for path, one in _nested(around) if one is code), None)
    return None if path is None else (head, path)


def _code_around(module: str, name: str) -> CodeType | None:
    found = reach(module, name)
    found = getattr(found, "__func__", None) or getattr(found, "fget", None) or found
    for _ in range(20):
        if isinstance(found, FunctionType) and found.__code__.co_qualname == name:
            return found.__code__
        found = getattr(found, "__wrapped__", None)
    return None


def _nested(code: CodeType, above: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], CodeType]]:
    for i, constant in enumerate(code.co_consts):
        if isinstance(constant, CodeType):
            yield (*above, i), constant
            yield from _nested(constant, (*above, i))


def import_module(name: str) -> ModuleType:
    """The module of that name."""
    known = sys.modules.get(name)
    if known is None:
        from importlib import import_module as load

        known = load(name)
    return known


def make_cell() -> CellType:
    """An empty cell."""
    return CellType()


def fill_cell(cell: CellType, state: tuple[object]) -> None:
    """Put back what a cell held."""
    cell.cell_contents = state[0]


def make_function(module: str, place: Place, closure: tuple[CellType, ...] | None) -> FunctionType:
    """A function of a code object that is there now. Raises LookupError if there is none."""
    if isinstance(place, str):
        info = names.by_name.get(place)
        code = None if info is None else info.code
    else:
        code = _code_around(module, place[0])
        for i in place[1]:
            inner = code.co_consts[i] if code is not None and i < len(code.co_consts) else None
            code = inner if isinstance(inner, CodeType) else None
    if code is None or len(code.co_freevars) != len(closure or ()):
        raise LookupError(f"no code of {module}: {place}")
    return FunctionType(code, vars(sys.modules[module]), None, None, closure)


def dress(function: Anything, state: tuple[dict[str, object], dict[str, object]]) -> None:
    """Give a function what it carries besides its code and cells."""
    for name, value in state[0].items():
        setattr(function, name, value)
    function.__dict__.update(state[1])
