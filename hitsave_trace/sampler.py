"""Finds functions that were left alone and turned out slow.

A thread looks at the stacks from time to time, often at first and then less. A frame that is seen twice has run for at
least that long; its function's next call is then asked about again. The thread ends before a fork, which would
otherwise warn about it.

Frames are let go of at once: holding one would keep the program's objects alive. But then the next call's frame may lie
where the last one lay. So a look also switches the function's probe on: if it has been entered since, what stands in the
same place may be another call, and says nothing.
"""

from __future__ import annotations

import _thread
import os
import sys

from hitsave_trace.names import code_infos
from hitsave_trace.probes.arming import arm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from hitsave_trace.names import CodeInfo
    from hitsave_trace.probes.hooks import Site

    # thread and frame, or for a call of a library thread, frame and instruction
    Seen = tuple[int, int] | tuple[int, int, int]

SHORTEST_SECONDS = 0.01
LONGEST_SECONDS = 0.05
GROWTH = 1.02
DEPTH = 200
_current_frames = sys._current_frames


class Sampler:
    """The sampling thread of one process."""

    __slots__ = ("_done", "_running", "_wake", "looked", "sites", "slow", "slow_site")

    def __init__(
        self,
        slow: Callable[[CodeInfo, float], None],
        looked: Callable[[], None],
        slow_site: Callable[[Site, float], None],
    ) -> None:
        self.slow_site = slow_site  # called with the sites of a line that was seen twice at one call
        self.sites: dict[
            int, tuple[CodeType, list[Site]]
        ] = {}  # by code object, which is kept so that its id stays its own
        self.slow = slow  # called with a function that was seen in two looks at one frame, and the time between
        self.looked = looked  # called after each look
        self._wake = _thread.allocate_lock()
        self._done = _thread.allocate_lock()
        self._running = False

    def start(self) -> None:
        """Begin to look, in a while."""
        if self._running:
            return
        self._running = True
        self._wake = _thread.allocate_lock()
        self._wake.acquire()
        self._done = _thread.allocate_lock()
        self._done.acquire()
        try:
            _thread.start_new_thread(self._run, (self._wake, self._done))
        except RuntimeError:
            self._running = False

    def stop(self) -> None:
        """End the thread, and wait until it has gone."""
        if not self._running:
            return
        self._running = False
        self._wake.release()
        self._done.acquire(timeout=1)

    def _run(self, wake: _thread.LockType, done: _thread.LockType) -> None:
        try:
            wait = SHORTEST_SECONDS
            before: set[Seen] = set()
            while not wake.acquire(timeout=wait):
                before = self._look(before, wait)
                self.looked()
                wait = min(wait * GROWTH, LONGEST_SECONDS)
        except BaseException:  # the interpreter is ending, or is short of memory
            pass
        finally:
            done.release()

    def _look(self, before: set[Seen], apart: float) -> set[Seen]:
        own = _thread.get_ident()
        now: set[Seen] = set()
        seen: list[CodeInfo] = []
        for thread, frame in _current_frames().items():
            if thread == own:
                continue
            depth = 0
            inmost = True
            while frame is not None and depth < DEPTH:
                info = code_infos.get(id(frame.f_code))
                known = self.sites.get(id(frame.f_code))
                if inmost and known is not None:
                    place = (thread, id(frame), frame.f_lasti)
                    now.add(place)
                    if place in before:
                        for site in known[1]:
                            if site.line == frame.f_lineno:
                                self.slow_site(site, apart)
                    inmost = info is not None
                if info is not None and inmost:
                    inmost = False
                    statement = _statement(info, frame.f_lineno)
                    if statement is not None:
                        now.add((thread, id(statement)))
                        if (thread, id(statement)) in before:
                            self.slow(statement, apart)
                if info is not None and info.recordable and not info.candidate:
                    key = (thread, id(frame))
                    now.add(key)
                    seen.append(info)
                    if key in before and not info.entered:
                        self.slow(info, apart)
                frame = frame.f_back  # type: ignore[assignment]
                depth += 1
            del frame
        for info in seen:
            info.entered = False
            arm(info.entry_cell)
        return now


def _statement(info: CodeInfo, line: int | None) -> CodeInfo | None:
    """The statement at a line of a module's top level that is running by itself, if nobody asked about it."""
    if not info.name.endswith(":<module>") or line is None:
        return None
    for one in info.module.codes:
        if one.is_statement and one.first_line <= line <= one.last_line:
            return one if one.recordable and not one.candidate else None
    return None


def around_forks(sampler: Sampler) -> None:
    """Keep the thread away from forks."""

    def before() -> None:
        sampler.stop()

    def after_in_parent() -> None:
        sampler.start()

    os.register_at_fork(before=before, after_in_parent=after_in_parent)
