"""The taps of a whole run as one thing: put in place with the others, and asked at the end what speaks against a replay."""

from __future__ import annotations

import os
import sys

from hitsave_trace.names import user_modules
from hitsave_trace.taps import state
from hitsave_trace.taps.descriptors import Descriptors
from hitsave_trace.taps.kernel import Accounts, had_children
from hitsave_trace.taps.native import OfRun
from hitsave_trace.taps.noting import nothing
from hitsave_trace.taps.quiet import quiet
from hitsave_trace.taps.suspects import entered, libraries
from hitsave_trace.taps.whole_events import Listener, database_look
from hitsave_trace.taps.whole_notes import Notes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.taps.arrivals import Arrivals
    from hitsave_trace.taps.audit import Audit
    from hitsave_trace.taps.newborn import Newborn
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.whole import Whole


class RunTaps:
    """The taps of one run."""

    __slots__ = ("_accounts", "_listener", "descriptors", "native", "newborn", "notes", "whole")

    def __init__(self, whole: Whole, places: Places) -> None:
        self.whole = whole
        self.descriptors = Descriptors(whole.forbid)
        self._listener = Listener(whole, places, self.descriptors)
        self.native = OfRun(whole, self._listener)
        self.notes: dict[str, Callable[[tuple[object, ...], dict[str, object]], None]] = Notes(self._listener).table()
        self.newborn: Newborn | None = None
        self._accounts: Accounts | None = None

    def install(self, patches: Patches, audit: Audit, arrivals: Arrivals) -> None:
        """Put them in place; nothing is noted before `begin`."""
        for name in ("dup", "dup2"):
            patches.function(os, name, nothing)
        audit.outer.update(self._listener.events())
        arrivals.searched = self.whole.searched
        arrivals.arriving = self.whole.arriving

    def begin(self) -> None:
        """The next thing that happens is the program's first line."""
        self.descriptors.install()
        self._accounts = Accounts()
        self.whole.open()

    def remove(self) -> None:
        """Nothing more is noted. What is written to the descriptors is, until it is said that it shall not."""
        self.whole.on = False

    def look_at_names(self, *, clocks: bool) -> None:
        """The program has ended: see what is known by name of what its functions mention. `clocks`: they are refused."""
        whole = self.whole
        try:
            with quiet:
                for slug, what in libraries():
                    whole.forbid(slug, what, "")
                for module in list(user_modules.values()):
                    for slug, what, where in entered((code for code in module.codes if _ran(code)), clocks=clocks):
                        whole.forbid(slug, what, where)
        except Exception as error:
            whole.forbid("internal", f"{type(error).__name__}: {error}", "")

    def end(self) -> None:
        """The program has ended: see what speaks against replaying it that did not show before."""
        whole = self.whole
        with quiet:
            if self.newborn is not None:
                self.newborn.tell_whole()
            for generator, now in state.random_states().items():
                if generator not in whole.seeded and whole.born.get(generator) != now:
                    whole.forbid("entropy", f"{generator} without a seed", "")
            for path, look in self._listener.databases.items():
                if database_look(path) != look or os.path.exists(path + "-wal"):
                    whole.forbid("database", path, "")
            known = whole.asked_machine or any(slug == "process" for slug, *_ in whole.reasons)
            if had_children(known=known):
                whole.forbid("process", "a child process", "")
            if self._accounts is not None and self._accounts.was_read():
                whole.forbid("stdin", "descriptor 0", "")
            if _threads_left():
                whole.forbid("thread", "a thread was left running", "")
            if os.environ.get("PYTHONINSPECT"):
                whole.forbid("debugger", "PYTHONINSPECT", "")
            if not self.descriptors.intact():
                whole.forbid("stdout-replaced", "sys.stdout.buffer.raw", "")
            self._temporary_files()
            if not whole.lost and self._accounts is not None:
                unseen = self._accounts.unseen_output(self.descriptors, whole.written)
                if unseen is not None:
                    whole.forbid("native-output", unseen, "")

    def _temporary_files(self) -> None:
        """Names that `tempfile` makes up differ from run to run: they must not be seen by anybody."""
        left = self._listener.left
        for path in left:
            if os.path.lexists(path):
                self.whole.forbid("temporary-name", path, "")
                return
        if left:
            names = [os.fsencode(os.path.basename(path)) for path in left]
            for _, data in self.descriptors.joined():
                if any(name in data for name in names):
                    self.whole.forbid("temporary-name", "in the output", "")
                    return


def _threads_left() -> bool:
    """Whether a thread of the program still runs: one that does not keep the interpreter from ending."""
    module = sys.modules.get("threading")
    if module is None:
        return False
    main = module.main_thread()
    return any(
        thread is not main and thread.is_alive() and type(thread).__name__ != "TMonitor"  # tqdm's, which only watches
        for thread in list(module._active.values())
    )


def _ran(code: object) -> bool:
    return bool(code.seen or code.qualname == "<module>")  # type: ignore[attr-defined]


def flush() -> bool:
    """Do now what the interpreter does next: the streams are flushed. Only streams of the interpreter's own make. Says whether
    that worked.
    """
    worked = True
    for stream, own in ((sys.stdout, sys.__stdout__), (sys.stderr, sys.__stderr__)):
        if stream is own and own is not None:
            try:
                if not own.closed:
                    own.flush()
            except Exception:
                worked = False  # it will be told when the interpreter does it
    return worked
