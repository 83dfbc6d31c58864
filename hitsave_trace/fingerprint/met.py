"""What a walk has met: objects that have an identity."""

from __future__ import annotations

from hitsave_trace.fingerprint.inline import has_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

mark = object.__hash__  # The address, turned by four bits. Unlike `id`, it raises no audit event.


class Objects(list[object]):
    """What a walk has met that has an identity, in the order in which it was met first.

    In the place of the dict of an instance that has none stands one that was made to read it: see `inline`.
    """

    __slots__ = ("stand_ins",)

    def __init__(self) -> None:
        super().__init__()
        self.stand_ins: dict[int, object] = {}  # by mark: whose attributes it holds

    def real(self, position: int) -> object:
        """The object at a position; a dict that was made to read an instance becomes the dict of that instance."""
        thing = self[position]
        owner = self.stand_ins.get(mark(thing))
        return thing if owner is None else object.__getattribute__(owner, "__dict__")

    def settle(self) -> bool:
        """Put dicts that instances have got since in the places of those that stood for them; whether there were any."""
        late = {key: owner for key, owner in self.stand_ins.items() if has_dict(owner)}
        if not late:
            return False
        for position, thing in enumerate(self):
            owner = late.get(mark(thing))
            if owner is not None:
                self[position] = object.__getattribute__(owner, "__dict__")
        for key in late:
            del self.stand_ins[key]
        return True

    def identities(self) -> list[object]:
        """What tells each object from others: for a dict that stands for that of an instance the instance's identity."""
        if not self.stand_ins:
            return list(map(mark, self))
        owners = self.stand_ins
        found: list[object] = []
        for thing in self:
            owner = owners.get(mark(thing))
            if owner is None:
                found.append(mark(thing))
            elif has_dict(owner):
                found.append(mark(object.__getattribute__(owner, "__dict__")))
            else:
                found.append(("dict", mark(owner)))
        return found


def real(objects: Sequence[object], position: int) -> object:
    """The object at a position of what some walk has met."""
    return objects.real(position) if isinstance(objects, Objects) else objects[position]


def identities(objects: Sequence[object]) -> list[object]:
    """What tells each object that some walk has met from others."""
    return objects.identities() if isinstance(objects, Objects) else list(map(mark, objects))
