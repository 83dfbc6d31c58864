"""What is special about a statement at the top level, as a call that may be answered.

It has no arguments: all it gets in is read by name, when it begins. Its result are the names that it bound. And it is not
worth saving for what the calls inside of it took that are saved themselves.
"""

from __future__ import annotations

import sys
from time import perf_counter

from hitsave_trace import reads, sights
from hitsave_trace.fingerprint.values import OverBudget
from hitsave_trace.namespace import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.memo.call import Call
    from hitsave_trace.recording import Recording

BUDGET_SECONDS = 0.1
"""What looking at the values that a statement reads may cost, if it was never seen to be slow."""


def look(found: Recording, *, patient: bool) -> bool:
    """Note what a statement reads, before it runs. False if that takes too long: then it runs unseen."""
    info = found.info
    found.names = Names(info.module.name, info.module.globals or {})
    sights.deadline = None if patient else perf_counter() + BUDGET_SECONDS
    try:
        reads.observe(found, info.module, info.blocks[0], found.enter(info, -1, 0))
    except OverBudget:
        return False
    finally:
        sights.deadline = None
    return True


def can_bind(value: object) -> bool:
    """Whether the modules that a statement bound are there."""
    modules: tuple[tuple[str, str], ...] = value[3]  # type: ignore[index]
    return all(known in sys.modules for _, known in modules)


def own_seconds(call: Call, seconds: float) -> float:
    """What of its time a call is worth saving for."""
    return max(seconds - call.below, 0.0) if call.info.is_statement else seconds


def hand_over(found: Recording, seconds: float) -> None:
    """Tell the recording around that `seconds` of its time will be saved, or else what inside of it will be."""
    wider = found.outer
    if wider is not None:
        call: Call = wider.call  # type: ignore[assignment]
        call.below += max(seconds, found.call.below)  # type: ignore[attr-defined]
