"""NumPy's types of elements, pickled so that there is one of each.

NumPy keeps one object for each plain type, and all arrays that a program makes have that one. Pickle makes a new one, which
is equal. A program that pickles an array from the store together with one that was made here writes the type
twice, where plain Python wrote it once: another file. So what NumPy keeps is pickled as a look-up. What is no plain type
(records, units of time, the other byte order) is made anew wherever it is asked for, and is left to pickle.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    Reductions = dict[type, Callable[[object], object]]

_found: Reductions = {}


def reductions() -> Reductions:
    """Give what reduces the types of elements of NumPy, if that is loaded."""
    numpy = sys.modules.get("numpy")
    kind = getattr(numpy, "dtype", None)
    if not _found and kind is not None:
        _found.update((type(kind(letter)), _reduced) for letter in numpy.typecodes["All"])  # type: ignore[union-attr]
    return _found


def _reduced(thing: object) -> object:
    known: np.dtype[np.generic] = thing  # type: ignore[assignment]
    kind = sys.modules["numpy"].dtype
    return (kind, (known.char,)) if kind(known.char) is known else known.__reduce__()
