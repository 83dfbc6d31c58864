"""Values as bytes: pickle protocol 5, large buffers beside it.

`dump` takes a value apart at once: afterwards nothing that the program does to the value can reach the store, but the
memory of its large buffers, which `freeze` names and the store writes before control goes back. `thaw` puts it together:
what was writeable is writeable, and a buffer from `MAPPED_FROM` on is a copy-on-write map of its blob.

The C pickler is used as it is, and so are the program's own `__reduce__` hooks. Whether the round trip is faithful is not
decided here.
"""

from __future__ import annotations

from _collections import OrderedDict  # type: ignore[import-not-found]

# The C half of `pickle`. The module itself drags in `re` and more, which plain Python would not have loaded.
from _pickle import PickleError, Pickler, Unpickler, loads
from _thread import LockType, RLock, allocate_lock
from copyreg import dispatch_table
from io import BytesIO
from itertools import count, repeat

from hitsave.store import exact, pools, weak
from hitsave.store.blobs import INLINE_UNTIL, MAPPED_FROM, as_bytes, edges_of
from hitsave.store.codec import Damaged, digest_of, encode
from hitsave.store.dtypes import reductions
from hitsave_trace.fingerprint import owners as memory
from hitsave_trace.fingerprint.registry import qualified, reach
from hitsave_trace.fingerprint.stdlib import DICT_VIEWS, count_arguments, dict_of, is_free, repeat_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hitsave.store.blobs import BlobFolder, Reference

_ALIGNED = 64
_PROTOCOL = 5
_STRINGS_UNTIL = 1 << 16
"""Bytes of a pickle from which on it does not count which strings are interned: to see that takes a call for each object."""


class Unpicklable(Exception):
    """A value that pickle refuses: `why` in pickle's words, `type_name` and `path` of the part that it is about."""

    def __init__(self, why: str, type_name: str, path: str) -> None:
        super().__init__(why)
        self.why = why
        self.type_name = type_name
        self.path = path


class Pickled:
    """A value taken apart. `buffers` still are the value's own memory."""

    __slots__ = ("_frozen", "buffers", "data", "size")

    def __init__(self, data: bytes, buffers: list[memoryview]) -> None:
        self.data = data
        self.buffers = buffers
        self.size = len(data) + sum(buffer.nbytes for buffer in buffers)
        self._frozen: Frozen | None = None

    @property
    def frozen(self) -> Frozen:
        """The row and the blobs that it becomes, worked out once."""
        if self._frozen is None:
            self._frozen = freeze(self)
        return self._frozen

    @property
    def digest(self) -> bytes:
        """The name under which the store will know this value."""
        return self.frozen.digest


class Frozen:
    """A value as the store keeps it: its row, and what lies in blobs of its own."""

    __slots__ = ("blobs", "digest", "row")

    def __init__(self, row: bytes, blobs: list[tuple[bytes, memoryview]]) -> None:
        self.digest = digest_of(row)
        self.row = row
        self.blobs = blobs


def dump(
    value: object,
    persistent_id: Callable[[object], object] | None = None,
    *,
    views: bool = False,
    owners: Sequence[object] = (),
    named: Mapping[int, tuple[str, str]] | None = None,
) -> Pickled:
    """Take a value apart; raises Unpicklable, whatever it was that the value's own hooks raised. `named`: objects that are to
    be those that a library has under a name, by their addresses.

    With `views`, arrays that are views are kept as such (see `views`), also of `owners`, and so is the order of sets
    (see `exact`).
    """
    if named:
        return _dump(value, exact.with_objects(persistent_id, named, orders=views), views=views, owners=owners)
    if views:
        return _dump(value, exact.with_orders(persistent_id), views=True, owners=owners)
    pickled = _dump(value, persistent_id, views=False)
    if exact.NAN in pickled.data or (len(pickled.data) <= _STRINGS_UNTIL and exact.STRING in pickled.data):
        pickled = _dump(value, exact.with_strings(persistent_id), views=False)
    return pickled


def _dump(
    value: object,
    persistent_id: Callable[[object], object] | None,
    *,
    views: bool,
    owners: Sequence[object] = (),
) -> Pickled:
    buffers: list[memoryview] = []

    def keep(buffer: object) -> None:
        buffers.append(buffer.raw())  # type: ignore[attr-defined]

    file = BytesIO()
    kind: type[Pickler] = Pickler
    if persistent_id is not None:
        kind = type("Pickler", (Pickler,), {"persistent_id": staticmethod(persistent_id)})
    if views:
        from hitsave.store.views import reducer

        kind = type("Pickler", (kind,), {"reducer_override": staticmethod(reducer(owners))})  # type: ignore[arg-type]
    pickler = kind(file, _PROTOCOL, buffer_callback=keep)
    known = {
        **dispatch_table,
        count: _reduced_count,
        repeat: _reduced_repeat,
        **dict.fromkeys(DICT_VIEWS, _reduced_view),
        **_LOCKS,
        **weak.REDUCTIONS,
        **_by_name(),
    }
    pickler.dispatch_table = {**known, **reductions(), **pools.reductions()}  # type: ignore[dict-item]
    try:
        pickler.dump(value)
    except Exception as error:
        raise _unpicklable(value, error) from None
    if getattr(persistent_id, "used", False):
        file.write(exact.MARK)
    return Pickled(file.getvalue(), buffers)


def _by_name() -> dict[type, Callable[[type], str]]:
    """Reduce classes by their names, whatever their metaclasses have registered: loading must not make them anew.

    Where a metaclass makes a class from data (deap's `creator`), it puts the new one in the place of the program's.
    """
    return {kind: _named_class for kind in dispatch_table if isinstance(kind, type) and issubclass(kind, type)}


def _named_class(cls: type) -> str:
    module, qualname = qualified(cls)
    if reach(module, qualname) is not cls:
        raise PickleError(f"Can't pickle {cls!r}: its name does not lead to it")
    return qualname


def _reduced_count(value: count[int]) -> tuple[type, tuple[int, ...]]:
    """Reduce an `itertools.count`, whose own reduction warns from 3.12 on."""
    arguments = count_arguments(value)
    if arguments is None:
        raise TypeError("cannot pickle 'itertools.count' object")
    return count, arguments


def _reduced_repeat(value: repeat[object]) -> tuple[type, tuple[object, ...]]:
    return repeat, repeat_arguments(value)


def _reduced_lock(lock: object) -> tuple[Callable[[], object], tuple[()]]:
    """Reduce a lock that nobody holds: it is as good as a new one."""
    if not is_free(lock):
        raise TypeError(f"cannot pickle '_thread.{type(lock).__name__}' object that is held")
    return RLock if type(lock) is RLock else allocate_lock, ()


def _reduced_view(view: object) -> tuple[Callable[..., object], tuple[object]]:
    """Reduce the keys, values or items of a dict, which are made by its methods."""
    kind = OrderedDict if type(view).__name__.startswith("odict") else dict
    return getattr(kind, type(view).__name__.rpartition("_")[2]), (dict_of(view),)


_LOCKS: dict[type, Callable[[object], tuple[Callable[[], object], tuple[()]]]] = {
    LockType: _reduced_lock,
    RLock: _reduced_lock,
}


def load(
    data: bytes | memoryview,
    buffers: Sequence[memoryview | bytearray],
    persistent_load: Callable[[object], object] | None = None,
) -> object:
    """Put a value together. Raises whatever its classes raise."""
    if bytes(data[-len(exact.MARK) :]) == exact.MARK:
        persistent_load = exact.finder(persistent_load)
    if persistent_load is None and not memory.asked:
        return loads(data, buffers=buffers)
    unpickler = (_Owning if memory.asked else _Finding)(BytesIO(data), buffers=buffers)
    if persistent_load is not None:
        unpickler.persistent_load = persistent_load  # type: ignore[method-assign]
    return unpickler.load()


class _Finding(Unpickler):
    """On a plain C unpickler `persistent_load` is read-only from 3.13 on."""


class _Owning(_Finding):
    """For a program that asks which arrays own their memory: those that would show a buffer of ours are copied."""

    def find_class(self, module: str, name: str, /) -> object:
        found = super().find_class(module, name)
        if name != "_frombuffer" or module not in _MAKERS:
            return found

        def made(*args: object) -> object:
            shown = found(*args)
            own = shown.copy("K")
            own.flags.writeable = shown.flags.writeable
            return own

        return made


_MAKERS = ("numpy._core.numeric", "numpy.core.numeric")


def freeze(pickled: Pickled) -> Frozen:
    """Lay a value out: small things in one body, each large buffer in a blob of its own, shared by all that hold it."""
    data = pickled.data
    body: list[bytes | memoryview] = [data]
    end = len(data)
    blobs: list[tuple[bytes, memoryview]] = []
    layout: list[object] = []
    for buffer in pickled.buffers:
        if buffer.nbytes >= MAPPED_FROM:
            reference = _refer(buffer)
            blobs.append((reference[0], buffer))
            layout.append(reference)
            continue
        gap = -end % _ALIGNED
        body += (b"\0" * gap, buffer)
        layout.append((end + gap, buffer.nbytes))
        end += gap + buffer.nbytes
    whole = b"".join(body) if len(body) > 1 else data
    inline: bytes | None = whole
    outside: Reference | None = None
    if len(whole) >= INLINE_UNTIL:
        view = memoryview(whole)
        inline, outside = None, _refer(view)
        blobs.append((outside[0], view))
    return Frozen(encode(("value", 1, len(data), inline, outside, tuple(layout))), blobs)


def thaw(
    row: tuple[object, ...], blobs: BlobFolder, persistent_load: Callable[[object], object] | None = None
) -> object:
    """The value of a row; raises Gone, Damaged, and whatever its classes raise."""
    try:
        tag, version, length, inline, outside, layout = row
    except ValueError:
        raise Damaged("a value's row has another shape") from None
    if tag != "value" or version != 1:
        raise Damaged("a row is no value, or of a version that is not known here")
    # The body holds the pickle itself, which is a program: all of it is compared with its digest, mapped or not.
    body: memoryview = memoryview(inline) if outside is None else blobs.load(outside, whole=True)  # type: ignore[arg-type]
    mapped = outside is not None and body.nbytes >= MAPPED_FROM
    buffers: list[memoryview | bytearray] = []
    for place in layout:  # type: ignore[attr-defined]
        if len(place) == 3:
            buffers.append(blobs.load(place))
        else:
            at, size = place
            part = body[at : at + size]
            # Each small buffer gets memory of its own: an array of ten numbers must not keep megabytes alive.
            buffers.append(part if mapped and size >= INLINE_UNTIL else bytearray(part))
    return load(body[:length], buffers, persistent_load)  # type: ignore[index]


def references(row: tuple[object, ...]) -> list[Reference]:
    """The blobs that a value's row speaks of."""
    found: list[Reference] = [place for place in row[5] if len(place) == 3]  # type: ignore[attr-defined]
    if row[4] is not None:
        found.append(row[4])  # type: ignore[arg-type]
    return found


def _refer(view: memoryview) -> Reference:
    view = as_bytes(view)
    return digest_of(view), view.nbytes, edges_of(view)


def _unpicklable(value: object, error: Exception) -> Unpicklable:
    why = str(error) or type(error).__name__
    if not isinstance(error, (PickleError, TypeError, AttributeError, RecursionError, ValueError)):
        why = f"{type(error).__name__}: {why}"
    name = _named_in(why)
    found = _find(value, name) if name else None
    if found is None:
        return Unpicklable(why, type(value).__qualname__, "")
    return Unpicklable(why, type(found[1]).__qualname__, found[0])


def _named_in(why: str) -> str:
    """What pickle's message is about: `cannot pickle '_thread.lock' object`, `Can't pickle <function f.<lambda> at 0x1>`."""
    if "<function " in why:
        return why.split("<function ", 1)[1].split(" at 0x", 1)[0]
    parts = why.replace("Can't", "").replace("it's", "").split("'")
    return parts[1] if len(parts) >= 3 else ""


def _find(value: object, name: str) -> tuple[str, object] | None:
    """The part of a value that pickle names in its message, found without calling anything of the user's."""
    todo: list[tuple[str, object]] = [("", value)]
    seen: set[int] = set()
    while todo and len(seen) < 10_000:
        path, part = todo.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        kind = type(part)
        if name in (f"{kind.__module__}.{kind.__qualname__}", kind.__name__, kind.__qualname__):
            return path, part
        if kind.__name__ in ("function", "type") and name.endswith(str(getattr(part, "__qualname__", "?"))):
            return path, part
        if kind in (list, tuple):
            items: list[object] = list(part)  # type: ignore[call-overload]
            todo += [(f"{path}[{i}]", item) for i, item in enumerate(items)][::-1]
        elif kind is dict:
            todo += [(f"{path}[{_key(k)}]", item) for k, item in part.items()][::-1]  # type: ignore[attr-defined]
        else:
            try:
                inside = object.__getattribute__(part, "__dict__")
            except AttributeError:
                continue
            if type(inside) is dict:
                todo += [(f"{path}.{k}", item) for k, item in inside.items()][::-1]
    return None


def _key(key: object) -> str:
    return repr(key)[:40] if type(key) in (str, int, float, bool, bytes, type(None)) else type(key).__name__
