"""Who asks about a file, and whether anything depends on the answer."""

from __future__ import annotations

from hitsave_trace.in_c import getframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

_ASKING = frozenset(("genericpath", "posixpath", "os", "pathlib", "pathlib._local"))
OVERWRITERS = frozenset(("PIL.Image",))
"""Libraries that ask whether a file is there right before they write it anew, to tidy up if that fails."""
SEEKER = "importlib.metadata"
"""Looks for installed packages, which are compared by their versions."""
NO_QUESTIONS = OVERWRITERS | {SEEKER}


def asker() -> str:
    """Name the module that asks about a path, past those that pass the question on."""
    frame: FrameType | None = getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module not in _ASKING and not module.startswith("hitsave"):
            return str(module)
        frame = frame.f_back
    return ""
