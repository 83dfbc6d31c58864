"""The time that a call took by itself.

On a busy machine a quick call takes long by the clock: it was ready to run, and others were running. That time is none of
its own, and saving the call would not save it. A thread that has not slept has done nothing but run and wait for a
processor, so the processor's time is its own. Of one that has slept (for a file, a lock, another thread, or because it was
told to) it is the clock's. Linux counts for how long a thread has waited for a processor, too (/proc/PID/schedstat), but
on a busy machine with Linux 6.18 some threads were said to have waited when they had slept.
"""

from __future__ import annotations

import resource
from time import perf_counter, thread_time

from hitsave_trace.around import around

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.memo.call import Call

_THIS_THREAD: int | None = getattr(resource, "RUSAGE_THREAD", None)
"""Where nobody counts for threads, the clock's time is taken."""
UNNOTICED_SECONDS = 0.001
"""What is shorter is not worth asking whether it slept."""


def begin(call: Call) -> float:
    """Note what a call's own time is counted from; gives the moment by the clock. Part of the hook that is running is over."""
    call.slept_before = times_slept()
    call.cpu_before = thread_time()
    now = perf_counter()
    # The processor's time: a busy machine must not make a call look as if asking about it cost too much.
    call.spent = call.cpu_before - call.started_cpu
    call.overhead_before = around.overhead + call.spent
    call.overhead_by_clock_before = around.overhead_by_clock + now - call.started
    return now


def own_seconds(call: Call, started: float, ended: float, cpu: float) -> float:
    """The time that a call took by itself, which ended at `ended` by the clock and at `cpu` by its thread's processor time.

    What HitSave did meanwhile for calls inside of it is none of it.
    """
    if ended - started > UNNOTICED_SECONDS and _THIS_THREAD is not None and times_slept() == call.slept_before:
        return max(cpu - call.cpu_before - (around.overhead - call.overhead_before), 0.0)
    return max(ended - started - (around.overhead_by_clock - call.overhead_by_clock_before), 0.0)


def times_slept() -> int:
    """How often the present thread has given its processor away of itself."""
    return 0 if _THIS_THREAD is None else resource.getrusage(_THIS_THREAD).ru_nvcsw
