"""Which functions are worth asking about, and which calls are worth saving.

A call is worth saving when it took longer than the threshold, and clearly longer than fingerprinting its arguments
and taking its result apart. A function whose calls turn out cheap is left alone after a few of them; its code still
counts for its callers. What was learnt is kept in the store, so that the next run starts with it.
"""

from __future__ import annotations

from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsave_trace.names import CodeInfo
    from hitsave_trace.probes.hooks import Site

BUDGET_SECONDS = 0.2
"""What fingerprinting the arguments of a function may cost that was never seen to be slow."""
SITE_BUDGET_SECONDS = 0.1
"""The same of a call of a library: there are many of them, and most are quick."""
SITES_FREE_SECONDS = 0.1
SITES_PART = 0.03
"""What asking may cost before calls of libraries that were never seen to be slow are asked about no more."""
KNOWN_DEAR_SECONDS = 0.01
"""The same of a function of which an earlier run found that this takes longer than its calls do."""
PATIENCE = 3
"""Calls of a function that were cheap before it is left alone."""
SHARE = 0.02
"""The part of its own running time that asking about a mostly cheap function may cost."""
FIRST_TIME_SECONDS = 0.03
"""What the first look at a function may cost more than later ones: parts of HitSave are imported when they are needed."""
LOOKING_PART = 0.1
"""The part of a call's own time that it may take to find out what it has changed."""
LOOKING_SECONDS = 0.03
"""What that may take in any case."""
VAIN_TIMES, VAIN_SECONDS = 5, 0.001
"""Asking was in vain if it took so many times as long as the call, and that long."""
MOST_IN_VAIN = 8
"""Functions of which that may be so before new ones get only a little time."""
LITTLE_SECONDS = 0.003
DEAR_SECONDS = 0.0005
"""What asking about a quick call may take if that is to be done again."""
LEAST_SECONDS = 0.1
"""What a call counts for at least when its result is taken apart, which the first time takes longer."""
INVESTMENT = 0.3
"""The part of its own running time that saving may cost: it is spent once, and earned back at the first hit."""


IN_VAIN = 2
"""Runs in a row in which no slow call of a function was answered, after which it is only asked about where that is cheap."""
REFUSED_PART = 0.1
"""The part of its own running time that asking about a function may cost whose calls can't be saved, or never come again."""
FREE_SECONDS = 0.25
"""What asking may cost in a run before it is compared with the time that the run took, as long as it is about functions
that were not asked about yet."""
AGAIN_SECONDS = 0.25
"""The same for functions of which saving a call turned out dear, on top of half that part."""
PART = 0.1
"""The part of a run's time that asking may cost on top of what answers saved."""
GOOD_PART = 0.25
"""Up to this part of its own time asking about a function, and saving its calls, is cheap: then it is always done."""
LONG_SECONDS = 1.0
"""A call that takes this long is worth asking about, even if all calls of its function were unsaved so far."""
SURE_SECONDS = 0.1
"""A function whose slow calls took this long in an earlier run is asked about however much others have cost."""


class Costs:
    """What calls of one function cost so far: in this run, and what earlier runs knew."""

    __slots__ = (
        "asked",
        "asking",
        "budget",
        "cheap",
        "given_up",
        "hits",
        "missed",
        "never_pays",
        "refused",
        "saved",
        "sampled",
        "slow",
        "slow_now",
        "slow_seconds",
        "spent",
        "total",
        "worth",
    )

    def __init__(self, slow: int = 0, worth: float = 0.0, missed: int = 0) -> None:
        self.missed = missed  # runs in a row in which its slow calls were asked about, and none was answered
        self.hits = 0
        self.slow = slow  # whether earlier runs found it slow, or this one saw it run for long
        self.worth = worth  # seconds that its slow calls took in an earlier run
        self.asked = 0
        self.asking = 0.0  # seconds that asking took, which who is answered pays, too
        self.cheap = 0
        self.slow_now = 0
        self.slow_seconds = 0.0  # seconds that its slow calls took in this run, or would have taken
        self.sampled = 0.0  # seconds for which it was seen running since it was asked about last
        self.total = 0.0  # seconds that its calls took, or would have taken
        self.spent = 0.0  # seconds that asking and saving took
        self.never_pays = False
        self.given_up = False
        self.refused = 0
        self.saved = 0
        self.budget = BUDGET_SECONDS


class Policy:
    """The decisions of one run.

    `patience` multiplies all that HitSave may spend: with 4, a quarter of what was spent counts.
    """

    __slots__ = ("_began", "_in_vain", "_known", "costs", "patience", "threshold")

    def __init__(self, threshold: float, known: Mapping[str, tuple[object, ...]], patience: float = 1.0) -> None:
        self.threshold = threshold
        self.patience = patience
        self._known = known
        self._began = perf_counter()
        self._in_vain = 0  # functions whose calls were far quicker than looking at their arguments
        self.costs: dict[str, Costs] = {}

    def begin(self, info: CodeInfo) -> None:
        """Decide about a function that has just been loaded."""
        info.candidate = info.recordable
        known = self._known.get(info.name)
        if known is None and not info.is_statement:
            info.policy = None  # until it is called: see `_costs`
            return
        costs = self._known_costs(known)
        if info.is_statement:
            # It runs once, and did so before. Equal ones are one.
            info.candidate = known is None or costs.slow > 0
            costs = self.costs.get(info.name, costs)
        info.policy = self.costs[info.name] = costs

    @staticmethod
    def _known_costs(known: tuple[object, ...] | None) -> Costs:
        costs = Costs(*known) if known else Costs()  # type: ignore[arg-type]
        if not costs.slow and costs.missed >= IN_VAIN:
            costs.budget = KNOWN_DEAR_SECONDS
        return costs

    def _costs(self, info: CodeInfo) -> Costs:
        costs: Costs | None = info.policy  # type: ignore[assignment]
        if costs is None:
            costs = info.policy = self.costs[info.name] = Costs()
        return costs

    def is_patient(self, info: CodeInfo) -> bool:
        """Whether looking at the arguments of its calls may take long: it was slow before, and asking has not been in vain."""
        costs = self._costs(info)
        return costs.slow > 0 and costs.missed < IN_VAIN

    def begin_site(self, site: Site) -> bool:
        """Decide about a call site that has just been loaded: whether it is on. Unknown ones are, at first."""
        known = self._known.get(site.name)
        costs = self._known_costs(known)
        costs.budget = min(costs.budget, SITE_BUDGET_SECONDS)
        site.costs = self.costs[site.name] = costs
        return known is None or costs.slow > 0

    def promote_site(self, site: Site, seconds: float) -> bool:
        """A site that may be off was seen calling something for that long: say whether to ask about its next calls.

        What was seen twice may have been two of many quick calls, so that this happens a few times only.
        """
        costs: Costs = site.costs  # type: ignore[assignment]
        if costs.never_pays or costs.slow_now > 0 or site.promoted >= PATIENCE:
            return False
        site.promoted += 1
        costs.sampled += seconds
        costs.cheap = 0
        return True

    def timed(self, info: CodeInfo, seconds: float) -> bool:
        """A call that was not asked about took that long; say whether that is worth a word."""
        costs = self._costs(info)
        costs.asked += 1
        costs.total += seconds
        if seconds < self.threshold:
            costs.cheap += 1
            return False
        costs.slow_now += 1
        costs.sampled += seconds
        return True

    def may_ask(self, info: CodeInfo, now: float, net: float) -> bool:
        """Whether a call may be asked about, when asking has cost `net` seconds more than answers saved so far."""
        costs = self._costs(info)
        elapsed = now - self._began
        net /= self.patience
        if info.shape and not costs.slow:
            return net <= SITES_FREE_SECONDS + SITES_PART * elapsed
        if costs.asked == 0:
            return net <= FREE_SECONDS + PART * elapsed or costs.worth >= SURE_SECONDS
        if costs.spent <= GOOD_PART * costs.slow_seconds:
            return True
        return net <= AGAIN_SECONDS + PART / 2 * elapsed or costs.worth >= SURE_SECONDS

    def budget(self, info: CodeInfo, *, inside: bool) -> float:
        """Seconds that fingerprinting the arguments of a call may take; `inside`: something around it is recorded.

        A program that passes large structures to many small functions is not asked about each of them at that price.
        """
        costs = self._costs(info)
        little = inside and self._in_vain >= MOST_IN_VAIN and not costs.slow and not costs.slow_now
        return self.patience * (LITTLE_SECONDS if little else costs.budget)

    def is_little(self, budget: float) -> bool:
        """Whether a budget is the one of functions that are not worth more."""
        return budget <= self.patience * LITTLE_SECONDS

    def looking_seconds(self, seconds: float, asking: float, *, refused: bool) -> float:
        """How long one may look for what a call has changed that took `seconds`, and `asking` to look at what it was given
        and read; `refused`: it can't be saved anyway.
        """
        return self.patience * (
            LOOKING_SECONDS if refused else max(LOOKING_SECONDS, LOOKING_PART * seconds, 2 * asking)
        )

    def keeping_seconds(self, seconds: float) -> float:
        """What a call that took `seconds` is worth when its result is to be taken apart."""
        return self.patience * max(seconds, LEAST_SECONDS)

    def gave_up(self, info: CodeInfo, spent: float) -> None:
        """A call was not asked about to the end: that would have taken too long."""
        costs = self._costs(info)
        costs.asked += 1
        costs.cheap += 1
        costs.spent += spent / self.patience
        costs.given_up = True
        info.candidate = False

    def answered(self, info: CodeInfo, saved: float, spent: float) -> None:
        """A call was answered: that paid."""
        costs = self._costs(info)
        spent /= self.patience
        costs.asked += 1
        costs.asking += spent
        costs.hits += 1
        costs.saved += 1
        costs.slow_now += 1
        costs.slow_seconds += saved
        costs.sampled = 0.0
        costs.total += saved
        costs.spent += spent

    def ran(self, info: CodeInfo, seconds: float, spent: float) -> bool:
        """A call ran, and `spent` was the price of asking about it; say whether it is worth saving."""
        costs = self._costs(info)
        spent /= self.patience
        costs.asked += 1
        costs.asking += spent
        costs.sampled = 0.0
        costs.total += seconds
        costs.spent += spent
        if seconds < self.threshold:
            self._in_vain += spent > max(VAIN_TIMES * seconds, VAIN_SECONDS)
            # If to look at its arguments takes longer than it takes itself, one look is enough.
            dear = spent > max(seconds, DEAR_SECONDS) and not costs.slow
            costs.cheap += PATIENCE if dear else 1
            costs.given_up |= dear and spent > KNOWN_DEAR_SECONDS
            return False
        costs.slow_now += 1
        costs.slow_seconds += seconds
        if costs.asked == 1:
            spent -= FIRST_TIME_SECONDS
        in_vain = costs.missed >= IN_VAIN and spent > FIRST_TIME_SECONDS
        return seconds > (2 / REFUSED_PART if in_vain else 2) * spent

    def unsaved(self, info: CodeInfo) -> None:
        """A slow call could not be saved: leave a function alone of which that is so each time, unless it takes long."""
        costs = self._costs(info)
        costs.refused += 1
        if costs.refused >= PATIENCE and costs.saved == 0 and costs.slow_seconds < costs.refused * LONG_SECONDS:
            info.candidate = False
            costs.never_pays = True

    def saved(self, info: CodeInfo) -> None:
        """A slow call was saved."""
        self._costs(info).saved += 1

    def settle(self, info: CodeInfo, spent: float) -> None:
        """A call has been dealt with, at the further price `spent`: stop asking about a function that does not pay.

        A function of which a call now and then is slow, because the machine is busy or some arguments are large, pays
        if most of its calls are; asking about every call for the sake of a few costs more than they do.
        """
        costs = self._costs(info)
        costs.spent += spent / self.patience
        cheap = costs.cheap
        if (
            cheap >= PATIENCE
            and cheap > costs.slow_now
            and (costs.slow == 0 or costs.spent > max(SHARE * costs.total, costs.worth))
        ):
            info.candidate = False
        elif costs.asked >= PATIENCE and costs.spent > max(INVESTMENT * costs.total, costs.worth, FIRST_TIME_SECONDS):
            info.candidate = False
            costs.never_pays = True

    def record(self, name: str) -> tuple[object, ...] | None:
        """Give what a later run should know of a function, or None when it is what it knew before."""
        costs = self.costs[name]
        if costs.asked == 0 and costs.sampled == 0.0:
            return None
        # What was saved has been paid for; what can't be saved is paid for each time.
        price = 2 * costs.asking if costs.saved else costs.spent
        if costs.refused and not costs.saved:
            price = costs.spent / REFUSED_PART
        missed = self._missed(costs)
        # Of a function that was seen running and not asked about, what earlier runs have learnt still stands.
        slow = costs.slow_seconds > price or (costs.sampled > 0.0 and missed < IN_VAIN)
        worth = max(costs.slow_seconds, costs.sampled) if slow else 0.0
        known = self._known.get(name)
        if known is not None:
            was, worth_then, missed_then = (*known, 0)[:3]
            if bool(was) == slow and worth / 2 <= float(worth_then) <= 2 * worth and missed_then == missed:  # type: ignore[arg-type]
                return None
        return (int(slow), worth, missed)

    @staticmethod
    def _missed(costs: Costs) -> int:
        """Runs in a row in which asking about slow calls was in vain, this one included."""
        if costs.given_up:
            return IN_VAIN
        if costs.asked == 0:
            return costs.missed
        if costs.hits:
            return 0
        if costs.slow_now and (costs.slow or not costs.saved):
            return min(costs.missed + 1, IN_VAIN)
        return costs.missed if costs.slow and not costs.slow_now else 0

    def promote(self, info: CodeInfo, seconds: float) -> bool:
        """A function that was left alone was seen running for that long: ask about its next calls again."""
        costs = self._costs(info)
        if info.candidate or not info.recordable or costs.never_pays:
            return False
        costs.sampled += seconds
        if costs.asked >= 10 * PATIENCE and costs.cheap > 2 * costs.slow_now:
            return False  # what was seen twice were two of many quick calls, as those that were asked about
        costs.slow = 1
        costs.cheap = costs.slow_now = 0
        info.candidate = True
        return True
