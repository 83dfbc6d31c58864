"""Whether a stored trace still holds.

A trace holds if each of its dependencies has the same fingerprint now. They are compared in the order in which they
were read, and the order is part of the meaning: what was read later may only have been read because of what was read
before. So the first difference decides, and what comes after it only serves to explain.
"""

from __future__ import annotations

import sys

from hitsave_trace.folders import folder_of, names_listed
from hitsave_trace.model import CODE, LISTING
from hitsave_trace.sights import NOT_LOADED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsave_trace.folders import Listings
    from hitsave_trace.model import Fingerprint

    Node = tuple[str, str, Fingerprint, str | None]
    Now = Callable[[str, str, str | None], Fingerprint | None]


LOADED = b"loaded"
"""What the top level of a module is now that it has run before the call."""

accepted: set[tuple[str, Fingerprint, Fingerprint]] = set()
"""Edits of which the user said that they change no result: function, the version before, the version after."""

taken: list[str] = []
"""Functions by whose accepted edits the trace that was looked at last holds."""


class Difference:
    """A dependency that is not what it was: its node, what it is now, and the position of the function that read it."""

    __slots__ = ("fingerprint", "kind", "name", "now", "reader", "text")

    def __init__(self, node: Node, now: Fingerprint | None, reader: int) -> None:
        self.kind, self.name, self.fingerprint, self.text = node
        self.now = now
        self.reader = reader


def differences(
    nodes: Sequence[Node], readers: Sequence[int], now: Now, *, all_of_them: bool = False
) -> list[Difference]:
    """List what differs from what a trace read; empty means that it holds. Stops at the first unless asked for all.

    A trace that imported a module of the program only holds where that is still to be done. A name in a module that is
    not imported yet is as it was if the trace itself imported the module: then the code of
    the module's top level, and all that it read, stand among the dependencies.
    """
    found: list[Difference] = []
    taken.clear()
    imported: set[str] = set()
    for node, reader in zip(nodes, readers, strict=True):
        kind, name, fingerprint, text = node
        present = now(kind, name, text)
        if kind == CODE and name.endswith(":<module>"):
            module = name.partition(":")[0]
            if module in sys.modules and not all_of_them:  # to explain, one looks when the call itself has imported it
                present = LOADED
            imported.add(module)
        if present == fingerprint:
            continue
        if accepted and kind == CODE and present is not None and (name, fingerprint, present) in accepted:
            taken.append(name)
            continue
        if present == NOT_LOADED and name.partition(":")[0] in imported:
            continue
        found.append(Difference(node, present, reader))
        if not all_of_them:
            break
    return found


def listings_of(nodes: list[Node]) -> Listings:
    """What an answered call had read of folders, in which it has done nothing yet."""
    return {folder_of(name): (name, names_listed(name)) for kind, name, _, _ in nodes if kind == LISTING}
