"""The engine on `sys.setprofile`: every Python call of every thread, until the budget of a recording is used up.

It is exact and slow, so it has a budget of calls per recording and takes itself off when that is spent. A profile
function that the program sets is the program's: this engine then stays away. It takes itself off as well where the stack
is deep, which it looks at before the calls that it has seen since could have filled it: the program reaches its limit
without us on top of it.
And all recordings together have one that fills again with time, so that many short ones cost no more than a long one.

On 3.11 the interpreter executes every instruction by a slower way while a profile function is set: a loop without a
single call takes half as long again. So there is a limit of time as well. It runs out while the program is anywhere; another
thread looks (`tire`), and asks the interpreter to call us in the main thread as soon as it can. Threads other than the
main one have no such limit.
"""

from __future__ import annotations

import ctypes
import sys
from _thread import get_ident, interrupt_main
from time import perf_counter

from hitsave_trace.in_c import getframe
from hitsave_trace.pythons import PROFILING_SLOWS_ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from hitsave_trace.engines.engine import Sink

EVENTS = 2_000
"""Calls that are looked at in one recording: about half a millisecond's worth."""
EVENTS_PER_SECOND = 50_000
"""Calls that may be looked at on the long run: about two hundredths of the time."""
EVENTS_AT_FIRST = 200_000
LISTEN_SECONDS = 0.005
"""How long a recording is listened to, where that slows down everything."""
MARGIN = 60
"""Frames that the callback itself may need, and some."""

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_add_pending_call = ctypes.pythonapi.Py_AddPendingCall
_add_pending_call.argtypes = (_Callback, ctypes.c_void_p)


LEVELS = 4
"""By which one call of a Python function may bring the program nearer to its limit: C functions between two count as well."""


def _room() -> int:
    """Say how many more calls of Python functions certainly fit on this thread's stack."""
    room = (sys.getrecursionlimit() - MARGIN) // LEVELS
    frame: FrameType | None = getframe()
    while frame is not None and room > 0:
        room -= 1
        frame = frame.f_back
    return max(room, 0)


class Profile:
    """Listens to calls in the thread that records."""

    __slots__ = (
        "_asked", "_due", "_filled", "_given", "_left", "_main", "_mine", "_number", "_pool", "_seen", "_since", "_sink",
        "_total", "budget", "instead", "name",
    )  # fmt: skip

    def __init__(self, budget: int | None = EVENTS) -> None:
        self.name = "profile"
        self.instead: str | None = None
        self.budget = budget  # None: no limit, the reference engine
        self._sink: Sink | None = None
        self._left = 0  # calls until it looks at the stack again
        self._total = 0  # calls that it will look at after those
        self._mine = False
        self._seen: set[int] = set()
        self._main = get_ident()  # sessions begin in the main thread
        self._number = 0  # of the recording that is listened to in the main thread; 0: none
        self._due = 0  # the recording that has been listened to for long enough
        self._asked: object = None
        self._pool = float(EVENTS_AT_FIRST)
        self._given = 0
        self._since = self._filled = 0.0

    def start(self, sink: Sink) -> None:
        """Get ready."""
        self._sink = sink

    def reopen(self) -> None:
        """Begin to listen with a new budget."""
        self._seen.clear()
        self._left = -1 if self.budget is None else self._share()
        if self._left == 0:
            self.rest()
            return
        main = get_ident() == self._main
        if sys.getprofile() is None:
            sys.setprofile(self._called)
            self._mine = self._mine or main
        if self.budget is not None and main:
            self._since = self._filled
            self._number = self._due + 1

    def _share(self) -> int:
        """Give what a recording that opens now may have of what all of them have."""
        now = perf_counter()
        used = self._given - max(self._left, 0) - self._total
        self._pool = min(self._pool - used + (now - self._filled) * EVENTS_PER_SECOND, EVENTS_AT_FIRST)
        self._filled = now
        self._given = self._total = max(min(EVENTS, int(self._pool)), 0)
        return self._up_to_the_next_look()

    def _up_to_the_next_look(self) -> int:
        """Take from what is left as many calls as certainly fit on the stack."""
        fits = min(self._total, _room())
        self._total -= fits
        return fits

    def tire(self) -> None:
        """Time has passed; called by another thread. Listening ends where it has gone on for long enough."""
        number = self._number
        if not PROFILING_SLOWS_ALL or not self._mine or number <= self._due:
            return
        if perf_counter() - self._since < LISTEN_SECONDS:
            return
        if self._asked is None:
            self._asked = _Callback(self._enough)
        self._due = number
        _add_pending_call(self._asked, None)

    def _enough(self, _: object) -> int:
        try:
            if self._number == self._due:
                self.rest()
        except KeyboardInterrupt:
            interrupt_main()  # it came just now, and is the program's
        except BaseException:
            # Nothing of ours may reach the program from here.
            return 0
        return 0

    def _called(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        key = id(code)
        if key not in self._seen:
            self._seen.add(key)
            if self._sink is not None:
                self._sink.ran(code)
        self._left -= 1
        # Of several threads that are listened to only one sees the budget reach zero.
        if self._left <= 0 and (self.budget is not None or self._sink is None):
            self._left = self._up_to_the_next_look() if self._sink is not None else 0
            if self._left <= 0:
                self.rest()

    def rest(self) -> None:
        """Stop listening in this thread."""
        if sys.getprofile() == self._called:
            try:
                sys.setprofile(None)
            except RuntimeError:
                self._left = self._total = 0  # the program is just putting its own in the place of ours
        if get_ident() == self._main:
            self._mine = False

    def stop(self) -> None:
        """Put back what was there, here; other threads see at their next call that nobody listens."""
        self._sink = None
        self._left = self._total = 0
        self.rest()
