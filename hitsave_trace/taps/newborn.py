"""Whether a `numpy.random.RandomState` that a call made was given a seed.

`RandomState(3)` first makes a generator out of true randomness and then seeds it, so the draw says nothing. This
happens inside compiled code, which calls `mtrand._MT19937()` by that name: in its place stands a maker that lets the
draw pass unnoticed and keeps the new generator. One that was seeded afterwards has no seed sequence any more; one
that still has it when the recording closes came out of nothing.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from hitsave_trace.in_c import getframe
from hitsave_trace.taps.quiet import depths, quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.whole import Whole

_MANY = 256


class Newborn:
    """The generators that were made while something was recorded, each with a number."""

    __slots__ = ("_found", "_next", "_recording", "places", "whole")

    def __init__(self, recording: Recorder, places: Places) -> None:
        self._recording = recording
        self.places = places
        self._found: list[tuple[int, object]] = []
        self._next = 0
        self.whole: Whole | None = None  # the recording of the run, which is concerned as well

    def install(self, patches: Patches) -> None:
        """Stand where numpy makes the generator of a `RandomState`."""
        module = sys.modules.get("numpy.random.mtrand")
        original = getattr(module, "_MT19937", None)
        if module is not None and isinstance(original, type):
            patches.set(module, "_MT19937", Maker(original, self, self._recording))

    def add(self, generator: object) -> None:
        """Keep a generator until it is known whether it gets a seed."""
        if len(self._found) > _MANY:
            self.tell_whole()
            self._found = [one for one in self._found if one[1].seed_seq is not None]  # type: ignore[attr-defined]
        self._found.append((self._next, generator))
        self._next += 1

    def mark(self) -> int:
        """Give the number that the next generator will have."""
        return self._next

    def unseeded_since(self, mark: int) -> bool:
        """Whether a generator made since `mark` never got a seed."""
        return any(number >= mark and one.seed_seq is not None for number, one in self._found)  # type: ignore[attr-defined]

    def forget(self) -> None:
        """No call is recorded any more."""
        self.tell_whole()
        self._found.clear()

    def tell_whole(self) -> None:
        """Tell the recording of the run of generators that never got a seed."""
        if self.whole is not None and self.whole.on and self.unseeded_since(0):
            self.whole.forbid("entropy", "numpy.random.RandomState() without a seed", "")

    def is_restored(self) -> bool:
        """Whether this thread puts a stored value together."""
        return self.whole is not None and get_ident() in self.whole.awake

    def watches(self) -> bool:
        """Whether it matters which generators get a seed."""
        if self._recording.stacks:
            return True
        whole = self.whole
        # What a library makes while it is imported is for its own use.
        return whole is not None and not whole.lost and whole.minds() and not self.places.in_library_import(getframe(2))


class Maker:
    """Makes generators as the class does that it stands for, and is that class to `isinstance`."""

    def __init__(self, original: type, newborn: Newborn, recording: Recorder) -> None:
        self.__wrapped__ = original
        self._newborn = newborn
        self._recording = recording

    def __call__(self, *args: object, **kwargs: object) -> object:
        if args or kwargs or not self._newborn.watches() or get_ident() in depths:
            return self.__wrapped__(*args, **kwargs)
        with quiet:
            made: object = self.__wrapped__()
            # One that a library makes for itself while it is imported is its business; one that is put together from the store
            # gets its state in a moment.
            if not self._newborn.is_restored() and not self._newborn.places.in_library_import(getframe(1)):
                self._newborn.add(made)
        return made

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__wrapped__)

    def __getattr__(self, name: str) -> object:
        return getattr(self.__dict__["__wrapped__"], name)
