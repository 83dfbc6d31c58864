"""The recursion limit in the program's own terms.

Our frames below the program are unseen, but they count as depth. So the interpreter's limit is raised by that depth, and
`sys.getrecursionlimit` and `sys.setrecursionlimit` speak of the limit without it: a program that recurses until it is
stopped is stopped where plain Python stops it.

In threads other than the main one nothing lies below the program, so that it may go deeper by the same few frames.
"""

from __future__ import annotations

import sys

from hitsave_trace import pythons
from hitsave_trace.importing.unseen import unseen

_get, _set = sys.getrecursionlimit, sys.setrecursionlimit
_extra = 0

# Under a script and under `-m`: our own frame; up to 3.11 calls of C functions count as well.
BELOW_SCRIPT = 3 if pythons.CALL_NEEDS_PRECALL else 1
BELOW_MODULE = 2 if pythons.CALL_NEEDS_PRECALL else 1


@unseen
def getrecursionlimit():  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Stand for the function of `sys`."""
    return _get() - _extra


@unseen
def setrecursionlimit(limit, /):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Stand for the function of `sys`."""
    if type(limit) is not int or limit < 1 or limit > _LARGEST - _extra:
        return _set(limit)
    problem = _try(limit)
    if problem is not None:
        raise problem
    return None


_LARGEST = 2**31 - 1


def _try(limit: int) -> RecursionError | None:
    # Two frames of ours lie above the caller here, where plain Python has none.
    try:
        _set(limit + _extra)
    except RecursionError as error:
        told = str(error).split(" ")
        return RecursionError(" ".join(_restated(word, limit) for word in told))
    return None


def _restated(word: str, limit: int) -> str:
    end = ":" if word.endswith(":") else ""
    number = word.removesuffix(":")
    if not number.isdigit():
        return word
    return str(limit if int(number) == limit + _extra else int(number) - _extra - 2) + end


def shift(extra: int) -> None:
    """Allow for `extra` levels below the program."""
    global _extra
    if _extra == 0 and extra > 0:
        _extra = extra
        _set(_get() + extra)
        for function, plain in ((getrecursionlimit, _get), (setrecursionlimit, _set)):
            function.__module__, function.__doc__ = "sys", plain.__doc__
            function.__text_signature__ = plain.__text_signature__  # type: ignore[union-attr]
        sys.getrecursionlimit, sys.setrecursionlimit = getrecursionlimit, setrecursionlimit
