"""Edits programs by machine and compares HitSave with plain Python after each edit.

    python -m tests.stress.mutation [--program NAME]... [--edits N] [--irrelevant N] [--seed S] [--keep FOLDER]

A program is run until its store is warm. Then one edit after another is made to its first state; after each, stdout,
stderr, exit status and files must be those of plain Python. What is found wrong is kept, with the edit, for a second
look. After edits that can't matter, calls that were answered before and ran again are counted, by reason.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.stress import edits
from tests.stress.laboratory import Endless, Laboratory
from tests.stress.programs import PROGRAMS, Program, in_turn

DATA = (".txt", ".csv", ".json", ".ini", ".html", ".cfg", ".tsv", ".md", ".xml", ".pgn")


class Tally:
    """What came out, for one program or for all of them."""

    def __init__(self) -> None:
        self.semantic = self.without_effect = self.irrelevant = self.skipped = 0
        self.wrong: list[str] = []
        self.verdicts: Counter[str] = Counter()
        self.base: Counter[str] = Counter()  # verdicts of the last run of the unedited program
        self.base_reasons: Counter[str] = Counter()
        self.calls_after_irrelevant = self.needless = self.needless_edits = 0
        self.needless_reasons: Counter[str] = Counter()
        self.needless_examples: dict[str, str] = {}

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            if isinstance(value, Counter):
                getattr(self, name).update(value)
            elif isinstance(value, list):
                getattr(self, name).extend(value)
            elif isinstance(value, dict):
                for key, text in value.items():
                    getattr(self, name).setdefault(key, text)
            else:
                setattr(self, name, getattr(self, name) + value)

    def lines(self) -> list[str]:
        found = [
            (
                f"{self.semantic} edits that may matter ({self.without_effect} changed nothing that was seen), "
                f"{self.irrelevant} that can't; {self.skipped} left out (endless, or different each time)"
            ),
            f"wrong: {len(self.wrong)}",
            *(f"  {line}" for line in self.wrong),
            f"calls of the unedited program, warm: {dict(self.base)}",
            *(f"  {count:5} {reason}" for reason, count in self.base_reasons.most_common(12)),
            f"calls after edits that may matter: {dict(self.verdicts)}",
            (
                f"after edits that can't: {self.calls_after_irrelevant} calls that were answered before, {self.needless} of "
                f"them ran, after {self.needless_edits} of {self.irrelevant} edits"
            ),
        ]
        for reason, count in self.needless_reasons.most_common(25):
            found.append(f"  {count:5} {reason}   e.g. {self.needless_examples.get(reason, '')}")
        return found


class Trial:
    """One program in a folder of its own."""

    def __init__(self, program: Program, base: Path, random: Random, eager: int, threshold: float | None):
        self.program, self.base, self.random = program, base, random
        self.laboratory = Laboratory(base, eager, threshold)
        program.build(self.laboratory.plain)
        program.build(self.laboratory.saved)
        self.tally = Tally()
        self.warm: set[str] = set()
        self.environment: dict[str, str] = {}  # of the runs under HitSave, besides what the laboratory gives them

    def prepare(self) -> None:
        laboratory = self.laboratory
        self.lines = laboratory.executed_lines(self.program.command)
        started = time.perf_counter()
        first = laboratory._run(laboratory.plain, [sys.executable, *self.program.command], {}, "")
        patience = max(3.0, 10 * (time.perf_counter() - started))
        self.first = first
        if first.status:
            sys.stderr.write(first.stderr.decode())
        self.texts = {
            name: (laboratory.plain / name).read_text()
            for name in sorted(files_to_edit(laboratory.plain, set(self.lines)))
        }
        self.sources = {
            name: edits.Source(name, text, self.lines[name])
            for name, text in self.texts.items()
            if name.endswith(".py")
        }
        for number in range(4):
            # The last of them asks about each call, as runs after an edit do; a replayed run says of all that they were answered.
            asked = ("--no-replay",) if number == 3 else ()
            saved, report = laboratory.saved_run(self.program.command, self.environment, extra=asked)
            self.judge(f"unedited, run {number + 1}", first, saved)
        laboratory.limit = patience
        self.warm = answered(report)
        self.tally.base = Counter(call["verdict"] for call in report.get("calls", []))
        for call in report.get("calls", []):
            if call["verdict"] != "hit":
                for reason in call["reasons"][:1]:
                    self.tally.base_reasons[f"{call['verdict']} {reason['kind']} {reason['subject']}"[:120]] += 1

    def judge(self, what: str, plain, saved) -> bool:
        differences = plain.differences(saved)
        if not differences:
            return True
        self.tally.wrong.append(
            f"{self.program.name}: {what}: {differences[0]} {differences[1][:100] if len(differences) > 1 else ''}"
        )
        kept = self.base.parent / f"wrong-{self.program.name}-{len(self.tally.wrong)}"
        shutil.copytree(self.base, kept, symlinks=True, dirs_exist_ok=True)
        (kept / "differences.txt").write_text("\n".join([what, *differences]) + "\n")
        print(f"WRONG {self.program.name}: {what}: see {kept}", *differences[:25], sep="\n  ", flush=True)
        return False

    def once(self, edit: edits.Edit, matters: bool) -> None:
        """Make one edit, run both, compare, and take the edit back."""
        laboratory, tally = self.laboratory, self.tally
        laboratory.write(edit.name, edit.text)
        try:
            try:
                plain = laboratory._run(laboratory.plain, [sys.executable, *self.program.command], {}, "")
                saved, report = laboratory.saved_run(self.program.command)
            except Endless:
                tally.skipped += 1
                return
            differences = plain.differences(saved)
            if differences:
                again = laboratory._run(laboratory.plain, [sys.executable, *self.program.command], {}, "")
                if plain.differences(again):
                    tally.skipped += 1
                    return
                self.judge(str(edit), plain, saved)
            calls = report.get("calls", [])
            if matters:
                tally.semantic += 1
                tally.verdicts.update(call["verdict"] for call in calls)
                tally.without_effect += self.first.stdout == plain.stdout and self.first.status == plain.status
            else:
                tally.irrelevant += 1
                self.count_needless(edit, calls)
        finally:
            laboratory.write(edit.name, self.texts[edit.name])

    def count_needless(self, edit: edits.Edit, calls: list[dict]) -> None:
        tally = self.tally
        before = tally.needless
        for call in calls:
            if identity(call) not in self.warm:
                continue
            tally.calls_after_irrelevant += 1
            if call["verdict"] != "hit":
                tally.needless += 1
                reason = call["reasons"][0] if call["reasons"] else {"kind": "?", "subject": ""}
                text = f"{edit.kind}: {call['verdict']} {reason['kind']} {reason['subject']}"[:140]
                tally.needless_reasons[text] += 1
                tally.needless_examples.setdefault(text, f"{call['function']} after {edit}"[:200])
        tally.needless_edits += tally.needless > before

    def run(self, semantic: int, irrelevant: int) -> Tally:
        self.prepare()
        random = self.random
        sources = [self.sources[name] for name in sorted(self.sources)]
        weights = [max(1, len(source.lines)) ** 0.5 for source in sources]
        data = [name for name in self.texts if not name.endswith(".py")]
        makers = {source.name: edits.semantic(source, random) for source in sources}
        for _ in range(semantic):
            if data and random.random() < 0.06:
                name = random.choice(data)
                made = edits.of_data(self.texts[name], random)
                if made is not None and made[1] != self.texts[name]:
                    self.once(edits.Edit(name, "data", *made), True)
                continue
            source = random.choices(sources, weights)[0]
            made = next(makers[source.name], None)
            if made is not None:
                self.once(edits.Edit(source.name, *made), True)
        everywhere = "\n".join(self.texts.values())
        idle = {source.name: edits.irrelevant(source, random, everywhere) for source in sources}
        for _ in range(irrelevant):
            source = random.choices(sources, weights)[0]
            made = next(idle[source.name], None)
            if made is not None:
                self.once(edits.Edit(source.name, *made), False)
        return self.tally


def identity(call: dict) -> str:
    return json.dumps([call["function"], call["arguments"]], sort_keys=True)


def answered(report: dict) -> set[str]:
    """The calls of a report that were always answered."""
    calls = report.get("calls", [])
    not_always = {identity(call) for call in calls if call["verdict"] != "hit"}
    return {identity(call) for call in calls} - not_always


def files_to_edit(folder: Path, ran: set[str]) -> set[str]:
    """Source files of which lines ran, and data."""
    found = set()
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_file() and "__pycache__" not in name and (name in ran or (path.suffix in DATA and "/" not in name)):
            found.add(name)
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", action="append", choices=sorted(PROGRAMS))
    parser.add_argument("--edits", type=int, default=90, help="edits that may matter, a program")
    parser.add_argument("--irrelevant", type=int, default=25, help="edits that can't, a program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--eager", type=int, default=4, help="calls of each function that are saved; 0: as HitSave decides"
    )
    parser.add_argument("--threshold", type=float, help="with --eager 0")
    parser.add_argument("--keep", type=Path, help="where to work; else a temporary folder")
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="mutation-"))
    total = Tally()

    def examine(name: str, folder: Path) -> Tally:
        trial = Trial(PROGRAMS[name], folder, Random(f"{options.seed} {name}"), options.eager, options.threshold)
        return trial.run(options.edits, options.irrelevant)

    in_turn(options.program or sorted(PROGRAMS), base, total, examine)
    return bool(total.wrong)


if __name__ == "__main__":
    sys.exit(main())
