"""What HitSave was doing: from the stacks that `inside` has seen to parts of HitSave that have a name."""

from __future__ import annotations

from hitsave.bench.inside import IMPORT, PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Stack = tuple[str, ...]

INTERPRETER, OUTSIDE = "(the interpreter starts once more)", "(before and after)"

INTERPRETERS, REPLAY, START, CODE, RECORDING, FINGERPRINTS, CHECKS, CHANGES, RESULTS, STORE, END = PARTS = (
    "interpreter",
    "replay",
    "start",
    "code",
    "recording",
    "fingerprints",
    "checks",
    "changes",
    "results",
    "store",
    "end",
)

# The first that fits the innermost frame, by how it begins.
_BY_FRAME = (
    ("hitsave.replay.", REPLAY),
    ("hitsave.store.pickles", RESULTS),
    ("hitsave.store.exact", RESULTS),
    ("hitsave.store.views", RESULTS),
    ("hitsave.memo.results", RESULTS),
    ("hitsave.memo.kept", RESULTS),
    ("hitsave.store.", STORE),
    ("hitsave.memo.check", CHECKS),
    ("hitsave.memo.present", CHECKS),
    ("hitsave.memo.compared", CHECKS),
    ("hitsave.memo.explain", CHECKS),
    ("hitsave.memo.changes", CHANGES),
    ("hitsave.memo.effects", CHANGES),
    ("hitsave.memo.memory", CHANGES),
    ("hitsave.memo.sharing", CHANGES),
    ("hitsave.memo.", RECORDING),
    ("hitsave_trace.fingerprint", FINGERPRINTS),
    ("hitsave_trace.importing", CODE),
    ("hitsave_trace.probes.hooks", RECORDING),
    ("hitsave_trace.probes.arming", RECORDING),
    ("hitsave_trace.probes", CODE),
    ("hitsave_trace.", RECORDING),
    ("hitsave.render", END),
    ("hitsave.report", END),
    ("hitsave.run:_finish", END),
    ("hitsave.", START),
)
# The parts of the process that the user starts, which looks for a run to do again.
_FIRST = ("hitsave.start:", "hitsave.__main__:")


def part_of(stack: Stack) -> str | None:
    """The part that a stack belongs to; None if it is the program's own."""
    if stack in ((PROGRAM,), (OUTSIDE,)):
        return None
    if stack == (INTERPRETER,):
        return INTERPRETERS
    if stack[0].startswith(_FIRST):
        return REPLAY
    if stack[-1] == IMPORT:
        return START
    if any(frame.startswith("hitsave.replay.keep:") for frame in stack):
        return REPLAY
    inmost = stack[-1]
    found = next((part for head, part in _BY_FRAME if inmost.startswith(head)), START)
    if stack[0] == "hitsave.run:prepare" and found in (RECORDING, START):
        return START
    if stack[0] == "hitsave.run:_finish" and found in (RECORDING, START, CHECKS):
        return END
    return found


def by_part(stacks: dict[Stack, float]) -> dict[str, float]:
    """The seconds of each part, in the order of `PARTS`."""
    found = dict.fromkeys(PARTS, 0.0)
    for stack, seconds in stacks.items():
        part = part_of(stack)
        if part is not None:
            found[part] += seconds
    return found


def by_function(stacks: dict[Stack, float]) -> dict[str, dict[str, float]]:
    """For each part the seconds of the functions that were innermost, the longest first."""
    found: dict[str, dict[str, float]] = {part: {} for part in PARTS}
    for stack, seconds in stacks.items():
        part = part_of(stack)
        if part is not None:
            name = _name(stack)
            found[part][name] = found[part].get(name, 0.0) + seconds
    return {part: dict(sorted(names.items(), key=lambda item: -item[1])) for part, names in found.items()}


def _name(stack: Stack) -> str:
    if stack[-1] == IMPORT:
        return "imports"
    if stack == (INTERPRETER,):
        return "python"
    inmost = stack[-1].replace(".<locals>", "")
    module, _, function = inmost.partition(":")
    return f"{module.removeprefix('hitsave_trace.').removeprefix('hitsave.')}.{function}"


def read(text: str) -> tuple[list[tuple[float, str]], dict[Stack, float]]:
    """What `inside` wrote: moments with their names, and the seconds of each stack."""
    marks: list[tuple[float, str]] = []
    stacks: dict[Stack, float] = {}
    for line in text.splitlines():
        first, _, rest = line.partition(" ")
        if first == "=":
            moment, _, name = rest.partition(" ")
            marks.append((float(moment), name))
        elif first.isdecimal():
            stack = tuple(rest.split(";"))
            stacks[stack] = stacks.get(stack, 0.0) + int(first) / 1e6
    return marks, stacks


def merged(several: Iterable[dict[Stack, float]]) -> dict[Stack, float]:
    """The mean of several runs."""
    runs = list(several)
    found: dict[Stack, float] = {}
    for stacks in runs:
        for stack, seconds in stacks.items():
            found[stack] = found.get(stack, 0.0) + seconds / len(runs)
    return found
