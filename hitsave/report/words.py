"""How durations, sizes, moments and names are worded, everywhere the same.

Used on the run path by the summary line: it imports nothing but `time`.
"""

from __future__ import annotations

import time

_MINUTE = 60
_HOUR = 3600
_DAY = 86400


def duration(seconds: float | None) -> str:
    """`seconds` in the largest two units that matter: '850 µs', '12 ms', '4.2 s', '4 m 12 s', '2 h 05 m'."""
    if seconds is None:
        return "?"
    if seconds < 0.0005:
        return f"{round(seconds * 1e6)} µs" if seconds > 0 else "0 s"
    if seconds < 0.9995:
        return f"{round(seconds * 1e3)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} m {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} m"


def size(count: int) -> str:
    """`count` bytes: '312 B', '4.2 kB', '1.3 GB' (powers of ten, as file managers and disks count)."""
    if count < 1000:
        return f"{count} B"
    amount = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.5:
            return f"{amount:.1f} {unit}" if amount < 99.5 else f"{amount:.0f} {unit}"
    return f"{amount / 1000:.1f} PB"


def moment(when: float, now: float | None = None) -> str:
    """When something happened: '14:03' today, 'Tue 14:03' this week, '2026-03-01 14:03' before."""
    now = time.time() if now is None else now
    local, today = time.localtime(when), time.localtime(now)
    clock = f"{local.tm_hour:02d}:{local.tm_min:02d}"
    if (local.tm_year, local.tm_yday) == (today.tm_year, today.tm_yday):
        return clock
    if 0 <= now - when < 6 * _DAY:
        # No strftime: it speaks the user's locale, and the rest of our words don't.
        return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[local.tm_wday]} {clock}"
    return f"{local.tm_year}-{local.tm_mon:02d}-{local.tm_mday:02d} {clock}"


def ago(when: float, now: float | None = None) -> str:
    """How long ago: 'just now', '5 minutes ago', '2 days ago'."""
    passed = (time.time() if now is None else now) - when
    if passed < _MINUTE:
        return "just now"
    for unit, length in (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE)):
        if passed >= length:
            return f"{count(int(passed // length), unit)} ago"
    return "just now"


def count(number: int, word: str, plural: str | None = None) -> str:
    """'1 call', '3 calls'."""
    return f"{number} {word if number == 1 else plural or word + 's'}"


def short_name(name: str) -> str:
    """A subject as people write it: 'helper:scale' → 'helper.scale', '__main__:train' → 'train'.

    The colon stays in a path and in what is said of it in brackets: only the one between module and qualified name goes.
    """
    name, bracket, detail = name.partition(" (")
    return _short(name) + bracket + detail


def _short(name: str) -> str:
    module, colon, rest = name.partition(":")
    if not colon or rest[:1] == " " or not module.replace(".", "_").isidentifier():
        return name
    if rest == "<module>":
        return "the script's top level" if module == "__main__" else f"the top level of {module}"
    rest = rest.replace(".<locals>.", ".")
    owner, colon, cell = rest.partition(":")
    if colon:
        rest = f"{cell} of {owner}"
        return rest if module == "__main__" else f"{rest} in {module}"
    return rest if module == "__main__" else f"{module}.{rest}"


def parameter(name: str) -> str:
    """A parameter as people write it; one of a library that has no name there is counted: '#1' → 'argument 1'."""
    return f"argument {name[1:]}" if name[:1] == "#" and name[1:].isdecimal() else name


def given(arguments: dict[str, object], width: int = 40) -> str:
    """What a call was given: 'rate=0.1, epochs=3'."""
    return ", ".join(
        clip(str(value), width) if name[:1] == "#" else f"{name}={clip(str(value), width)}"
        for name, value in arguments.items()
    )


def last_part(name: str) -> str:
    """The function's own name, for the links of a path: 'model:Net.fit' → 'Net.fit'."""
    _, colon, rest = name.partition(":")
    return (rest if colon else name).replace(".<locals>.", ".")


def clip(text: str, width: int) -> str:
    """`text` on one line, at most `width` columns long."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
