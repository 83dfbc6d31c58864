"""A value in a few readable words.

For reports: it says what a person would want to see, at most `limit` characters of it. It never runs code of the user
(no `__repr__`, no property) and never walks far, so it is as safe on a broken object or a huge one as on a number.
"""

from __future__ import annotations

import sys
from io import BytesIO, StringIO
from itertools import islice
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType

from hitsave_trace.fingerprint.hasher import ATOMS
from hitsave_trace.fingerprint.registry import find, observed, qualified, reach
from hitsave_trace.fingerprint.state import state_of
from hitsave_trace.names import function_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsave_trace.fingerprint.registry import Anything

_DEEPEST = 4
_MOST = 30
_BRACKETS: dict[type, tuple[str, str, str]] = {
    list: ("[", "]", "[]"),
    tuple: ("(", ")", "()"),
    set: ("{", "}", "set()"),
    frozenset: ("frozenset({", "})", "frozenset()"),
}


def describe(value: object, limit: int = 300) -> str:
    """Describe a value in at most `limit` characters."""
    try:
        text = _describe(value, 0, limit)
    except Exception:  # A class that lies about itself; its name is enough.
        text = f"<{_name(type(value))}>"
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _describe(value: Anything, depth: int, room: int) -> str:
    kind = type(value)
    if kind in ATOMS:
        return _atom(value, kind, room)
    if depth > _DEEPEST or room <= 0:
        return "…"
    if kind in _BRACKETS:
        return _sequence(value, kind, depth, room)
    if kind is dict:
        pairs = islice(value.items(), _MOST)
        return "{" + _joined((_pair(k, v, depth, room) for k, v in pairs), len(value), room) + "}"
    if kind in observed:
        return _describe(observed[kind](value), depth, room)
    if kind is FunctionType:
        return f"{value.__module__}:{value.__qualname__}"
    if kind is BuiltinFunctionType:
        return str(value.__qualname__)
    if kind is MethodType:
        return f"{_describe(value.__self__, depth + 1, room // 2)}.{getattr(value.__func__, '__name__', '?')}"
    if issubclass(kind, type):
        module, qualname = qualified(value)
        return qualname if module == "builtins" else f"{module}:{qualname}"
    if kind is StringIO or kind is BytesIO:
        return f"{kind.__name__}(closed)" if value.closed else _in_memory(value, kind, room)
    if issubclass(kind, ModuleType):
        return f"module {value.__dict__.get('__name__')}"
    return _special(value, kind, depth, room) or _instance(value, kind, depth, room)


def _in_memory(value: Anything, kind: type, room: int) -> str:
    content = value.getvalue()
    return f"{kind.__name__}({_atom(content, type(content), max(room - 30, 20))} at {value.tell()})"


def _atom(value: Anything, kind: type, room: int) -> str:
    if kind is int and value.bit_length() > 1000:
        return f"an int of {value.bit_length()} bits"
    if (kind is str or kind is bytes) and len(value) > room:
        return repr(value[:room]) + "…"
    return repr(value)


def _pair(key: object, value: object, depth: int, room: int) -> str:
    return f"{_describe(key, depth + 1, room)}: {_describe(value, depth + 1, room)}"


def _joined(parts: Iterable[str], size: int, room: int) -> str:
    told: list[str] = []
    for part in parts:
        told.append(part)
        room -= len(part) + 2
        if room <= 0:
            break
    left = size - len(told)
    if left > 0:
        told.append(f"… {left:,} more")
    return ", ".join(told)


def _sequence(value: Anything, kind: type, depth: int, room: int) -> str:
    if not value:
        return _BRACKETS[kind][2]
    items: Iterable[object] = islice(value, _MOST)
    if kind in (set, frozenset) and len(value) <= _MOST:
        items = sorted(value, key=_order)
    opening, closing, _ = _BRACKETS[kind]
    inner = _joined((_describe(item, depth + 1, room) for item in items), len(value), room)
    return f"{opening}{inner}{',' if kind is tuple and len(value) == 1 else ''}{closing}"


def _order(item: object) -> tuple[str, str]:
    return type(item).__name__, _describe(item, _DEEPEST, 60)


def _special(value: Anything, kind: type, depth: int, room: int) -> str | None:
    """Describe what the common libraries make, if they are loaded."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    name = _name(kind)
    if numpy is not None and hasattr(numpy, "ndarray"):
        if issubclass(kind, numpy.ndarray):
            array = value.view(numpy.ndarray)
            head = f"{name} {array.dtype} {_shape(array.shape)}"
            if array.size <= 8 and array.dtype.kind in "biufcSUM":
                return f"{head} {array.tolist()!r}"
            return head
        if issubclass(kind, numpy.generic):
            return f"{name}({value.item()!r})" if value.dtype.kind in "biufcSUMm" else name
        if issubclass(kind, numpy.dtype):
            return f"dtype {value}"
    if pandas is not None and hasattr(pandas, "DataFrame"):
        if issubclass(kind, pandas.DataFrame):
            axes = object.__getattribute__(value, "_mgr").axes
            return f"{name} {_count(len(axes[1]), 'row')} x {_count(len(axes[0]), 'column')}"
        if issubclass(kind, pandas.Series):
            manager = object.__getattribute__(value, "_mgr")
            label = object.__getattribute__(value, "_name")
            told = "" if label is None else f" {_describe(label, depth + 1, room)}"
            return f"{name}{told} {manager.blocks[0].values.dtype} {_count(len(manager.axes[0]), 'row')}"
        if issubclass(kind, pandas.Index):
            return f"{name} of {len(value):,}"
        if issubclass(kind, pandas.Timestamp | pandas.Timedelta):
            return f"{name}({str(value)!r})"
    return _standard(value, kind, depth, room)


def _standard(value: Anything, kind: type, depth: int, room: int) -> str | None:
    module, qualname = qualified(kind)
    known = module in _PLAIN_MODULES and reach(module, qualname) is kind
    if known and f"{module}.{qualname}" in _OWN_REPR:
        return repr(value)
    pathlib = sys.modules.get("pathlib")
    if pathlib is not None and issubclass(kind, pathlib.PurePath):
        return f"{qualname}({pathlib.PurePath.__str__(value)!r})"
    if qualname == "ContextVar" and module == "_contextvars":
        try:
            return f"ContextVar({_describe(value.get(), depth + 1, room)})"
        except LookupError:
            return "ContextVar()"
    if known and qualname == "partial":
        return f"partial({_describe(value.func, depth + 1, room)}, …)"
    if issubclass(kind, bytearray | memoryview):
        return f"{qualname} of {len(value):,} bytes"
    enum = sys.modules.get("enum")
    if enum is not None and issubclass(kind, enum.Enum):
        return f"{qualname}.{value._name_}"
    if issubclass(kind, BaseException):
        return (
            f"{qualname}({_joined((_describe(item, depth + 1, room) for item in value.args), len(value.args), room)})"
        )
    return None


_PLAIN_MODULES = frozenset(("datetime", "decimal", "fractions", "uuid", "functools", "builtins", "re"))
_OWN_REPR = frozenset(
    (
        "datetime.date",
        "datetime.datetime",
        "datetime.time",
        "datetime.timedelta",
        "decimal.Decimal",
        "fractions.Fraction",
        "uuid.UUID",
        "re.Pattern",
        "builtins.range",
    ),
)


def _instance(value: Anything, kind: type, depth: int, room: int) -> str:
    """Describe an instance by its class and what its dict and slots hold."""
    base = find(kind)[1]
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        pairs = zip(type.__getattribute__(kind, "_fields"), tuple.__iter__(value), strict=False)
        inner = _joined((f"{k}={_describe(v, depth + 1, room)}" for k, v in pairs), len(value), room)
        return f"{_name(kind)}({inner})"
    for plain in (str, bytes, int, float):
        if issubclass(kind, plain):
            return f"{_name(kind)}({plain.__repr__(value)[:room]})"
    for sized in (dict, list, tuple, set, frozenset):
        if issubclass(kind, sized):
            return f"{_name(kind)} of {sized.__len__(value):,}"
    state = state_of(kind, base)
    if state.hidden is not None and base is object:
        return f"<{_name(kind)}>"
    held, names, _ = state.peek(value)
    if base is kind and not names and kind is not object:
        return f"<{_name(kind)}>"
    pairs_held: list[tuple[str, object]] = []
    for name, item in zip(names, held, strict=True):
        if name == "__dict__" and type(item) is dict:
            pairs_held.extend(item.items())
        else:
            pairs_held.append((name, item))
    # Few enough words for each that a wide object still shows its first attributes whole.
    each = max(room // 3, 20)
    inner = _joined(
        (f"{k}={_describe(v, depth + 1, each)}" for k, v in islice(pairs_held, _MOST)), len(pairs_held), room
    )
    return f"{_name(kind)}({inner})"


def _name(kind: type) -> str:
    return qualified(kind)[1].rpartition("<locals>.")[2]


def _shape(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def function_text(function: FunctionType, deeper: int = 2) -> str:
    """Name a function, with its defaults (what stands in its head), what it has captured, and what it holds as attributes."""
    code = function.__code__
    count = code.co_argcount
    defaults = function.__defaults__ or ()
    given = dict(zip(code.co_varnames[count - len(defaults) : count], defaults, strict=False))
    given.update(function.__kwdefaults__ or {})
    shown = [
        # A function that is a default may have other defaults itself.
        f"{name}={function_text(value, deeper - 1) if deeper and type(value) is FunctionType else describe(value, 40)}"
        for name, value in given.items()
    ]
    held = "".join(f", {name}={describe(value, 40)}" for name, value in vars(function).items() if name != "__wrapped__")
    captured = [
        f"{name}={_cell_text(cell)}" for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False)
    ]
    with_them = f" with {', '.join(captured)}" if captured else ""
    return f"function {function_name(function) or function.__qualname__}({', '.join(shown)}){with_them}{held}"[:300]


def _cell_text(cell: CellType) -> str:
    try:
        return describe(cell.cell_contents, 40)
    except ValueError:
        return "nothing yet"
