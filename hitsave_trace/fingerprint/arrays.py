"""The canonical form of numpy's types, and of scipy's sparse matrices.

An array is its type, dtype, shape, memory order, whether it may be written to, and its bytes, which go from its buffer
straight into the hash. Strides count where they are not simply C or Fortran order: a sum over a strided view may
differ in its last bit. Arrays that share memory within one walk are told apart from arrays that don't; whether an
array owns its memory counts where the program may ask.
"""

from __future__ import annotations

import sys

import numpy as np

from hitsave_trace.fingerprint import containers, hasher, objects, owners, pooled, registry
from hitsave_trace.fingerprint.hasher import marshalled, number, text
from hitsave_trace.fingerprint.libraries import note
from hitsave_trace.fingerprint.places import ATTRIBUTES, KEYS, OPAQUE, SILENT, STATE
from hitsave_trace.fingerprint.regions import Regions
from hitsave_trace.fingerprint.registry import EXACT, WHOLE, Entry, add, by_type
from hitsave_trace.fingerprint.state import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

_ndarray = np.ndarray
_view = np.ndarray.view
_mark = object.__hash__
_shares_memory: Anything = np.shares_memory  # whose stub does not know every `max_work`
_byte = np.dtype(np.uint8)
_PADDED_FLOATS = {np.dtype(np.longdouble), np.dtype(np.clongdouble)} if np.dtype(np.longdouble).itemsize > 8 else set()
_LONG_DOUBLE_BYTES = 10  # of x86; the rest of its item is whatever was there before
_simple_dtypes: dict[object, bytes] = {}


def dtype_form(walk: Walk, dtype: Anything) -> bytes:
    known = _simple_dtypes.get(dtype)
    if known is not None and dtype.metadata is None:
        return known
    form = text(dtype.str) + text(type(dtype).__name__)
    if dtype.names is not None or dtype.subdtype is not None:
        form += b"S" + text(repr(dtype)) + marshalled((dtype.itemsize, dtype.alignment, dtype.isalignedstruct), 2)
    if dtype.metadata is not None:
        return form + walk.inner().fingerprint(dict(dtype.metadata))
    if dtype.kind == "T":
        form += walk.inner().fingerprint([getattr(dtype, "na_object", None), dtype.coerce])
    elif len(_simple_dtypes) < 1000:
        _simple_dtypes[dtype] = form
    return form


def _is_whole(dtype: Anything) -> bool:
    """Whether every byte of an item means something."""
    if dtype in _PADDED_FLOATS or dtype.kind in "OT":
        return False
    if dtype.subdtype is not None:
        return _is_whole(dtype.subdtype[0])
    if dtype.names is None:
        return True
    fields = [dtype.fields[name] for name in dtype.names]
    end = 0
    for field in sorted(fields, key=lambda field: field[1]):
        if field[1] != end or not _is_whole(field[0]):
            return False
        end += field[0].itemsize
    return bool(end == dtype.itemsize)


def content(walk: Walk, array: Anything) -> Children:
    """Write the elements of an array in the order of its memory, or give those that are objects."""
    dtype = array.dtype
    kind = dtype.kind
    if kind == "O":
        if pooled.write(walk, array):
            return None
        return [containers.Part(array.ravel().tolist(), 0, array.size)], SILENT
    if kind == "T":
        return [walk.made(array.astype(object).ravel().tolist())], SILENT
    if kind == "V" and dtype.names is not None and not _is_whole(dtype):
        return [walk.made(np.ascontiguousarray(array[name])) for name in dtype.names], (KEYS, list(dtype.names))
    if not array.flags.c_contiguous:
        array = array.T if array.flags.f_contiguous else np.ascontiguousarray(array)
    walk.write(number(array.nbytes))
    if array.nbytes:
        flat = array.reshape(-1).view(_byte)
        if dtype in _PADDED_FLOATS:
            flat = flat.reshape(-1, dtype.itemsize // (2 if kind == "c" else 1))[:, :_LONG_DOUBLE_BYTES].tobytes()
        walk.feed(flat)
    return None


def _array(walk: Walk, value: Anything) -> Children:
    kind = type(value)
    labels: list[str] = []
    first: list[object] = []
    held: list[object] = []
    if kind is _ndarray:
        array = value
        walk.distributions.add("numpy")
        walk.write(hasher.ARRAY)
    else:
        array = _view(value, _ndarray)
        first = objects.begin(walk, hasher.ARRAY + b"s", kind)
        held, labels = _state(value, kind)
        walk.write(marshalled(tuple(labels), 2))
    flags = array.flags
    walk.write(dtype_form(walk, array.dtype))
    if flags.c_contiguous:
        order: object = "C"
    elif flags.f_contiguous:
        order = "F"
    else:
        order = array.strides
    walk.write(marshalled((array.shape, order, value.flags.writeable, flags.aligned), 2))
    if owners.asked:
        walk.write(marshalled((value.base is None, value.flags.owndata), 2))
    share_memory(walk, array)
    walk.fed = None
    elements = content(walk, array)
    fed: bytes | None = walk.fed
    if fed is not None and not walk.is_key:
        walk.contents[walk.marks[_mark(value)]] = fed
    if elements is None:
        return (first + held, (STATE, labels, SILENT, len(first))) if first or held else None
    return first + elements[0] + held, (STATE, labels, elements[1], len(first) + len(elements[0]))


def _state(value: Anything, kind: type) -> tuple[list[object], list[str]]:
    """Give what a subclass of ndarray adds."""
    if issubclass(kind, np.memmap):
        return [value.mode], ["mode"]  # What matters of the file is its content, which is the array's.
    if issubclass(kind, np.ma.MaskedArray):
        # The rest of its dict are caches, one of which is filled by looking at `fill_value`.
        own = value.__dict__
        filler = own.get("_fill_value")
        filler = np.ma.default_fill_value(value.dtype) if filler is None else filler
        filler = np.asarray(filler)[()]  # a value, however it is kept
        return [own.get("_mask"), filler, own.get("_hardmask"), own.get("_optinfo")], ["mask", "fill_value", "", ""]
    return state_of(kind, _ndarray).read(value)


def extent(array: Anything) -> tuple[int, int]:
    """The addresses between which the elements of an array lie, the end excluded."""
    low: int = array.__array_interface__["data"][0]
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return low, low + array.nbytes
    high = low
    for length, stride in zip(array.shape, array.strides, strict=True):
        if stride < 0:
            low += (length - 1) * stride
        else:
            high += (length - 1) * stride
    return low, high + array.itemsize


def share_memory(walk: Walk, array: Anything) -> None:
    """Write with which earlier arrays of the walk this one shares memory, and how it lies in theirs."""
    if not array.nbytes:
        walk.write(hasher.OWN_MEMORY)
        return
    low, high = extent(array)
    regions = walk.regions
    if regions is None:
        regions = walk.regions = Regions()
    touched = regions.touching(low, high)
    shared = [region for region in touched if any(overlap(array, other) for other in region.arrays)]
    walk.kept.append(array)
    if not shared:
        # Neighbours that interleave (the columns of one matrix) share no element: nobody can tell them from copies.
        regions.add(low, high, array)
        walk.write(hasher.OWN_MEMORY)
        return
    walk.write(hasher.SHARED_MEMORY + number(len(shared)))
    for region in shared:
        walk.write(marshalled((region.number, low - region.origin), 2))
        regions.grow(region, low, high, array)


def overlap(one: Anything, other: Anything) -> bool:
    """Whether two arrays have an element in common, for all that can be found out in reasonable time."""
    try:
        return bool(_shares_memory(one, other, max_work=10_000))
    except Exception:  # numpy.exceptions.TooHardError: as good as yes
        return True


def _scalar(walk: Walk, value: Anything) -> Children:
    dtype = value.dtype
    first: list[object] = objects.begin(walk, hasher.SCALAR, type(value))
    walk.write(dtype_form(walk, dtype))
    if dtype.kind == "O" or not _is_whole(dtype):
        return [*first, np.asarray(value)], SILENT
    data = value.tobytes()
    walk.write(number(len(data)) + data)
    return first, SILENT


def _dtype(walk: Walk, value: Anything) -> Children:
    walk.write(hasher.LEAF + text("dtype") + dtype_form(walk, value))
    return None


def _ufunc(walk: Walk, value: Anything) -> Children:
    name = value.__name__
    for module in ("numpy", "numpy.strings", "scipy.special", "scipy.special._ufuncs", "numpy.linalg._umath_linalg"):
        if getattr(sys.modules.get(module), name, None) is value:
            note(walk, module)
            walk.write(hasher.LIBRARY + text("ufunc") + text(name))
            return None
    objects.refuse(value, "a ufunc that was made at run time shows nothing of what it does")


def _global_state() -> object:
    return getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)


def _random_state(walk: Walk, value: Anything) -> Children:
    if value is _global_state():
        # The global generator is the subject of dependencies of its own kind, made when somebody draws from it.
        walk.write(hasher.LIBRARY + text("numpy.random.mtrand") + text("_rand"))
        return None
    first = objects.begin(walk, hasher.LEAF + b"RandomState", type(value))
    return [*first, value.get_state(legacy=False), value._bit_generator], OPAQUE


def _generator(walk: Walk, value: Anything) -> Children:
    first = objects.begin(walk, hasher.LEAF + b"Generator", type(value))
    return [*first, value.bit_generator], (ATTRIBUTES, ["bit_generator"])


def _bit_generator(walk: Walk, value: Anything) -> Children:
    first = objects.begin(walk, hasher.LEAF + b"BitGenerator", type(value))
    return [*first, value.state, getattr(value, "seed_seq", None)], OPAQUE


def _seed_sequence(walk: Walk, value: Anything) -> Children:
    first = objects.begin(walk, hasher.LEAF + b"SeedSequence", type(value))
    return [*first, value.state, value.n_children_spawned], OPAQUE


_CACHES = ("_has_sorted_indices", "_has_canonical_format")


def _sparse(walk: Walk, value: Anything) -> Children:
    """Write a sparse matrix without what it has found out about itself, which asking alone changes."""
    first = objects.begin(walk, hasher.LEAF + b"sparse", type(value))
    own = object.__getattribute__(value, "__dict__")
    labels = [name for name in own if name not in _CACHES]
    walk.write(marshalled(tuple(labels), 2))
    held = [own[name] for name in labels]
    slots, found = state_of(type(value), dict if isinstance(value, dict) else object).read(value)
    extra = [slot for slot, name in zip(slots, found, strict=True) if name != "__dict__"]
    walk.write(number(len(extra)))
    # Newer dictionaries of keys derive from dict but hold their elements in an attribute.
    content_of = [walk.made(dict(dict.items(value)))] if isinstance(value, dict) and "_dict" not in own else []
    return first + held + extra + content_of, (ATTRIBUTES, ["class"] * len(first) + labels)


by_type[np.ndarray] = Entry(_array, True, WHOLE)
by_type[np.generic] = Entry(_scalar, False, WHOLE)
by_type[np.dtype] = Entry(_dtype, False, WHOLE)
by_type[np.ufunc] = Entry(_ufunc, False, EXACT)
add("numpy.random.mtrand.RandomState", _random_state, shared=True, reach=WHOLE)
add("numpy.random._generator.Generator", _generator, shared=True, reach=WHOLE)
add("numpy.random.bit_generator.BitGenerator", _bit_generator, shared=True, reach=WHOLE)
add("numpy.random.bit_generator.SeedSequence", _seed_sequence, shared=True, reach=WHOLE)
add("scipy.sparse._base._spbase", _sparse, shared=True, reach=WHOLE)
__all__ = ["content", "extent", "overlap", "registry", "share_memory"]
