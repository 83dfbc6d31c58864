"""Warnings that nobody sees: a call that showed none may have raised some that a filter ignored.

Code written in C (numpy's division by zero, a file that is not closed) raises a warning without telling anybody, and nothing shows
when it is ignored, or becomes an error. So a call depends on each filter that ignored something when it began, or made it an
error: what it swallowed then would be swallowed now, in the same way. This goes one way only. That more is ignored now changes
nothing for a call that showed nothing, and one that showed something depends on all filters.

A filter still swallows what it did if it is there, or another one that takes in more, with no filter in front that might do
something else with what was swallowed before. Filters for a library's modules are not looked at there: libraries set them
for themselves. Nor are those for warnings that only an import raises, which numpy sets for everybody: else a call would depend
on whether the program imports numpy.
"""

from __future__ import annotations

import sys
from marshal import dumps, loads

from hitsave_trace.names import user_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.model import Fingerprint

    Key = tuple[str, str | None, str, str | None, int]  # action, message, category, module, line
    Swallowed = tuple[Key, str, tuple[Key, ...]]  # the filter, what its category derives from, what stands before

NAME = "warnings that are ignored"
STILL: Fingerprint = b"are still ignored"[:16]
OTHERS: Fingerprint = b"others are shown"[:16]

_SILENT = ("ignore", "error")
_FORMAT = 2  # without references: equal values are equal bytes
_OF_IMPORTS = frozenset(f"numpy.{name} size changed" for name in ("ndarray", "ufunc", "dtype"))
"""What extension modules raise that were built for another numpy, when they are imported."""
_latest: tuple[object, int, str] = ((), 0, "")
_answers: dict[str, tuple[str, Fingerprint]] = {}


def subject(filters: Sequence[Anything]) -> str:
    """Name what the present filters swallow."""
    global _latest
    known, modules, name = _latest
    if name and modules == len(user_modules) and known == filters:
        return name
    name = NAME + "\0" + dumps(_swallowed(filters), _FORMAT).decode("latin-1")
    _latest = filters, len(user_modules), name
    return name


def fingerprint(name: str) -> Fingerprint:
    """Say whether what was swallowed then is swallowed now."""
    now = subject(tuple(sys.modules["warnings"].filters)) if "warnings" in sys.modules else NAME
    if now == name:
        return STILL
    known = _answers.get(name)
    if known is None or known[0] != now:
        _answers[name] = known = now, STILL if _all_covered(_parts(name), _parts(now)) else OTHERS
    return known[1]


def is_about(name: str) -> bool:
    """Whether a setting is of this kind."""
    return name.startswith(NAME)


def _parts(name: str) -> tuple[Swallowed, ...]:
    text = name.partition("\0")[2]
    return loads(text.encode("latin-1")) if text else ()


def _swallowed(filters: Iterable[Anything]) -> tuple[Swallowed, ...]:
    found: dict[Key, Swallowed] = {}
    passed: list[tuple[type, Key]] = []
    for action, message, category, place, line in filters:
        pattern = getattr(place, "pattern", place)
        key: Key = action, getattr(message, "pattern", message), _name(category), pattern, line
        if key[1] in _OF_IMPORTS and action == "ignore":
            continue
        if action in _SILENT and key not in found:
            above = " ".join(_name(base) for base in category.__mro__[1:] if issubclass(base, Warning))
            before = {
                one
                for other, one in passed
                if one[0] != action and (issubclass(other, category) or issubclass(category, other))
            }
            found[key] = key, above, tuple(sorted(before, key=repr))
        if pattern is None or _is_of_the_program(place):
            passed.append((category, key))
    return tuple(found.values())


def _name(category: type) -> str:
    module = category.__module__
    return category.__qualname__ if module == "builtins" else f"{module}.{category.__qualname__}"


def _is_of_the_program(place: Anything) -> bool:
    match = getattr(place, "match", None)
    return any(module == place if match is None else match(module) for module in ("__main__", *user_modules))


def _all_covered(then: Iterable[Swallowed], now: Iterable[Swallowed]) -> bool:
    return all(any(_covers(one, other) for one in now) for other in then)


def _covers(one: Swallowed, other: Swallowed) -> bool:
    """Whether what the filter `other` swallowed is swallowed by `one`."""
    (key, _, before), (wanted, above, allowed) = one, other
    _, message, category, place, line = key
    same = key == wanted or (
        key[0] == wanted[0]
        and category in (wanted[2], *above.split())
        and message is None
        and place is None
        and not line
    )
    return same and set(before) <= set(allowed)
