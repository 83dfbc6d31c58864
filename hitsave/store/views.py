"""Arrays that are views, pickled as views.

Pickle writes a copy of what a view shows: strides are lost, and so is that two views show one memory. Here the array
that owns the memory is pickled, once, and each view of it as its place in there. It is used where plain pickle was seen
not to be faithful, since every object that is no builtin then costs a call of Python code.

NumPy's global generator, which estimators keep a reference to, is that generator again after loading.
"""

from __future__ import annotations

import sys

from hitsave.store import functions, states

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

MOST_BYTES = 64 << 20
"""An owner larger than this, and much larger than the view, is not kept for the view's sake."""


def reducer(owners: Sequence[np.ndarray] = ()) -> Callable[[object], object]:
    """Make a `reducer_override` for the modules that are loaded now.

    `owners` are arrays that were there before: what lies in their memory is a view of them again.
    """
    numpy = sys.modules.get("numpy")
    array = getattr(numpy, "ndarray", None)
    shared = getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
    masked = getattr(sys.modules.get("numpy.ma"), "MaskedArray", ())

    def reduce(thing: object) -> object:
        if shared is not None and thing is shared:
            return global_generator, ()
        if isinstance(thing, masked):
            return make_masked, (type(thing), thing.view(array), dict(thing.__dict__))
        if array is None or type(thing) is not array:
            found = states.reduce(thing)
            return functions.reduce(thing) if found is NotImplemented else found
        if thing.base is None or thing.dtype.hasobject:  # type: ignore[attr-defined]
            return NotImplemented
        outside = owner_of(thing, owners)  # type: ignore[arg-type]
        if outside is not None:
            return view, _arguments(thing, outside)  # type: ignore[arg-type]
        owner = thing
        while type(owner.base) is array:  # type: ignore[attr-defined]
            owner = owner.base  # type: ignore[attr-defined]
        if owner.base is not None or owner is thing:  # type: ignore[attr-defined]
            return NotImplemented
        if not (owner.flags.c_contiguous or owner.flags.f_contiguous):  # type: ignore[attr-defined]
            return NotImplemented
        if owner.nbytes > max(MOST_BYTES, 4 * thing.nbytes):  # type: ignore[attr-defined]
            return NotImplemented
        return view, _arguments(thing, owner)  # type: ignore[arg-type]

    return reduce


def owner_of(array: np.ndarray, owners: Sequence[np.ndarray]) -> np.ndarray | None:
    """Find the array, in one piece, in whose memory another lies as a whole."""
    if array.dtype.hasobject or not array.nbytes:
        return None
    from hitsave_trace.fingerprint.arrays import extent

    low, high = extent(array)
    for owner in owners:
        start = _address(owner)
        if start <= low and high <= start + owner.nbytes:
            return owner
    return None


def can_own(array: object) -> bool:
    """Whether views can be made of an array by their place in its memory."""
    found: np.ndarray = array  # type: ignore[assignment]
    flags = found.flags
    return (flags.c_contiguous or flags.f_contiguous) and not found.dtype.hasobject and found.nbytes > 0


def _arguments(array: np.ndarray, owner: np.ndarray) -> tuple[object, ...]:
    offset = _address(array) - _address(owner)
    return owner, array.dtype, array.shape, array.strides, offset, array.flags.writeable


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


def make_masked(kind: type, elements: np.ndarray, held: dict[str, object]) -> object:
    """Make a masked array of its elements and attributes. By its own account one without a mask has one that hides nothing."""
    made: np.ndarray = elements.view(kind)
    made.__dict__.update(held)
    return made


def global_generator() -> object:
    """Give NumPy's global generator."""
    from numpy.random import mtrand

    return mtrand._rand
