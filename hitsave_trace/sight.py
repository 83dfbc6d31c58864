"""What a name turned out to mean."""

from __future__ import annotations

from hitsave_trace.fingerprint.before import Before

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsave_trace.fingerprint.values import Walk
    from hitsave_trace.model import Fingerprint


class Sight:
    """What a subject turned out to be: the dependency, and what hangs on it."""

    __slots__ = (
        "_tell",
        "_text",
        "_walk",
        "before",
        "caches",
        "classes",
        "distributions",
        "fingerprint",
        "in_hand",
        "kept_results",
        "kind",
        "name",
        "objects",
        "value",
    )

    def __init__(
        self,
        kind: str,
        name: str,
        fingerprint: Fingerprint | None,
        text: str | None,
        tell: Callable[[object], str] | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.fingerprint = fingerprint  # None if it has none; the text says why
        self._text = text
        self._tell = tell  # makes the text of the value, for whoever asks at once: a check never does
        self.caches: Sequence[object] = ()  # made by `lru_cache`
        self.classes: Sequence[type] = ()
        self.distributions: Sequence[str] = ()
        self.in_hand: Sequence[object] = ()  # modules and classes of libraries in it
        self.value: object = None
        self.kept_results: object = None  # the value, when it is one that keeps results of a function
        self.objects: Sequence[object] = ()  # what can be changed in it, in the order of the walk
        self.before: Before | None = None  # what is to be known of these to see later what was changed
        self._walk: Walk | None = None

    def walked(self, walk: Walk) -> None:
        """Take over what a walk has met."""
        self._walk = walk
        self.objects = walk.objects
        self.caches = walk.caches
        self.classes, self.in_hand = tuple(walk.classes), tuple(walk.in_hand.values())
        self.distributions = tuple(walk.distributions)

    def keep(self) -> None:
        """Note how the objects are now, so that it can be told later what was changed."""
        if self._walk is not None and (self.objects or self._walk.loose):
            self.before = Before(self._walk, self.value)
        self._walk = None

    @property
    def held(self) -> list[object]:
        """What the walk holds, besides what it has met."""
        return [] if self._walk is None else self._walk.kept

    @property
    def text(self) -> str | None:
        """The value in readable words, as it is now."""
        return self._text if self._tell is None else self._tell(self.value)
