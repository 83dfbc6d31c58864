"""What is to be known of objects before a call may change them, so that what it changed can be set again.

Types and a few facts that can't be set are compared afterwards; so is the fingerprint of an object that can't be set at
all. All other objects need no look before: how they are after the call is what is kept.
"""

from __future__ import annotations

from time import thread_time

from hitsave_trace.fingerprint.forms import form_of
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hitsave_trace.fingerprint.forms import Form
    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.model import Fingerprint

_MOST_WHOLE = 500
_WHOLE_SECONDS = 0.01
"""Objects without a form that are fingerprinted by themselves, and what that may take; with more, what a call changed there can't be
told.
"""


class Before:
    """Objects as they were at one moment."""

    __slots__ = ("_contents", "_fixed", "_forms", "_loose", "_types", "_walk", "_whole", "objects", "value")

    def __init__(self, walk: Walk, value: object = None, roots: Collection[int] = (0,)) -> None:
        objects, contents = walk.objects, walk.contents
        self._walk = walk
        self.objects: Sequence[object] = objects
        self.value = value  # what leads to them
        self._loose = [(thing, loose_state(thing)) for thing in walk.loose]
        self._contents = contents  # digests of large arrays
        self._types = list(map(type, objects))
        self._forms: dict[type, Form | None] = {kind: form_of(kind) for kind in set(self._types)}
        self._fixed: dict[int, object] = {}
        self._whole: dict[int, Fingerprint | None] = {}
        watched = {kind for kind, form in self._forms.items() if form is None or form.watches or _is_frame(kind)}
        if not watched:
            return
        patience = thread_time() + _WHOLE_SECONDS
        for position, kind in enumerate(self._types):
            if kind not in watched or not walk.is_the_programs(position):
                continue
            form = self._forms[kind]
            if form is not None and form.watches:
                self._fixed[position] = form.fixed(objects[position])
            elif len(self._whole) < _MOST_WHOLE and (form is None or position not in roots):
                # A frame that is an argument by itself has changed if the argument has.
                self._whole[position] = _fingerprint(objects[position], patience if form is None else None)

    def same_as(self, objects: Sequence[object]) -> bool:
        """Whether these are the very objects, in this order; they were met in an equal value."""
        if self._walk.objects.settle():
            return False  # the call has asked an instance for its dict, and may have put it anywhere
        if list(map(id, objects)) == list(map(id, self.objects)):
            return True
        return len(objects) == len(self.objects) and not any(
            one is not other and self._walk.is_the_programs(position)
            for position, (one, other) in enumerate(zip(self.objects, objects, strict=True))
        )

    def changed(self, positions: range) -> Iterator[tuple[int, Form]]:
        """Give the objects at `positions` that may have changed, with their forms. Raises `Unsettable`."""
        self._walk.objects.settle()
        for thing, state in self._loose:
            if loose_state(thing) != state:
                raise Unsettable(-1)
        patience = thread_time() + 2 * _WHOLE_SECONDS
        for position in positions:
            if not self._walk.is_the_programs(position):
                continue
            thing = self.objects[position]
            kind = self._types[position]
            form = self._forms[kind]
            if type(thing) is not kind:
                raise Unsettable(position)
            if form is None or position in self._whole:
                known = self._whole.get(position)
                if known is not None and _fingerprint(thing, patience if form is None else None) == known:
                    continue
                if form is None:
                    raise Unsettable(position)
            elif position in self._fixed and form.fixed(thing) != self._fixed[position]:
                raise Unsettable(position)
            known = self._contents.get(position)
            if known is not None and _content(thing) == known:
                continue
            yield position, form


class Unsettable(Exception):
    """The object at `position` was changed in a way that can't be done again."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def loose_state(thing: Anything) -> object:
    """What can be changed of an object that counts as a value: of an index its names, of a member of an enumeration all it has."""
    names = getattr(thing, "names", None) if _is_frame(type(thing)) else None
    return tuple(names) if names is not None else _fingerprint(thing)


def _is_frame(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "pandas"


def _fingerprint(thing: object, deadline: float | None = None) -> Fingerprint | None:
    """Fingerprint an object by itself; None if that can't be done, or not before `deadline`."""
    if deadline is not None and thread_time() > deadline:
        return None
    try:
        return Walk(deadline).fingerprint(thing)
    except (Unfingerprintable, OverBudget):
        return None


def _content(array: object) -> Fingerprint | None:
    from hitsave_trace.fingerprint.arrays import content

    walk = Walk()
    content(walk, array)
    return walk.fed
