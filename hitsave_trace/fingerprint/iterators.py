"""Iterators that a call has advanced: they are advanced as far again. They never go back, so they are set after everything else."""

from __future__ import annotations

from _collections import deque  # type: ignore[import-not-found]  # `collections` is not loaded for our sake
from itertools import count, islice
from operator import length_hint

from hitsave_trace.fingerprint.forms import FORMS, Form
from hitsave_trace.fingerprint.stdlib import count_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything


class _Advanced(Form):
    """An iterator over what has its elements by their numbers: how far it is, None where it has come to an end."""

    __slots__ = ()

    sure = True
    last = True

    def take(self, thing: Anything) -> object:
        return _number(thing)

    def put(self, thing: Anything, held: Anything) -> None:
        now = _number(thing)
        deque(thing if held is None else islice(thing, 0 if now is None else held - now), 0)


def _number(iterator: Anything) -> int | None:
    state = iterator.__reduce__()
    return state[2] if len(state) > 2 else None


class _Range(Form):
    """An iterator over a range: how much of it is left."""

    __slots__ = ()

    sure = True
    last = True

    def take(self, thing: Anything) -> object:
        return length_hint(thing)

    def put(self, thing: Anything, held: Anything) -> None:
        deque(islice(thing, length_hint(thing) - held), 0)


class _Count(Form):
    """A count of whole numbers: the next one."""

    __slots__ = ()

    sure = True
    last = True

    def take(self, thing: Anything) -> object:
        return count_arguments(thing)

    def put(self, thing: Anything, held: Anything) -> None:
        start, *step = count_arguments(thing) or held
        deque(islice(thing, (held[0] - start) // (step[0] if step else 1) if held[0] != start else 0), 0)


FORMS.update(dict.fromkeys(map(type, (iter([]), iter(()), iter(""), iter(b""))), _Advanced()))
FORMS[type(iter(range(1)))] = _Range()
FORMS[count] = _Count()
