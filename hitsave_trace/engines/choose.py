"""Which engine a run uses, with the reason when it is not the one that was asked for."""

from __future__ import annotations

from hitsave_trace.engines.profile import Profile
from hitsave_trace.pythons import HAS_MONITORING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.engines.engine import Engine


def choose(wanted: str) -> Engine:
    """Make the engine of that name: `auto`, `profile` or `monitoring`."""
    if wanted == "profile":
        return Profile()
    if HAS_MONITORING:
        from hitsave_trace.engines.monitoring import Monitoring, free_tool

        if free_tool() is not None:
            return Monitoring()
        reason = "all of sys.monitoring's free tools are taken"
    else:
        reason = "sys.monitoring came with Python 3.12"
    engine = Profile()
    if wanted == "monitoring":
        engine.instead = f"no monitoring: {reason}; profile is used"
    return engine
