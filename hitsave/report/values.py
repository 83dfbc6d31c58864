"""In what two values differ, in a few lines: for dicts, dataclasses, sequences, arrays and data frames.

Looks at the parts; runs no method of the program's own classes.
"""

from __future__ import annotations

from collections.abc import Mapping

from hitsave_trace.fingerprint.describe import describe

MOST = 20


def compare(old: object, new: object, name: str = "result") -> list[str]:
    """Lines that say in what `new` differs from `old`; empty if in nothing that can be seen."""
    told: list[str] = []
    _compare(old, new, name, told, 6)
    return told[:MOST] + ([f"and {len(told) - MOST} more"] if len(told) > MOST else [])


def _compare(old: object, new: object, name: str, told: list[str], depth: int) -> None:
    if old is new or len(told) > 10 * MOST:
        return
    kinds = type(old), type(new)
    if kinds[0] is not kinds[1]:
        told.append(f"{name}: {describe(old, 60)} → {describe(new, 60)}")
    elif _is(old, "numpy", "ndarray"):
        _arrays(old, new, name, told)
    elif _is(old, "pandas", "DataFrame"):
        _frames(old, new, name, told)
    elif _is(old, "pandas", "Series"):
        _compare(old.to_frame("values"), new.to_frame("values"), name, told, depth)  # type: ignore[attr-defined]
    elif depth and isinstance(old, dict) and isinstance(new, dict):
        _mappings(dict.copy(old), dict.copy(new), name, told, depth, "{}[{!r}]")
    elif depth and isinstance(old, list | tuple) and isinstance(new, list | tuple):
        if len(old) != len(new):
            told.append(f"{name}: {len(old)} → {len(new)} items")
        for i, (one, two) in enumerate(zip(old, new, strict=False)):
            _compare(one, two, f"{name}[{i}]", told, depth - 1)
    elif depth and type(getattr(old, "__dict__", None)) is dict and not callable(old):
        _mappings(dict(old.__dict__), dict(new.__dict__), name, told, depth, "{}.{}")
    else:
        before, after = describe(old, 60), describe(new, 60)
        if before != after:
            told.append(f"{name}: {before} → {after}")


def _mappings(
    old: Mapping[str, object], new: Mapping[str, object], name: str, told: list[str], depth: int, form: str
) -> None:
    for key in {**old, **new}:
        inner = form.format(name, key)
        if key not in old:
            told.append(f"{inner}: new, {describe(new[key], 60)}")
        elif key not in new:
            told.append(f"{inner}: gone, was {describe(old[key], 60)}")
        else:
            _compare(old[key], new[key], inner, told, depth - 1)


def _is(value: object, package: str, kind: str) -> bool:
    cls = type(value)
    return cls.__name__ == kind and cls.__module__.partition(".")[0] == package


def _arrays(old, new, name: str, told: list[str]) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    import numpy as np

    for what in ("shape", "dtype"):
        before, after = getattr(old, what), getattr(new, what)
        if before != after:
            told.append(f"{name}: {what} {before} → {after}")
    if old.shape != new.shape:
        return
    try:
        same = old == new
        if old.dtype.kind in "fc" and new.dtype.kind in "fc":
            same |= np.isnan(old) & np.isnan(new)
        count = int(same.size - same.sum())
        if not count:
            return
        text = f"{name}: {count} of {same.size} items differ"
        if old.dtype.kind in "iufcb" and new.dtype.kind in "iufcb":
            gap = np.abs(new.astype("complex128" if "c" in old.dtype.kind + new.dtype.kind else "float64") - old)
            gap = np.where(np.isnan(gap), 0, gap)
            at = np.unravel_index(int(gap.argmax()), gap.shape) if gap.size else ()
            text += f", at most by {float(gap.max()):.6g} at {[int(i) for i in at]}"
        told.append(text)
    except (TypeError, ValueError):
        told.append(f"{name}: items differ")


def _frames(old, new, name: str, told: list[str]) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if len(old) != len(new):
        told.append(f"{name}: {len(old)} → {len(new)} rows")
    before, after = list(map(str, old.columns)), list(map(str, new.columns))
    gone, fresh = [c for c in before if c not in after], [c for c in after if c not in before]
    if gone:
        told.append(f"{name}: columns gone: {', '.join(gone)}")
    if fresh:
        told.append(f"{name}: new columns: {', '.join(fresh)}")
    if len(old) != len(new):
        return
    for column in (c for c in old.columns if c in new.columns):
        one, two = old[column], new[column]
        if one.dtype != two.dtype:
            told.append(f"{name}[{str(column)!r}]: dtype {one.dtype} → {two.dtype}")
            continue
        try:
            differ = (one.to_numpy() != two.to_numpy()) & ~(one.isna().to_numpy() & two.isna().to_numpy())
        except (TypeError, ValueError):
            continue
        if differ.any():
            first = int(differ.argmax())
            told.append(
                f"{name}[{str(column)!r}]: {int(differ.sum())} of {len(one)} cells differ, first in row {first}: "
                f"{describe(one.iloc[first], 30)} → {describe(two.iloc[first], 30)}"
            )
