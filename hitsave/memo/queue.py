"""How long a thread has waited for a processor.

On a busy machine a quick call takes long by the clock: it was ready to run, and others were running. That time is none
of its own, and saving the call would not save it. Linux counts it for each thread; elsewhere it is taken for nothing.
"""

from __future__ import annotations

from posix import O_RDONLY, close, read
from posix import open as open_file
from time import perf_counter

from hitsave_trace.around import around

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.memo.call import Call

_PATH = "/proc/thread-self/schedstat"
UNNOTICED_SECONDS = 0.001
"""What is shorter is not worth asking how much of it was waiting."""


def begin_to_queue(call: Call) -> float:
    """Note for how long its thread has waited when a call begins; gives that moment.

    Whoever asks may have to wait while asking. What could have been waited before the call counts as if it was.
    """
    asked = perf_counter()
    queued = queued_seconds()
    now = perf_counter()
    call.queued_before = queued + now - asked
    return now


def own_seconds(call: Call, started: float, ended: float) -> float:
    """The time that a call took by itself: what HitSave did meanwhile for calls inside of it is none of it, nor is the
    time in which it waited for a processor.
    """
    seconds = ended - started - (around.overhead - call.overhead_before)
    if seconds > UNNOTICED_SECONDS:
        queued = queued_seconds() - call.queued_before
        # The thread may have waited after the call, too: only what it waited for certain during the call is none of it.
        seconds -= max(queued - (perf_counter() - ended), 0.0)
    return max(seconds, 0.0)


def queued_seconds() -> float:
    """Seconds that the present thread was ready to run, and did not run, since it began; 0 where nobody counts them."""
    try:
        file = open_file(_PATH, O_RDONLY)
    except OSError:
        return 0.0
    try:
        return int(read(file, 100).split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0
    finally:
        close(file)
