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
    from types import CellType, CodeType
    from typing import Protocol

    from hitsave_trace.names import CodeInfo, ModuleInfo, StatementInfo

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
            disarm(info.entry_cell)
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
        disarm(info.entry_cell)
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


class Site:
    """A place in user code that calls something, as it stands in rewritten code: called with what is to be called."""

    __slots__ = (
        "cell",
        "costs",
        "fills",
        "function",
        "infos",
        "inside",
        "line",
        "module",
        "number",
        "promoted",
        "strikes",
        "text",
    )

    def __init__(self, module: ModuleInfo, function: str, text: str, number: int, line: int) -> None:
        self.module = module
        self.function = function  # in which the call stands
        self.text = text  # what is called, as written
        self.number = number  # of the calls of the function that are written alike
        self.line = line
        self.cell: object = None
        self.costs: object = None
        self.infos: dict[object, CodeInfo] = {}
        self.promoted = 0  # times that it was seen to take long after it had been switched off
        self.fills = 0  # arrays that it made, and that were filled with zeros (library_calls.py)
        self.inside = 0  # times that it was reached inside of a library's recorded call
        self.strikes = 0  # times that it called something that is no business of ours

    @property
    def name(self) -> str:
        """What the site is called in the store: its line is no part of it."""
        return f"{self.function} calls {self.text} #{self.number}"

    def __call__(self, callee: object) -> object:
        """Give what is to be called in place of `callee`."""
        return site_reached(self, callee)

    def __repr__(self) -> str:
        return f"<Site {self.name}>"

    def __reduce__(self) -> tuple[object, tuple[()]]:
        # Functions that are pickled by value carry their constants.
        return nowhere, ()


def nowhere() -> Callable[[object], object]:
    """Stand for a call site of code that came from another process by value."""
    return itself


def itself(callee: object) -> object:
    """Leave a call as it is."""
    return callee


def as_it_is(_site: Site, callee: object) -> object:
    """Leave every call as it is."""
    return callee


def _unasked(_site: Site, _code: CodeType) -> None:
    """Nobody wants to know which calls there are."""


site_reached: Callable[[Site, object], object] = as_it_is
"""Called when a site that is on is about to call something; gives what is called instead."""

site_registered: Callable[[Site, CodeType], object] = _unasked
"""Called with each site whose code has just been made live."""
