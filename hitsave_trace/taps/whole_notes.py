"""What a call of a wrapped function means for the recording of a whole run: files asked about, variables, clocks, randomness.

The wrappers (`patches.py`) ask by the dotted name of the function. What raises audit events stands in `whole_events.py`.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from hitsave_trace.asking import OVERWRITERS
from hitsave_trace.asking import asker as path_asker
from hitsave_trace.fingerprint.files import ROOM_FOR_FOLDER
from hitsave_trace.model import FILE, PRESENCE, STAT
from hitsave_trace.recording import stacks
from hitsave_trace.taps import places as _places
from hitsave_trace.taps.clocks import ALLOWED as CLOCKS_ALLOWED
from hitsave_trace.taps.clocks import READS_WITHOUT
from hitsave_trace.taps.entropy import asker
from hitsave_trace.taps.files import facet
from hitsave_trace.taps.quiet import depths
from hitsave_trace.taps.whole import LINK, PACKAGES
from hitsave_trace.taps.whole_events import caller, leave, seeks_packages
from hitsave_trace.unrecorded import unrecorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.whole_events import Listener

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]
    Note = Callable[[Arguments, Keywords, FrameType], None]


_KINDS = {"content": FILE, "size": FILE, "presence": PRESENCE, "nothing": ROOM_FOR_FOLDER}
"""What is read where a `stat` is after that (`files.facet`)."""


class Notes:
    """Tells one recording of a run what is called."""

    __slots__ = ("descriptors", "events", "places", "whole")

    def __init__(self, events: Listener) -> None:
        self.events = events
        self.whole = events.whole
        self.places = events.places
        self.descriptors = events.descriptors

    def table(self) -> dict[str, Callable[[Arguments, Keywords], None]]:
        """What the wrappers ask, by the dotted name of the function."""
        plain: dict[str, Note] = {
            "os.stat": self._stat,
            "os.lstat": self._stat,
            "os.access": self._asked,
            "os.pathconf": self._asked,
            "os.readlink": self._link,
            "os.statvfs": self._refused("hidden-state", "os.statvfs"),
            "os.open": self._opened_in_folder,
            "os.dup": self._duplicated,
            "os.dup2": self._duplicated,
            "os.write": self._written,
            "os.urandom": self._drawn,
            "os.getrandom": self._drawn,
            "uuid.uuid1": self._refused("entropy", "uuid.uuid1"),
            "multiprocessing.util.spawnv_passfds": self._refused("process", "multiprocessing"),
            "random.Random.seed": self._seeded,
            "random.seed": self._seeding("random"),
            "random.setstate": self._seeding("random"),
            "random.getstate": self._state("random"),
            "numpy.random.seed": self._seeding("numpy.random"),
            "numpy.random.set_state": self._seeding("numpy.random"),
            "numpy.random.get_state": self._state("numpy.random"),
            "numpy.random.get_bit_generator": self._state("numpy.random"),
            "numpy.random.set_bit_generator": self._refused("entropy", "numpy.random.set_bit_generator"),
            "torch.manual_seed": self._seeding("torch"),
            "torch.set_rng_state": self._seeding("torch"),
            "torch.get_rng_state": self._state("torch"),
            "torch.initial_seed": self._state("torch"),
            "torch.seed": self._refused("entropy", "torch.seed"),
        }
        for name in ("read", "readv", "pread", "preadv"):
            plain[f"os.{name}"] = self._descriptor_read
        for name in ("writev", "pwrite", "pwritev", "sendfile", "splice", "copy_file_range"):
            plain[f"os.{name}"] = self._written_otherwise
        for name, enough in READS_WITHOUT.items():
            plain[f"time.{name}"] = self._clock(name, enough)
        environ = f"os.{type(os.environ).__qualname__}"
        plain[f"{environ}.__getitem__"] = self._variable
        for name in ("__iter__", "__len__", "__repr__"):
            plain[f"{environ}.{name}"] = self._all_variables
        entry = f"{os.DirEntry.__module__}.{os.DirEntry.__qualname__}"
        plain[f"{entry}.stat"] = self._entry(STAT)
        for name in ("is_dir", "is_file"):
            plain[f"{entry}.{name}"] = self._entry(PRESENCE)
        found = {name: self._noting(note) for name, note in plain.items()}
        found[f"{environ}.__getitem__"] = self._once(found[f"{environ}.__getitem__"])
        return found

    def _once(self, note: Callable[[Arguments, Keywords], None]) -> Callable[[Arguments, Keywords], None]:
        """Tell only the first time about a variable: some programs ask for one in a loop."""
        whole, asked = self.whole, self.whole.asked

        def first(arguments: Arguments, keywords: Keywords) -> None:
            if len(arguments) == 2 and arguments[1] in asked:
                return
            if whole.on:
                note(arguments, keywords)

        return first

    def _noting(self, note: Note) -> Callable[[Arguments, Keywords], None]:
        whole = self.whole

        def noted(arguments: Arguments, keywords: Keywords) -> None:
            if whole.minds():
                thread = get_ident()
                depths[thread] = depths.get(thread, 0) + 1
                try:
                    note(arguments, keywords, caller(2))
                except Exception as error:
                    whole.forbid("internal", f"{note.__name__}: {type(error).__name__}: {error}")
                finally:
                    leave(thread)

        return noted

    def _refused(self, slug: str, words: str) -> Note:
        def refused(_: Arguments, __: Keywords, ___: FrameType) -> None:
            self.whole.forbid(slug, words)

        return refused

    def _stat(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        asked = arguments[0] if arguments else keywords.get("path")
        if isinstance(asked, int) or self.whole.lost:
            return
        wanted = "presence" if _only_compares(frame) else facet(frame)
        kind = _KINDS.get(wanted, STAT)
        if kind == STAT and seeks_packages(frame):
            kind = PACKAGES  # whether what it knows of a folder is still so
        if (kind, asked) in self.whole.reads or path_asker() in OVERWRITERS:
            return
        path = self.events.path(asked, frame, keywords.get("dir_fd"))
        if path is not None and path not in _places.ABOVE_LIBRARIES:
            self.whole.look(kind, path)

    def _asked(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        asked = arguments[0] if arguments else keywords.get("path")
        path = None if isinstance(asked, int) else self.events.path(asked, frame, keywords.get("dir_fd"))
        if path is not None and path not in _places.ABOVE_LIBRARIES:
            self.whole.look(STAT, path)

    def _link(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        asked = arguments[0] if arguments else keywords.get("path")
        path = self.events.path(asked, frame, keywords.get("dir_fd"))
        if path is not None:
            self.whole.look(LINK, path)

    def _entry(self, kind: str) -> Note:
        def entry_asked(arguments: Arguments, _: Keywords, frame: FrameType) -> None:
            entry: os.DirEntry[str] = arguments[0]  # type: ignore[assignment]
            if kind == PRESENCE and not entry.is_symlink():
                return  # the listing tells files from folders
            if "/" not in str(entry.path):
                self.whole.forbid("dynamic-read", "os.scandir(descriptor)")
                return
            path = self.events.path(entry.path, frame)
            if path is not None:
                self.whole.look(kind, path)

        return entry_asked

    def _opened_in_folder(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        folder = keywords.get("dir_fd")
        asked = arguments[0] if arguments else keywords.get("path")
        flags = arguments[1] if len(arguments) > 1 else keywords.get("flags")
        if folder is None or not isinstance(flags, int):
            return
        self.events.reported[get_ident()] = asked
        path = self.events.path(asked, frame, folder)
        if path is not None:
            self.events.opened(path, None, flags)

    def _duplicated(self, arguments: Arguments, keywords: Keywords, _: FrameType) -> None:
        if not {0, 1, 2}.isdisjoint((*arguments[:2], *keywords.values())):
            self.whole.forbid("stdout-replaced", "os.dup")

    def _written(self, arguments: Arguments, _: Keywords, __: FrameType) -> None:
        if arguments[0] in (1, 2):
            self.descriptors.wrote(arguments[0], bytes(arguments[1]))  # type: ignore[call-overload]

    def _written_otherwise(self, arguments: Arguments, _: Keywords, __: FrameType) -> None:
        if not {1, 2}.isdisjoint(one for one in arguments[:2] if isinstance(one, int)):
            self.whole.forbid("stdout-replaced", "bytes written to a descriptor")

    def _descriptor_read(self, arguments: Arguments, keywords: Keywords, _: FrameType) -> None:
        descriptor = arguments[0] if arguments else keywords.get("fd")
        if descriptor == 0:
            self.whole.forbid("stdin", "os.read(0)")
        elif descriptor in self.whole.inherited:
            self.whole.forbid("special-file", f"descriptor {descriptor}")

    def _variable(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        key = arguments[1] if len(arguments) > 1 else keywords.get("key")
        if not isinstance(key, (str, bytes)):
            return
        name = os.fsdecode(key)
        if unrecorded.on and not stacks and name not in self.whole.environ and not self.places.in_library_import(frame):
            unrecorded.variable(name)
        self.whole.variable(name)

    def _all_variables(self, _: Arguments, __: Keywords, ___: FrameType) -> None:
        self.whole.variable("*")

    def _clock(self, name: str, enough: int) -> Note:
        def clock(arguments: Arguments, _: Keywords, frame: FrameType) -> None:
            if len(arguments) >= enough and arguments[enough - 1] is not None:
                return
            library = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if library not in CLOCKS_ALLOWED and not self.places.in_library_import(frame):
                self.whole.forbid("calendar", f"time.{name}")

        return clock

    def _drawn(self, _: Arguments, __: Keywords, frame: FrameType) -> None:
        words, allowed = asker(frame)
        # What a library draws while it is imported is for its own use: scipy makes up examples for its docstrings.
        if not allowed and not self.places.in_library_import(frame):
            self.whole.forbid("entropy", words or "os.urandom")

    def _seeded(self, arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
        """A generator of the class `random.Random` gets a seed, which may be the shared one."""
        shared = getattr(sys.modules.get("random"), "_inst", None)
        if arguments and arguments[0] is shared:
            self.whole.reseeded("random")
        seed = arguments[1] if len(arguments) > 1 else keywords.get("a")
        if seed is None and not asker(frame)[1] and not self.places.in_library_import(frame):
            self.whole.forbid("entropy", "random.Random() without a seed")

    def _seeding(self, generator: str) -> Note:
        def seeding(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            self.whole.reseeded(generator)
            if next(iter((*arguments, *keywords.values())), None) is None and not asker(frame)[1]:
                self.whole.forbid("entropy", f"{generator}.seed() without a seed")

        return seeding

    def _state(self, generator: str) -> Note:
        def state(_: Arguments, __: Keywords, ___: FrameType) -> None:
            self.whole.state_read(generator)

        return state


def _only_compares(frame: FrameType) -> bool:
    """Whether a file is looked at only to see that it is not another one, or a pipe: `shutil.copyfile` does so."""
    place = frame.f_globals.get("__name__"), frame.f_code.co_name
    return place in (("genericpath", "samefile"), ("shutil", "_stat"), ("shutil", "_islink"))
