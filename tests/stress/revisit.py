"""Walks through the revisions of pages, back and forth, and compares HitSave with plain Python at each step.

    python -m tests.stress.revisit [--eager N] [--walk N] [--seed S] [--keep FOLDER] PAGE...

A page need not state verdicts here: what is asked is only that stdout, stderr, exit status and files are those of plain
Python, whichever revisions were run before. The walk starts with the first revision, twice (cold and warm), goes to each
other one and back, and then on at random. By default the first calls of every function are saved, however quick.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from tests.harness.pages import BadPage, Page, Revision
from tests.stress.laboratory import Endless, Laboratory


class Loose(Page):
    """A page that need not say what ran."""

    def _finish(self, revision: Revision) -> None:
        revision.verdicts = revision.verdicts or {}
        super()._finish(revision)


class State:
    """All that a revision is: its files, and how it is run."""

    def __init__(self, revision: Revision, folder: Path):
        self.title = revision.title
        self.files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        self.command, self.environment, self.stdin = revision.command, revision.environment, revision.stdin


def states_of(page: Page, folder: Path) -> list[State]:
    folder.mkdir()
    found = []
    for revision in page.revisions:
        revision.apply(folder)
        found.append(State(revision, folder))
    return found


def route(count: int, walk: int, random: Random) -> list[int]:
    """The numbers of the revisions, in the order in which they are run."""
    found = [0, 0]
    for number in range(1, count):
        found += [number, number, 0] if number % 2 else [number, 0]
    return found + [random.randrange(count) for _ in range(walk)]


def move(folder: Path, before: State | None, to: State) -> None:
    """Bring a copy from one state to the next; what the program itself left there stays."""
    for name in before.files if before else ():
        if name not in to.files:
            (folder / name).unlink(missing_ok=True)
    for name, content in to.files.items():
        path = folder / name
        if before is None or before.files.get(name) != content or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():
                path.unlink()
            path.write_bytes(content)


def visit(path: Path, base: Path, eager: int, walk: int, random: Random, verdicts: Counter[str]) -> list[str]:
    """Run one page; gives what was wrong."""
    try:
        states = states_of(Loose(path), base / "states")
    except BadPage as error:
        return [str(error)]
    laboratory = Laboratory(base, eager)
    wrong = []
    before = None
    for step, number in enumerate(route(len(states), walk, random)):
        state = states[number]
        for folder in (laboratory.plain, laboratory.saved):
            move(folder, before, state)
        before = state
        try:
            plain = laboratory._run(laboratory.plain, [sys.executable, *state.command], state.environment, state.stdin)
            saved, report = laboratory.saved_run(state.command, state.environment, state.stdin)
        except Endless:
            wrong.append(f"step {step}: {state.title}: did not end")
            break
        verdicts.update(call["verdict"] for call in report.get("calls", []))
        found = plain.differences(saved)
        if found:
            hits = [f"{c['function']}={c['verdict']}" for c in report.get("calls", [])]
            if len(wrong) < 30:
                wrong += [
                    f"step {step}, revision {number + 1}: {state.title}",
                    *found[:10],
                    "  " + " ".join(hits)[:600],
                ]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--eager", type=int, default=6)
    parser.add_argument("--walk", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where to work; else a temporary folder")
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="revisit-"))
    bad = 0
    verdicts: Counter[str] = Counter()
    for path in options.pages:
        folder = base / path.stem
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        counted: Counter[str] = Counter()
        random = Random(f"{options.seed} {path.stem}")
        wrong = visit(path, folder, options.eager, options.walk, random, counted)
        bad += bool(wrong)
        verdicts += counted
        print(f"{'WRONG' if wrong else 'same '} {path.stem} {dict(counted)}", flush=True)
        for line in wrong:
            print("   ", line, flush=True)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(options.pages)} pages, {bad} wrong, {dict(verdicts)}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
