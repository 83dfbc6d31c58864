"""The plain numbers and words inside a value: what a table of calls has columns for.

No code of the program is run: a dict, a dataclass, a named tuple or a plain instance is read where its fields lie, one
level deep (`config.rate`). What is no scalar there is left out; a value that has none inside is described in a few words.
"""

from __future__ import annotations

from hitsave_trace.fingerprint.describe import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Scalar = str | int | float | bool | None

MOST = 60
"""Columns of one value."""
_LONG = 200


def scalars(value: object, name: str = "", *, depth: int = 2) -> dict[str, Scalar]:
    """The scalars of `value` by the name of their column; `name` is that of the value itself, if it has one."""
    found: dict[str, Scalar] = {}
    _collect(value, name, depth, found)
    if not found:
        found[name or "result"] = describe(value, 80)
    return found


def _collect(value: object, name: str, depth: int, found: dict[str, Scalar]) -> None:
    if len(found) >= MOST:
        return
    plain, scalar = _scalar(value)
    if plain:
        found[name or "result"] = scalar
    elif depth:
        for key, inner in _fields(value):
            _collect(inner, f"{name}.{key}" if name else key, depth - 1, found)


def _scalar(value: object) -> tuple[bool, Scalar]:
    kind = type(value)
    if value is None or kind in (bool, float):
        return True, value  # type: ignore[return-value]
    if kind is int:
        if -(1 << 63) <= value < 1 << 63:  # type: ignore[operator]
            return True, value  # type: ignore[return-value]
        return True, describe(value, 80)
    if kind is str:
        return True, value[:_LONG]  # type: ignore[index]
    # Scalars of numpy and enums of plain values, each by the type's own way to a plain one.
    if kind.__module__ == "numpy" and getattr(kind, "ndim", 1) is not None and kind.__name__ != "ndarray":
        item = getattr(kind, "item", None)
        try:
            plain = item(value) if item is not None else value
        except Exception:
            return False, None
        return (True, plain) if type(plain) in (bool, int, float, str) else (False, None)  # type: ignore[return-value]
    return False, None


def _fields(value: object) -> Iterable[tuple[str, object]]:
    kind = type(value)
    if kind is dict:
        return [(key, inner) for key, inner in value.items() if type(key) is str][:MOST]  # type: ignore[attr-defined]
    if kind is tuple:
        return [(str(i), inner) for i, inner in enumerate(value[:8])]  # type: ignore[index]
    if issubclass(kind, tuple):  # not isinstance, which may ask the value
        names = kind.__dict__.get("_fields")
        inner: Iterable[object] = tuple.__iter__(value)  # type: ignore[arg-type]
        return list(zip(names, inner, strict=False)) if type(names) is tuple else ()
    names = kind.__dict__.get("__dataclass_fields__")
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        held = {}
    if names is not None:
        return [(name, _slot(value, kind, name, held)) for name in names]
    if type(held) is dict and kind.__module__ != "builtins" and hasattr(kind, "__dict__") and not _is_foreign(kind):
        return [(name, inner) for name, inner in held.items() if not name.startswith("_")][:MOST]
    return ()


def _slot(value: object, kind: type, name: str, held: dict[str, object]) -> object:
    if name in held:
        return held[name]
    try:
        return kind.__dict__[name].__get__(value)
    except (KeyError, AttributeError, TypeError):
        return None


def _is_foreign(kind: type) -> bool:
    from hitsave_trace.names import is_user_class

    return not is_user_class(kind)
