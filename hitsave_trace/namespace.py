"""What a statement at the top level binds: the names of its module, before and after.

A name is bound by whatever put another object there: the statement itself, or a function that it called. What it bound it
did not read from outside: from then on the name means what the statement made.
"""

from __future__ import annotations

import sys
from types import ModuleType

from hitsave_trace import closed, sights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hitsave_trace.model import Fingerprint
    from hitsave_trace.sight import Sight

    # Names that are gone (or stand further behind now), names that were bound in the order in which they stand, the
    # objects by name, and what is said of those that are modules or closed files.
    Changes = tuple[tuple[str, ...], tuple[str, ...], dict[str, object], tuple[tuple[str, str | closed.Said], ...]]

_MISSING = object()


class Names:
    """The names of a module as they were when a statement began."""

    __slots__ = ("_before", "_now", "module")

    def __init__(self, module: str, namespace: dict[str, object]) -> None:
        self.module = module
        self._now = namespace
        self._before = dict(namespace)

    def rebound(self) -> frozenset[str]:
        """The names that mean another object now, or nothing any more, or did mean nothing."""
        before, now = self._before, self._now
        found = {name for name, value in list(now.items()) if before.get(name, _MISSING) is not value}
        found.update(name for name in before if name not in now)
        return frozenset(found)

    def holds(self, subject: str) -> bool:
        """Whether a subject `module:name.attribute` begins with a name of this module."""
        return subject.partition(":")[0] == self.module

    def is_bound(self, name: str) -> bool:
        """Whether a name means another object than when the statement began."""
        return self._before.get(name, _MISSING) is not self._now.get(name, _MISSING)

    def see(self, kind: str, subject: str) -> Sight:
        """Look at what a subject's name meant when the statement began; the object itself is seen as it is now."""
        return sights.see(kind, subject, {self.module: self._before})

    def unmoved(self, names: Iterable[str]) -> Iterator[tuple[str, object]]:
        """Those of some names that mean the same object as when the statement began, and what it is."""
        for name in names:
            value = self._now.get(name, _MISSING)
            if value is not _MISSING and value is self._before.get(name, _MISSING):
                yield name, value

    def made(self, names: Iterable[str]) -> Iterator[tuple[str, object]]:
        """Those of some names that mean another object than when the statement began, and what it is."""
        for name in names:
            value = self._now.get(name, _MISSING)
            if value is not _MISSING and value is not self._before.get(name, _MISSING):
                yield name, value

    def changes(self, sure: Iterable[str] = ()) -> Changes:
        """What a hit has to do to the names of the module. Those in `sure` were bound, if only to what they meant before."""
        certain = set(sure)
        before, now = self._before, dict(self._now)
        # Whatever was never removed keeps its place: what stands before the first name that is out of order.
        order = iter(before)
        stayed: list[str] = []
        for name in now:
            for other in order:
                if other == name:
                    break
            else:
                break
            stayed.append(name)
        placed = list(now)[len(stayed) :]
        kept = set(stayed)
        gone = tuple(name for name in before if name not in kept)
        bound = [name for name in stayed if before[name] is not now[name] or name in certain] + placed
        times: dict[int, int] = {}
        for value in now.values():
            times[id(value)] = times.get(id(value), 0) + 1
        told: list[tuple[str, str | closed.Said]] = []
        for name in bound:
            value = now[name]
            if isinstance(value, ModuleType) and sys.modules.get(value.__name__) is value:
                told.append((name, value.__name__))
            elif times[id(value)] == 1 and (said := closed.say(value)) is not None:
                told.append((name, said))
        others = dict(told)
        return gone, tuple(bound), {name: now[name] for name in bound if name not in others}, tuple(told)


def bind(namespace: dict[str, object], changes: Changes, modules: dict[str, ModuleType]) -> None:
    """Do to the names of a module what a statement did."""
    gone, bound, values, told = changes
    values = dict(values)
    for name, said in told:
        values[name] = modules[said] if isinstance(said, str) else closed.make(said)
    for name in gone:
        namespace.pop(name, None)
    for name in bound:
        namespace[name] = values[name]


def first_name(subject: str) -> str:
    """The name with which the path of a subject `module:name.attribute` begins."""
    return subject.partition(":")[2].partition(".")[0]


def only_imported(package: str, loaded: Iterable[str], before: Fingerprint) -> bool:
    """Whether the names of a package are as they were `before`, but for those of its modules that a call has imported: a
    hit imports them, too.
    """
    own = vars(sys.modules[package])
    parts = [module.rpartition(".") for module in loaded]
    apart = {
        name for above, _, name in parts if above == package and own.get(name) is sys.modules.get(f"{above}.{name}")
    }
    return bool(apart) and sights.namespace(package, apart).fingerprint == before
