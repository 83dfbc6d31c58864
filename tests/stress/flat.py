"""Edits flat scripts by machine and compares HitSave with plain Python after each edit.

    python -m tests.stress.flat [--only NAME]... [--edits N] [--seed S] [--eager N] [--keep FOLDER] [--reduce]

The scripts of `flat/` have most of their code at the top level. Each is run until its store is warm; then edits are made
one on top of the other, and undone now and then, back to the first state or to one of the states between, so that hits
come from several versions. Statements at the top level and calls of libraries are switched on, and saved however quick
they are (`--eager 0`: as HitSave decides). After each edit, stdout, stderr, exit status and files must be those of plain
Python, also where that fails.

What is found wrong is kept in a folder, with the states that led there. `--reduce` makes it smaller: to two states, and
to the statements that matter.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.harness.runs import Outcome
from tests.stress import edits
from tests.stress.laboratory import HERE, Endless, Laboratory

SCRIPTS = HERE / "flat"
SWITCHES = {"HITSAVE_STATEMENTS": "1", "HITSAVE_SITES": "1", "HITSAVE_REPLAY": "0"}
WARM_RUNS = 2
DEEPEST = 5
"""Edits that are made one on top of the other, at most."""


# --- edits ---------------------------------------------------------------------------------------------------------


class Flat:
    """The text of a script, with the lists of statements in it; edits are made by whole lines."""

    def __init__(self, text: str):
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.tree = ast.parse(text)
        self.blocks = [self.tree.body]
        for node in ast.walk(self.tree):
            for name in ("body", "orelse", "finalbody"):
                held = getattr(node, name, None)
                if isinstance(held, list) and held and held is not self.tree.body:
                    self.blocks.append(held)
        stored = (
            node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        self.names = sorted({node.id for node in stored})

    def block(self, random: Random) -> list[ast.stmt]:
        """The top level mostly, or a block in it."""
        inner = [block for block in self.blocks[1:] if block[0].lineno != self.span(block[0])[0] - 1]
        guarded = [block for block in inner if len(block) > 8]  # what a script has instead of a top level
        if random.random() < 0.65 or not inner:
            return random.choice([self.tree.body, *guarded])
        return random.choice(inner)

    def span(self, node: ast.stmt) -> tuple[int, int]:
        """The first line of a statement, counted from 0, and the one behind it."""
        decorators = getattr(node, "decorator_list", [])
        return min([node.lineno, *(d.lineno for d in decorators)]) - 1, node.end_lineno

    def indent(self, node: ast.stmt) -> str:
        line = self.lines[self.span(node)[0]]
        return line[: len(line) - len(line.lstrip())]

    def put(self, first: int, last: int, text: str) -> str:
        return "".join([*self.lines[:first], text, *self.lines[last:]])

    def of(self, node: ast.stmt) -> str:
        first, last = self.span(node)
        return "".join(self.lines[first:last])

    def head(self, node: ast.stmt) -> str:
        return edits.short(self.lines[self.span(node)[0]])


def _deleted(flat: Flat, random: Random):
    block = flat.block(random)
    node = random.choice(block)
    return flat.head(node), flat.put(*flat.span(node), flat.indent(node) + "pass\n" if len(block) == 1 else "")


def _swapped(flat: Flat, random: Random):
    block = flat.block(random)
    if len(block) < 2:
        return None
    i = random.randrange(len(block) - 1)
    (start, middle), (begin, end) = flat.span(block[i]), flat.span(block[i + 1])
    between = "".join(flat.lines[middle:begin])
    return f"{flat.head(block[i])} ↔ {flat.head(block[i + 1])}", flat.put(
        start, end, flat.of(block[i + 1]) + between + flat.of(block[i])
    )


def _moved(flat: Flat, random: Random):
    block = flat.block(random)
    node, other = random.choice(block), random.choice(block)
    (start, end), (place, _) = flat.span(node), flat.span(other)
    if start <= place <= end:
        return None
    if place < start:
        return flat.head(node), flat.put(place, end, flat.of(node) + "".join(flat.lines[place:start]))
    return flat.head(node), flat.put(start, place, "".join(flat.lines[end:place]) + flat.of(node))


def _duplicated(flat: Flat, random: Random):
    node = random.choice(flat.block(random))
    return flat.head(node), flat.put(*flat.span(node), flat.of(node) * 2)


def _renamed(flat: Flat, random: Random):
    if not flat.names:
        return None
    old = random.choice(flat.names)
    new = random.choice([old + "_2", "_" + old, random.choice(flat.names)])
    return f"{old} → {new}", re.sub(rf"\b{re.escape(old)}\b", new, flat.text)


def _inserted(flat: Flat, random: Random):
    node = random.choice(flat.block(random))
    name, other = random.choice(flat.names or ["x"]), random.choice(flat.names or ["x"])
    line = random.choice([
        f"print('edited', {random.randrange(100)})",
        f"print({name})",
        f"print({name} is {other})",
        f"kept = {name}",
        f"{other} = {name}",
        f"{name} = [{other}, {name}]",
        f"{name}.append({other})",
        f"hasattr({name}, 'append') and {name}.append({random.randrange(100)})",
        f"hasattr({name}, 'clear') and {name}.clear()",
        f"{name} *= 2",
        f"{name} += {name}",
        f"{name}[0] = {random.randrange(100)}",
        f"del {name}",
        f"for {name} in range(2): pass",
        "print(sorted(k for k in globals() if k[0] != '_'))",
        f"# {random.randrange(100)}",
        "",
    ])  # fmt: skip
    place = flat.span(node)[0]
    return f"{line} before {flat.head(node)}", flat.put(place, place, flat.indent(node) + line + "\n")


def _wrapped(flat: Flat, random: Random):
    node = random.choice(flat.block(random))
    indent = flat.indent(node)
    head, tail = random.choice([
        ("if True:", ""), ("if 1 < 2:", "else:\n    raise SystemExit"), ("for _ in range(1):", ""), ("try:", "finally:\n    pass"),
        ("while True:", "    break"), ("with open(__file__):", ""), ("for twice in 'ab':", ""),
    ])  # fmt: skip
    inner = "".join("    " + line if line.strip() else line for line in flat.of(node).splitlines(keepends=True))
    text = f"{indent}{head}\n{inner}" + "".join(f"{indent}{line}\n" for line in tail.splitlines())
    return f"{head} {flat.head(node)}", flat.put(*flat.span(node), text)


def _bound(flat: Flat, random: Random):
    """The bound of a loop."""
    source = edits.Source("", flat.text, set())
    loops = [node for node in ast.walk(source.tree) if isinstance(node, (ast.For, ast.comprehension))]
    if not loops:
        return None
    node = random.choice(loops).iter
    old = ast.get_source_segment(flat.text, node)
    if old is None:
        return None
    new = random.choice([f"list({old})[:-1]", f"list({old})[::-1]", f"[*{old}][:2]", f"[*{old}] * 2", f"sorted({old})"])
    return f"{edits.short(old)} → {edits.short(new)}", source.put(node, new)


def _number(flat: Flat, random: Random):
    source = edits.Source("", flat.text, set())
    held = [node for node in ast.walk(source.tree) if edits._is_number(node)]
    made = edits._number(source, random.choice(held), random) if held else None
    return made and (f"line {made[0].lineno}: {made[0].value} → {made[1]}", source.put(*made))


def _semantic(flat: Flat, random: Random):
    source = edits.Source("", flat.text, set(range(1, len(flat.lines) + 1)))
    made = next(edits.semantic(source, random), None)
    return made and (f"{made[0]}: {made[1]}", made[2])


KINDS = (
    _deleted, _swapped, _moved, _duplicated, _renamed, _inserted, _inserted, _wrapped, _bound, _number, _semantic, _semantic,
)  # fmt: skip


def edit_of(text: str, random: Random) -> tuple[str, str]:
    """(what, text): `text` with one thing changed that still compiles."""
    flat = Flat(text)
    while True:
        kind = random.choice(KINDS)
        made = kind(flat, random)
        if made is None or made[1] == text:
            continue
        try:
            compile(made[1], "script", "exec")
        except (SyntaxError, ValueError):
            continue
        return f"{kind.__name__.strip('_')}: {made[0]}", made[1]


# --- runs ----------------------------------------------------------------------------------------------------------


class Tally:
    """What came out, for one script or for all of them."""

    def __init__(self) -> None:
        self.edits = self.undone = self.failing = self.skipped = 0
        self.wrong: list[str] = []
        self.verdicts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def count(self, report: dict) -> None:
        for call in report.get("calls", []):
            kind = (
                "statement"
                if "source" in call
                else "library"
                if call["function"].partition(":")[0] not in OWN
                else "function"
            )
            self.verdicts[f"{call['verdict']} ({kind})"] += 1
            if call["verdict"] == "unsaved":
                self.reasons[call["reasons"][0]["kind"] if call["reasons"] else "?"] += 1

    def add(self, other: Tally) -> None:
        self.edits += other.edits
        self.undone += other.undone
        self.failing += other.failing
        self.skipped += other.skipped
        self.wrong += other.wrong
        self.verdicts.update(other.verdicts)
        self.reasons.update(other.reasons)

    def lines(self) -> list[str]:
        return [
            (
                f"{self.edits} edits ({self.undone} of them went back to an earlier state; plain Python fails after "
                f"{self.failing}), {self.skipped} left out (endless, or different each time)"
            ),
            f"wrong: {len(self.wrong)}",
            *(f"  {line}" for line in self.wrong),
            f"calls: {dict(sorted(self.verdicts.items()))}",
            f"unsaved: {dict(self.reasons.most_common())}",
        ]


OWN = {path.stem for path in SCRIPTS.glob("*.py")} | {"__main__"}


class Bench:
    """A script in a laboratory of its own; each state is run by both."""

    def __init__(self, name: str, base: Path, eager: int):
        base.mkdir(parents=True, exist_ok=True)
        self.name, self.eager = name, eager
        self.laboratory = Laboratory(base, eager)
        self.laboratory.limit = 5.0
        self.command = [f"{name}.py"]

    def plain(self) -> Outcome:
        return self.laboratory._run(self.laboratory.plain, [sys.executable, *self.command], {}, "")

    def same(self) -> None:
        """Give the copy that HitSave runs the files of the other one."""
        shutil.rmtree(self.laboratory.saved)
        shutil.copytree(self.laboratory.plain, self.laboratory.saved)

    def state(self, text: str) -> tuple[Outcome, list[str], dict] | None:
        """Run a state: plain Python's outcome, what differs under HitSave, its report. None if it can't be judged."""
        laboratory = self.laboratory
        laboratory.write(self.command[0], text)
        before = laboratory.base / "before"
        shutil.rmtree(before, ignore_errors=True)
        shutil.copytree(laboratory.plain, before)
        try:
            plain = self.plain()
        except Endless:
            self.same()
            return None
        if plain.stderr.rstrip().rpartition(b"\n")[2].startswith((b"MemoryError", b"RecursionError")):
            self.same()
            return None  # where such a limit is met is a matter of a few frames
        try:
            saved, report = laboratory.saved_run(self.command, SWITCHES)
            differences = plain.differences(saved)
        except Endless:
            differences, report = ["hitsave: did not end"], {}
        if differences:
            shutil.rmtree(laboratory.plain)
            shutil.copytree(before, laboratory.plain)
            try:
                again = self.plain()
            except Endless:
                again = None
            self.same()
            if again is None or plain.differences(again):
                return None
        return plain, differences, report


class Trial:
    """One script that is edited."""

    def __init__(self, name: str, base: Path, seed: str, edits: int, eager: int):
        self.name, self.base, self.edits, self.seed = name, base, edits, seed
        self.random = Random(f"{seed} {name}")
        self.bench = Bench(name, base / name, eager)
        self.tally = Tally()
        self.past: list[str] = []

    def run(self) -> Tally:
        first = (SCRIPTS / f"{self.name}.py").read_text()
        for number in range(WARM_RUNS):
            self.step(f"unedited, run {number + 1}", first)
        below: list[str] = []  # the states under the present one
        text, failed = first, False
        for _ in range(self.edits):
            draw = self.random.random()
            if below and (draw < 0.15 or len(below) > DEEPEST):
                what, text, below = "undone, all", first, []
                self.tally.undone += 1
            elif below and (draw < 0.3 or (failed and draw < 0.8)):
                what, text = "undone", below.pop()
                self.tally.undone += 1
            elif self.past and draw < 0.36:
                what, text, below = "an earlier state", self.random.choice(self.past), [first]
                self.tally.undone += 1
            else:
                below.append(text)
                what, text = edit_of(text, self.random)
            self.tally.edits += 1
            failed = self.step(what, text)
        return self.tally

    def step(self, what: str, text: str) -> bool:
        """Run a state; whether it fails in plain Python."""
        tally = self.tally
        self.past.append(text)
        found = self.bench.state(text)
        if found is None:
            tally.skipped += 1
            return True
        plain, differences, report = found
        tally.failing += plain.status != 0
        tally.count(report)
        if differences:
            self.wrong(what, differences, report)
        return plain.status != 0

    def wrong(self, what: str, differences: list[str], report: dict) -> None:
        tally = self.tally
        kept = self.base / f"wrong-{self.name}-{len(tally.wrong) + 1}"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        for number, text in enumerate(dict.fromkeys([*self.past[:-1][::-1], self.past[-1]])):
            (kept / f"{number:03}.py").write_text(text)  # the newest first
        (kept / "now.py").write_text(self.past[-1])
        hits = [f"{call['function']} ({call['where']})" for call in report.get("calls", []) if call["verdict"] == "hit"]
        told = [f"after: {what}", *differences, "hits: " + "; ".join(hits)]
        (kept / "told.txt").write_text("\n".join(told) + "\n")
        tally.wrong.append(f"{self.name}, edit {tally.edits}: {what}: {' '.join(differences[:4])[:160]}")
        again = f"--seed {self.seed} --edits {self.edits} --only {self.name}"
        print(f"WRONG {self.name} ({again}), see {kept}", *told[:30], sep="\n  ", flush=True)


# --- making it smaller -----------------------------------------------------------------------------------------------


def reduce(kept: Path, name: str, eager: int) -> None:
    """Find the states that lead to the wrong answer in `kept`, and the statements that matter."""
    now = (kept / "now.py").read_text()
    past = [path.read_text() for path in sorted(kept.glob("[0-9]*.py"))]
    pair = next(([old, now] for old in [now, *past] if is_wrong([old, now], name, eager)), None)
    if pair is None:
        states = [*past[::-1], now]
        if not is_wrong(states, name, eager):
            print(f"{kept}: not wrong again", flush=True)
            return
        i = 0
        while i < len(states) - 1:
            fewer = states[:i] + states[i + 1 :]
            if is_wrong(fewer, name, eager):
                states = fewer
            else:
                i += 1
        pair = states
    pair = _smaller(pair, name, eager)
    for number, text in enumerate(pair):
        (kept / f"small-{number}.py").write_text(text)
        print(f"--- {kept}, state {number}", text, sep="\n", flush=True)
    print(*is_wrong(pair, name, eager)[:20], sep="\n  ", flush=True)


def is_wrong(states: list[str], name: str, eager: int) -> list[str]:
    """What differs after the last of some states, run one after the other with a new store."""
    with tempfile.TemporaryDirectory(prefix="flat-") as folder:
        bench = Bench(name, Path(folder), eager)
        for text in states:
            found = bench.state(text)
            if found is not None and found[1]:
                return found[1]
            if found is None:
                return []
    return []


def _smaller(states: list[str], name: str, eager: int) -> list[str]:
    """Leave out what all states have in common, or what one of them has, as long as the answer stays wrong."""
    tried = True
    size = 8
    while tried or size > 1:
        tried = False
        size = max(size // 2, 1)
        pieces = _pieces(states)
        i = 0
        while i < len(pieces):
            gone = pieces[i : i + size]
            fewer = [_without(text, gone) for text in states]
            if all(text is not None for text in fewer) and fewer != states and is_wrong(fewer, name, eager):
                states, tried = fewer, True
                left = set(_pieces(states))
                pieces = [piece for piece in pieces if piece in left]
            else:
                i += size
    return states


def _pieces(states: list[str]) -> list[str]:
    """The statements of all blocks of all states, the outer ones first."""
    found: dict[str, None] = {}
    for text in states:
        flat = Flat(text)
        found.update((flat.of(node), None) for block in flat.blocks for node in block)
    return list(found)


def _without(text: str, gone: list[str]) -> str | None:
    for piece in gone:
        flat = Flat(text)
        for block in flat.blocks:
            node = next((node for node in block if flat.of(node) == piece), None)
            if node is not None:
                text = flat.put(
                    *flat.span(node),
                    flat.indent(node) + "pass\n" if len(block) == 1 and block is not flat.blocks[0] else "",
                )
                break
        try:
            compile(text, "script", "exec")
        except SyntaxError:
            return None
    return text


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=sorted(path.stem for path in SCRIPTS.glob("*.py")))
    parser.add_argument("--edits", type=int, default=25, help="edits of a script")
    parser.add_argument("--seed", default="1")
    parser.add_argument(
        "--eager", type=int, default=6, help="calls of each function and site that are saved; 0: as HitSave decides"
    )
    parser.add_argument("--keep", type=Path, help="where to work; else a temporary folder")
    parser.add_argument("--reduce", action="store_true", help="make what is wrong smaller")
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="flat-"))
    total = Tally()
    for name in options.only or sorted(path.stem for path in SCRIPTS.glob("*.py")):
        shutil.rmtree(base / name, ignore_errors=True)
        started = time.perf_counter()
        tally = Trial(name, base, options.seed, options.edits, options.eager).run()
        print(f"--- {name} ({time.perf_counter() - started:.0f} s)", *tally.lines(), sep="\n", flush=True)
        for number in range(len(tally.wrong) if options.reduce else 0):
            reduce(base / f"wrong-{name}-{number + 1}", name, options.eager)
        total.add(tally)
        shutil.rmtree(base / name, ignore_errors=True)
    print("--- all", *total.lines(), sep="\n")
    return bool(total.wrong)


if __name__ == "__main__":
    sys.exit(main())
