"""Where in a value something was found, as a person would write it: `x[3].data`.

A walk notes for each object only its *place*: one number that says in which holder it stands and at which position.
That is cheap enough for a million objects. The text is made when somebody asks.
"""

from __future__ import annotations

STATE = "state"
"""Labels (STATE, names, first): children `first` and later are slots by name, or the instance dict itself."""
KEYS = "keys"
"""Labels (KEYS, keys): `[key]`."""
ATTRIBUTES = "attributes"
"""Labels (ATTRIBUTES, names): `.name`."""
FROM = "from"
"""Labels (FROM, start): `[start + position]`."""
SILENT = ("silent", None)
"""Labels of what is only a part of how its holder is written: no step."""

OPAQUE = ("opaque", None)
"""Labels of what was made to read the state of its holder: no object in there was there before the walk."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything

_LONG = 40
_DEEPEST = 60  # Deeper than anybody reads.


_POSITION_BITS = 40
_POSITION = (1 << _POSITION_BITS) - 1


class Places:
    """The holders that a walk has opened: for each, its own place and how it labels what it holds."""

    __slots__ = ("_inside", "_labels", "_places")

    def __init__(self) -> None:
        self._places: list[int] = []
        self._labels: list[object] = []
        self._inside: dict[int, bool] = {}  # holder → whether it is inside of something opaque, as far as it was asked

    def open(self, place: int, labels: object) -> int:
        """Open a holder that stands at `place` (-1: a root, whose labels are its name); give its first position."""
        self._labels.append(labels)
        self._places.append(place)
        return len(self._places) - 1 << _POSITION_BITS

    def is_inside(self, place: int) -> bool:
        """Whether a place is inside of something opaque."""
        holder = place >> _POSITION_BITS
        way: list[int] = []
        answer = False
        while True:
            known = self._inside.get(holder)
            if known is not None:
                answer = known
                break
            way.append(holder)
            above = self._places[holder]
            if above < 0:
                break
            if self._labels[holder] is OPAQUE:
                answer = True
                break
            holder = above >> _POSITION_BITS
        for holder in way:
            self._inside[holder] = answer
        return answer

    def path(self, place: int) -> str:
        """Write the way from the root to this place."""
        ways: list[tuple[object, int]] = []
        holder = place >> _POSITION_BITS
        while self._places[holder] >= 0 and len(ways) <= _DEEPEST:
            ways.append((self._labels[holder], place & _POSITION))
            place = self._places[holder]
            holder = place >> _POSITION_BITS
        if len(ways) > _DEEPEST:
            return "…"
        text, in_dict = str(self._labels[holder]), False
        for labels, position in reversed(ways):
            step, in_dict = _step(labels, position, in_dict)
            text += step
        return text


def _step(labels: Anything, position: int, in_dict: bool) -> tuple[str, bool]:
    if labels is None:
        return f"[{position}]", False
    form, detail = labels[0], labels[1]
    if form == FROM:
        return f"[{detail + position}]", False
    if form == STATE:
        inner, first = labels[2], labels[3]
        if position < first:
            return _step(inner, position, False)
        name = detail[position - first]
        return ("", True) if name == "__dict__" else (f".{name}", False)
    if form == KEYS and position < len(detail):
        key = detail[position]
        return (f".{key}" if in_dict and type(key) is str else f"[{_short(key)}]"), False
    if form == ATTRIBUTES and position < len(detail):
        return f".{detail[position]}", False
    return "", False


def _short(key: object) -> str:
    if type(key) in (int, str, bool, float, bytes, type(None)):
        text = repr(key)
        return text if len(text) <= _LONG else text[:_LONG] + "…"
    return f"<{type(key).__name__}>"
