"""The canonical form of builtin containers.

One form per shape: a container of atoms is written whole by `marshal`; so is a list or tuple of such containers
(rows, records), if none of them was met before; anything else is written element by element. Which of the three it is
depends on the structure alone, so equal values always take the same way.
"""

from __future__ import annotations

from itertools import chain

from hitsave_trace.fingerprint import hasher
from hitsave_trace.fingerprint.hasher import ATOMS, CHUNK, WRITERS, marshalled, number
from hitsave_trace.fingerprint.places import FROM, KEYS, SILENT
from hitsave_trace.fingerprint.registry import CONTENT, WHOLE, Entry, by_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children, Labels
    from hitsave_trace.fingerprint.values import Walk

_ATOMS_ALL = ATOMS.issuperset
_list_items = list.__getitem__
_tuple_items = tuple.__getitem__
_ALL = slice(None)


class Part:
    """A piece of a long sequence, written like a tuple."""

    __slots__ = ("items", "start", "stop")

    def __init__(self, items: list[object] | tuple[object, ...], start: int, stop: int) -> None:
        self.items = items
        self.start = start
        self.stop = stop


def _flat(walk: Walk, items: object) -> None:
    """Write a container of atoms whole."""
    form = marshalled(items, 2)
    if len(form) < hasher.BIG:
        walk.write(form)
    else:
        walk.feed(form)


def sequence(walk: Walk, items: list[object] | tuple[object, ...], tag: bytes, labels: Labels = None) -> Children:
    """Write the elements of a list or tuple."""
    size = len(items)
    if size > CHUNK:
        walk.write(hasher.LONG + tag + number(size))
        return [Part(items, start, min(start + CHUNK, size)) for start in range(0, size, CHUNK)], SILENT
    types = list(map(type, items))
    # Counting compares addresses: with one type throughout, it is done in half the time that a set takes.
    kinds = {types[0]} if size and types.count(types[0]) == size else set(types)
    if kinds <= ATOMS:
        _flat(walk, items)
        return None
    if len(kinds) == 1 and size > 1:
        kind = kinds.pop()
        rows: Anything = items
        if kind is tuple:
            if _ATOMS_ALL(map(type, chain.from_iterable(rows))):
                walk.write(hasher.ROWS)
                _flat(walk, items)
                return None
        elif (kind is dict or kind is list) and walk.all_new(items):
            held = chain.from_iterable(map(dict.values, rows)) if kind is dict else chain.from_iterable(rows)
            if _ATOMS_ALL(map(type, held)) and (kind is list or _ATOMS_ALL(map(type, chain.from_iterable(rows)))):
                walk.write(hasher.ROWS)
                _flat(walk, items)
                walk.register_all(items, labels)
                return None
    walk.write(tag + number(size))
    return items if type(items) is list else list(items), labels


def _list(walk: Walk, value: list[object]) -> Children:
    return sequence(walk, _list_items(value, _ALL), hasher.LIST)


def _tuple(walk: Walk, value: tuple[object, ...]) -> Children:
    return sequence(walk, _tuple_items(value, _ALL), hasher.TUPLE)


def _part(walk: Walk, part: Part) -> Children:
    walk.check_clock()
    return sequence(walk, part.items[part.start : part.stop], hasher.TUPLE, (FROM, part.start))


def _dict(walk: Walk, value: dict[object, object]) -> Children:
    keys, held = list(dict.keys(value)), list(dict.values(value))
    if type(value) is dict and len(keys) <= CHUNK and _ATOMS_ALL(map(type, keys)) and not _ATOMS_ALL(map(type, held)):
        walk.write(hasher.STRING_DICT)
        walk.write(marshalled(keys, 2))
        return held, (KEYS, keys)
    return mapping(walk, keys, held)


def mapping(walk: Walk, keys: list[object], held: list[object]) -> Children:
    """Write keys and values in their order: it can be seen."""
    if len(keys) <= CHUNK and _ATOMS_ALL(map(type, keys)):
        if _ATOMS_ALL(map(type, held)):
            _flat(walk, dict(zip(keys, held, strict=True)))
            return None
        walk.write(hasher.STRING_DICT)
        _flat(walk, keys)
        return held, (KEYS, keys)
    walk.write(hasher.DICT + number(len(keys)))
    if len(keys) > CHUNK:
        return [Part(keys, 0, len(keys)), Part(held, 0, len(held))], SILENT
    return keys + held, (KEYS, keys + keys)


def _set(walk: Walk, value: set[object]) -> Children:
    return elements(walk, list(set.__iter__(value)), hasher.SET, hasher.FLAT_SET)


def _frozenset(walk: Walk, value: frozenset[object]) -> Children:
    return elements(walk, list(frozenset.__iter__(value)), hasher.FROZEN_SET, hasher.FLAT_FROZEN_SET)


_ORDERED = ({int}, {str}, {bytes})


def elements(walk: Walk, items: list[object], tag: bytes, flat_tag: bytes) -> Children:
    """Write the elements of a set in an order that depends on nothing but them."""
    kinds = set(map(type, items))
    if kinds in _ORDERED:
        items.sort()
        walk.write(flat_tag + b"=")
        return sequence(walk, items, hasher.LIST)
    if kinds <= ATOMS:
        forms = sorted(WRITERS[type(item)](item) for item in items)
        walk.write(flat_tag + b"#" + number(len(forms)))
        walk.feed(b"".join(forms))
        return None
    walk.write(tag + number(len(items)))
    if walk.is_key:
        return None
    keys = [walk.key(item) for item in items]
    # Equal keys leave an order by address: then two runs may differ. That computes again; it never answers wrongly.
    order = sorted(range(len(items)), key=keys.__getitem__)
    return [items[position] for position in order], SILENT


def _bytearray(walk: Walk, value: bytearray) -> Children:
    walk.write(hasher.BUFFER + b"a" + number(len(value)))
    walk.feed(bytes(memoryview(value)))
    return None


def _memoryview(walk: Walk, value: memoryview) -> Children:
    form = (value.format, value.itemsize, value.shape, value.strides, value.readonly)
    walk.write(hasher.BUFFER + b"m" + marshalled(form, 2))
    content = value.tobytes()
    walk.write(number(len(content)))
    walk.feed(content)
    # Who sees the same memory by another way can change it: the owner is written as well.
    return [value.obj], SILENT


by_type[list] = Entry(_list, True, CONTENT)
by_type[dict] = Entry(_dict, True, CONTENT)
by_type[set] = Entry(_set, True, CONTENT)
by_type[tuple] = Entry(_tuple, False, CONTENT)
by_type[frozenset] = Entry(_frozenset, False, CONTENT)
by_type[bytearray] = Entry(_bytearray, True, CONTENT)
by_type[memoryview] = Entry(_memoryview, True, WHOLE)
by_type[Part] = Entry(_part, False, WHOLE)
