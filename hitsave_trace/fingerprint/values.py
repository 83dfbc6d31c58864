"""The fingerprint of a value.

Equal canonical forms mean that no program can tell the values apart, short of asking for addresses: types count
(`1`, `1.0`, `True` and `numpy.int64(1)` are four values), the order of dicts counts, the order of sets doesn't. An
object that can be changed is written where it is met first; when it is met again, its place in the order of first
sight is written instead. So `[a, a]` differs from `[a, copy(a)]`, and a list may hold itself. What can't be changed has
no identity worth keeping.

Real state is read: instance dicts, slots, buffers, never `__getstate__`, `__reduce__`, `__eq__` or any other code of
the user. What has no readable state raises `Unfingerprintable`; nothing is ever put in its place.

The walk keeps its own stack. A list nested 100,000 deep is a list like any other.
"""

from __future__ import annotations

from itertools import count
from time import thread_time

from hitsave_trace.fingerprint import registry
from hitsave_trace.fingerprint.hasher import ATOMS, BACK, BIG, CHUNK, WRITERS, digest_of, marshalled, number, xxh3_128
from hitsave_trace.fingerprint.met import Objects
from hitsave_trace.fingerprint.met import mark as _mark
from hitsave_trace.fingerprint.places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hitsave_trace.fingerprint.inline import Reader
    from hitsave_trace.fingerprint.regions import Regions
    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.model import Fingerprint

_MANY_PARTS = 4096
LARGE = 16384
"""Bytes of a buffer from which on its digest stands for it."""
_PACE = 64  # containers between two looks at the clock


class Unfingerprintable(Exception):
    """The value, or something in it at `path`, has no canonical form."""

    def __init__(self, type_name: str, why: str, path: str = "") -> None:
        super().__init__(f"{path or 'the value'} ({type_name}): {why}")
        self.type_name = type_name
        self.why = why
        self.path = path


class OverBudget(Exception):
    """The walk has used up its time of the processor: a busy machine must not make a value look large."""


class Enough(Exception):
    """A walk that only makes a sort key has seen as much as it may."""


class Walk:
    """One canonical walk; sharing is kept across all values fingerprinted with it.

    After an exception the walk has seen half a value: throw it away.
    """

    __slots__ = (
        "_deadline",
        "_hasher",
        "_parts",
        "_places",
        "_room",
        "caches",
        "classes",
        "contents",
        "deep",
        "distributions",
        "entries",
        "fed",
        "heads",
        "identities",
        "in_hand",
        "kept",
        "loose",
        "marks",
        "mentioned",
        "numbered",
        "objects",
        "place",
        "places",
        "regions",
        "sets",
        "temporary",
        "texts",
        "weak",
        "write",
    )

    def __init__(self, deadline: float | None = None, *, deep: bool = False, room: int | None = None) -> None:
        self.objects = Objects()
        self.classes: dict[type, None] = {}
        self.contents: dict[int, bytes] = {}  # Of large arrays, by position among `objects`: the digest of the memory.
        self.fed: bytes | None = None  # The digest of the large buffer that was taken last.
        self.distributions: set[str] = set()
        self.in_hand: dict[int, object] = {}  # modules and classes of libraries that are values, by address
        self.caches: list[object] = []  # made by `lru_cache`: what they hold is no part of the value
        self.deep = deep
        self.marks: dict[int, int] = {}
        self.entries: dict[type, tuple[registry.Entry, bool]] = {}
        self.identities: dict[type, bytes | None] = {}
        self.heads: dict[type, tuple[bytes, Callable[[object], object], Reader | None]] = {}
        self.loose: list[object] = []  # Values without an identity of which something can be changed all the same.
        self.kept: list[object] = []  # What must live as long as the walk, so that no address is used twice.
        self.temporary: set[int] = set()  # Marks of objects that were made to read the state of others.
        self.regions: Regions | None = None  # of memory, once it has met an array
        self.sets = 0  # whether it met any, whose order pickle need not keep (see `containers`)
        self.texts = 0  # strings in columns of text, which pickle has to look at one by one
        self.mentioned: set[tuple[int, int]] | None = None
        self.weak: list[
            tuple[object, int]
        ] = []  # references of which it is still to be written what they lead to; their places
        self.numbered: dict[bytes, int] = {}  # forms of what is written once, however many objects it is
        self.places = Places()
        self.place = 0
        self._places: list[int] = []
        self._deadline = deadline
        self._room = room
        self._hasher: xxh3_128 | None = None
        self._parts: list[bytes] = []
        self.write: Callable[[bytes], None] = self._parts.append

    def fingerprint(self, value: object, path: str = "") -> Fingerprint:
        """Take the fingerprint of `value`; `path` is what it is called in error messages.

        Raises `Unfingerprintable` and `OverBudget`.
        """
        kind = type(value)
        if kind in ATOMS:
            return digest_of(WRITERS[kind](value))
        if kind is tuple or kind is list or kind is dict:
            # What most calls are given: the same bytes as below, without setting out on a walk.
            held: Anything = value
            if (
                len(held) <= CHUNK
                and ATOMS.issuperset(map(type, held))
                and (kind is not dict or ATOMS.issuperset(map(type, held.values())))
                and (kind is tuple or self._first_sight(held, path))
            ):
                return digest_of(marshalled(held, 2))
        self._parts.clear()
        self._hasher = None
        try:
            self._walk(value, path)
            if self.weak:
                close_weak(self)
        except Unfingerprintable as error:
            if error.path:
                raise
            raise Unfingerprintable(error.type_name, error.why, self.places.path(self.place)) from None
        except RecursionError:
            raise Unfingerprintable(kind.__name__, "the call stack is nearly full", path) from None
        return self.digest()

    def digest(self) -> Fingerprint:
        """Close the stream."""
        if self._hasher is None:
            return digest_of(b"".join(self._parts))
        self._hasher.update(b"".join(self._parts))
        return self._hasher.digest()

    @property
    def index(self) -> dict[int, int]:
        """The position of each object in `objects`, by `id`."""
        return dict(zip(map(id, self.objects), count()))

    @property
    def paths(self) -> list[str]:
        """Where each of `objects` was seen first, such as `x[3].data`."""
        return [self.places.path(place) for place in self._places]

    def made(self, item: object) -> object:
        """Note an object that was made to read the state of another, and is none of the program's."""
        self.kept.append(item)
        self.temporary.add(_mark(item))
        return item

    def stands_for(self, own: dict[str, object], owner: object) -> None:
        """Note a dict that was made to read the attributes of `owner`, which has none."""
        self.made(own)
        self.objects.stand_ins[_mark(own)] = owner

    def position(self, item: object) -> int | None:
        """The position of this object in `objects`; None if it was not met, or has no identity."""
        return self.marks.get(_mark(item))

    def is_the_programs(self, position: int) -> bool:
        """Whether the object at this position was there before the walk."""
        return _mark(self.objects[position]) not in self.temporary and not self.places.is_inside(self._places[position])

    def path(self, position: int) -> str:
        """Where the object at this position was seen first."""
        return self.places.path(self._places[position])

    def feed(self, buffer: bytes | memoryview) -> None:
        """Take a buffer into the stream without copying it: a large one by its digest, which is then `fed`.

        Its size must have been written before.
        """
        size = len(buffer)
        if size < LARGE:
            self.write(bytes(buffer))
            return
        if self._deadline is None or size <= BIG * 16:
            self.fed = digest_of(buffer)
        else:
            hasher = xxh3_128()
            view = memoryview(buffer)
            for start in range(0, size, BIG * 16):
                hasher.update(view[start : start + BIG * 16])
                self.check_clock()
            self.fed = hasher.digest()
        self.write(self.fed)

    def check_clock(self) -> None:
        """Give up if the deadline has passed."""
        if self._deadline is not None and thread_time() > self._deadline:
            raise OverBudget

    def inner(self, *, deep: bool = False, room: int | None = None) -> Walk:
        """Make a walk whose digest will be a part of this one; what it meets counts as met here."""
        other = Walk(self._deadline, deep=deep, room=room)
        other.classes, other.in_hand = self.classes, self.in_hand
        other.distributions = self.distributions
        return other

    @property
    def is_key(self) -> bool:
        """Whether this walk only makes a sort key."""
        return self._room is not None

    def key(self, value: object) -> bytes:
        """Make a key by which the elements of a set are sorted; equal keys may belong to different values."""
        walk = self.inner(deep=self.deep, room=256)
        try:
            return walk.fingerprint(value)
        except Enough:
            return walk.digest()

    def all_new(self, items: Sequence[object]) -> bool:
        """Whether these objects differ from one another and none was met before."""
        marks = set(map(_mark, items))
        return len(marks) == len(items) and self.marks.keys().isdisjoint(marks)

    def register_all(self, items: Sequence[object], labels: object) -> None:
        """Note objects that were written together as the elements of the present object."""
        first = self.places.open(self.place, labels)
        start = len(self.objects)
        self.marks.update(zip(map(_mark, items), count(start)))
        self.objects.extend(items)
        self._places.extend(range(first, first + len(items)))

    def register_part(self, item: object, labels: object) -> bool:
        """Note an object that is written as a part of the present one; False if it was met before."""
        mark = _mark(item)
        if mark in self.marks:
            return False
        self.marks[mark] = len(self.objects)
        self.objects.append(item)
        self._places.append(self.places.open(self.place, labels))
        return True

    def _first_sight(self, item: object, path: str) -> bool:
        mark = _mark(item)
        if mark in self.marks:
            return False
        self.marks[mark] = len(self.objects)
        self.objects.append(item)
        self._places.append(self.places.open(-1, path))
        return True

    def pass_over(self, items: Iterable[object]) -> None:
        """Take objects as met already: the walk writes which they are, and not what they hold."""
        place = self.places.open(-1, "")
        for item in items:
            mark = _mark(item)
            if mark not in self.marks:
                self.marks[mark] = len(self.objects)
                self.objects.append(item)
                self._places.append(place)

    def meet(self, item: object) -> bool:
        """Note the present object, whose type alone did not say whether it has an identity.

        False if it was met before; then the back-reference has been written.
        """
        mark = _mark(item)
        seen = self.marks.get(mark)
        if seen is not None:
            self.write(BACK + number(seen))
            return False
        self.marks[mark] = len(self.objects)
        self.objects.append(item)
        self._places.append(self.place)
        return True

    def _flush(self) -> None:
        if self._hasher is None:
            self._hasher = xxh3_128()
        self._hasher.update(b"".join(self._parts))
        self._parts.clear()

    def _tick(self) -> None:
        if self._room is not None:
            self._room -= _PACE
            if self._room <= 0:
                raise Enough
        if len(self._parts) > _MANY_PARTS:
            self._flush()
        if self._deadline is not None and thread_time() > self._deadline:
            raise OverBudget

    def _walk(self, value: object, path: str) -> None:
        # One loop for the whole value. What is met most (atoms, flat lists and dicts) is dealt with in line.
        write, writer_of, marks, objects = self.write, WRITERS.get, self.marks, self.objects
        entries, note_place, all_atoms = self.entries, self._places.append, ATOMS.issuperset
        open_place = self.places.open
        stack: list[tuple[Anything, int]] = []
        items: Anything = iter([value])
        last = self.places.open(-1, path)  # the place of the last child; the others count backwards from it
        pace = 0
        item = value
        try:
            while True:
                for item in items:
                    kind = type(item)
                    writer = writer_of(kind)
                    if writer is not None:
                        write(writer(item))
                        continue
                    known = entries.get(kind)
                    if known is None:
                        entry, base = registry.find(kind)
                        known = entries[kind] = entry, base is kind or entry.reach == registry.WHOLE
                    entry, whole = known
                    self.place = here = last - items.__length_hint__()
                    if entry.shared:
                        mark = _mark(item)
                        seen = marks.get(mark)
                        if seen is not None:
                            write(BACK + number(seen))
                            continue
                        marks[mark] = len(objects)
                        objects.append(item)
                        note_place(here)
                    if kind is dict:
                        if len(item) <= CHUNK and all_atoms(map(type, item)) and all_atoms(map(type, item.values())):
                            write(marshalled(item, 2))
                            continue
                    elif (kind is list or kind is tuple) and len(item) <= CHUNK and all_atoms(map(type, item)):
                        write(marshalled(item, 2))
                        continue
                    children = entry.canonical(self, item) if whole else as_subclass(self, item, kind, entry)
                    pace += 1
                    if pace == _PACE:
                        pace = 0
                        self._tick()
                    if children is not None and children[0]:
                        stack.append((items, last))
                        held, labels = children
                        items = iter(held)
                        last = open_place(here, labels) + len(held) - 1
                        break
                else:
                    if not stack:
                        return
                    items, last = stack.pop()
        except (Unfingerprintable, OverBudget, Enough, RecursionError):
            raise
        except Exception as error:
            why = f"its state can't be read ({type(error).__name__}: {error})"
            raise Unfingerprintable(type(item).__name__, why) from error


def fingerprint(value: object) -> Fingerprint:
    """Take the fingerprint of a value by itself."""
    kind = type(value)
    if kind in ATOMS:
        return digest_of(WRITERS[kind](value))
    return Walk().fingerprint(value)


# These need the names above, and register the types that every program uses.
import hitsave_trace.fingerprint.containers  # noqa: E402
import hitsave_trace.fingerprint.functions  # noqa: E402
import hitsave_trace.fingerprint.generators  # noqa: E402
import hitsave_trace.fingerprint.stdlib  # noqa: E402, F401
from hitsave_trace.fingerprint.objects import as_subclass  # noqa: E402
from hitsave_trace.fingerprint.weak import close as close_weak  # noqa: E402
