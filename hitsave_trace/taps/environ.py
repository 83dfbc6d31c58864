"""Reads of the environment: `os.environ`, `os.environb`, `os.getenv`, present or absent.

`os.environ` is a Python object over a dict that was filled at start-up, so no event tells of a read. The methods of
its class are wrapped. Everything else (`get`, `in`, `items`, `copy`, `|`, `expandvars`) goes through these four.
Changes raise the events `os.putenv` and `os.unsetenv`.
"""

from __future__ import annotations

import os

from hitsave_trace.model import ENV
from hitsave_trace.taps.noting import noting
from hitsave_trace.unrecorded import unrecorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.unseen import Note

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]


class Environ:
    """The wrappers of one installation."""

    __slots__ = ("places", "recording")

    def __init__(self, recording: Recorder, places: Places) -> None:
        self.recording = recording
        self.places = places

    def install(self, patches: Patches) -> None:
        """Put the wrappers in place."""
        kind = type(os.environ)
        note, recording = self._noting(_name_of), self.recording

        def outside(arguments: Arguments, keywords: Keywords) -> None:
            if unrecorded.on and not recording.stacks:
                note(arguments, keywords)

        patches.method(kind, "__getitem__", note, outer=outside)
        for name in ("__iter__", "__len__", "__repr__"):
            patches.method(kind, name, self._noting(_all))

    def _noting(self, subject: Callable[[Arguments, Keywords], str | None]) -> Note:
        recording, places = self.recording, self.places

        def told(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            name = subject(arguments, keywords)
            known = recording.own()
            if (
                known is not None
                and name is not None
                and ((ENV, name) in known.reads or (ENV, name) in known.variables)
            ):
                return
            if name != "" and not places.in_library_import(frame):
                recording.environment(name)

        return noting(told, recording, "os.environ")


def _name_of(arguments: Arguments, keywords: Keywords) -> str | None:
    key = arguments[1] if len(arguments) > 1 else keywords.get("key")
    if isinstance(key, (str, bytes)):
        return os.fsdecode(key)
    return ""  # a TypeError is about to be raised


def _all(_: Arguments, __: Keywords) -> None:
    return None
