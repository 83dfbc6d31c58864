"""What a call left in instances, whether or not they had been given their `__dict__` by then.

CPython makes the dict of an instance when somebody asks for it. So does HitSave for one instance of each class, and not in every
run for the same one. What was changed is then told of the dict, or else of the instance. Who compares two runs must take both
for one.
"""

from __future__ import annotations

from hitsave_trace.fingerprint.forms import Instance, form_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsave.memo.results import Place

OWN = "__dict__"


def by_owner(
    places: Sequence[object],
    states: Sequence[object],
    known: Sequence[tuple[Place, object]],
    find: Callable[[object], object],
) -> dict[object, object]:
    """Give what objects hold by their places, and the attributes of instances by (place, "__dict__"), wherever they were told of.

    `known`: what was there before the call. `find`: gives the object at a place.
    """
    owners: dict[int, object] = {}
    for place, thing in known:
        if isinstance(form_of(type(thing)), Instance):
            own = getattr(thing, OWN, None)
            if type(own) is dict:
                owners.setdefault(id(own), place)
    found: dict[object, object] = {}
    for at_place, state in zip(places, states, strict=True):
        it: object = find(at_place)
        if isinstance(form_of(type(it)), Instance):
            # With a fourth part if the instance had no dict: what it held was told of it. It may have got one since.
            parts: tuple[object, tuple[str, ...], list[object]] = state  # type: ignore[assignment]
            content, names, held = parts[:3]
            if OWN in names:
                at = names.index(OWN)
                found.setdefault((at_place, OWN), dict(held[at]))  # type: ignore[call-overload]
                held, names = [*held[:at], *held[at + 1 :]], (*names[:at], *names[at + 1 :])
            if content is not None or held:
                found[at_place] = content, names, held
        else:
            found[(owners[id(it)], OWN) if id(it) in owners else at_place] = state
    return found
