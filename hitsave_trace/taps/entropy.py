"""True randomness: where a result would differ on each run of plain Python.

All of it passes through a few doors. `os.urandom` and `os.getrandom` serve `secrets`, `uuid4`, `SystemRandom` and
numpy: `default_rng()`, `RandomState()` and `SeedSequence()` without a seed ask `secrets.randbits`, which asks
`random._urandom`, which is `os.urandom`. The remaining doors seed in C: `random.Random()` and `random.seed()`
without an argument, and torch's `seed()`. Reading `/dev/urandom` is an audit event.

Not counted, because nothing that a program shows comes of it: names of temporary files (`tempfile` seeds a generator
of its own), ids of workers, sockets and memory maps (`multiprocessing`, `joblib`, `concurrent.futures`, `asyncio`),
keys of encrypted connections (`ssl`, `hmac`), the interpreter's hash seed, what a module does while it is imported
(`random` and `numpy.random` seed their global generators), and `uuid.getnode` (the machine's address).

The same functions are where a global generator's state is about to be overwritten: `seeded` is reported before.
"""

from __future__ import annotations

import os
import sys

from hitsave_trace.taps.newborn import Newborn
from hitsave_trace.taps.noting import noting
from hitsave_trace.taps.workers import is_started_by_them

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType

    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.unseen import Note

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]

_ALLOWED = frozenset((
    "tempfile", "multiprocessing", "joblib", "concurrent", "asyncio", "ssl", "hmac", "threading", "logging", "tqdm",
    "importlib", "cloudpickle", "selectors", "socketserver", "subprocess", "distributed", "ray", "IPython", "ipykernel",
))  # fmt: skip
_ALLOWED_INSIDE = ("sklearn.callback.", "numpy.random._pickle")
"""Parts of libraries that only make names for their own use with it, or a generator that gets its state in a moment."""
_RUN_OTHERS = frozenset((
    "BatchedCalls.__call__", "Parallel._get_sequential_output", "_TracebackCapturingWrapper.__call__", "_WorkItem.run",
    "Thread.run", "Timer.run", "worker", "mapstar", "starmapstar", "_process_worker", "_process_chunk", "_CallItem.__call__",
    "Handle._run",
))  # fmt: skip
"""Functions of those libraries that call what they were given, which may be what asks."""
_DOORS = ("random", "secrets", "uuid", "os", "numpy.random", "numpy.random.bit_generator")
_WORDS = {
    "uuid": "uuid.{name}",
    "secrets": "secrets.{name}",
    "random": "random.SystemRandom, or a generator without a seed",
}

WATCHED = frozenset(("random", "uuid", "numpy.random", "torch", "multiprocessing.util"))
"""Modules that `Entropy.imported` has something to do for."""


class Entropy:
    """The wrappers of one installation."""

    __slots__ = ("_known", "newborn", "patches", "places", "recording")

    def __init__(self, recording: Recorder, places: Places, patches: Patches) -> None:
        self.recording = recording
        self.places = places
        self.patches = patches
        self.newborn = Newborn(recording, places)
        self._known: dict[str, ModuleType] = {}

    def install(self) -> None:
        """Wrap the doors of `os`, and of what is imported already."""
        self.patches.function(os, "urandom", self._noting(self._drawn))
        if hasattr(os, "getrandom"):
            self.patches.function(os, "getrandom", self._noting(self._drawn))
        self.look()

    def look(self) -> None:
        """Wrap what was imported since the last look."""
        modules = sys.modules
        for name in WATCHED:
            module = modules.get(name)
            if module is not None and self._known.get(name) is not module:
                self.imported(name)

    def imported(self, name: str, *, executed: bool = False) -> None:
        """Wrap the functions of a module that has just been loaded (`executed`: its top level has certainly run)."""
        module = sys.modules.get(name)
        if module is None or self._known.get(name) is module:
            return
        spec = getattr(module, "__spec__", None)
        if not executed and getattr(spec, "_initializing", False):
            return  # half loaded: the next look finds it whole
        self._known[name] = module
        if self.places.is_user_file(getattr(module, "__file__", None) or "<none>"):
            return  # the program's own module of that name
        if name == "random":
            self._wrap_random(module)
        elif name == "uuid":
            self.patches.function(module, "uuid1", self._noting(lambda _, __, frame: self._forbid(frame, "uuid.uuid1")))
        elif name == "numpy.random":
            self.newborn.install(self.patches)
            for function in ("seed", "set_state", "get_state", "set_bit_generator", "get_bit_generator"):
                if hasattr(module, function):
                    self.patches.function(module, function, self._touching("numpy.random", function))
        elif name == "torch":
            for function in ("seed", "manual_seed", "set_rng_state", "get_rng_state", "initial_seed"):
                if hasattr(module, function):
                    self.patches.function(module, function, self._touching("torch", function))
        elif name == "multiprocessing.util" and hasattr(module, "spawnv_passfds"):
            words = "multiprocessing"
            self.patches.function(
                module, "spawnv_passfds", self._noting(lambda _, __, frame: self._spawned(frame, words))
            )

    def _spawned(self, frame: FrameType, words: str) -> None:
        if not is_started_by_them(frame):
            self._forbid(frame, words, "process")

    def _wrap_random(self, module: ModuleType) -> None:
        for function in ("seed", "setstate", "getstate"):
            self.patches.function(module, function, self._touching("random", function))
        shared = module._inst

        def seeding(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            if arguments and arguments[0] is shared:
                self.recording.seeded("random")
            seed = arguments[1] if len(arguments) > 1 else keywords.get("a")
            if seed is None:
                self._forbid(frame, "random.Random() without a seed")

        self.patches.method(module.Random, "seed", self._noting(seeding))

    def _touching(self, generator: str, function: str) -> Note:
        """Tell that the state is about to be overwritten or is being read, and of seeding without a seed."""

        def touching(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            if function in {"getstate", "get_state", "get_rng_state", "initial_seed", "get_bit_generator"}:
                if function == "get_bit_generator":  # which draws past all taps
                    self._forbid(frame, f"{generator}.{function}", "hidden-state")
                if not self.places.in_library_import(frame):
                    self.recording.random_read(generator)
                return
            self.recording.seeded(generator)
            if function == "set_bit_generator":
                self._forbid(frame, "numpy.random.set_bit_generator", "switch")
            elif generator == "torch" and function == "seed":
                self._forbid(frame, "torch.seed")
            elif generator == "random" and function == "seed":
                seed = arguments[0] if arguments else keywords.get("a")
                if seed is None:
                    self._forbid(frame, "random.seed() without a seed")

        return self._noting(touching)

    def _drawn(self, _: Arguments, __: Keywords, frame: FrameType) -> None:
        self._forbid(frame, "")

    def _forbid(self, frame: FrameType, words: str, slug: str = "entropy") -> None:
        """Forbid, unless what asked is one of those that don't count; say by which door it came."""
        door, allowed = asker(frame)
        if slug == "entropy" and allowed:
            return
        if self.places.in_library_import(frame):
            return
        self.recording.forbid(slug, words or door or "os.urandom")

    def _noting(self, note: Callable[[Arguments, Keywords, FrameType], None]) -> Note:
        return noting(note, self.recording, "random")


def asker(frame: FrameType | None) -> tuple[str, bool]:
    """Say by which door somebody asks for randomness, and whether it is somebody who does not count."""
    door = ""
    asking = frame
    while asking is not None:
        module = str(asking.f_globals.get("__name__", ""))
        if module not in _DOORS:
            break
        door = _WORDS.get(module, "").format(name=asking.f_code.co_name) or door
        asking = asking.f_back
    asked_by = "" if asking is None else str(asking.f_globals.get("__name__", ""))
    if asking is not None and asking.f_code.co_qualname.partition(".<locals>")[0] in _RUN_OTHERS:
        return door, False
    return door, asked_by.partition(".")[0] in _ALLOWED or asked_by.startswith(_ALLOWED_INSIDE)
