"""Arrays that are views, pickled as views.

Pickle writes a copy of what a view shows: strides are lost, and so is that two views show one memory. Here the array
that owns the memory is pickled, once, and each view of it as its place in there. It is used where plain pickle was seen
not to be faithful, since every object that is no builtin then costs a call of Python code.

What scikit-learn's data sets come in, a `Bunch`, drops a part of itself when it is pickled; here it doesn't.

NumPy's global generator, which estimators keep a reference to, is that generator again after loading.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

MOST_BYTES = 64 << 20
"""An owner larger than this, and much larger than the view, is not kept for the view's sake."""


def reducer() -> Callable[[object], object]:
    """Make a `reducer_override` for the modules that are loaded now."""
    numpy = sys.modules.get("numpy")
    array = getattr(numpy, "ndarray", None)
    shared = getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
    bunch = getattr(sys.modules.get("sklearn.utils._bunch"), "Bunch", None)

    def reduce(thing: object) -> object:
        if shared is not None and thing is shared:
            return global_generator, ()
        if bunch is not None and type(thing) is bunch:
            # scikit-learn's own way leaves out what it keeps beside its items.
            return bunch, (), dict(thing.__dict__), None, iter(dict.items(thing)), put_back  # type: ignore[arg-type]
        if array is None or type(thing) is not array or thing.base is None or thing.dtype.hasobject:  # type: ignore[attr-defined]
            return NotImplemented
        owner = thing
        while type(owner.base) is array:  # type: ignore[attr-defined]
            owner = owner.base  # type: ignore[attr-defined]
        if owner.base is not None or owner is thing:  # type: ignore[attr-defined]
            return NotImplemented
        if not (owner.flags.c_contiguous or owner.flags.f_contiguous):  # type: ignore[attr-defined]
            return NotImplemented
        if owner.nbytes > max(MOST_BYTES, 4 * thing.nbytes):  # type: ignore[attr-defined]
            return NotImplemented
        offset = _address(thing) - _address(owner)
        return view, (owner, thing.dtype, thing.shape, thing.strides, offset, thing.flags.writeable)  # type: ignore[attr-defined]

    return reduce


def _address(array: object) -> int:
    address: int = array.__array_interface__["data"][0]  # type: ignore[attr-defined]
    return address


def view(
    owner: np.ndarray, dtype: object, shape: tuple[int, ...], strides: tuple[int, ...], offset: int, writeable: bool
) -> np.ndarray:
    """Make a view of the memory that `owner` has."""
    import numpy as np

    memory = owner if owner.flags.c_contiguous else owner.T
    made: np.ndarray = np.ndarray(shape, dtype, memory, offset, strides)
    if not writeable:
        made.flags.writeable = False
    return made


def put_back(thing: object, state: dict[str, object]) -> None:
    """Give an instance the state that it had, without asking its class."""
    held = thing.__dict__
    held.clear()
    held.update(state)


def global_generator() -> object:
    """Give NumPy's global generator."""
    from numpy.random import mtrand

    return mtrand._rand
