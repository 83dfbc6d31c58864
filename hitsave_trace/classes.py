"""The classes of user code that a recording reaches: what counts of them, and how they were."""

from __future__ import annotations

from types import FunctionType

from hitsave_trace import filled, sights
from hitsave_trace.around import around
from hitsave_trace.fingerprint import shapes
from hitsave_trace.fingerprint.before import Before
from hitsave_trace.fingerprint.objects import class_shape, registered, shape_text
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk
from hitsave_trace.model import SHAPE
from hitsave_trace.names import class_name, code_infos, is_user_class, user_modules
from hitsave_trace.recording import stacks, user_line
from hitsave_trace.sights import keeps_results

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hitsave_trace.names import CodeInfo
    from hitsave_trace.recording import Recording


class ClassBefore:
    """A user class as it was when it was reached."""

    __slots__ = ("_bases", "_registered", "attributes", "before", "cls", "objects")

    def __init__(self, cls: type, walk: Walk) -> None:
        self.cls = cls
        self.attributes = dict(vars(cls))
        self.before = Before(walk, cls, ())
        self.objects = walk.objects
        self._bases = cls.__bases__
        self._registered = _registered(cls)

    def is_same_kind(self) -> bool:
        """Whether nothing was changed but attributes."""
        return self.cls.__bases__ == self._bases and _registered(self.cls) == self._registered


def watch_class(cls: type) -> ClassBefore | None:
    """Note how a class is now; None if that can't be told."""
    walk = Walk()
    try:
        class_shape(cls, walk)
    except Unfingerprintable:
        return None
    return ClassBefore(cls, walk)


def _registered(cls: type) -> list[str]:
    return registered(cls) if "_abc_impl" in vars(cls) else []


def note_class(recording: Recording, cls: type, reader: int) -> None:
    """Record the shape of a user class that was reached. Raises `OverBudget` if that is to be given up (`sights.deadline`)."""
    name = class_name(cls)
    if name is None or (SHAPE, name) in recording.reads:
        return
    for base in cls.__mro__[:0:-1]:
        if is_user_class(base):
            note_class(recording, base, reader)
    known = shapes.known(cls)
    if known is not None:
        recording.read(SHAPE, name, known.fingerprint, known.text, reader)
        recording.watched[SHAPE, name] = known.before
        _note_related(recording, cls, known.classes, reader)
        return
    try:
        walk = Walk(sights.deadline)
        fingerprint = class_shape(cls, walk)
    except Unfingerprintable as error:
        recording.forbid(
            "unfingerprintable-global", f"{name}{error.path.removeprefix(cls.__name__)} ({error.why})", user_line(3)
        )
        return
    text, before = shape_text(cls), ClassBefore(cls, walk)
    recording.read(SHAPE, name, fingerprint, text, reader)
    recording.watched[SHAPE, name] = before
    shapes.remember(cls, fingerprint, text, walk, before)
    for item in vars(cls).values():
        if keeps_results(item):
            keep_in_mind(recording, item)
            if around.caches_told:
                recording.forbid("filled-cache", f"a method of {name}", user_line(3))
    if walk.caches:
        filled.come_across(recording, filled.name_of(SHAPE, name), walk.caches, reader, user_line(3))
    _note_related(recording, cls, walk.classes, reader)


def note_classes(recording: Recording, classes: Iterable[type], seconds: float | None) -> bool:
    """Record the shapes of classes of what a call was given. False if that takes longer than `seconds`."""
    try:
        with sights.within(seconds):
            for cls in classes:
                note_class(recording, cls, 0)
    except OverBudget:
        if not stacks:
            shapes.forget()
        return False
    return True


def _note_related(recording: Recording, cls: type, others: Iterable[type], reader: int) -> None:
    """Record the classes of the values of a class's attributes, such as descriptors, and where its bases come from."""
    for other in others:
        note_class(recording, other, reader)
    for base in cls.__mro__[1:]:
        top = getattr(base, "__module__", "").partition(".")[0]
        if top and top != "builtins" and base.__module__ not in user_modules:
            recording.distributions.add(top)


def wrapped_by(value: object) -> CodeInfo | None:
    """Find the user function that an object is, or wraps."""
    for _ in range(20):
        if isinstance(value, FunctionType) or value is None:
            break
        value = getattr(value, "__wrapped__", None)
    return code_infos.get(id(value.__code__)) if isinstance(value, FunctionType) else None


def keep_in_mind(recording: Recording, value: object) -> None:
    """Note the function behind an object that keeps results: what it does besides returning, it does only once."""
    info = wrapped_by(value)
    if info is not None:
        recording.cached[id(info.code)] = info.name


def behind(value: object) -> Iterator[tuple[CodeInfo, CodeInfo | None]]:
    """Find the user functions behind an object that keeps results, such as `lru_cache` makes: with all that they call
    by name. They may not run, because what they gave is kept; so they count without running.
    """
    waiting: list[tuple[object, CodeInfo | None]] = [(value, None)]
    seen: set[str] = set()
    while waiting:
        item, above = waiting.pop()
        info = wrapped_by(item)
        if info is None or info.name in seen:
            continue
        seen.add(info.name)
        yield info, above
        names = info.module.globals or {}
        for chain in {chain[:1] for block in info.blocks for chain in block}:
            called = names.get(chain[0])
            if isinstance(called, FunctionType) or hasattr(called, "__wrapped__"):
                waiting.append((called, info))
