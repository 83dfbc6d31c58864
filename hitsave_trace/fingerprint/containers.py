"""The canonical form of builtin containers.

One form per shape: a container of atoms is written whole by `marshal`; so is a list or tuple of such containers
(rows, records), if none of them was met before; anything else is written element by element. Which of the three it is
depends on the structure alone, so equal values always take the same way.
"""

from __future__ import annotations

from itertools import chain
from types import FunctionType

from hitsave_trace.fingerprint import hasher
from hitsave_trace.fingerprint.hasher import ATOMS, CHUNK, WRITERS, marshalled, number
from hitsave_trace.fingerprint.places import FROM, KEYS, SILENT
from hitsave_trace.fingerprint.registry import CONTENT, WHOLE, Entry, by_type
from hitsave_trace.names import code_infos, is_user_class

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
SETS, SETS_OF_OTHERS = 1, 2
"""What `Walk.sets` says: that there were some; and that the program's code decides the order of one."""
_order_counts = False


def let_order_count() -> None:
    """From now on, tell sets apart by the order in which they give their elements, where that can be known.

    `list(s)` shows it, and it depends on how the set was made: `{8, 0}` gives another than `{0, 8}`, and a large set from
    which most was taken out another than a small one. It also depends on the hash seed, so this is for processes in
    which that is fixed. What is written then is how the order differs from that of a set into which the elements were put one
    after the other, sorted; for most small sets that is nothing. Elements that hash by their address are left out.
    """
    global _order_counts
    _order_counts = True


def _write_order(walk: Walk, order: list[object], items: list[object]) -> None:
    """Write how the order of a set's elements differs from that of one that was made of `items`."""
    if list(set(items)) != order:
        position = {id(item): number for number, item in enumerate(items)}
        walk.write(b"~")
        walk.feed(marshalled([position[id(item)] for item in order], 2))


def _hashes_by_value(item: object, depth: int = 4) -> bool:
    """Whether nothing but its value decides the hash of an element, and no code of the program is needed to find it."""
    kind = type(item)
    if kind in ATOMS:
        return True
    if depth == 0:
        return False
    if isinstance(item, (tuple, frozenset)) and kind.__hash__ in _OF_CONTENT:
        return all(_hashes_by_value(part, depth - 1) for part in item)
    own = kind.__hash__
    if type(own) is FunctionType:  # as Enum has, and what `dataclass` and its like generate
        return id(own.__code__) not in code_infos
    return kind.__module__ in _HASH_BY_VALUE


_OF_CONTENT = frozenset((tuple.__hash__, frozenset.__hash__))
_BY_ADDRESS: tuple[object, ...] = (object.__hash__,)
_HASH_BY_VALUE = frozenset(("datetime", "decimal", "numpy"))


def elements(walk: Walk, items: list[object], tag: bytes, flat_tag: bytes) -> Children:
    """Write the elements of a set in an order that depends on nothing but them."""
    kinds = set(map(type, items))
    walk.sets = max(walk.sets, SETS)
    if kinds in _ORDERED:
        as_is = items.copy()
        items.sort()
        walk.write(flat_tag + b"=")
        if _order_counts:
            _write_order(walk, as_is, items)
        return sequence(walk, items, hasher.LIST)
    if kinds <= ATOMS:
        forms = sorted([(WRITERS[type(item)](item), position) for position, item in enumerate(items)])
        walk.write(flat_tag + b"#" + number(len(forms)))
        walk.feed(b"".join([form for form, _ in forms]))
        if _order_counts:
            _write_order(walk, items, [items[position] for _, position in forms])
        return None
    walk.write(tag + number(len(items)))
    if walk.is_key:
        return None
    keys = [walk.key(item) for item in items]
    # Equal keys leave an order by address: then two runs may differ. That computes again; it never answers wrongly.
    order = sorted(range(len(items)), key=keys.__getitem__)
    in_order = [items[position] for position in order]
    if _order_counts:
        if all(map(_hashes_by_value, items)):
            _write_order(walk, items, in_order)
        elif any(kind.__hash__ not in _BY_ADDRESS for kind in kinds):
            walk.sets = SETS_OF_OTHERS
            if all(is_user_class(kind) for kind in kinds):
                walk.feed(marshalled(order, 2))
    return in_order, SILENT


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
