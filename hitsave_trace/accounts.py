"""What this process wrote, as the kernel counts it, and how much of that was HitSave.

The kernel counts the bytes that go through `write` and its kin, whoever calls it: Python, C's `printf`, Fortran. A run
can be replayed only if every byte that reached its standard output was seen on its way, and native code goes by no way
of ours. So what was written in sum is compared with what is known (`taps.kernel`), and HitSave has to know its own part:
what it writes for the store stands inside of `with ours:`.

Where the system does not count (`/proc` is Linux's), nothing is known, and `written` gives None.
"""

from __future__ import annotations

import os
from _thread import get_ident

_open, _read, _close = os.open, os.read, os.close


class Ours:
    """The context manager `ours`, and the sum of what was written inside of it. It does not nest."""

    __slots__ = ("_before", "_parts", "on")

    def __init__(self) -> None:
        self.on = False  # whether somebody will ask
        self._parts: list[int] = []
        self._before: dict[int, int] = {}

    def __enter__(self) -> None:
        if self.on:
            self._before[get_ident()] = _written("/proc/thread-self/io") or 0

    def __exit__(self, *_: object) -> None:
        before = self._before.pop(get_ident(), None) if self._before else None
        if before is not None:
            self._parts.append((_written("/proc/thread-self/io") or 0) - before)

    def total(self) -> int:
        """Bytes that HitSave wrote since it was switched on."""
        return sum(self._parts)


ours = Ours()


def written() -> int | None:
    """Bytes that all threads of this process have written so far."""
    return _written("/proc/self/io")


def _written(path: str) -> int | None:
    try:
        descriptor = _open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = _read(descriptor, 4096)
    except OSError:
        return None
    finally:
        _close(descriptor)
    _, found, rest = text.partition(b"wchar: ")
    return int(rest.partition(b"\n")[0]) if found else None
