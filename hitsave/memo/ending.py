"""What is only known of a recorded call when it is over: what of the world it changed, and what it depended on as a whole."""

from __future__ import annotations

from hitsave.memo import changes, effects, sharing
from hitsave.memo.results import Refused
from hitsave_trace import warned
from hitsave_trace.around import around
from hitsave_trace.company import worked_beside
from hitsave_trace.fingerprint import surroundings
from hitsave_trace.fingerprint.distributions import distributions_of
from hitsave_trace.in_hand import changed_in_hand
from hitsave_trace.model import DISTRIBUTION, FIGURES, HANDLED, RANDOM, SETTING, SHARING
from hitsave_trace.taps import ignored, patched, settings, state, switches
from hitsave_trace.taps.log_config import basic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.memo.call import Call
    from hitsave.memo.changes import Changes
    from hitsave.memo.present import Present
    from hitsave_trace.recording import Recording
    from hitsave_trace.taps import Installed


def compare(found: Recording, call: Call, taps: Installed | None) -> None:
    """See what the call changed, and what of that can't be done again."""
    before, files, shown = call.world
    warned.depend_on_shown(found, shown)
    unknown = taps.streams.changed() if taps is not None else None
    if unknown is not None:
        found.forbid("stdout-replaced", unknown, "")
    for work in found.given:
        for slug, what in work.against():  # type: ignore[attr-defined]
            found.forbid(slug, what, "")
        for generator in work.generators:  # type: ignore[attr-defined]
            found.random_read(generator)
        found.distributions |= work.libraries - {"hitsave_trace"}  # type: ignore[attr-defined]
        for name in work.distributions:  # type: ignore[attr-defined]
            found.read(DISTRIBUTION, name, *surroundings.distribution(name), 0)
    after = switches.switches()
    filters = warned.filters_set(before[switches.FILTERS], after[switches.FILTERS])  # type: ignore[arg-type]
    for slug, what in switches.differences(before, after):
        if what == switches.FILTER_WORDS and filters is not None:
            continue
        if what == switches.TORCH_WORDS:
            found.distributions.add("torch")  # what it left is all of it, also what it did not set
            found.effects.append(("torch", after[switches.TORCH]))
            continue
        if what == switches.INSIDE_WORDS:
            name = patched.changed_inside(before[switches.INSIDE], after[switches.INSIDE], found.functions)  # type: ignore[arg-type]
            if name is not None:
                found.forbid(slug, f"{switches.ATTRIBUTE_WORDS}: {name}", "")
            continue
        told = basic(switches.root_logger(before), after[switches.LOGGING]) if what == switches.LOGGING_WORDS else None
        if told is not None:
            found.distributions.add("logging")  # it does nothing where somebody has configured it
            found.effects.append(("logging", told))
            continue
        if slug != "thread" or found.left_running():
            # A figure that is left open may be closed by who called: that shows there.
            found.forbid(slug, what, "", spreads=slug != "gui")
    for name in changed_in_hand(found.in_hand, found.functions):
        found.forbid("switch", f"{switches.ATTRIBUTE_WORDS}: {name}", "")
    if filters:
        found.distributions.add("warnings")  # where they were put depends on those that there were
    try:
        found.effects += effects.filter_records(filters or ())
    except effects.Impossible as error:
        found.forbid(error.slug, error.what, "")
    if found.written and taps is not None:
        for path in taps.left_open([around.locate(name) for name in found.written]):
            # Whoever is around it may find it closed.
            found.forbid("left-open-file", around.place(path), "", spreads=False)
    if files is not None:
        # What went to a log file that it opened itself is in the file, as it leaves it.
        found.effects = [effect for effect in found.effects if effect[0] != "logged" or effect[1] in files[2]]
    for slug, what in taps.written_since(files) if taps is not None and files is not None else ():
        if not found.written.touch(around.place(what)):
            found.forbid(slug, what, "")
    for generator, now in state.random_states().items():
        entry = found.random.get(generator)
        if now == entry:
            continue
        seeded = generator in found.seeded or entry is None
        if not seeded:
            found.read(RANDOM, generator, entry, None, 0)  # type: ignore[arg-type]
        found.effects.append(effects.random_record(generator, state.get_state(generator), seeded))


def attribute(found: Recording, changed: Changes) -> None:
    """Give a call up if what it changed may have been changed by another thread, which did it for somebody else."""
    if (changed or any(effect[0] == "random" for effect in found.effects)) and worked_beside(found):
        found.forbid("thread", "another one worked while it changed something", "", spreads=False)


def complete(found: Recording, call: Call, present: Present) -> None:
    """Add what is only known to have been read when a call is over. Raises `Refused`."""
    for top in sorted(found.distributions):
        for name in distributions_of(top):
            fingerprint, text = present.distribution(name)
            found.read(DISTRIBUTION, name, fingerprint, text, -1)
    touched = found.distributions.union(name for kind, name in found.reads if kind == DISTRIBUTION)
    configured = any(effect[0] == "logging" for effect in found.effects)
    root = switches.root_logger(call.world[0]) if configured else None
    entry = call.world[0][switches.FILTERS], call.world[0][switches.TORCH], root, call.world[0][switches.INSIDE]
    for name in settings.of(touched):
        if name == HANDLED and found.handling:
            raise Refused("hidden-state", "an exception that is handled outside of it")
        setting = settings.at_entry(name, found.modules, *entry)  # type: ignore[arg-type]
        if setting is None and name == FIGURES:
            raise Refused("gui", "a figure that was open before")
        if setting is None:
            raise Refused("hidden-state", f"{name}: what is done by it is kept in an object of this process")
        found.read(SETTING, name, setting, settings.text(name), -1)
    found.read(SETTING, ignored.subject(call.world[0][switches.FILTERS]), ignored.STILL, None, -1)  # type: ignore[arg-type]
    objects_of = changes.objects_before(found, call)
    shared = sharing.subjects(call.objects, tuple(found.reads), objects_of)
    if shared is not None:
        found.read(SHARING, shared, sharing.fingerprint(call.objects, shared, objects_of), None, -1)
