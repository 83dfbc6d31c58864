"""What an instance has from a builtin base, read and set without asking the instance: subclasses may answer otherwise."""

from __future__ import annotations

from types import SimpleNamespace

from hitsave_trace.fingerprint.orders import fill, way_to_fill
from hitsave_trace.fingerprint.stdlib import iter_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything

_ALL = slice(None)


class Content:
    """What an instance has from a builtin base."""

    __slots__ = ()

    def take(self, thing: Anything) -> object:
        """Read it."""
        return None

    def put(self, thing: Anything, held: Anything) -> None:
        """Set it."""


class _List(Content):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        return list.__getitem__(thing, _ALL)

    def put(self, thing: Anything, held: Anything) -> None:
        list.__setitem__(thing, _ALL, held)


class _Dict(Content):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        # Not `dict(thing)`, which asks a subclass for its keys.
        return dict(dict.items(thing))

    def put(self, thing: Anything, held: Anything) -> None:
        dict.clear(thing)
        dict.update(thing, held)


class _OrderedDict(Content):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        from collections import OrderedDict

        return [(key, dict.__getitem__(thing, key)) for key in OrderedDict.__iter__(thing)]

    def put(self, thing: Anything, held: Anything) -> None:
        from collections import OrderedDict

        OrderedDict.clear(thing)
        for key, value in held:
            OrderedDict.__setitem__(thing, key, value)


class _Set(Content):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        way = way_to_fill(thing)
        if way is None:
            raise ValueError("the order of a set can't be made again")
        return way

    def put(self, thing: Anything, held: Anything) -> None:
        set.clear(thing)
        fill(thing, *held)


class _ByteArray(Content):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        return bytes(memoryview(thing))

    def put(self, thing: Anything, held: Anything) -> None:
        bytearray.__setitem__(thing, _ALL, held)


class _Deque(Content):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        return list(iter_of(thing))

    def put(self, thing: Anything, held: Anything) -> None:
        from collections import deque

        deque.clear(thing)
        deque.extend(thing, held)


class _Array(Content):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        return thing.typecode, memoryview(thing).tobytes()

    def put(self, thing: Anything, held: Anything) -> None:
        from array import array

        array.__setitem__(thing, _ALL, array(*held))


class _Memory(Content):
    """A file in memory."""

    __slots__ = ()

    def take(self, thing: Anything) -> object:
        return None if thing.closed else thing.__getstate__()

    def put(self, thing: Anything, held: Anything) -> None:
        if held is None:
            thing.close()
        else:
            thing.__setstate__(held)


_NOTHING = Content()
CONTENTS: dict[type, Content] = {
    object: _NOTHING,
    SimpleNamespace: _NOTHING,
    list: _List(),
    dict: _Dict(),
    set: _Set(),
    bytearray: _ByteArray(),
}
NAMED_CONTENTS: dict[str, Content] = {
    "collections.deque": _Deque(),
    "collections.OrderedDict": _OrderedDict(),
    "collections.defaultdict": _Dict(),
    "array.array": _Array(),
    "_io.StringIO": _Memory(),
    "_io.BytesIO": _Memory(),
}
