"""All taps of one process: put in place before user code is imported, and taken out again.

`before_recording` and `after_recording` frame each recording, however deep: the streams carry their taps only in
between, and libraries that were imported since the last time get theirs. Both are cheap when nothing is new.
"""

from __future__ import annotations

import sys

from hitsave_trace import catalogue
from hitsave_trace.taps import compilers, databases, figures, log_files, mocks, registered, state, workers
from hitsave_trace.taps.arrivals import Arrivals
from hitsave_trace.taps.audit import Audit
from hitsave_trace.taps.clocks import Clocks
from hitsave_trace.taps.compilers import MODULES as COMPILERS
from hitsave_trace.taps.entropy import WATCHED, Entropy
from hitsave_trace.taps.environ import Environ
from hitsave_trace.taps.files import Files
from hitsave_trace.taps.log_files import LogFiles
from hitsave_trace.taps.loggers import Loggers
from hitsave_trace.taps.lookups import WATCHED as LOOKED_UP
from hitsave_trace.taps.lookups import Lookups
from hitsave_trace.taps.native import MODULES as NATIVE
from hitsave_trace.taps.native import Native
from hitsave_trace.taps.patches import Patches
from hitsave_trace.taps.places import Places
from hitsave_trace.taps.quiet import quiet
from hitsave_trace.taps.run_taps import RunTaps
from hitsave_trace.taps.streams import Streams
from hitsave_trace.taps.switches import WATCHED as SWITCHED
from hitsave_trace.taps.switches import arrived
from hitsave_trace.taps.threads import Threads
from hitsave_trace.taps.whole import DRAW_AT_IMPORT
from hitsave_trace.taps.written import Written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.whole import Whole
    from hitsave_trace.taps.written import Looks

    Arrived = Callable[[str], None]
    Snapshot = tuple[Looks, int, log_files.Streams]


class Installed:
    """The taps that are in place, as one thing that can be removed."""

    __slots__ = (
        "_handlers", "_modules", "arrivals", "audit", "entropy", "files", "log_files", "loggers", "lookups", "native", "patches", "places",
        "recording", "run", "streams", "threads", "written",
    )  # fmt: skip

    def __init__(self, recording: Recorder, ignore: Callable[[str], bool], whole: Whole | None = None) -> None:
        self.recording = recording
        self.places = Places(ignore)
        self.run = None if whole is None else RunTaps(whole, self.places)
        self.patches = Patches(recording, None if self.run is None else self.run.notes)
        self.written = Written(self.places.outside)
        self.audit = Audit(recording, self.places, self.written)
        self.streams = Streams(recording, self.places)
        self.files = Files(self.audit, self.streams)
        self.loggers = Loggers(recording, self.places)
        self.log_files = LogFiles(recording)
        self.lookups = Lookups(recording, self.places)
        self.entropy = Entropy(recording, self.places, self.patches)
        self.native = Native(self.audit, self.patches)
        self.native.run = None if self.run is None else self.run.native
        self._handlers: dict[str, list[Arrived]] = {}
        for names, handler in self._waiting():
            for name in names:
                self._handlers.setdefault(name, []).append(handler)
        self.arrivals = Arrivals(frozenset(self._handlers), self.on_import)
        self.threads = Threads(recording)
        self._modules = 0

    def put(self) -> Installed:
        """Put all taps in place."""
        self.files.install(self.patches)
        if self.run is not None:
            self.run.install(self.patches, self.audit, self.arrivals)
            self.entropy.newborn.whole = self.run.whole
            self.run.newborn = self.entropy.newborn
        self.files.imported(self.patches)
        Environ(self.recording, self.places).install(self.patches)
        Clocks(self.recording, self.places).install(self.patches)
        self.entropy.install()
        self.loggers.imported(self.patches)
        self.threads.look(self.patches)
        self.lookups.look(self.patches)
        self.native.look()
        databases.imported(self.audit, self.patches)
        registered.follow_codecs(self.patches)
        figures.imported(self.recording, self.patches)
        self._workers_arrived(workers.MODULE)
        self.patches.spread()
        self.arrivals.install()
        self.audit.install()
        self._modules = len(sys.modules)
        return self

    def on_import(self, name: str) -> None:
        """Tap a module that has just been loaded; `arrivals` calls this, and for any other name it does nothing."""
        for handler in self._handlers.get(name, ()):
            handler(name)

    def _waiting(self) -> Iterator[tuple[Iterable[str], Arrived]]:
        """The modules that are waited for, and what is done when one has come, in that order."""
        patches = self.patches
        if self.run is not None:
            yield DRAW_AT_IMPORT, self.run.whole.drew
        yield WATCHED, self._generator_arrived
        yield COMPILERS, lambda name: compilers.arrived(name, patches)
        yield ("sqlite3",), lambda _: databases.imported(self.audit, patches)
        yield (workers.MODULE,), self._workers_arrived
        yield (figures.MODULE,), lambda _: figures.imported(self.recording, patches)
        yield ("linecache",), lambda _: self.files.imported(patches)
        yield ("logging",), lambda _: self.loggers.imported(patches)
        yield mocks.MODULES, lambda name: mocks.imported(name, self.recording, patches)
        yield NATIVE, self.native.arrived
        yield SWITCHED, arrived
        yield LOOKED_UP, lambda name: self.lookups.imported(name, patches)

    def _workers_arrived(self, _: str) -> None:
        """Follow what is given to joblib's workers; in a version of which that is not known how, nothing is saved that does."""
        try:
            workers.imported(self.recording, self.patches, self.native.given_away(workers.WORDS))
        except Exception:
            catalogue.give_up("joblib", "process")

    def _generator_arrived(self, name: str) -> None:
        """Tap a module with generators, and give open recordings the state in which one came into the world: for them it is
        the one at entry.

        It came out of true randomness, so a call that draws from it without seeding it depends on a state that no
        other run has.
        """
        self.entropy.imported(name, executed=True)
        if name not in {"random", "numpy.random", "torch"}:
            return
        if self.run is not None:
            self.run.whole.arrived(name)
        if not self.recording.stacks:
            return
        now = state.random_states().get(name)
        for stack in list(self.recording.stacks.values()):  # type: ignore[attr-defined]
            for opened in stack if isinstance(stack, list) else ():
                if now is not None and opened.random is not None:
                    opened.random.setdefault(name, now)

    def before_recording(self) -> None:
        """Get ready for a recording that has just been opened."""
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self.entropy.look()
            self.threads.look(self.patches)
            self.lookups.look(self.patches)
        self.streams.before()
        self.log_files.before()

    def after_recording(self) -> None:
        """Clean up once a recording has closed."""
        self.streams.after()
        self.log_files.after()
        if not self.streams.any_open:
            self.entropy.newborn.forget()

    def snapshot(self) -> Snapshot:
        """Take note of what only shows at the close: the files that are open for writing. Costs nothing without any."""
        with quiet:
            return self.written.snapshot(), self.entropy.newborn.mark(), log_files.open_now()

    def written_since(self, snapshot: Snapshot) -> list[tuple[str, str]]:
        """Say what shows at the close of a recording only: (slug, words), mostly nothing.

        Files that were open before and were written to (the words are the path), a stream that was written to and
        could not be tapped, and generators that never got a seed.
        """
        files, mark, logs = snapshot
        with quiet:
            found = self.written.since(files)
            found += [("switch", f"logging: {path} was closed") for path in log_files.closed_since(logs)]
            unknown = self.streams.changed()
            if unknown is not None:
                found.append(("stdout-replaced", unknown))
            if self.audit.connecting:  # made in another way than by `connect`
                self.audit.connecting.clear()
                found.append(("native-io", "sqlite3.Connection"))
            if self.entropy.newborn.unseeded_since(mark):
                found.append(("entropy", "numpy.random.RandomState() without a seed"))
        return found

    def left_open(self, paths: Collection[str]) -> list[str]:
        """Name those of `paths` that are open for writing at the close of the recording that wrote them."""
        with quiet:
            return self.written.left_open(paths)

    def remove(self) -> None:
        """Put back exactly what was there. The audit hook stays, neutral."""
        self.audit.remove()
        if self.run is not None:
            self.run.remove()
        self.arrivals.remove()
        self.streams.remove()
        self.log_files.remove()
        self.patches.remove()


def install(recording: Recorder, ignore: Callable[[str], bool], whole: Whole | None = None) -> Installed:
    """Put all taps in place. `ignore(path)` says which absolute paths are no business of the program's results. `whole` is
    the recording of the run, if it is recorded as a whole, too.
    """
    return Installed(recording, ignore, whole).put()
