"""What a subject is now, by kind: the other half of every check.

Nothing here raises. What can't be read any more is ABSENT, and what can't be said is None; neither equals a recorded
fingerprint by accident.
"""

from __future__ import annotations

import sys

from hitsave.memo import sharing
from hitsave_trace import filled, names, settled, sights, warned
from hitsave_trace.around import (
    argv_fingerprint,
    around,
    file_text,
    path_fingerprint,
    presence_text,
    stat_text,
)
from hitsave_trace.fingerprint import surroundings
from hitsave_trace.fingerprint.objects import shape_text
from hitsave_trace.fingerprint.terminals import terminal
from hitsave_trace.folders import listing_fingerprint, listing_text, names_listed
from hitsave_trace.model import (
    ABSENT,
    ARGV,
    BINDING,
    CLOSURE,
    CODE,
    CWD,
    DISTRIBUTION,
    ENV,
    FILE,
    FILLED,
    GLOBAL,
    LINES,
    LISTING,
    PRESENCE,
    RANDOM,
    SETTING,
    SHAPE,
    SHARING,
    STAT,
    TERMINAL,
    WARNED,
)
from hitsave_trace.names import by_name, user_modules
from hitsave_trace.sights import NOT_LOADED
from hitsave_trace.taps import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hitsave.memo.call import Call
    from hitsave.memo.check import Now
    from hitsave_trace.model import Dependency, Fingerprint, Subject


class Present:
    """Looks at the present state of subjects, for one process."""

    __slots__ = ("_distributions", "_sources")

    def __init__(self, sources: Callable[[str, str], Mapping[str, Fingerprint]]) -> None:
        self._sources = sources  # (module, relative path) → fingerprints of a module that is not loaded
        self._distributions: dict[str, tuple[Fingerprint, str]] = {}

    def of(self, call: Call) -> Now:
        """Give what looks at subjects for a check of a trace of `call`."""
        captured = call.cells_now

        def objects_of(kind: str, name: str) -> Sequence[object]:
            found = settled.objects(name) if kind in (BINDING, GLOBAL) and call.names is None else None
            return call.objects_of(kind, name) if found is None else found

        def now(kind: str, name: str, text: str | None) -> Fingerprint | None:
            if kind in (BINDING, GLOBAL):
                if call.names is not None:
                    return call.see(kind, name).fingerprint
                return settled.fingerprint(name, lambda: call.see(kind, name))
            if kind == FILLED:
                sight = call.see(*filled.leading_to(name))
                return NOT_LOADED if sight.fingerprint == NOT_LOADED else filled.fingerprint(sight.caches)
            if kind == SHARING:
                return sharing.fingerprint(call.objects, name, objects_of)
            return self.fingerprint(kind, name, text, captured)

        return now

    def fingerprint(
        self, kind: str, name: str, text: str | None, captured: Mapping[str, Fingerprint | None]
    ) -> Fingerprint | None:
        """Give the present fingerprint of a subject; `captured` are the closure cells of the call at hand."""
        if kind == CODE:
            return self.code(name, text)
        if kind == CLOSURE:
            return captured.get(name, ABSENT)
        if kind == DISTRIBUTION:
            return self.distribution(name)[0]
        if kind == SETTING:
            return settings.fingerprint(name)
        if kind == ENV:
            return surroundings.env(name)[0]
        if kind == RANDOM:
            return around.random_states().get(name, ABSENT)
        if kind == CWD:
            return path_fingerprint(around.getcwd())
        if kind == ARGV:
            return argv_fingerprint()
        if kind == TERMINAL:
            return terminal(name)[0]
        if kind == LISTING:
            return listing_fingerprint(names_listed(name))
        if kind in (FILE, PRESENCE, STAT):
            return self._file(kind, around.locate(name))
        if kind == LINES:
            return warned.lines_of(name)
        if kind == WARNED:
            return warned.was_shown(name)
        return sights.present(kind, name)

    def text(self, kind: str, name: str) -> str | None:
        """Give the present value of a subject in readable words."""
        if kind == CODE:
            return None
        if kind == DISTRIBUTION:
            return self.distribution(name)[1]
        if kind == SETTING:
            return settings.text(name)
        if kind == ENV:
            return surroundings.env(name)[1]
        if kind == CWD:
            return around.getcwd()
        if kind == TERMINAL:
            return terminal(name)[1]
        if kind == ARGV:
            return repr(sys.argv[1:])[:300]
        if kind == FILE:
            path = around.locate(name)
            fingerprint = self._file(FILE, path)
            return "unreadable" if fingerprint is None else file_text(fingerprint, path)
        if kind == LISTING:
            return listing_text(names_listed(name))
        if kind == STAT:
            return stat_text(around.locate(name))
        if kind == PRESENCE:
            return presence_text(self._file(PRESENCE, around.locate(name)) or b"")
        if kind in (RANDOM, CLOSURE, LINES, WARNED, FILLED):
            return None
        if kind == SHAPE:
            cls = names.resolve_class(name)
            return None if cls is None else shape_text(cls)
        return sights.see(kind, name).text

    def code(self, name: str, place: str | None) -> Fingerprint | None:
        """Give the fingerprint that a function's code has now, also in a module that is not imported yet."""
        info = by_name.get(name)
        if info is not None:
            return info.fingerprint
        module = name.partition(":")[0]
        if module in user_modules or not place:
            return ABSENT
        return self._sources(module, place.rpartition(":")[0]).get(name, ABSENT)

    def distribution(self, name: str) -> tuple[Fingerprint, str]:
        """Give version and fingerprint of an installed distribution; they don't change while a process runs."""
        known = self._distributions.get(name)
        if known is None:
            fingerprint, text = surroundings.distribution(name)
            known = self._distributions[name] = (fingerprint, text or "")
        return known

    @staticmethod
    def _file(kind: str, path: str) -> Fingerprint | None:
        digests = around.digests
        try:
            if kind == FILE:
                return digests.content(path)
            if kind == STAT:
                return digests.stat(path)
            return digests.presence(path)
        except Exception:
            return None


class AsRead:
    """What subjects were when a call read them: the call has ended, and may have changed them since.

    What it did not read is as it is now.
    """

    __slots__ = ("_present", "_reads")

    def __init__(self, present: Present, reads: Mapping[Subject, Dependency]) -> None:
        self._present = present
        self._reads = reads

    def of(self, call: Call) -> Now:
        """Give what looks at subjects on behalf of `call`."""
        otherwise = self._present.of(call)

        def now(kind: str, name: str, text: str | None) -> Fingerprint | None:
            read = self._reads.get((kind, name))
            return otherwise(kind, name, text) if read is None else read.fingerprint

        return now

    def text(self, kind: str, name: str) -> str | None:
        """Give the value of a subject in readable words."""
        read = self._reads.get((kind, name))
        return self._present.text(kind, name) if read is None or kind == CODE else read.text
