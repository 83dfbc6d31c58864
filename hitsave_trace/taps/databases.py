"""Databases of sqlite, which its library reads and writes by itself.

That one is opened is an audit event. Which others a connection takes in later is said in its own language, and told by the
library to whoever asked it: an *authorizer*, which is set on each connection that is made while something is recorded. What is
written shows when the recording closes (`written.py`).
"""

from __future__ import annotations

import sys
from _thread import get_ident

from hitsave_trace.taps import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from hitsave_trace.taps.audit import Arguments, Audit
    from hitsave_trace.taps.patches import Patches

_ATTACH = 24
"""What the library calls it when a statement takes in another database, or writes a copy of one."""


def file_of(given: object) -> str | None:
    """The file that a database's name means; None if it lies in memory."""
    named = places.text(given)
    if named is None or named in {"", ":memory:"} or "mode=memory" in named:
        return None
    if named.startswith("file:"):
        named = named[5:].partition("?")[0]
        named = "/" + named.lstrip("/") if named.startswith("//") else named
    return named


def opened(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    """A database is about to be opened, or taken in."""
    named = file_of(arguments[0])
    path = None if named is None else audit.path(named, frame)
    if path is not None:
        audit.written.connected(path)
        audit.written.connected(path + "-wal")
        for part in (path, path + "-wal", path + "-journal"):  # what is committed may still lie beside it
            audit.recording.file_read(part)


def made(audit: Audit, arguments: Arguments, _: FrameType) -> None:
    """A connection is nearly made; it can't be asked for anything before `connect` has returned."""
    audit.connecting[get_ident()] = arguments[0]


def imported(audit: Audit, patches: Patches) -> None:
    """Wrap `sqlite3.connect`, once its module is loaded."""
    module = sys.modules.get("sqlite3")
    inner = sys.modules.get("sqlite3.dbapi2")
    if module is None or inner is None:
        return

    def connected(_: tuple[object, ...], __: dict[str, object]) -> None:
        connection = audit.connecting.pop(get_ident(), None)
        if connection is None:
            return
        try:
            inner.Connection.set_authorizer(connection, _authorizer(audit))
        except Exception:
            audit.recording.forbid("native-io", "sqlite3.connect")

    patches.set(inner, "connect", patches.function(module, "connect", connected, after=True))


def _authorizer(audit: Audit) -> object:
    def may(action: int, name: object, *_: object) -> int:
        if action == _ATTACH and audit.recording.stacks and audit.live:
            audit.handle("sqlite3.attach", opened, (name,))
        return 0

    return may
