"""Which threads run user code."""

from __future__ import annotations

import sys
from _thread import _count, get_ident

from hitsave_trace.names import code_infos

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

_current_frames = sys._current_frames


def at_work() -> frozenset[int]:
    """Find the other threads that run user code: what they do, they do not do for a recording that opens now."""
    if _count() <= 0:
        return frozenset()
    frames = _current_frames()
    # A frame that is held by a variable of its own lives until the next garbage collection, and with it all that the
    # program's frames below it hold: its files would stay open.
    del frames[get_ident()]
    found: set[int] = set()
    for thread, innermost_frame in frames.items():
        frame: FrameType | None = innermost_frame
        while frame is not None:
            if id(frame.f_code) in code_infos:
                found.add(thread)
                break
            frame = frame.f_back
    return frozenset(found)


def serves_joblib(thread: object) -> bool:
    """Whether a thread hands work to joblib's workers, which it does until they have been idle for long."""
    target = getattr(thread, "_target", None) or type(thread)
    return str(getattr(target, "__module__", "")).startswith("joblib.externals.loky.")
