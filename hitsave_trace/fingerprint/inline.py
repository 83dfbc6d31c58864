"""The attributes of instances, read without making a dict of them.

CPython 3.11 and 3.12 keep the attributes of an instance in an array, and make a dict when somebody asks for `__dict__`. From
then on each access to an attribute takes twice as long, for the rest of the object's life. A program that nobody
watches never asks; so we must not ask either.

Two bytes and more before the array say in which order the attributes were set, each by its place in a table that all instances
of the class share. Which name has which place is learnt from one instance of each class, which does get its dict. All of
it is tried when this module is imported: where anything is not as described, nothing is read like this.

Nothing here may raise an audit event, as `id` and `gc.get_referents` do: a program that listens would hear it. So memory is
read through three arrays that begin at address 0.
"""

from __future__ import annotations

import ctypes
from weakref import WeakKeyDictionary

from hitsave_trace.pythons import ATTRIBUTES_ARE_INLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything

    Reader = Callable[[object], "dict[str, object] | None"]

_MANAGED_DICT = 1 << 4
_WORD = 8
_END = 1 << 47  # of the addresses of a process
_mark = object.__hash__  # the address, turned by four bits
# 3.11: the array's address, or 0. Later: one less than the address; the address of the dict, which is even, if there is one.
_TAGGED = ATTRIBUTES_ARE_INLINE == "tagged"
_BEFORE = 3 if _TAGGED else 4
_words: Anything = ()
_bytes: Anything = ()
_objects: Anything = ()

_readers: WeakKeyDictionary[type, Reader | None] = WeakKeyDictionary()
_works = False


def reader_of(kind: type) -> Reader | None:
    """What reads the attributes of instances of `kind`, which derives from `object` alone and has no slots: it gives a
    new dict, or None for an instance that has a dict of its own.
    """
    try:
        return _readers[kind]
    except KeyError:
        pass
    able = _works and kind.__flags__ & _MANAGED_DICT and kind.__basicsize__ == _Plain.__basicsize__
    found = _readers[kind] = _make() if able else None
    return found


def has_dict(value: object) -> bool:
    """Whether an instance that was read like this has got a dict of its own since."""
    return _array(value) == 0


def _array(value: object) -> int:
    """The address of the array; 0 if there is none."""
    mark = _mark(value)
    if not 0 < mark < _END >> 4:
        return 0
    word: int = _words[2 * mark - _BEFORE]
    if not _TAGGED:
        return word
    return word + 1 if word & 1 else 0


def _make() -> Reader:
    names: dict[int, str] = {}
    named = names.__getitem__
    get = _objects.__getitem__

    def read(value: object) -> dict[str, object] | None:
        array = _array(value)
        if not array:
            return None
        end = array - 2
        places = _bytes[end - _bytes[end] : end]
        places.reverse()
        first = array // _WORD
        found = map(get, [first + place for place in places])
        try:
            # No other thread gets a turn between the two, which might take the array away.
            if _array(value) != array:
                return None
            held = list(found)
        except ValueError:
            return None
        try:
            return dict(zip(map(named, places), held, strict=True))
        except KeyError:
            # The first instance with such an attribute.
            own: dict[str, object] = object.__getattribute__(value, "__dict__")
            if len(own) == len(places) and all(type(name) is str for name in own):
                names.update(zip(places, own, strict=True))
            return None

    return read


class _Plain:
    pass


def _try() -> bool:
    one, other, empty, more = _Plain(), _Plain(), _Plain(), _Plain()
    one.a, one.b, one.c = 1, "b", one  # type: ignore[attr-defined]
    other.c, other.a = [3], 2.5  # type: ignore[attr-defined]
    more.a, more.b, more.c, more.d = 1, 2, 3, 4  # type: ignore[attr-defined]
    del more.b  # type: ignore[attr-defined]
    read = _make()
    first = _Plain()
    first.a = first.b = first.c = first.d = None  # type: ignore[attr-defined]
    if read(first) is not None or read(first) is not None:
        return False
    for value in (one, other, empty, more):
        found = read(value)
        if found is None or _array(value) == 0:
            return False
        own = value.__dict__
        if list(found.items()) != list(own.items()) or any(found[name] is not own[name] for name in own):
            return False
        if read(value) is not None:
            return False
    return True


if ATTRIBUTES_ARE_INLINE and ctypes.sizeof(ctypes.c_void_p) == _WORD:
    try:
        _words = (ctypes.c_size_t * (_END // _WORD)).from_address(0)
        _bytes = (ctypes.c_ubyte * _END).from_address(0)
        _objects = (ctypes.py_object * (_END // _WORD)).from_address(0)
        _works = _try()
    except Exception:
        _works = False
