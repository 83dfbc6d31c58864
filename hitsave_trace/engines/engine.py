"""The protocol of engines.

Probes see user code that the import hook has loaded. An engine sees the rest: which distributions' functions run, and
user code that has no probe because it was made in another way. No promise rests on it alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Protocol

    class Sink(Protocol):
        """Where an engine reports to."""

        def ran(self, code: CodeType) -> None:
            """A code object was entered for the first time since the last `reopen`."""

    class Engine(Protocol):
        """Listens while recordings are open."""

        name: str
        instead: str | None

        def start(self, sink: Sink) -> None:
            """Get ready; nothing is listened to yet."""

        def reopen(self) -> None:
            """A recording was opened: everything counts as not seen."""

        def tire(self) -> None:
            """Time has passed; called by another thread."""

        def rest(self) -> None:
            """The last recording has closed."""

        def stop(self) -> None:
            """Put back exactly what was there."""
