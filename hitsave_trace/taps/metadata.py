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


def chmod(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    # `shutil.copy` sets the mode that the file has already, as a rule. That is no effect.
    path = audit.path(arguments[0], frame, arguments[2] if len(arguments) > 2 else None)
    if path is None:
        return
    try:
        same = _lstat(path).st_mode & 0o7777 == arguments[1]
    except OSError:
        return
    if not same:
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
