"""Which objects show the same memory: arrays, what data frames keep their values in, and buffers.

That two arrays of one value share memory is a part of its canonical form. Here are those of which a walk can't tell:
arrays of two values, and the memory of a frame, a series, an index, an extension array or a buffer. Which array it is in
which a frame keeps its values is its own affair, and two frames never tell that they share one where pandas copies on write;
but an array that lies in the same memory as a frame changes with it. Before pandas 3 a column is a view of its frame, which
shows what is written to either.
"""

from __future__ import annotations

import sys

from hitsave_trace.fingerprint.forms import copies_on_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np

    from hitsave_trace.fingerprint.values import Walk

    # two objects, and how many bytes the second begins behind the first
    Tie = tuple[str, str, int]

ARRAY, FRAME, BUFFER = "array", "frame", "buffer"
MOST_TOGETHER = 64
"""Arrays in one stretch of memory up to which it is asked of each two whether they share an element."""
_BUFFERS = frozenset((("builtins", "bytearray"), ("builtins", "memoryview"), ("array", "array"), ("mmap", "mmap")))


def kind_of(kind: type) -> str:
    """Say how the objects of a class show memory; "" if they don't."""
    numpy = sys.modules.get("numpy")
    array = getattr(numpy, "ndarray", None)
    if array is None:
        return ""
    if issubclass(kind, array):
        return ARRAY
    if (kind.__module__, kind.__qualname__) in _BUFFERS:
        return BUFFER
    pandas = sys.modules.get("pandas")
    for name in ("DataFrame", "Series", "Index"):
        held = getattr(pandas, name, None)
        if isinstance(held, type) and issubclass(kind, held):
            return FRAME
    extension = getattr(getattr(getattr(pandas, "api", None), "extensions", None), "ExtensionArray", None)
    return BUFFER if isinstance(extension, type) and issubclass(kind, extension) else ""


def arrays_of(thing: object) -> list[np.ndarray]:
    """Give the arrays in which a frame, an extension array or a buffer keeps what it shows."""
    import numpy as np

    manager = getattr(thing, "_mgr", None)
    if manager is not None:
        return [array for one in getattr(manager, "arrays", ()) for array in _inside(one)]
    if type(thing).__module__.partition(".")[0] == "pandas":
        return _inside(thing)
    try:
        return [np.frombuffer(thing, np.uint8)]
    except (ValueError, TypeError, BufferError):
        return []  # it is empty, closed, or not in one piece


def _inside(value: object) -> list[np.ndarray]:
    import numpy as np

    if isinstance(value, np.ndarray):
        return [value]
    # Attributes that are computed when they are asked for are left alone.
    held = getattr(value, "__dict__", None)
    found = list(held.values()) if type(held) is dict else []
    found.append(getattr(value, "_ndarray", None))  # its own class keeps it
    nested = held.get("_data") if type(held) is dict else None
    if type(nested).__module__.partition(".")[0] == "pandas":
        found += _inside(nested)
    return [one for one in found if isinstance(one, np.ndarray)]


def watched(objects: Iterable[object]) -> bool:
    """Whether pandas knows one of some frames as a part of another one, and warns when it is written to (before pandas 3)."""
    pandas = sys.modules.get("pandas")
    kinds = tuple(kind for name in ("DataFrame", "Series") if isinstance(kind := getattr(pandas, name, None), type))
    return (
        bool(kinds) and not copies_on_write() and any(issubclass(type(one), kinds) and _is_part(one) for one in objects)
    )


def _is_part(frame: object) -> bool:
    # It refers to the other one weakly: when that has gone, nothing is told.
    whole = getattr(frame, "_is_copy", None)
    return whole is not None and (not callable(whole) or whole() is not None)


class Stretch:
    """The memory that one array shows."""

    __slots__ = ("array", "framed", "high", "low", "position", "source", "thing")

    def __init__(self, array: np.ndarray, thing: object, source: str, position: int, *, framed: bool) -> None:
        self.array = array
        self.thing = thing  # the array itself, or what keeps it
        self.source = source  # that in which it is the object at `position`
        self.position = position
        self.framed = framed  # whether it is kept by what never tells that it shares it with others of its kind
        from hitsave_trace.fingerprint.arrays import extent

        self.low, self.high = extent(array)

    def shares(self, other: Stretch) -> bool:
        """Whether the two have an element in common."""
        from hitsave_trace.fingerprint.arrays import overlap

        return self.low < other.high and other.low < self.high and overlap(self.array, other.array)

    def __str__(self) -> str:
        return f"{self.source} {self.position}"


def stretches(objects: Iterable[object], source: str, kinds: dict[type, str]) -> list[Stretch]:
    """Give the memory that some objects show. `kinds`: what is known of classes so far."""
    found: list[Stretch] = []
    copied: bool | None = None
    for position, thing in enumerate(objects):
        kind = type(thing)
        how = kinds.get(kind)
        if how is None:
            how = kinds[kind] = kind_of(kind)
        if how:
            if how == FRAME and copied is None:
                copied = copies_on_write()
            framed = how == FRAME and (copied or getattr(thing, "_mgr", None) is None)  # an index can't be written to
            for array in [thing] if how == ARRAY else arrays_of(thing):
                one = Stretch(array, thing, source, position, framed=bool(framed))  # type: ignore[arg-type]
                if one.low < one.high:
                    found.append(one)
    return found


def ties(found: list[Stretch], matters: Callable[[Stretch, Stretch], bool]) -> list[Tie]:
    """Say which two stretches have an element in common, and how far apart they begin."""
    rows: list[Tie] = []
    order = {id(one): i for i, one in enumerate(found)}

    def of(together: list[Stretch]) -> None:
        together.sort(key=lambda one: order[id(one)])
        exact = len(together) <= MOST_TOGETHER
        for i, later in enumerate(together):
            rows.extend(
                (str(earlier), str(later), later.low - earlier.low)
                for earlier in (together[:i] if exact else together[: min(i, 1)])
                if matters(earlier, later) and (not exact or earlier.shares(later))
            )

    together: list[Stretch] = []
    high = 0
    for one in sorted(found, key=lambda one: one.low):
        if one.low >= high:
            of(together)
            together = []
        together.append(one)
        high = max(high, one.high)
    of(together)
    rows.sort()
    return rows


def inside(walk: Walk) -> list[Tie]:
    """Say what in one value shares memory of which its canonical form does not tell: arrays with frames and with buffers."""
    kinds: dict[type, str] = {}
    found = stretches([*walk.objects, *walk.loose], "", kinds)
    if len(found) < 2 or not {FRAME, BUFFER}.intersection(kinds.values()):
        return []
    return ties(found, _untold)


def _untold(one: Stretch, other: Stretch) -> bool:
    if one.thing is other.thing or (one.framed and other.framed):
        return False
    return one.thing is not one.array or other.thing is not other.array
