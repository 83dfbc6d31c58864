"""The whole of it: rounds of runs, one way after the other in each, and then runs in which the parts of HitSave are found.

What is compared is the ratio within a round, since a machine is never still. Rounds begin with plain Python and
end with it in turns.
"""

from __future__ import annotations

import os
import platform
import shutil
from statistics import fmean, median

from hitsave import __version__
from hitsave.bench import parts
from hitsave.bench.edit import Applied, Edit, choose
from hitsave.bench.inside import PROGRAM
from hitsave.bench.ways import CALLS, COLD, EDITED, PLAIN, WARM, WAYS, Program, Sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave.bench.parts import Stack

    Row = dict[str, object]
    Say = Callable[[str], None]

VERSION = 1
LOOKS = 3
"""Runs of a quick program in which the parts are found; a slow one has its parts found in one."""
SLOW_SECONDS = 2.0


class Failed(Exception):
    """The program does not end as it should by plain Python: its exit status, and the end of what it wrote to stderr."""

    def __init__(self, status: int, errors: str) -> None:
        super().__init__(status)
        self.status = status
        self.errors = errors


class Wishes:
    """What is asked for besides the program."""

    __slots__ = ("breakdown", "edit", "may_fail", "rounds")

    def __init__(self, rounds: int, *, edit: str | None, breakdown: bool, may_fail: bool) -> None:
        self.rounds = rounds
        self.edit = edit
        self.breakdown = breakdown
        self.may_fail = may_fail


def measure(program: Program, wishes: Wishes, say: Say) -> Row:
    """Measure a program: plain data with the keys of docs/json-output.md. `say` is told what is being done. Raises Failed."""
    say("once by plain Python, not measured")
    first = program.plain()
    if first.status != 0 and not wishes.may_fail:
        raise Failed(first.status, program.errors)
    bench = _Bench(program, wishes, say)
    for number in range(wishes.rounds):
        bench.round(number)
    return {
        "version": VERSION,
        "command": program.words,
        "python": platform.python_version(),
        "hitsave": __version__,
        "machine": {"system": platform.system(), "processor": platform.machine(), "cpus": os.cpu_count()},
        "rounds": wishes.rounds,
        "copied": program.place.copy != program.place.folder,
        "ways": {way: bench.told(way) for way in WAYS if bench.samples[way]},
        "edit": bench.edit.told() if bench.edit is not None else None,
        "breakdown": bench.breakdown() if wishes.breakdown else None,
    }


class _Bench:
    def __init__(self, program: Program, wishes: Wishes, say: Say) -> None:
        self._program = program
        self._wishes = wishes
        self._say = say
        self.samples: dict[str, list[Sample]] = {way: [] for way in WAYS}
        self.edit: Edit | None = None

    def round(self, number: int) -> None:
        """Run the program in each way once."""
        self._store = str(number)
        order = (PLAIN, COLD, WARM, CALLS, EDITED) if number % 2 == 0 else (COLD, WARM, CALLS, EDITED, PLAIN)
        for way in order:
            self._say(f"round {number + 1} of {self._wishes.rounds}: {way}")
            if way == PLAIN:
                self.samples[way].append(self._program.plain())
            elif way == EDITED:
                if self.edit is not None:
                    with Applied(self.edit):
                        self.samples[way].append(self._program.ours(self._store))
            else:
                self.samples[way].append(self._program.ours(self._store, replays=way != CALLS))
            if way == COLD and number == 0 and self._program.place.copy != self._program.place.folder:
                self.edit = choose(
                    self._program.place.project,
                    self._program.record(self._store),
                    self._program.calls(self._store),
                    self._wishes.edit,
                )
        shutil.rmtree(self._program.store(self._store), ignore_errors=True)

    def told(self, way: str) -> Row:
        """What the runs in one way came to."""
        samples, plain = self.samples[way], self.samples[PLAIN]
        seconds = [sample.seconds for sample in samples]
        ratios = [mine.seconds / other.seconds for mine, other in zip(samples, plain, strict=True)]
        told: Row = {
            "seconds": median(seconds),
            "least_seconds": min(seconds),
            "most_seconds": max(seconds),
            "all_seconds": seconds,
            "processor_seconds": median(sample.processor for sample in samples),
            "ratio": median(ratios),
            "least_ratio": min(ratios),
            "most_ratio": max(ratios),
            "exit": samples[-1].status,
            "same_exit": all(mine.status == other.status for mine, other in zip(samples, plain, strict=True)),
            "same_output": self._same_output(way),
        }
        if way != PLAIN:
            told |= _recorded(samples[-1])
        return told

    def _same_output(self, way: str) -> bool | None:
        """Whether what went to stdout was what plain Python wrote; None if that differs by itself."""
        outputs = {sample.output for sample in self.samples[PLAIN]}
        if len(outputs) > 1:
            return None
        return {sample.output for sample in self.samples[way]} == outputs

    # --- where the time goes ------------------------------------------------------------------------------------

    def breakdown(self) -> Row:
        """The parts of HitSave in a cold run and in the two kinds of warm ones."""
        found: dict[str, list[tuple[float, dict[Stack, float]]]] = {COLD: [], WARM: [], CALLS: []}
        slow = median(sample.seconds for sample in self.samples[PLAIN]) > SLOW_SECONDS
        for number in range(1 if slow else LOOKS):
            for way, looks in found.items():
                self._say(f"looking where the time goes, {number + 1}: {way}")
                looked = self._look(f"looked-{number}", way)
                if looked is not None:
                    looks.append(looked)
            shutil.rmtree(self._program.store(f"looked-{number}"), ignore_errors=True)
        return {way: _parts(looks) for way, looks in found.items() if looks}

    def _look(self, store: str, way: str) -> tuple[float, dict[Stack, float]] | None:
        path = self._program.store("looks")
        if os.path.exists(path):
            os.unlink(path)
        sample = self._program.ours(store, replays=way != CALLS, looked_at=path)
        try:
            with open(path, encoding="utf-8") as file:
                marks, stacks = parts.read(file.read())
        except OSError:
            return None
        moments = {name: moment for moment, name in marks}
        if "replayed" not in moments and "ended" not in moments:
            return None  # the process was ended in a way in which nothing could be written
        begun = moments.get("started", sample.began)
        if "became" in moments and "begun" in moments:
            stacks[(parts.INTERPRETER,)] = moments["begun"] - moments["became"]
        stacks[(parts.OUTSIDE,)] = (
            begun - sample.began + sample.ended - moments.get("ended", moments.get("replayed", 0.0))
        )
        return sample.seconds, stacks


def _parts(looks: list[tuple[float, dict[Stack, float]]]) -> Row:
    stacks = parts.merged(found for _, found in looks)
    by_part = parts.by_part(stacks)
    functions = parts.by_function(stacks)
    return {
        "runs": len(looks),
        "seconds": fmean(seconds for seconds, _ in looks),
        "hitsave_seconds": sum(by_part.values()),
        "program_seconds": stacks.get((PROGRAM,), 0.0),
        "python_seconds": stacks.get((parts.OUTSIDE,), 0.0),
        "parts": by_part,
        "functions": [
            {"part": part, "function": name, "seconds": seconds}
            for part, names in functions.items()
            for name, seconds in names.items()
        ],
        "stacks": {";".join(stack): seconds for stack, seconds in sorted(stacks.items())},
    }


def _recorded(sample: Sample) -> Row:
    run = sample.run
    reasons = run.get("not_replayable")
    return {
        "replayed": bool(run.get("replayed")),
        "hits": run.get("hits", 0),
        "computed": run.get("misses", 0),
        "unsaved": run.get("unsaved", 0),
        "not_replayable": [row.get("kind") for row in reasons if isinstance(row, dict)]
        if isinstance(reasons, list)
        else [],
        "store_bytes": sample.store_bytes,
    }
