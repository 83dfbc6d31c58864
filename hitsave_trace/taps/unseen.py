"""Wrappers that no traceback, profiler or caller's frame shows.

What raises no audit event (`os.stat`, `os.getcwd`, `os.environ[...]`, `os.urandom`, …) has to be wrapped, and a
wrapper written in Python leaves a frame: in the traceback of an `os.stat` that fails, in `sys._getframe(1)`, in a
warning's `stacklevel`. CPython knows frames that are not there yet: one that has not reached the first RESUME of its
code is incomplete, and is left out of tracebacks and frame walks (this is how it hides the instructions that make
cells). So the wrapper is compiled as

    try:
        if recording.stacks: before(args, kwargs)
        return original(*args, **kwargs)
    finally:
        mark

and then its RESUME becomes a NOP, and both copies of `mark` (two instructions: load, pop) become RESUME, NOP. All
calls happen before the first RESUME. On the way out, by return or by exception, the frame is complete for one
instant, so that tracers and profilers see an entry for each exit; re-raising adds no traceback entry.

A function of a module is replaced by a *stand-in*: an object that is called in that way and is otherwise the
original to whoever asks (name, doc, signature, `isinstance`, pickling by name). It must not be a Python function:
`class Formatter: converter = time.localtime` relies on builtins not turning into methods. A method of a class is
replaced by a function, because there it must. What remains visible: `type(os.stat)`, that its `__module__` is `os`
instead of `posix` (it is pickled by that name), and in a profiler a short call of the name.
"""

from __future__ import annotations

import builtins
import opcode
from types import CodeType, FunctionType

from hitsave_trace.fingerprint.functions import stands_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    Note = Callable[[tuple[object, ...], dict[str, object]], object]

    class Recorder(Protocol):
        """The part of the recording module that a wrapper tests first."""

        stacks: object


def _noting_first(
    original: Callable[..., object],
    note: Note,
    recording: Recorder,
    outer: Note | None,
    _before: Note | None,
    mark: object,
) -> Callable[..., object]:
    def wrapper(*args: object, **kwargs: object) -> object:
        try:
            if outer is not None:
                outer(args, kwargs)
            if recording.stacks:
                note(args, kwargs)
            return original(*args, **kwargs)
        finally:
            mark  # noqa: B018

    return wrapper


def _noting_last(
    original: Callable[..., object],
    note: Note,
    recording: Recorder,
    outer: Note | None,
    before: Note | None,
    mark: object,
) -> Callable[..., object]:
    def wrapper(*args: object, **kwargs: object) -> object:
        try:
            if before is not None and recording.stacks:
                before(args, kwargs)
            result = original(*args, **kwargs)
            if outer is not None:
                outer(args, kwargs)
            if recording.stacks:
                note(args, kwargs)
            return result
        finally:
            mark  # noqa: B018

    return wrapper


def _standing_in_first(mark: object) -> Callable[..., object]:
    def wrapper(self: StandIn, /, *args: object, **kwargs: object) -> object:
        try:
            if self.hitsave_outer is not None:
                self.hitsave_outer(args, kwargs)
            if self.hitsave_recording.stacks:
                self.hitsave_note(args, kwargs)
            return self.__wrapped__(*args, **kwargs)
        finally:
            mark  # noqa: B018

    return wrapper


def _standing_in_last(mark: object) -> Callable[..., object]:
    def wrapper(self: StandIn, /, *args: object, **kwargs: object) -> object:
        try:
            result = self.__wrapped__(*args, **kwargs)
            if self.hitsave_outer is not None:
                self.hitsave_outer(args, kwargs)
            if self.hitsave_recording.stacks:
                self.hitsave_note(args, kwargs)
            return result
        finally:
            mark  # noqa: B018

    return wrapper


def hide(make: FunctionType) -> CodeType:
    """Move the RESUME of the wrapper in `make` behind its calls, to where it mentions `mark`."""
    [code] = [constant for constant in make.__code__.co_consts if isinstance(constant, CodeType)]
    resume, nop = opcode.opmap["RESUME"], opcode.opmap["NOP"]
    load, pop = opcode.opmap["LOAD_DEREF"], opcode.opmap["POP_TOP"]
    mark = len(code.co_varnames) + code.co_freevars.index("mark")
    body = bytearray(code.co_code)
    first, marks = -1, []
    for offset in range(0, len(body), 2):
        if body[offset] == resume and first < 0:
            first = offset
        elif body[offset] == load and body[offset + 1] == mark and body[offset + 2] == pop:
            marks.append(offset)
    if first < 0 or len(marks) != 2:
        raise NotImplementedError("this interpreter compiles try/finally in another way")
    body[first : first + 2] = bytes((nop, 0))
    for offset in marks:
        body[offset : offset + 4] = bytes((resume, 0, nop, 0))
    return code.replace(co_code=bytes(body), co_filename="<hitsave>")


_CODE_FIRST = hide(_noting_first)  # type: ignore[arg-type]
_CODE_LAST = hide(_noting_last)  # type: ignore[arg-type]


_named: dict[tuple[bool, str], CodeType] = {}


def wrap(
    original: Callable[..., object],
    note: Note,
    recording: Recorder,
    *,
    after: bool = False,
    outer: Note | None = None,
    before: Note | None = None,
) -> FunctionType:
    """Make a function that is `original`, and tells `note` of each call while something is being recorded.

    `note` is called before `original`, or with `after` once that has returned (not if it raised). It must not raise.
    `outer` is told always: it serves the recording of the whole run. `before`, with `after`, is told before the original is
    called.
    """
    make, code = (_noting_last, _CODE_LAST) if after else (_noting_first, _CODE_FIRST)
    cells = make(original, note, recording, outer, before, None).__closure__
    name = original.__name__
    qualname = getattr(original, "__qualname__", name)
    named = _named.get((after, qualname))
    if named is None:
        named = _named[after, qualname] = code.replace(co_name=name, co_qualname=qualname)
    wrapper = FunctionType(named, {"__builtins__": vars(builtins)}, name, None, cells)
    wrapper.__qualname__ = qualname
    wrapper.__module__ = getattr(original, "__module__", None)  # type: ignore[assignment]
    wrapper.__doc__ = original.__doc__
    wrapper.__dict__.update(getattr(original, "__dict__", {}))
    wrapper.__wrapped__ = original  # type: ignore[attr-defined]
    return wrapper


class StandIn:
    """A function of a module, observed. To whoever asks it is the original, which `__wrapped__` gives."""

    hitsave_note: Note
    hitsave_recording: Recorder
    hitsave_outer: Note | None
    __wrapped__: Callable[..., object]

    def __init__(
        self, original: Callable[..., object], note: Note, recording: Recorder, module: str, outer: Note | None = None
    ) -> None:
        self.__dict__.update(
            hitsave_note=note,
            hitsave_outer=outer,
            hitsave_recording=recording,
            __wrapped__=original,
            __module__=module,
            __doc__=original.__doc__,
        )

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.__dict__["__wrapped__"])

    def __getattr__(self, name: str) -> object:
        return getattr(self.__dict__["__wrapped__"], name)

    def __repr__(self) -> str:
        return repr(self.__dict__["__wrapped__"])

    def __reduce__(self) -> str:
        return str(self.__name__)


class StandInLast(StandIn):
    """A stand-in that notes a call once the original has returned."""


class StandInType(StandIn):
    """A stand-in for a class that can't be changed itself: it is called, asked about instances, and derived from."""

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__dict__["__wrapped__"])

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self.__dict__["__wrapped__"])

    def __mro_entries__(self, _: tuple[object, ...]) -> tuple[type]:
        return (self.__dict__["__wrapped__"],)

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.__dict__["__wrapped__"]

    def __hash__(self) -> int:
        return hash(self.__dict__["__wrapped__"])


def calling(make: Callable[[object], Callable[..., object]], **names: object) -> FunctionType:
    """Make the `__call__` of a class out of the wrapper in `make`; its globals are builtins and `names`."""
    code = hide(make).replace(co_name="__call__", co_qualname="__call__")  # type: ignore[arg-type]
    return FunctionType(code, {"__builtins__": vars(builtins), **names}, "__call__", None, make(None).__closure__)


StandIn.__call__ = calling(_standing_in_first)  # type: ignore[method-assign]
StandInLast.__call__ = calling(_standing_in_last)  # type: ignore[method-assign]


class ForOneCall:
    """Stands for `callee` for the length of one call, also in what the interpreter says of that."""

    __slots__ = ("callee",)

    def __init__(self, callee: object) -> None:
        self.callee = callee

    def __init_subclass__(cls) -> None:
        cls.__module__ = property(lambda self: getattr(self.callee, "__module__", None))  # type: ignore[assignment]

    def __getattr__(self, name: str) -> object:
        # Messages of the interpreter about a call name what is called: `f() argument after * must be an iterable`.
        if name == "__qualname__":
            return getattr(self.callee, name)
        raise AttributeError(name)

    def __str__(self) -> str:
        return str(self.callee)


def _original(value: StandIn) -> object:
    return value.__dict__["__wrapped__"]


for _kind in (StandIn, StandInLast, StandInType):
    stands_for(_kind, _original)
