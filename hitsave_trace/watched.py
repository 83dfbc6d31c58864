"""Whether somebody watches the program run."""

from __future__ import annotations

import sys

_gettrace, _getprofile = sys.gettrace, sys.getprofile
_get_tool = getattr(getattr(sys, "monitoring", None), "get_tool", None)


def is_watched() -> bool:
    """Whether a debugger, a profiler or coverage of the program's is at work now: an answered call would hide from it
    what it wants to see.
    """
    if _gettrace() is not None:
        return True
    profile = _getprofile()
    if profile is not None and getattr(profile, "__module__", None) != "hitsave_trace.engines.profile":
        return True
    return _get_tool is not None and any(_get_tool(tool) is not None for tool in range(3))
