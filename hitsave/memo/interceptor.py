"""What happens when a call may be answered: look up, check, restore; or record, and save what came out.

One object a run. The order of work in `enter` is the order of cost: the policy is asked first, then the arguments are
fingerprinted, then the store is asked, then the trace is checked, and only then is anything restored.
"""

from __future__ import annotations

from _thread import get_ident
from time import perf_counter, thread_time, time

from hitsave.memo import adopted, changes, effects, ending, kept, own_time, statements
from hitsave.memo.call import Call, fingerprint_arguments
from hitsave.memo.check import differences, listings_of
from hitsave.memo.explain import explain_miss
from hitsave.memo.present import AsRead
from hitsave.memo.results import Refused
from hitsave.memo.trace import Trace
from hitsave.memo.verify import Expected
from hitsave.store.codec import Damaged, Gone, digest_of, encode
from hitsave_trace import filled, mocked, warned
from hitsave_trace.around import around
from hitsave_trace.at_work import at_work
from hitsave_trace.classes import note_classes
from hitsave_trace.fingerprint import surroundings
from hitsave_trace.fingerprint.objects import ITS_END
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable
from hitsave_trace.importing.apart import replaced
from hitsave_trace.in_hand import note_in_hand
from hitsave_trace.model import CLOSURE
from hitsave_trace.recording import Recording, concerned, stacks, user_line
from hitsave_trace.taps import settings, state, switches
from hitsave_trace.taps.whole import Awake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CellType

    from hitsave.memo.changes import Changes
    from hitsave.memo.check import Node
    from hitsave.memo.journal import Journal
    from hitsave.memo.policy import Policy
    from hitsave.memo.present import Present
    from hitsave.memo.results import Taken
    from hitsave.memo.verify import Verifier
    from hitsave.store.store import Store
    from hitsave_trace.folders import Listings
    from hitsave_trace.model import Subject
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.taps import Installed
    from hitsave_trace.taps.whole import Whole

CANDIDATES = 32
"""Stored traces of one call that are looked at."""
MOST_LATEST = 2000
"""Calls whose answer a run keeps in mind, should it be asked for again."""


def _raise(error: BaseException) -> None:
    raise error


class Memo:
    """The interceptor of a run that answers from a store."""

    __slots__ = (
        "_interpreter", "_latest", "_nodes", "_traces", "earlier", "failed", "journal", "policy", "present", "run", "store",
        "taps", "verifier", "whole",
    )  # fmt: skip

    def __init__(self, store: Store, policy: Policy, present: Present, journal: Journal, run: int) -> None:
        self.store = store
        self.policy = policy
        self.present = present
        self.journal = journal
        self.run = run
        self.earlier = statements.Earlier(store, run)
        self.taps: Installed | None = None
        self.verifier: Verifier | None = None  # only with `--verify`
        self.whole: Whole | None = None
        self.failed: Callable[[BaseException], None] = _raise
        self._nodes: dict[bytes, Node] = {}
        self._traces: dict[bytes, Trace] = {}  # that answered in this run
        self._latest: dict[bytes, list[bytes]] = {}  # by call: the one that did last
        # The order of sets of strings is fixed within a run, and a program may rely on it: so it must be that of the run
        # that is answered from. The seed can't be read, but what it makes of a text can.
        self._interpreter = surroundings.interpreter()[0] + hash("hitsave").to_bytes(8, "little", signed=True)

    # --- entering -----------------------------------------------------------------------------------------------

    def enter(
        self, info: CodeInfo, arguments: tuple[object, ...], cells: tuple[CellType, ...], frame: int
    ) -> tuple[object] | Recording | None:
        """Answer a call, or open a recording for it, or let it run."""
        if info.opened and any(found.info is info for found in stacks.get(get_ident(), ())):
            return None  # recursion: the outermost call is the one that is worth answering
        started = perf_counter()
        spent = around.site_seconds if info.shape else around.overhead
        if not self.policy.may_ask(info, started, spent - self.journal.saved_seconds):
            info.candidate = False  # until it is seen running for long: an armed probe that asks nothing costs, too
            return None
        patient = self.policy.is_patient(info)
        call = Call(info, arguments, cells, started, thread_time())
        budget = self.policy.budget(info, inside=bool(stacks))
        seconds = None if patient else budget
        try:
            fingerprint_arguments(call, self._interpreter, None if patient else call.started_cpu + budget)
        except Unfingerprintable as error:
            call.refuse("unfingerprintable-argument", f"{error.path or 'argument'} ({error.type_name}: {error.why})")
            if error.why == ITS_END:
                call.let_go()
            return self._watch(call, frame, seconds)
        except OverBudget:
            if self.policy.is_little(budget):
                self.policy.gave_up(info, perf_counter() - started)
                return None
            call.refuse("over-budget", "the arguments")
            return self._watch(call, frame, seconds)
        answer = self._look_up(call)
        if answer is not None:
            self.policy.answered(info, call.saved_seconds, perf_counter() - started)
            return answer
        found = self._watch(call, frame, seconds)
        return found if found and statements.look(found, self.policy, started, patient=patient) else None

    def _watch(self, call: Call, frame: int, seconds: float | None) -> Recording | None:
        """Open a recording; None if to look at the classes of what was given takes longer than `seconds`."""
        call.seen.clear()
        found = Recording(call.info, call, frame, call.started)
        for slug, what in call.refused:
            found.forbid(slug, what, "", spreads=False)
        for thing in call.in_hand:
            note_in_hand(found.in_hand, thing)
        # Cells of the function itself are read in the context of this call alone.
        for name, (fingerprint, text) in call.captured.items():
            if fingerprint is None:
                found.forbid("unfingerprintable-closure", f"{name}: {text}", "", spreads=False)
            else:
                found.read(CLOSURE, name, fingerprint, text, 0)
        if note_classes(found, call.classes, seconds):
            return found
        self.policy.gave_up(call.info, perf_counter() - call.started)
        return None

    def opened(self, found: Recording) -> None:
        """Take the state of the world that is compared when the recording closes; the last thing before the body."""
        call: Call = found.call  # type: ignore[assignment]
        call.keep()
        found.random = state.random_states()
        found.distributions.update(call.distributions)
        if call.caches:
            filled.come_across(found, "", call.caches, 0, "")
        files = self.taps.snapshot() if self.taps is not None else None
        call.world = (switches.switches(), files, warned.shown_before())
        found.filters = call.world[0][switches.FILTERS]  # type: ignore[assignment]
        call.looked_before = found.looked
        found.started = own_time.begin(call)

    def _look_up(self, call: Call) -> tuple[object] | None:
        latest = self._latest.get(call.digest)
        if latest is not None and (answer := self._try(call, latest, measure=False)) is not None:
            return answer
        own = self.store.candidates(call.digest)[:CANDIDATES]
        answer = self._try(call, own, measure=True)
        if answer is not None or call.expected is not None:
            return answer
        # A project that was moved or cloned finds what it saved where it was before.
        return self._try(call, self.store.elsewhere(call.digest), measure=False)

    def _try(self, call: Call, candidates: list[bytes], *, measure: bool) -> tuple[object] | None:
        """Answer with the first of `candidates` that holds. `measure`: they say what has changed if none does."""
        now = self.present.of(call)
        for name in candidates:
            trace = self._trace(name)
            if trace is None or trace.call != call.digest:
                continue
            nodes = self._nodes_of(trace)
            if nodes is None or not settings.knows_what_is_asked(nodes):
                continue
            if measure:
                call.candidates.append((trace, nodes))
            differing = differences(nodes, trace.readers, now)
            if differing:
                call.differed += differing[:measure]
                continue
            if self.verifier is not None and self.verifier.wants(call.digest):
                call.expected = Expected(name, trace, nodes)
                return None  # it runs, to be compared
            if trace.changes_something() and at_work():
                return None  # what is changed by two threads at once is the sum of both in plain Python
            answer = self._restore(call, trace, nodes, name)
            if answer is not None:
                return answer
            call.seen.clear()  # the program's own code may have run
        return None

    def _trace(self, name: bytes) -> Trace | None:
        trace = self._traces.get(name)
        if trace is None:
            record = self.store.trace(name)
            trace = None if record is None else Trace.from_record(record)
        return trace

    def _nodes_of(self, trace: Trace) -> list[Node] | None:
        known = self._nodes
        unknown = [name for name, _ in trace.reads if name not in known]
        if unknown:
            for name, node in zip(unknown, self.store.nodes(unknown), strict=True):
                if node is None:
                    return None
                known[name] = node
        return [known[name] for name, _ in trace.reads]

    def _restore(
        self,
        call: Call,
        trace: Trace,
        nodes: list[Node],
        name: bytes,
    ) -> tuple[object] | None:
        """Give the stored result and do the effects again; None, with nothing touched, if something is gone."""
        contents = effects.ready(trace.effects, self.store)
        if contents is None:
            call.gone = True
            return None
        whole = self.whole
        watched = changes.watch_answered(nodes, call) if stacks else {}
        listings = listings_of(nodes) if stacks else {}
        try:
            with Awake(whole):
                restored = changes.Restored(call, trace, self.store)
        except (Gone, Damaged):
            call.gone = True
            return None
        except Exception as error:  # the program's own classes are put together here
            call.gone = True
            call.failed = f"{type(error).__name__}: {error}"[:200]
            return None
        if whole is not None:
            whole.adopt(nodes, trace.effects)
        effects.replay(trace.effects, contents, trace.loaded, whole, restored.put_objects)
        # From here on the call is answered: what fails now is ours alone, and must not make its body run on top.
        try:
            restored.put_names()
            self._answered(call, trace, nodes, name, watched, listings)
        except Exception as error:
            self.failed(error)
        return (restored.value,)

    def _answered(
        self,
        call: Call,
        trace: Trace,
        nodes: list[Node],
        name: bytes,
        watched: dict[Subject, object],
        listings: Listings,
    ) -> None:
        """Tell everybody who is concerned that a call was answered."""
        self.store.used(name)
        self.store.used(trace.value)
        if len(self._latest) < MOST_LATEST:
            self._latest[call.digest] = [name]
            self._traces[name] = trace
        if call.candidates and call.candidates[0][0] is not trace:
            self.store.prefer(call.digest, name)
        call.saved_seconds = trace.seconds
        thread = get_ident()
        own = stacks.get(thread)
        outer = own[-1:] if own else concerned(thread)
        redirected = self.taps is not None and self.taps.streams.redirected()
        for wider in outer:
            if redirected and any(record[0] in ("text", "flush", "warning") for record in trace.effects):
                wider.forbid("stdout-replaced", "a call inside a redirected sys.stdout", user_line(5))
            found = adopted.as_recording(call, trace, nodes, wider)
            found.watched = watched
            found.listings = listings
            if own:
                wider.adopt(found)
            else:
                wider.take(found, thread)
        self.journal.hit(call, name, trace, perf_counter() - call.started, nodes)

    # --- leaving ------------------------------------------------------------------------------------------------

    def abandon(self, found: Recording, error: BaseException | None) -> None:
        """A recorded call raised: nothing of it is saved but its finished callees."""
        ended, cpu = perf_counter(), thread_time()
        call: Call = found.call  # type: ignore[assignment]
        try:
            seconds = own_time.own_seconds(call, found.started, ended, cpu)
            self.policy.ran(found.info, seconds, call.spent)
            if call.expected is not None and error is not None:
                self.verifier.abandon(found, call, error, seconds)  # type: ignore[union-attr]
            elif seconds >= self.policy.threshold:
                raised = [("raised", type(error).__name__, "", False)]
                self.journal.unsaved(call, found, seconds, raised if error is not None else found.reasons or raised)
        finally:
            self.journal.closed(found)
            self.policy.settle(found.info, thread_time() - cpu)

    def leave(self, found: Recording, value: object) -> None:
        """A recorded call is about to return `value`."""
        ended, cpu = perf_counter(), thread_time()
        call: Call = found.call  # type: ignore[assignment]
        call.seen.clear()
        call.names = found.names
        try:
            self._leave(found, value, ended, cpu)
        finally:
            call.seen.clear()  # it holds objects of the program
            self.journal.closed(found)
            self.policy.settle(found.info, thread_time() - cpu)

    def _leave(self, found: Recording, value: object, ended: float, cpu: float) -> None:
        call: Call = found.call  # type: ignore[assignment]
        seconds = own_time.own_seconds(call, found.started, ended, cpu)
        worth = max(seconds - found.below, 0.0) if found.info.is_statement else seconds
        # Who is answered looks once, and whoever is saved has been looked at before and after.
        asking = call.spent + (found.looked - call.looked_before) / 2
        if not self.policy.ran(found.info, worth, asking) and call.expected is None:
            if worth >= self.policy.threshold:
                self.journal.unsaved(call, found, seconds, [("too-cheap", found.info.name, "", False)])
            return
        if replaced():
            if not mocked.now:
                found.forbid("switch", "a builtin that the standard library needs", "")
            for _, what in list(mocked.now):
                found.forbid("module-patched", what, "")
            self.journal.unsaved(call, found, seconds, found.reasons)
            return
        self.journal.returned(call, value)
        ending.compare(found, call, self.taps)
        filled.check(found)
        verifying = call.expected is not None
        patience = None if verifying else self.policy.looking_seconds(worth, asking, refused=bool(found.reasons))
        changed = changes.find(found, call, patience)
        ending.attribute(found, changed)
        if value is None and found.is_of_library and not changed and all(one[0] == "filters" for one in found.effects):
            found.forbid("hidden-state", f"{found.info.name} returned nothing that shows", "", spreads=False)
        came_in = [] if found.reasons and not verifying else changes.came_in(found, call)
        statements.settle_names(found, came_in)
        if verifying and self.verifier.leave(self, found, call, value, changed, seconds):  # type: ignore[union-attr]
            if not found.reasons:
                filled.saved(found, bool(changed))
            return
        if not found.reasons:
            try:
                kept.refuse(found, value, changed)
                taken = changed.take(value, came_in, None if verifying else self.policy.keeping_seconds(worth))
                self.save(found, call, taken, changed, seconds)
            except (Refused, effects.Impossible) as error:
                found.forbid(error.slug, error.what, "", spreads=False)
        if found.reasons:
            self.policy.unsaved(found.info)
            self.journal.unsaved(call, found, seconds, found.reasons)
        else:
            self.policy.saved(found.info)
            filled.saved(found, bool(changed))
            found.below = seconds

    def save(self, found: Recording, call: Call, taken: Taken, changed: Changes, seconds: float) -> None:
        """Keep a call that ran. Raises `Refused` and `Impossible`."""
        ending.complete(found, call, self.present)
        records = effects.close(found, self.store)
        nodes = []
        reads = []
        for dependency in found.reads.values():
            row = encode((dependency.kind, dependency.name, dependency.fingerprint, dependency.text))
            node = digest_of(row)
            nodes.append((node, row))
            reads.append((node, dependency.reader))
        trace = Trace(
            call.digest,
            call.info.name,
            tuple(reads),
            tuple(found.rows),
            records,
            taken.pickled.digest,
            seconds,
            self.run,
            time(),
            tuple(call.rows()),
            taken.shares,
            tuple(sorted(found.loaded)),
            changed.record(),
        )
        saved = self.store.save_trace(call.digest, trace.to_record(), nodes, taken.pickled)
        if call.expected is None:
            as_read = AsRead(self.present, found.reads)
            reasons = explain_miss(call, self.store, self._nodes_of, as_read, self.earlier)
            self.journal.miss(call, found, saved, seconds, reasons)
