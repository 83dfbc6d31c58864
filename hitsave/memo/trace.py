"""What is stored of a call that may be answered: what it read, what it did, and where its result is.

The store keeps it as a plain tuple, a *record*, whose fields have positions and no names. This is the one place that
knows which is which. A record of another version says nothing here: the call then runs as if it had not been stored.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.model import Fingerprint

    Record = tuple[object, ...]
    Effect = tuple[object, ...]  # see effects.py
    Reading = tuple[bytes, int]  # digest of the dependency; position in `functions` of the one that read it, or -1
    Function = tuple[str, int, int]  # name; position of the function that called it, or -1; and the line of that call
    Changed = tuple[tuple[object, ...], tuple[tuple[str, str, str, bool], ...]]  # see changes.py; empty tuples mostly
    Argument = tuple[str, Fingerprint, str, bool]  # parameter, fingerprint, readable value, whether it is the default

VERSION = 2
FIELDS = 15
"""Length of a record: a word that says what it is, the version, and the fields of a trace in the order of `__init__`."""


class Trace:
    """One call that ran, as a later one sees it."""

    __slots__ = (
        "arguments",
        "call",
        "changes",
        "effects",
        "function",
        "functions",
        "loaded",
        "reads",
        "run",
        "seconds",
        "shares",
        "value",
        "when",
    )

    def __init__(
        self,
        call: bytes,
        function: str,
        reads: tuple[Reading, ...],
        functions: tuple[Function, ...],
        effects: tuple[Effect, ...],
        value: bytes,
        seconds: float,
        run: int,
        when: float,
        arguments: tuple[Argument, ...],
        shares: bool,
        loaded: tuple[str, ...],
        changes: Changed,
    ) -> None:
        self.call = call  # digest of the function and its arguments
        self.function = function
        self.reads = reads  # in the order read
        self.functions = functions  # those that were entered; the first is the call itself
        self.effects = effects  # in the order in which they happened
        self.value = value  # digest of the result
        self.seconds = seconds  # how long it took
        self.run = run  # number of the run that made it
        self.when = when  # in seconds since 1970
        self.arguments = arguments
        self.shares = shares  # whether the result holds something that was there before the call
        self.loaded = loaded  # modules of the program that it imported
        self.changes = changes  # objects and names that it changed; what they became stands beside the result

    @property
    def readers(self) -> list[int]:
        """For each of `reads`, the position of the function that read it."""
        return [reader for _, reader in self.reads]

    def changes_something(self) -> bool:
        """Whether it sets what two threads may know: objects, names, the state of a random generator."""
        return any(self.changes) or any(effect[0] == "random" for effect in self.effects)

    @staticmethod
    def from_record(record: Record) -> Trace | None:
        """Read a record; None if it is of another version."""
        if len(record) != FIELDS or record[1] != VERSION:
            return None
        return Trace(*record[2:])  # type: ignore[arg-type]  # the store's checksum vouches for what this wrote

    def to_record(self) -> Record:
        """Write it as the store keeps it."""
        return (
            "trace",
            VERSION,
            self.call,
            self.function,
            self.reads,
            self.functions,
            self.effects,
            self.value,
            self.seconds,
            self.run,
            self.when,
            self.arguments,
            self.shares,
            self.loaded,
            self.changes,
        )
