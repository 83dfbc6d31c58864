"""Where two values differ: paths into them, with what stands there in either, in readable words.

It is asked only of values whose fingerprints differ, to tell a person what to look at. No code of the program runs: fields
are read where they lie. What it can't look into is told as a whole.
"""

from __future__ import annotations

import sys

from hitsave_trace.fingerprint import registry
from hitsave_trace.fingerprint.describe import describe
from hitsave_trace.fingerprint.state import state_of
from hitsave_trace.fingerprint.values import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Pair = tuple[str, object, object]  # path, the one value, the other

MOST_STEPS = 100_000


class Difference:
    """One place in which two values differ."""

    __slots__ = ("after", "before", "number", "path")

    def __init__(self, path: str, before: str, after: str, *, number: bool = False) -> None:
        self.path = path
        self.before = before
        self.after = after
        self.number = number  # whether a plain number stands there in both


def differing(one: object, other: object, path: str = "") -> Iterator[Difference]:
    """Find the places in which two values differ, in the order in which a reader would."""
    waiting: list[Pair] = [(path, one, other)]
    seen: set[tuple[int, int]] = set()
    steps = 0
    while waiting and steps < MOST_STEPS:
        steps += 1
        path, one, other = waiting.pop()
        if one is other:
            continue
        kind = type(one)
        if kind is not type(other):
            yield Difference(path, _typed(one), _typed(other))
            continue
        inner = _inner(path, one, other)
        if inner is None:
            if not _same(one, other):
                number = kind in (int, float) or kind.__name__ in ("float64", "float32", "int64")
                yield Difference(path, *_told(one, other), number=number)
            continue
        if isinstance(inner, Difference):
            yield inner
            continue
        if (id(one), id(other)) not in seen:
            seen.add((id(one), id(other)))
            waiting += reversed(inner)


def _inner(path: str, one: object, other: object) -> list[Pair] | Difference | None:
    """The parts of two values of one type; how they differ if they have not the same parts; None if they have none."""
    kind = type(one)
    if kind in (list, tuple) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        return _sequence(path, one, other)  # type: ignore[arg-type]
    if kind is dict:
        return _mapping(path, one, other)  # type: ignore[arg-type]
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and kind is getattr(numpy, "ndarray", None):
        return _array(path, one, other)
    if pandas is not None and kind is getattr(pandas, "DataFrame", None):
        return _frame(path, one, other)
    return _fields(path, one, other)


def _sequence(path: str, one: tuple[object, ...], other: tuple[object, ...]) -> list[Pair] | Difference:
    if len(one) != len(other):
        return Difference(path, f"{len(one)} items", f"{len(other)} items")
    names = getattr(type(one), "_fields", None)
    parts = [f"{path}.{name}" for name in names] if names else [f"{path}[{i}]" for i in range(len(one))]
    return list(
        zip(parts, tuple.__iter__(one) if names else one, tuple.__iter__(other) if names else other, strict=False)
    )


def _mapping(path: str, one: dict[object, object], other: dict[object, object]) -> list[Pair] | Difference:
    keys = [describe(key, 60) for key in one]
    others = [describe(key, 60) for key in other]
    if keys != others:
        return Difference(path, f"keys {', '.join(keys)}"[:200], f"keys {', '.join(others)}"[:200])
    return [
        (f"{path}[{key}]", mine, theirs) for key, mine, theirs in zip(keys, one.values(), other.values(), strict=True)
    ]


def _array(path: str, one: object, other: object) -> list[Pair] | Difference | None:
    numpy = sys.modules["numpy"]
    if one.dtype != other.dtype or one.shape != other.shape or one.dtype.hasobject:  # type: ignore[attr-defined]
        return None
    unequal = numpy.frombuffer(numpy.ascontiguousarray(one).tobytes(), numpy.uint8) != numpy.frombuffer(
        numpy.ascontiguousarray(other).tobytes(), numpy.uint8
    )
    size = one.dtype.itemsize  # type: ignore[attr-defined]
    places = numpy.flatnonzero(unequal) // max(size, 1)
    if not places.size:
        return None
    first = int(places[0])
    number = len(set(places.tolist())) if places.size < MOST_STEPS else places.size // size
    index = ", ".join(str(int(i)) for i in numpy.unravel_index(first, one.shape))  # type: ignore[attr-defined]
    before, after = one.reshape(-1)[first], other.reshape(-1)[first]  # type: ignore[attr-defined]
    more = f" (and {number - 1} more of {one.size})" if number > 1 else ""  # type: ignore[attr-defined]
    return Difference(f"{path}[{index}]", describe(before, 80) + more, describe(after, 80))


def _frame(path: str, one: object, other: object) -> list[Pair] | None:
    if not _same(one.columns, other.columns) or not _same(one.index, other.index):  # type: ignore[attr-defined]
        return [
            (f"{path}.columns", list(one.columns), list(other.columns)),  # type: ignore[attr-defined]
            (f"{path}.index", one.index.to_numpy(), other.index.to_numpy()),  # type: ignore[attr-defined]
        ]
    return [
        (f"{path}[{describe(name, 60)}]", one.iloc[:, i].to_numpy(), other.iloc[:, i].to_numpy())  # type: ignore[attr-defined]
        for i, name in enumerate(one.columns)  # type: ignore[attr-defined]
    ] or None


def _fields(path: str, one: object, other: object) -> list[Pair] | Difference | None:
    """The attributes of two plain instances."""
    kind = type(one)
    if kind.__module__ in ("builtins", "numpy") or isinstance(one, type):
        return None
    mine, theirs = _held(one), _held(other)
    if not mine and not theirs:
        return None
    if list(mine) != list(theirs):
        return Difference(path, f"attributes {', '.join(mine)}"[:200], f"attributes {', '.join(theirs)}"[:200])
    parts: list[Pair] = [(f"{path}.{name}", mine[name], theirs[name]) for name in mine]
    # What differs may lie elsewhere than in the attributes.
    return parts if any(not _same(a, b) for _, a, b in parts) else None


def _held(value: object) -> dict[str, object]:
    kind = type(value)
    held, names = state_of(kind, registry.find(kind)[1]).read(value)
    found = dict(zip(names, held, strict=True))
    own = found.pop("__dict__", None)
    return {**own, **found} if type(own) is dict else found


def _same(one: object, other: object) -> bool:
    try:
        return Walk().fingerprint(one) == Walk().fingerprint(other)
    except Exception:
        return False


def _typed(value: object) -> str:
    return f"{describe(value, 120)} ({type(value).__name__})"


def _told(one: object, other: object) -> tuple[str, str]:
    before, after = describe(one, 160), describe(other, 160)
    if type(one) is type(other) is str and before == after:
        return _apart(one, other)
    return before, after


def _apart(one: str, other: str) -> tuple[str, str]:
    """Two long texts from shortly before the place where they part."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(at - 20, 0)
    return repr(one[start : at + 60]), repr(other[start : at + 60])


def clock_can(one: str | None, other: str | None) -> bool:
    """Whether a clock can be what two texts differ by: in their numbers, and in the units of these."""
    if one is None or other is None:
        return False
    # A bar that shows progress draws itself as often as time allows.
    return "\r" in one + other or _numberless(one) == _numberless(other)


def _numberless(text: str) -> str:
    return "".join(sign for sign in text if not sign.isdigit() and sign not in " .,:+-µmns")
