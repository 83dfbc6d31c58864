"""Warnings that the program shows while something is recorded.

Plain Python shows a warning once a place, and remembers that in the module of the place; it shows the line, too. So a
warning is more than text on stderr: a hit shows it again through the same memory (`warnings.warn_explicit`), with the
line that the place has now, and what was shown before is something that a call read.

- A place inside of a function that the recording saw run: the warning is an effect, and how the function's lines lie
  is a dependency (`lines`). Where it begins is not: the place is counted from there.
- A place in a library: an effect; its lines belong to the distribution.
- A place outside, in the code that called (`stacklevel=2`): it depends on who calls, and the call can't be saved.
- A warning that was not shown because it had been shown: that it had is a dependency (`warned`). Which it was can't be
  seen, since the C code that decides tells nobody; so every place inside of the functions that ran counts, if something
  had been shown there when the recording opened. Each recording says so for itself: what a call inside of it found
  shown may be what the recording had shown.
"""

from __future__ import annotations

import sys
from _pickle import PicklingError, dumps, loads

from xxhash import xxh3_128

from hitsave_trace.around import shows_warnings
from hitsave_trace.in_c import getframe
from hitsave_trace.model import ABSENT, LINES, WARNED
from hitsave_trace.names import by_name, code_infos, user_modules
from hitsave_trace.taps.noting import noting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType, ModuleType

    from hitsave_trace.model import Fingerprint
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.recording import Recording
    from hitsave_trace.taps.noting import Arguments, Keywords
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.unseen import Note

_REGISTRY = "__warningregistry__"
_SHOWN = b"shown" + b"\0" * 11

Shown = dict[str, frozenset[object]]


def shown_before() -> Shown:
    """Say what has been shown so far, by user module."""
    found: Shown = {}
    for name, module in user_modules.items():
        registry = (module.globals or {}).get(_REGISTRY)
        if type(registry) is dict and len(registry) > 1:
            found[name] = frozenset(key for key in registry if type(key) is tuple)
    return found


def lines_of(name: str) -> Fingerprint:
    """Fingerprint how the lines of a function lie now, counted from its first one."""
    info = by_name.get(name)
    if info is None or info.code is None:
        return ABSENT
    first, last = info.first_line, info.last_line
    lines = sorted({line - first for _, _, line in info.code.co_lines() if line is not None and first <= line <= last})
    return xxh3_128(repr(lines).encode()).digest()


def was_shown(name: str) -> Fingerprint:
    """Say whether a warning has been shown at its place: `function|line from its first one|category|text`."""
    info = by_name.get(name.partition("|")[0])
    registry = None if info is None else (info.module.globals or {}).get(_REGISTRY)
    if info is not None and type(registry) is dict and any(_named(info, key) == name for key in registry):
        return _SHOWN
    return ABSENT


def _named(info: CodeInfo, key: object) -> str | None:
    if type(key) is not tuple or len(key) != 3 or type(key[2]) is not int:
        return None
    text, category, line = key
    if not info.first_line <= line <= info.last_line:
        return None
    return f"{info.name}|{line - info.first_line}|{getattr(category, '__qualname__', category)}|{text}"


def depend_on_shown(recording: Recording, before: Shown) -> None:
    """Make what had been shown in the functions that ran a dependency of the recording."""
    if not before:
        return
    for name, position in list(recording.functions.items()):
        info = by_name.get(name)
        if info is None or info.module.name not in before:
            continue
        for key in before[info.module.name]:
            subject = _named(info, key)
            if subject is not None:
                recording.read(WARNED, subject, _SHOWN, None, position)


def _with_outer(recordings: Iterable[Recording]) -> Iterator[Recording]:
    """Give recordings, and for a call of a library those around it up to that of a function.

    A place in the code that calls the library is outside for the one, and may be inside for the other.
    """
    for recording in recordings:
        one: Recording | None = recording
        while one is not None:
            yield one
            one = one.outer if one.is_of_library else None


Filter = tuple[object, ...]

_by_imports: set[Filter] = set()
"""Filters that libraries have set while they were imported: an import is repeated on a hit."""


def filters_set(before: Sequence[Filter], after: Sequence[Filter]) -> list[Filter] | None:
    """The filters that a call has put in front of those that there were, besides imports; None if it did something else."""
    fresh = _by_imports.difference(before)
    for count in range(len(after) + 1):
        own = after[:count]
        if [one for one in after[count:] if one not in fresh] == [one for one in before if one not in own]:
            return list(own)
    return None


def filters_in_force(recording: Recording) -> bytes:
    """The present filters, where a recording that is open began with others; else nothing.

    They are those under which a warning was shown, `with catch_warnings()` among it.
    """
    now = tuple(sys.modules["warnings"].filters)
    one: Recording | None = recording
    while one is not None:
        if one.filters != now:
            return dumps(now, 5)
        one = one.outer
    return b""


def set_filter(one: tuple[object, ...]) -> None:
    """Put a filter in front, as `warnings.filterwarnings` does."""
    import warnings

    warnings._add_filter(*one, append=False)  # type: ignore[attr-defined]


class Watch:
    """The tap on `warnings`: it sees each warning that is shown."""

    __slots__ = ("_in_import", "_module", "_original", "_redirected", "recorder")

    def __init__(
        self,
        recorder: ModuleType,
        in_import: Callable[[FrameType | None], bool],
        redirected: Callable[[int], bool],
    ) -> None:
        self.recorder = recorder  # hitsave_trace.recording
        self._redirected = redirected  # whether what is written to stderr (2) now is no output of the open recordings
        self._in_import = in_import  # whether a frame is that of the import of a library
        self._module: ModuleType | None = None
        self._original: object = None

    def before_recording(self, patches: Patches) -> None:
        """Put the tap in, once `warnings` is there as a whole."""
        module = sys.modules.get("warnings")
        if module is None or module is self._module or not hasattr(module, "_showwarnmsg"):
            return
        from hitsave_trace.taps.unseen import wrap

        patches.function(module, "warn", self._noting(self._raised))
        if hasattr(module, "_filters_mutated"):
            patches.function(module, "_filters_mutated", self._noting(self._mutated))
        if hasattr(module, "_add_filter"):
            patches.function(module, "_add_filter", self._noting(self._added))
        self._module, self._original = module, module._showwarnmsg
        module._showwarnmsg = wrap(module._showwarnmsg, self._noting(self._shown), self.recorder)  # type: ignore[attr-defined]

    def _noting(self, note: Callable[[Arguments, Keywords, FrameType], None]) -> Note:
        return noting(note, self.recorder, "warnings")

    def remove(self) -> None:
        """Put back what was there."""
        if self._module is not None:
            self._module._showwarnmsg = self._original  # type: ignore[attr-defined]

    def _raised(self, arguments: Arguments, keywords: Keywords, caller: FrameType) -> None:
        """A warning is raised by Python code; whether it will be shown is not known yet, and need not be."""
        level = arguments[2] if len(arguments) > 2 else keywords.get("stacklevel", 1)
        for recording in _with_outer(self.recorder.innermost()):
            recording.distributions.add("warnings")  # its filters count (`taps.settings`)
            frame = caller
            left = level if isinstance(level, int) else 1
            while frame is not None and left > 1 and id(frame) != recording.frame:
                frame = frame.f_back  # type: ignore[assignment]
                left -= 1
            # The frame of a recorded function is a place inside of it; that of the caller of a library is outside.
            library = recording.is_of_library
            if left > 1 or (library and id(frame) == recording.frame):
                text = str(arguments[0])[:80] if arguments else "warning"
                recording.forbid("warning-outside", text, self.recorder.user_line(1), spreads=not library)

    def _added(self, arguments: Arguments, _keywords: Keywords, caller: FrameType) -> None:
        """A filter is added."""
        try:
            if arguments not in _by_imports and self._in_import(caller):
                _by_imports.add(arguments)
        except TypeError:
            return  # a part of it can't be hashed

    def _mutated(self, _arguments: Arguments, _keywords: Keywords, _caller: FrameType) -> None:
        """The filters change, as at both ends of `catch_warnings`: what has been shown once may be shown again."""
        for recording in self.recorder.acting():
            for effect in reversed(recording.effects):
                if effect[0] in ("warning", "filters"):
                    break
            else:
                effect = ("",)
            if effect[0] != "filters":
                recording.effects.append(("filters",))

    def _shown(self, arguments: Arguments, _keywords: Keywords, _caller: FrameType) -> None:
        message = arguments[0]
        for recording in self.recorder.acting():
            if shows_warnings() is not recording.shows:
                continue  # it catches warnings itself: nobody else sees this one
            if self._redirected(2):
                # Its text may be in the result, and whether it is shown at all depends on what has been shown before.
                recording.forbid(
                    "stdout-replaced", "a warning inside a redirected sys.stderr", self.recorder.user_line(1)
                )
                continue
            effect: tuple[object, ...] | str = ""
            for one in _with_outer((recording,)):
                one.distributions.add("warnings")
                effect = self._effect(one, message)
                if isinstance(effect, str):
                    one.forbid("warning-outside", effect, self.recorder.user_line(1), spreads=not one.is_of_library)
            if not isinstance(effect, str):
                # In the order in which things happen: the call of a library hands it on to the function around it.
                recording.effects.append(effect)

    def _effect(self, recording: Recording, message: object) -> tuple[object, ...] | str:
        filename, line = message.filename, message.lineno  # type: ignore[attr-defined]
        category = message.category  # type: ignore[attr-defined]
        text = f"{category.__name__}: {message.message}"  # type: ignore[attr-defined]
        module = self._module
        if module.showwarning is not module._showwarning_orig:  # type: ignore[union-attr]
            return text  # the program shows warnings in its own way, and that has been recorded too
        try:
            pickled = dumps((message.message, category), 5)  # type: ignore[attr-defined]
            filters = filters_in_force(recording)
        except (PicklingError, TypeError, AttributeError):
            return text
        for ours in user_modules.values():
            if ours.filename != filename:
                continue
            info = self._function_at(recording, ours.codes, line)
            if info is None:
                return text
            recording.read(LINES, info.name, lines_of(info.name), None, recording.functions[info.name])
            return ("warning", pickled, ours.name, info.name, line - info.first_line, filters)
        for name, loaded in list(sys.modules.items()):
            if getattr(loaded, "__file__", None) == filename:
                return ("warning", pickled, name, filename, line, filters)
        return text

    def _function_at(self, recording: Recording, codes: list[CodeInfo], line: int) -> CodeInfo | None:
        """Find the innermost function around a line, if the recording saw it run and it is on the stack inside of it."""
        inside: set[str] = set()
        frame = getframe(1)
        while frame is not None:
            info = code_infos.get(id(frame.f_code))
            if info is not None:
                inside.add(info.name)
            if id(frame) == recording.frame:
                break
            frame = frame.f_back  # type: ignore[assignment]
        best: CodeInfo | None = None
        for info in codes:
            if info.name.endswith(":<module>") or info.name not in inside or info.name not in recording.functions:
                continue
            if info.first_line <= line <= info.last_line and (best is None or info.first_line >= best.first_line):
                best = info
        return best


def forget_shown() -> None:
    """Let warnings that were shown once be shown again, as a change of the filters does."""
    mutated = getattr(sys.modules.get("warnings"), "_filters_mutated", None)
    if mutated is not None:
        mutated()


def show_again(pickled: bytes, module: str, place: str, line: int, filters: bytes) -> None:
    """Show a recorded warning, if plain Python would have shown it here and now, or under the `filters` of then.

    `place`: the function that the line is counted from, or the file of a library.
    """
    import warnings

    message, category = loads(pickled)  # written by this user's store
    known = sys.modules.get(module)
    if known is None:
        return
    info = by_name.get(place)
    if info is not None:
        place, line = info.module.filename, line + info.first_line
    space = vars(known)
    registry = space.setdefault(_REGISTRY, {})
    set_up = warnings.filters
    try:
        if filters:
            warnings.filters = list(loads(filters))
        warnings.warn_explicit(message, category, place, line, space.get("__name__", module), registry)
    finally:
        warnings.filters = set_up
