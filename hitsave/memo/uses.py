"""What the calls of a run read: the run's record holds it, and one run is compared by it with another.

What a program changes on the way (a dict that is filled in a loop, a generator) has another value at each step. The calls
that are worth a row read it in each run alike; others are recorded in the first run, and left alone in the next.
"""

from __future__ import annotations

from _thread import get_ident

from hitsave_trace.folders import folder_of
from hitsave_trace.model import CLOSURE, FILE, FILLED, GLOBAL, LISTING
from hitsave_trace.recording import stacks
from hitsave_trace.unrecorded import unrecorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsave_trace.model import Subject
    from hitsave_trace.recording import Recording

    Use = tuple[str, str, bytes, str | None]

MOST = 20_000
"""Subjects that are kept."""
MOST_VALUES = 4
"""Values that are kept of a variable: of what is changed on the way, there is one for each step."""


class Uses:
    """What the calls of one run read."""

    __slots__ = ("_answered", "_inside", "_made", "_of_rows", "_passing")

    def __init__(self) -> None:
        self._of_rows: dict[Subject, dict[bytes, Use]] = {}  # values in the order in which they were read
        self._passing: dict[Subject, dict[bytes, Use]] = {}  # what calls read that have no row
        self._inside: dict[int, list[Use]] = {}  # thread → what calls that have rows read inside of an open statement
        self._answered: set[bytes] = set()  # traces whose uses are among those of rows
        self._made: set[str] = set()  # files that recorded calls wrote before anything had read them

    def answered(self, trace: bytes, uses: Iterable[Use]) -> bool:
        """A call was answered with the trace of that name; says whether nothing around it is being recorded."""
        stack = stacks.get(get_ident())
        if trace not in self._answered:  # it says the same each time
            if stack:
                self._add_inside(stack, uses)
            else:
                self._answered.add(trace)
                self._add(self._of_rows, uses)
        return not stack

    def closed(self, found: Recording, *, has_row: bool) -> bool:
        """A recording ends; says whether it is an outermost one, which holds what all inside of it read."""
        thread = get_ident()
        stack = stacks.get(thread)
        uses = ((kind, name, one.fingerprint, one.text) for (kind, name), one in found.reads.items())
        if stack is not None and len(stack) > 1:
            if has_row:
                self._add_inside(stack, uses)
            return False
        inside = self._inside.pop(thread, ()) if self._inside else ()
        if has_row:
            self._add(self._of_rows, uses)
        else:
            self._add(self._of_rows, inside)
            self._add(self._passing, uses)
        return True

    def wrote(self, files: Iterable[str]) -> None:
        """Outermost calls wrote files."""
        for name in files:
            subject = FILE, name
            if subject not in self._of_rows and subject not in self._passing and not unrecorded.has_read(name):
                self._made.add(name)

    def has_made(self, kind: str, name: str) -> bool:
        """Whether a file holds what the run wrote into it before it read it."""
        return kind == FILE and (name in self._made or name in unrecorded.made)

    def all_of_them(self) -> tuple[Use, ...]:
        """Each thing at the value that was read first, then other values of variables. Files that the run had written itself
        are none of it.
        """
        of_rows = self._of_rows
        found = [*of_rows.values(), *(values for subject, values in self._passing.items() if subject not in of_rows)]
        return tuple(use for values in found for use in values.values())

    def _add_inside(self, stack: list[Recording], uses: Iterable[Use]) -> None:
        """Of a call inside of a statement that takes long for it alone: such a statement has no row."""
        if stack[0].info.is_statement:
            inside = self._inside.setdefault(get_ident(), [])
            if len(inside) < MOST:
                inside.extend(uses)

    def _add(self, known: dict[Subject, dict[bytes, Use]], uses: Iterable[Use]) -> None:
        for kind, name, fingerprint, text in uses:
            if kind in (LISTING, FILLED):
                name = folder_of(name)
            values = known.get((kind, name))
            if values is None:
                if len(known) < MOST and not self.has_made(kind, name):
                    known[kind, name] = {fingerprint: (kind, name, fingerprint, text)}
            elif kind in (GLOBAL, CLOSURE) and len(values) < MOST_VALUES:
                values.setdefault(fingerprint, (kind, name, fingerprint, text))
