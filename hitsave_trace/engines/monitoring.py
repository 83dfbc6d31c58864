"""The engine on `sys.monitoring` (3.12+).

PY_START reports the first entry of each code object, and returns DISABLE: from then on that code object costs
nothing. `restart_events` at the opening of a recording makes everything count as unseen again.
"""

from __future__ import annotations

from sys import monitoring  # type: ignore[attr-defined]  # from 3.12 on; nobody imports this module before

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from hitsave_trace.engines.engine import Sink

TOOLS = (3, 4)
"""0, 1, 2 and 5 belong to debuggers, coverage, profilers and optimisers."""


def free_tool() -> int | None:
    """Give a tool id that nobody has, or None."""
    for tool in TOOLS:
        if monitoring.get_tool(tool) is None:
            return tool
    return None


class Monitoring:
    """Listens to the first entry of each code object while a recording is open."""

    __slots__ = ("_events", "_sink", "_tool", "instead", "name")

    def __init__(self) -> None:
        self.name = "monitoring"
        self.instead: str | None = None
        self._sink: Sink | None = None
        self._tool: int | None = None
        self._events = False

    def start(self, sink: Sink) -> None:
        """Take a tool id; without one the engine sees nothing."""
        self._sink = sink
        tool = free_tool()
        if tool is None:
            return
        monitoring.use_tool_id(tool, "hitsave")
        self._tool = tool
        disable = monitoring.DISABLE
        ran = sink.ran

        def entered(code: CodeType, _offset: int) -> object:
            ran(code)
            return disable

        monitoring.register_callback(tool, monitoring.events.PY_START, entered)

    def reopen(self) -> None:
        """Let every code object be reported once more."""
        if self._tool is None:
            return
        if not self._events:
            monitoring.set_events(self._tool, monitoring.events.PY_START)
            self._events = True
        monitoring.restart_events()

    def tire(self) -> None:
        """Go on: what has been reported once costs nothing."""

    def rest(self) -> None:
        """Stop listening until the next recording."""
        if self._tool is not None and self._events:
            monitoring.set_events(self._tool, 0)
            self._events = False

    def stop(self) -> None:
        """Give the tool id back."""
        if self._tool is not None:
            self.rest()
            monitoring.register_callback(self._tool, monitoring.events.PY_START, None)
            monitoring.free_tool_id(self._tool)
            self._tool = None
