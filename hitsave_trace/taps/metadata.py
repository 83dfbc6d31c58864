"""Events about what a file is besides its content: mode, times, owner, links.

Mode and times are recorded as they are when the call returns; the rest can't be done again.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from hitsave_trace.taps.audit import Arguments, Audit, Handler

_lstat = os.lstat


def changes_mode(path: str, mode: object) -> bool:
    """Whether to set a mode does anything: `shutil.copy` sets the one that the file has already, as a rule."""
    try:
        return _lstat(path).st_mode & 0o7777 != mode
    except OSError:
        return False


def chmod(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
    if path is not None and changes_mode(path, arguments[1]):
        audit.recording.metadata_changed(path)


def timed(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0], frame, arguments[3] if len(arguments) > 3 else None)
    # Without times it is the present moment, as for any file that is written.
    if path is not None and (arguments[1] is not None or arguments[2] is not None):
        audit.recording.metadata_changed(path)


def forbidden(words: str) -> Handler:
    def handler(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
        if audit.path(arguments[0], frame) is not None:
            audit.recording.forbid("hidden-state", words)

    return handler


def made_link(words: str) -> Handler:
    def handler(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
        if audit.path(arguments[1], frame) is not None:
            audit.recording.forbid("hidden-state", words)

    return handler


def attributes(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    path = audit.path(arguments[0], frame)
    if path is not None:
        audit.recording.looked(path, "stat")
