"""Returns of a function that calls itself, from calls inside of the one that is recorded.

Only the observed body tells returns, and it is only needed for blocks that were not entered yet: mostly those
of errors, which never will be. When enough was told, what these blocks mention counts as read, and calls of the
function cost again what they cost in plain Python. A read that would speak against saving waits until it happens.
"""

from __future__ import annotations

from _thread import get_ident

from hitsave_trace import reads
from hitsave_trace.probes.arming import disarm, is_armed
from hitsave_trace.recording import busy, stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.observer import Observer
    from hitsave_trace.recording import Recording

ENOUGH = 100
"""Returns of a function inside of its own recorded call that are told, about a microsecond each."""


def returned(observer: Observer, info: CodeInfo, recording: Recording) -> None:
    """A function that is being recorded returned, but not from the call that is."""
    info.returns += 1
    thread = get_ident()
    if info.returns != ENOUGH or len(stacks) > 1 or thread in busy:
        return
    position = recording.functions.get(info.name)
    if position is None:
        return
    busy.add(thread)
    try:
        for number, (cell, chains) in enumerate(zip(info.block_cells, info.blocks[1:], strict=True), 1):
            if not is_armed(cell):
                continue
            reasons = len(recording.reasons)
            reads.observe(recording, info.module, chains, position)
            if len(recording.reasons) > reasons:
                del recording.reasons[reasons:]
                continue
            disarm(cell)
            observer.fired.append(cell)
            recording.blocks.add((info.name, number))
            info.cells_left -= 1
        observer.look_for_left(info)
    except BaseException as error:
        observer.fault(error)
    finally:
        busy.discard(thread)
