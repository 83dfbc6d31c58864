"""What a call did besides returning: closing it into records, and doing it again on a hit.

Records, in the order in which things happened:

    ("text", stream, str | bytes)
    ("flush", stream), below zero of its buffer alone
    ("logged", handler, str)
    ("environ", name, str | None)
    ("torch", what it goes by)
    ("logging", what `basicConfig` was told)
    ("filters",)
    ("filter", pickled filter of warnings)
    ("warning", pickled message and category, module, file name of a library, line, pickled filters in force or b"")
    ("file", name, "content", blob digest, mode bits) | ("file", name, "absent") | ("file", name, "directory", mode bits)
    ("metadata", name, mode bits, time of access, time of change)
    ("random", generator, state, whether it was seeded before anything was drawn)
    ("import", module names)
"""

from __future__ import annotations

import os
import stat
import sys

from hitsave.store.codec import Damaged, Gone
from hitsave.store.pickles import Unpicklable, dump, load
from hitsave_trace import observations, warned
from hitsave_trace.around import around
from hitsave_trace.importing.bundle import is_ours
from hitsave_trace.taps import log_files
from hitsave_trace.taps.defaults import set_torch_defaults
from hitsave_trace.taps.log_config import configure
from hitsave_trace.taps.switches import FILTER_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hitsave.store.store import Store
    from hitsave_trace.recording import Recording
    from hitsave_trace.taps.whole import Whole

MAX_FILE_BYTES = 1 << 30


class Impossible(Exception):
    """An effect that can't be kept: `slug` of the reason, and what it is about."""

    def __init__(self, slug: str, what: str) -> None:
        super().__init__(what)
        self.slug = slug
        self.what = what


def close(recording: Recording, store: Store) -> tuple[tuple[object, ...], ...]:
    """Turn what a recording saw happen into records. Raises `Impossible`."""
    records: list[tuple[object, ...]] = []
    new = list(sys.modules)[recording.modules :] if len(sys.modules) > recording.modules else []
    if new:
        records.append(
            ("import", tuple(name for name in new if sys.modules.get(name) is not None and not is_ours(name)))
        )
    for effect in recording.effects:
        if effect[0] in ("text", "logged"):
            kind, where, first, rest = effect
            records.append((kind, where, _joined(first, rest) if rest else first))  # type: ignore[arg-type]
        elif effect[0] == "file":
            records.append(_file(str(effect[1]), store))
        elif effect[0] == "metadata":
            records += _metadata(str(effect[1]))
        else:
            records.append(effect)
    return tuple(records)


def _joined(first: str | bytes, rest: list[str | bytes]) -> str | bytes:
    return type(first)().join((first, *rest))  # type: ignore[arg-type]  # what is together is of one type


def _file(name: str, store: Store) -> tuple[object, ...]:
    path = around.locate(name)
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return ("file", name, "absent")
    except OSError as error:
        raise Impossible("unreadable-file", f"{name}: {error.strerror}") from None
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        return ("file", name, "directory", mode)
    if not stat.S_ISREG(status.st_mode):
        raise Impossible("hidden-state", f"{name} is no ordinary file")
    if status.st_size > MAX_FILE_BYTES:
        raise Impossible("too-big", name)
    try:
        with open(path, "rb") as file:
            return ("file", name, "content", store.save_blob(file.read()), mode)
    except OSError as error:
        raise Impossible("unreadable-file", f"{name}: {error.strerror}") from None


def _metadata(name: str) -> list[tuple[object, ...]]:
    try:
        status = os.stat(around.locate(name))
    except OSError:
        return []  # it has been removed since
    return [("metadata", name, stat.S_IMODE(status.st_mode), status.st_atime_ns, status.st_mtime_ns)]


def random_record(generator: str, state: object, seeded: bool) -> tuple[object, ...]:
    """Make the record of a global generator that a call left in another state."""
    pickled = dump(state)
    data = load_ready(pickled.data, pickled.buffers)
    return ("random", generator, data, seeded)


def filter_records(filters: Iterable[object]) -> list[tuple[object, ...]]:
    """Make the records of filters of warnings that a call has put in front, the last of them first. Raises `Impossible`."""
    try:
        return [("filter", dump(one).data) for one in reversed(list(filters))]
    except Unpicklable:
        raise Impossible("switch", FILTER_WORDS) from None


def load_ready(data: bytes, buffers: list[memoryview]) -> tuple[object, ...]:
    """Put a small pickle and its buffers into one plain record."""
    return (data, tuple(bytes(buffer) for buffer in buffers))


def ready(records: tuple[tuple[object, ...], ...], store: Store) -> dict[bytes, bytes] | None:
    """Fetch the contents of all files that are to be written; None if it can't be done. Nothing is touched before that."""
    contents: dict[bytes, bytes] = {}
    for record in records:
        if record[0] == "file" and record[2] == "content":
            digest: bytes = record[3]  # type: ignore[assignment]
            try:
                contents[digest] = store.blob(digest)
            except (Gone, Damaged):
                return None
        if record[0] == "file" and not _possible(record):
            return None
        if record[0] == "logged" and not log_files.can_write(str(record[1])):
            return None
    return contents


def _possible(record: tuple[object, ...]) -> bool:
    """Whether a path can be brought to a recorded state: nothing of another kind stands in its way."""
    path = around.locate(str(record[1]))
    if record[2] == "directory":
        return not os.path.lexists(path) or os.path.isdir(path)
    return record[2] == "absent" or not os.path.isdir(path)


def replay(
    records: tuple[tuple[object, ...], ...],
    contents: dict[bytes, bytes],
    loaded: tuple[str, ...],
    whole: Whole | None,
    put_objects: Callable[[], None],
) -> None:
    """Do again what a call did besides returning. `whole` is the recording of the run, if there is one; `put_objects` sets
    the objects that the call changed.

    What can fail comes first, and what everybody sees at once comes last: should a disk be full, the call runs as if
    nothing had been tried. Files may be written twice; objects are only set when these are as they should be.
    """
    from hitsave_trace.taps import state, streams
    from hitsave_trace.taps.whole import Awake

    put = False
    for record in sorted(records, key=_turn):
        kind = record[0]
        if not put and _turn(record) > _TURNS["metadata"]:
            put_objects()
            put = True
        if kind == "text":
            streams.replay(record[1], record[2])  # type: ignore[arg-type]
        elif kind == "logged":
            log_files.write(record[1], record[2])  # type: ignore[arg-type]
        elif kind == "logging":
            configure(record[1])  # type: ignore[arg-type]
        elif kind == "torch":
            set_torch_defaults(record[1])  # type: ignore[arg-type]
        elif kind == "environ":
            _set_variable(str(record[1]), record[2])  # type: ignore[arg-type]
        elif kind == "warning":
            warned.show_again(*record[1:])  # type: ignore[arg-type]
        elif kind == "filters":
            warned.forget_shown()
        elif kind == "filter":
            warned.set_filter(load(record[1], ()))  # type: ignore[arg-type]
        elif kind == "flush":
            streams.flush(record[1])  # type: ignore[arg-type]
        elif kind == "file":
            if not _restore(record, contents) and whole is not None:
                whole.left_alone(around.locate(str(record[1])))
        elif kind == "metadata":
            path = around.locate(str(record[1]))
            os.chmod(path, record[2])  # type: ignore[arg-type]
            os.utime(path, ns=record[3:5])  # type: ignore[arg-type]
        elif kind == "random":
            generator = str(record[1])
            data, buffers = record[2]  # type: ignore[misc]
            if record[3]:
                observations.seeded(generator)
                if whole is not None:
                    whole.reseeded(generator)
            state.set_state(generator, load(data, [bytearray(part) for part in buffers]))  # type: ignore[arg-type, has-type]
        elif kind == "import":
            with Awake(whole):
                _import(record[1], set(loaded))  # type: ignore[arg-type]
    if not put:
        put_objects()


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


_TURNS = {"import": 0, "file": 1, "metadata": 2, "random": 3}  # the time of a folder after what is put into it


def _turn(record: tuple[object, ...]) -> int:
    return _TURNS.get(record[0], 4)  # type: ignore[call-overload, no-any-return]


def _import(modules: tuple[str, ...], ours: set[str]) -> None:
    """Import what the call imported. `ours` are modules of the program: what they print has been recorded."""
    import importlib

    from hitsave_trace.taps import streams

    for name in modules:
        if name not in sys.modules:
            try:
                if name in ours:
                    with streams.Silence():
                        importlib.import_module(name)
                else:
                    importlib.import_module(name)
            except ImportError:
                continue


def _restore(record: tuple[object, ...], contents: dict[bytes, bytes]) -> bool:
    """Bring one file to the state in which the call left it. What has its content already only gets the time of now, as
    if it had been written: a program may compare the times of what it makes and of what it makes it from.

    Says whether anything was written.
    """
    name, state = str(record[1]), record[2]
    path = around.locate(name)
    if state == "absent":
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            else:
                os.unlink(path)
        except FileNotFoundError:
            pass
        return False
    if state == "directory":
        if not os.path.isdir(path):
            os.mkdir(path)
            os.chmod(path, record[3])  # type: ignore[arg-type]
        return False
    data, mode = contents[record[3]], record[4]  # type: ignore[index]
    try:
        with open(path, "rb") as file:
            same = os.fstat(file.fileno()).st_size == len(data) and file.read() == data
    except OSError:
        same = False
    if not same:
        with open(path, "wb") as file:
            file.write(data)
    else:
        try:
            os.utime(path)
        except OSError:  # it is somebody else's
            pass
    if stat.S_IMODE(os.stat(path).st_mode) != mode:
        os.chmod(path, mode)  # type: ignore[arg-type]
    return not same
