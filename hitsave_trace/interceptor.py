"""The only way up: what the layer above decides about calls.

`hitsave_trace` observes; whether a call is answered, recorded or left alone is decided by an `Interceptor`. `Observer`
records nothing by itself and shows that this package works alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CellType
    from typing import Protocol

    from hitsave_trace.names import CodeInfo
    from hitsave_trace.recording import Recording

    class Interceptor(Protocol):
        """Decides about calls of user functions whose probe asks."""

        def enter(
            self, info: CodeInfo, arguments: tuple[object, ...], cells: tuple[CellType, ...], frame: int
        ) -> tuple[object] | Recording | None:
            """Give the stored answer as (value,), an opened recording, or None: just run it."""

        def leave(self, recording: Recording, value: object) -> None:
            """A recorded call is about to return `value`; the recording is closed afterwards."""

        def abandon(self, recording: Recording, error: BaseException | None) -> None:
            """A recorded call is being left by an exception, or its frame is gone without one."""


class Observer:
    """An interceptor that lets everything run and records nothing of its own."""

    __slots__ = ()

    def enter(
        self, _info: CodeInfo, _arguments: tuple[object, ...], _cells: tuple[CellType, ...], _frame: int
    ) -> tuple[object] | Recording | None:
        """Let the call run."""
        return None

    def leave(self, recording: Recording, value: object) -> None:
        """Do nothing."""

    def abandon(self, recording: Recording, error: BaseException | None) -> None:
        """Do nothing."""
