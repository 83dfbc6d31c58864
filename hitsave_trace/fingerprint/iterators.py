"""Iterators that a call has advanced: they are advanced as far again. They never go back, so they are set after everything else."""

from __future__ import annotations

from _collections import deque  # type: ignore[import-not-found]  # `collections` is not loaded for our sake
from itertools import count, islice
from operator import length_hint

from hitsave_trace.fingerprint import generators
from hitsave_trace.fingerprint.forms import FORMS, ByState
from hitsave_trace.fingerprint.stdlib import count_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything


class Advanced(ByState):
    """An iterator: it tells how far it is, and goes on until it is as far."""

    __slots__ = ()

    sure = True
    last = True


class _Ended(Advanced):
    """A generator: it has ended or not. One that was left in the middle of its work can't be brought there."""

    __slots__ = ()

    watches = True

    def fixed(self, thing: Anything) -> object:
        return generators.is_at_work(thing)


def _skip(iterator: Anything, count: int | None) -> None:
    deque(islice(iterator, count), 0)


def _number(iterator: Anything) -> int | None:
    """The number of the element that comes next; None at the end."""
    state = iterator.__reduce__()
    return state[2] if len(state) > 2 else None


def _go_to_number(iterator: Anything, wanted: int | None) -> None:
    now = _number(iterator)
    _skip(iterator, None if wanted is None or now is None else wanted - now)


def _leave(iterator: Anything, left: int) -> None:
    _skip(iterator, length_hint(iterator) - left)


def _count_to(iterator: Anything, wanted: tuple[int, ...]) -> None:
    start, *step = count_arguments(iterator) or wanted
    if start != wanted[0]:
        _skip(iterator, (wanted[0] - start) // (step[0] if step else 1))


_BY_NUMBER = Advanced(_number, _go_to_number)
FORMS.update(dict.fromkeys(map(type, (iter([]), iter(()), iter(""), iter(b""))), _BY_NUMBER))
FORMS[type(iter(range(1)))] = Advanced(length_hint, _leave)
FORMS[count] = Advanced(count_arguments, _count_to)
FORMS[generators.GENERATOR] = _Ended(generators.has_ended, generators.end)
