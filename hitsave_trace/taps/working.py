"""In a worker of joblib: what a task does besides returning, told together with its result.

The workers run plainly. But a task that is given to them inside of a recorded call comes as a `Watched`, which brings the
taps along: while it runs, they tell of everything by which its result may depend on something else than what it was given, or
that plain Python would show. Nothing of that is kept or answered there; who gave the task decides.

This module is the first thing that the task's pickle asks for. So it sees which other names the pickle asks for: they say
whether the task holds code of the program.
"""

from __future__ import annotations

import sys
import warnings

from hitsave_trace.asking import NO_QUESTIONS, SEEKER, asker
from hitsave_trace.taps.unseen import calling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.taps.installed import Installed, Snapshot

    Reason = tuple[str, str]

HERE = __name__
TEMPORARY = "/joblib_memmapping_folder_"
"""In the paths of files through which joblib hands large arrays to its workers."""


class Told:
    """A result, and what is to be known of how it came about."""

    __slots__ = ("distributions", "modules", "reasons", "value")

    def __init__(
        self, value: object, modules: tuple[str, ...], reasons: tuple[Reason, ...], distributions: tuple[str, ...]
    ) -> None:
        self.value = value
        self.distributions = distributions  # about which it asked
        self.modules = modules  # whose names the task's pickle asked for, and that were asked for by name
        self.reasons = reasons  # what speaks against saving

    def __reduce__(self) -> tuple[object, ...]:
        return Told, (self.value, self.modules, self.reasons, self.distributions)


class Watch:
    """What the taps of a worker tell, as a `Recorder`."""

    def __init__(self) -> None:
        self.stacks: dict[int, int] = {}
        self.reasons: list[Reason] = []
        self.distributions: set[str] = set()
        self.modules: set[str] = set()
        self.seeded_anew: set[str] = set()
        self.states: dict[str, bytes] = {}
        self.snapshot: Snapshot | None = None

    def forbid(self, slug: str, what: str) -> None:
        if len(self.reasons) < 5:
            self.reasons.append((slug, f"{what}, in a worker of joblib"))

    def own(self) -> None:
        """Whatever is told is to be told again: there is no recording here that knows."""

    def goes_on(self, _stream: int, _text: str) -> bool:
        return False

    def forbid_around(self, slug: str, what: str) -> None:
        self.forbid(slug, what)

    def random_read(self, generator: str) -> None:
        if generator not in self.seeded_anew:
            self.forbid("entropy", generator)

    def seeded(self, generator: str) -> None:
        from hitsave_trace.taps.state import random_states

        if generator not in self.seeded_anew:
            if random_states().get(generator) != self.states.get(generator):
                self.forbid("entropy", generator)
            self.seeded_anew.add(generator)

    def listed(self, path: str) -> None:
        if asker() != SEEKER:
            self.forbid("process", f"{path} was listed")

    def looked(self, path: str, _: str) -> None:
        if asker() not in NO_QUESTIONS:
            self.forbid("process", f"{path} was asked about")

    def module_given(self, name: str) -> None:
        self.modules.add(name)

    def class_found(self, module: str, _: str) -> None:
        self.modules.add(module)

    def distribution_asked(self, name: str) -> None:
        self.distributions.add(name)

    def given_away(self, _: object) -> bool:
        self.forbid("process", "work was given to other processes")
        return False

    def touched(self, library: str) -> None:
        """Settings are those of the worker, which nobody but libraries sets."""

    def flushed(self, stream: int) -> None:
        """What was written before is told of."""

    def thread_started(self, thread: object) -> None:
        """Whatever a thread does here, it does for the task."""

    def asked_terminal(self, what: str) -> None:
        self.forbid("process", "the terminal was asked about")

    def text(self, stream: int, text: str | bytes) -> None:
        self.forbid("process", "text was written")

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, **_: self.forbid("process", f"{name} {arguments[0] if arguments else ''}".rstrip())


_watch = Watch()
_asked: list[str] = []
_taps: list[Installed] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "pickle.find_class" and len(_asked) < 10_000:
        _asked.append(str(arguments[0]))


def watched(function: object) -> Watched:
    """Make a task again from its pickle."""
    made = Watched(function)
    made.modules = tuple(dict.fromkeys(_asked))
    _asked.clear()
    return made


class Watched:
    """A task that tells what it does."""

    __slots__ = ("function", "modules")

    def __init__(self, function: object) -> None:
        self.function = function
        self.modules: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        return watched, (self.function,)


def _shown(show: Callable[[object], None]) -> Callable[[object], None]:
    """Stand where warnings are written, which is no matter of the taps."""

    def shown(message: object) -> None:
        if _watch.stacks:
            _watch.forbid("process", "a warning was shown")
        show(message)

    return shown


def _begin() -> None:
    try:
        if not _taps:
            from hitsave_trace.taps.installed import install

            _taps.append(install(_watch, lambda path: TEMPORARY in path))  # type: ignore[arg-type]
            _taps[0].patches.set(warnings, "_showwarnmsg_impl", _shown(vars(warnings)["_showwarnmsg_impl"]))
        from hitsave_trace.taps.state import random_states

        _watch.reasons.clear()
        _watch.distributions.clear()
        _watch.modules.clear()
        _watch.seeded_anew.clear()
        _watch.states = random_states()
        _watch.snapshot = _taps[0].snapshot()
        _watch.stacks[0] = 0
        _taps[0].before_recording()
    except Exception as error:
        _watch.forbid("internal", type(error).__name__)


def _end(task: Watched, value: object) -> Told:
    try:
        _watch.stacks.clear()
        _taps[0].after_recording()
        for slug, what in _taps[0].written_since(_watch.snapshot) if _watch.snapshot is not None else ():
            _watch.forbid(slug, what)
        from hitsave_trace.taps.state import random_states

        for name, now in random_states().items():
            if now != _watch.states.get(name) and name not in _watch.seeded_anew:
                _watch.forbid("entropy", name)
    except Exception as error:
        _watch.forbid("internal", type(error).__name__)
    return Told(
        value, (*task.modules, *sorted(_watch.modules)), tuple(_watch.reasons), tuple(sorted(_watch.distributions))
    )


def _calling(mark: object) -> Callable[..., object]:
    begin, end = _begin, _end

    def wrapper(self: Watched, /, *args: object, **kwargs: object) -> object:
        try:
            begin()
            return end(self, self.function(*args, **kwargs))  # type: ignore[operator]
        finally:
            mark  # noqa: B018

    return wrapper


Watched.__call__ = calling(_calling)  # type: ignore[method-assign]

_parent = getattr(sys.modules.get("multiprocessing.process"), "parent_process", None)
if _parent is not None and _parent() is not None:
    sys.addaudithook(_hear)  # in a worker, as against who gives it work
