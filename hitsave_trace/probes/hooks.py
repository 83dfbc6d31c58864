"""What probes call. Each hook is one name that the session points at the present observer.

The functions themselves never change, since rewritten code holds them as constants; what they do is looked up in
`observer`. Without an observer they do nothing, which is also what happens in a process that received a function by
value.
"""

from __future__ import annotations

from hitsave_trace.probes.arming import BODY, disarm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CellType
    from typing import Protocol

    from hitsave_trace.names import CodeInfo, StatementInfo

    class Listener(Protocol):
        """Who wants to know what probes see."""

        def enter(self, info: CodeInfo, arguments: tuple[object, ...], cells: tuple[CellType, ...], /) -> object: ...
        def leave(self, info: CodeInfo, value: object, /) -> None: ...
        def abandon(self, info: CodeInfo, error: BaseException, /) -> None: ...
        def block(self, info: CodeInfo, number: int, /) -> None: ...
        def receiver(self, info: CodeInfo, value: object, /) -> None: ...
        def enter_module(self, info: CodeInfo, /) -> None: ...
        def statement(self, info: StatementInfo, /) -> object: ...
        def ended(self, info: StatementInfo, /) -> None: ...


__all__ = ["BODY", "abandon", "block", "ended", "enter", "enter_module", "leave", "observer", "receiver", "statement"]


class Nobody:
    """The observer of a process that observes nothing."""

    __slots__ = ()

    def enter(self, info: CodeInfo, _arguments: tuple[object, ...], _cells: tuple[CellType, ...]) -> object:
        """Switch the probe off."""
        if info.entry_cell is not None:
            disarm(info.entry_cell)  # type: ignore[arg-type]
        return None

    def leave(self, info: CodeInfo, value: object) -> None:
        """Do nothing."""

    def abandon(self, info: CodeInfo, error: BaseException) -> None:
        """Do nothing."""

    def block(self, info: CodeInfo, number: int) -> None:
        """Do nothing."""

    def receiver(self, info: CodeInfo, value: object) -> None:
        """Do nothing."""

    def enter_module(self, info: CodeInfo) -> None:
        """Do nothing."""

    def statement(self, info: StatementInfo) -> object:
        """Switch the probe off."""
        disarm(info.entry_cell)  # type: ignore[arg-type]
        return None

    def ended(self, info: StatementInfo) -> None:
        """Do nothing."""


observer: Listener = Nobody()


def _ignore(_info: object) -> None:
    """Nobody wants to know which functions are loaded."""


registered: Callable[[CodeInfo], object] = _ignore
"""Called with each CodeInfo whose code has just been made live."""


def enter(info: CodeInfo, arguments: tuple[object, ...], cells: tuple[CellType, ...]) -> object:
    """Answer a call: None (run it), `BODY` (run it observed) or (value,)."""
    return observer.enter(info, arguments, cells)


def leave(info: CodeInfo, value: object) -> None:
    """A call is about to return `value`."""
    observer.leave(info, value)


def abandon(info: CodeInfo, error: BaseException) -> None:
    """A call is being left by an exception."""
    observer.abandon(info, error)


def block(info: CodeInfo, number: int) -> None:
    """A block that reads something more is about to run."""
    observer.block(info, number)


def receiver(info: CodeInfo, value: object) -> None:
    """An attribute of `value` is about to be read, by a name that may give the time of day."""
    observer.receiver(info, value)


def enter_module(info: CodeInfo) -> None:
    """The top level of a module begins to run."""
    observer.enter_module(info)


def statement(info: StatementInfo) -> object:
    """A statement at the top level is about to run: None (let it run), or anything else if it has been answered."""
    return observer.statement(info)


def ended(info: StatementInfo) -> None:
    """A statement that is being recorded has ended."""
    observer.ended(info)
