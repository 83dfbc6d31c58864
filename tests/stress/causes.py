"""Asks `hitsave why` after each edit that a machine makes: is the edited thing the first cause, and did all that is named change?

    python -m tests.stress.causes [--program NAME]... [--edits N] [--seed S] [--keep FOLDER]

A program is run until its store is warm, then edited, run and asked about; then the edit is taken back and the program is
run again, as a person works. Judged are all edits after which a call ran that had been answered before:

- *First cause.* The first cause that `hitsave why` gives for the run must be the edited function, class, value or file. Where
  a call ran because its arguments are others, what was edited is further up; such a call is no cause.
- *Nothing unchanged.* Every reason of every call, and every row of the run's diff column, must name something that did change.

What changed is found out without HitSave, from the syntax trees of the two versions of the file. A value, a class or a name
that is computed from what was edited is looked at in two plain runs (`tests/stress/values`).
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.stress import edits
from tests.stress.laboratory import HERE, Endless
from tests.stress.mutation import Trial, identity
from tests.stress.programs import PROGRAMS, in_turn

FOLLOWS = ("argument", "closure", "new", "random", "setting", "sharing")
"""Kinds of reasons that say: what came into the call is different, or the state of the process. The edit is what made it so."""


def parts(text: str) -> dict[str, str]:
    """What a file defines, by qualified name: the syntax trees of functions and classes with all that is inside of them, of
    the assignments to each name at the top level, and of the rest.
    """
    found: dict[str, str] = {}

    def walk(body: list[ast.stmt], owner: str) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = owner + node.name
                found[name] = found.get(name, "") + ast.dump(node)
                walk(node.body, name + ("." if isinstance(node, ast.ClassDef) else ".<locals>."))
            else:
                if not owner:
                    for name in bound(node) or ("<module>",):
                        found[name] = found.get(name, "") + ast.dump(node)
                for field in ("body", "orelse", "finalbody"):
                    walk([one for one in getattr(node, field, ()) if isinstance(one, ast.stmt)], owner)
                for handler in getattr(node, "handlers", ()):
                    walk(handler.body, owner)

    tree = ast.parse(text)
    walk(tree.body, "")
    found.setdefault("<module>", "")
    return found


def bound(node: ast.stmt) -> list[str]:
    """The names that an assignment or an import at the top level binds."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]


TOO_SLOW = ("graphs", "numbers", "precise")
"""Programs of which a run in which every function is saved takes minutes: classes with thousands of functions behind them, or
millions of calls of small ones."""
WITHOUT_STATEMENTS = ("chess", "commands", "graphs", "parsing", "precise", "templates", "toolbox")
"""Programs whose modules have so many statements at their top level that saving each of them takes minutes."""


class Truth:
    """What differs between two states of the program: the texts of the files that differ, before and after."""

    def __init__(self, before: dict[str, str], after: dict[str, str], files: list[str]) -> None:
        self.files = files
        self.texts = {name: (text, after[name]) for name, text in before.items() if text != after[name]}
        self.names: dict[str, set[str]] = {}
        self.known: dict[str, set[str]] = {}
        for name, (one, two) in self.texts.items():
            if name.endswith(".py"):
                old, new = parts(one), parts(two)
                self.known[name] = {*old, *new}
                self.names[name] = {part for part in self.known[name] if old.get(part) != new.get(part)}

    def is_edited(self, kind: str, subject: str) -> bool:
        """Whether a subject is what was edited, or stands in it or around it."""
        if kind in ("file", "listing"):
            return subject in self.texts
        module, _, part = subject.partition(":")
        if kind == "closure":
            part = part.rpartition(":")[0]
        file = self.file_of(module) or ""
        if file not in self.names:
            return False
        if part.startswith("line "):
            first, _, last = part.removeprefix("line ").partition("–")
            old, new = self.texts[file]
            return "\n".join(new.splitlines()[int(first) - 1 : int(last or first)]) not in old or not last
        if part == "<module>":
            return True
        part = part.partition("#")[0]
        names, known = self.names[file], self.known[file]
        if kind in ("global", "binding", "class shape", "namespace"):
            pieces = part.split(".")
            return any(".".join(pieces[: i + 1]) in names for i in range(len(pieces)))
        if part.startswith("<"):
            return bool(names)  # a lambda at the top level: of a decorator, a default, an assignment
        while part not in known and part:
            part = part.rpartition(".")[0].removesuffix(".<locals>")
        return part in names

    def file_of(self, module: str) -> str | None:
        """The file of a module of the program."""
        path = "main" if module == "__main__" else module.replace(".", "/")
        return next((name for name in (path + ".py", path + "/__init__.py") if name in self.files), None)


class Counts:
    """What came out, of one program or of all."""

    def __init__(self) -> None:
        self.edits = self.without_miss = self.skipped = 0
        self.calls = self.direct = self.following = 0
        self.reasons = self.rows = self.computed = 0
        self.by_kind: Counter[str] = Counter()
        self.not_first: list[str] = []
        self.unchanged: list[str] = []

    def add(self, other: Counts) -> None:
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(value, (int, Counter)):
                setattr(self, name, mine + value)
            else:
                mine.extend(value)

    def lines(self) -> list[str]:
        good = self.edits - len(self.not_first)
        return [
            f"{self.edits} edits after which calls ran again ({self.without_miss} more after which none did, {self.skipped} left out)",
            f"the first cause is what was edited: {good} ({100 * good / max(self.edits, 1):.1f} %)",
            *(f"  not: {line}" for line in self.not_first),
            f"calls that ran again: {self.calls}; of these {self.direct} by the edit itself, {self.following} by what it changed before them",
            f"{self.reasons} reasons and {self.rows} rows of diff columns; {self.computed} of them computed from what was edited",
            f"named, and not changed: {len(self.unchanged)}",
            *(f"  {line}" for line in self.unchanged),
            f"kinds of edits: {dict(self.by_kind)}",
        ]


class Asked(Trial):
    """One program that is edited, run, and asked why."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        if self.program.name in WITHOUT_STATEMENTS:
            self.environment = {"HITSAVE_STATEMENTS": "0"}
        self.counts = Counts()
        self.files: list[str] = []
        self.always: set[tuple[str, str]] = set()  # what differs in each run, such as the time of a file that it writes
        self.said = self.said_unedited = b""  # what the last run wrote, and what one without an edit does
        self.values: dict[tuple[str, int], str] = {}  # what plain Python has under a name, by state of the files
        self.states: dict[int, dict[str, str]] = {}  # run → the texts of all files

    def saved(self, *options: str) -> dict:
        """Run under HitSave, as the program was warmed up; the report."""
        outcome, report = self.laboratory.saved_run(self.program.command, self.environment, extra=options)
        self.said = outcome.stdout
        return report

    def one(self, edit: edits.Edit) -> None:
        """Make one edit, run, ask, and take it back."""
        laboratory, counts = self.laboratory, self.counts
        laboratory.write(edit.name, edit.text)
        try:
            try:
                report = self.saved()
            except Endless:
                counts.skipped += 1
                return
            self.states[report.get("run", 0)] = {**self.texts, edit.name: edit.text}
            misses = [
                call
                for call in report.get("calls", [])
                if call["verdict"] == "miss" and identity(call) not in self.never
            ]
            if not misses:
                counts.without_miss += 1
                return
            self.ask_about(edit, misses)
        finally:
            laboratory.write(edit.name, self.texts[edit.name])
            try:
                self.saved()
            except Endless:
                counts.skipped += 1

    def ask_about(self, edit: edits.Edit, misses: list[dict]) -> None:
        counts = self.counts
        now = {**self.texts, edit.name: edit.text}
        truth = Truth(self.texts, now, self.files)
        told = self.ask("why")
        (row,) = self.ask("log", "-n", "1")
        rows = [
            one
            for one in row["diff"]
            if one["kind"] not in FOLLOWS and (one["kind"], one["function"]) not in self.always
        ]
        follow = all(call["reasons"] and call["reasons"][0]["kind"] in FOLLOWS for call in misses)
        if follow and not rows and row["edits_unused"] and self.said == self.said_unedited:
            # Nothing used the edit. Which calls are among the first of their function, and so are saved, depends on
            # which calls around them are answered: others had their turn.
            counts.without_miss += 1
            return
        counts.edits += 1
        counts.by_kind[edit.kind] += 1
        causes = [
            cause
            for cause in told["missed"]
            if cause["kind"] not in FOLLOWS
            and cause["in_run_before"]
            and (cause["kind"], cause["subject"]) not in self.always
        ]
        named = causes or [{"kind": one["kind"], "subject": one["function"]} for one in rows]
        if not named or not self.holds(truth, edit, named[0]["kind"], named[0]["subject"], first=True):
            first = f"{named[0]['kind']} {named[0]['subject']}" if named else "nothing"
            counts.not_first.append(f"{self.program.name}: {edit}: {first}")
        for call in misses:
            counts.calls += 1
            first = call["reasons"][0]["kind"] if call["reasons"] else None
            counts.following += first in FOLLOWS
            counts.direct += first not in FOLLOWS
            if first is None:
                counts.unchanged.append(f"{self.program.name}: {edit}: {call['function']} has no reason")
            for reason in call["reasons"]:
                counts.reasons += 1
                # What is compared with an older run is judged by what the files were then.
                then = self.states.get(reason["since"], self.texts)
                differs = truth if then is self.texts else Truth(then, now, self.files)
                if reason["kind"] not in FOLLOWS and not self.holds(
                    differs, edit, reason["kind"], reason["subject"], since=reason["since"]
                ):
                    text = f"{reason['kind']} {reason['subject']} ({reason['before']} -> {reason['after']})"[:200]
                    counts.unchanged.append(f"{self.program.name}: {edit}: {call['function']}: {text}")
        for item in rows:
            counts.rows += 1
            if not self.holds(truth, edit, item["kind"], item["function"]):
                counts.unchanged.append(f"{self.program.name}: {edit}: diff column: {item['kind']} {item['function']}")
        # The page that a person asks for says what the report says.
        name = misses[0]["function"]
        pages = [call for call in self.ask("why", name)["calls"] if call["verdict"] == "miss"]
        firsts = {(page["reasons"][0]["kind"], page["reasons"][0]["subject"]) for page in pages if page["reasons"]}
        reason = misses[0]["reasons"][0] if misses[0]["reasons"] else {"kind": "", "subject": ""}
        if (reason["kind"], reason["subject"]) not in firsts:
            counts.unchanged.append(
                f"{self.program.name}: {edit}: why {name} says {firsts}, the report {reason['subject']}"
            )

    def holds(
        self, truth: Truth, edit: edits.Edit, kind: str, subject: str, *, first: bool = False, since: int | None = None
    ) -> bool:
        """Whether a subject did change since a run: it was edited, or is computed from what was."""
        if truth.is_edited(kind, subject):
            return True
        if kind in ("code", "file", "listing"):
            return False
        now = {**self.texts, edit.name: edit.text}
        changed = self.value_of(subject, now) != self.value_of(subject, self.states.get(since or 0, self.texts))
        self.counts.computed += changed and not first
        return changed

    def value_of(self, subject: str, texts: dict[str, str]) -> str:
        """What plain Python has under a name at the end of the program."""
        key = subject, hash(tuple(sorted(texts.items())))
        if key not in self.values:
            self.values[key] = self._value_of(subject, texts)
        return self.values[key]

    def _value_of(self, subject: str, texts: dict[str, str]) -> str:
        folder = self.base / "valued"
        if not folder.exists():
            shutil.copytree(self.laboratory.plain, folder)
        for name, text in texts.items():
            (folder / name).write_text(text)
        out = self.base / "value.json"
        out.unlink(missing_ok=True)
        environment = self.laboratory._environment(
            {"PYTHONPATH": str(HERE / "values"), "VALUE_OUT": str(out), "VALUE_OF": subject}
        )
        try:
            subprocess.run(
                [sys.executable, *self.program.command],
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"endless {hash(tuple(sorted(texts.items())))}"
        return out.read_text() if out.exists() else "nothing"

    def ask(self, *words: str):
        """What a reading command says, as JSON."""
        laboratory = self.laboratory
        laboratory.saved.rename(laboratory.project)
        try:
            ran = subprocess.run(
                [sys.executable, "-m", "hitsave", *words, "--json", "--store", str(laboratory.store)],
                cwd=laboratory.project, env=laboratory._environment({}), capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            laboratory.project.rename(laboratory.saved)
        if ran.returncode:
            raise RuntimeError(f"hitsave {' '.join(words)}: {ran.returncode}: {ran.stderr}")
        return json.loads(ran.stdout)

    def examine(self, wanted: int) -> Counts:
        """Make edits until `wanted` of them made calls run again, or there are no more."""
        self.prepare()
        started = time.perf_counter()
        report = self.saved("--no-replay")
        # What takes ten times as long as a warm run does not end.
        self.laboratory.limit, self.laboratory.slack = 0.0, 5 + 10 * (time.perf_counter() - started)
        self.said_unedited = self.said
        (row,) = self.ask("log", "-n", "1")
        self.always = {(one["kind"], one["subject"]) for one in self.ask("why")["missed"]}
        self.always |= {(one["kind"], one["function"]) for one in row["diff"]}
        # What is never answered, edited or not, says nothing.
        self.never = {identity(call) for call in report.get("calls", []) if call["verdict"] != "hit"}
        self.files = [str(path.relative_to(self.laboratory.plain)) for path in self.laboratory.plain.rglob("*.py")]
        sources = [self.sources[name] for name in sorted(self.sources)]
        weights = [max(1, len(source.lines)) ** 0.5 for source in sources]
        data = [name for name in self.texts if not name.endswith(".py")]
        makers = {source.name: edits.semantic(source, self.random) for source in sources}
        for _ in range(4 * wanted):
            if self.counts.edits >= wanted:
                break
            if data and self.random.random() < 0.06:
                name = self.random.choice(data)
                made = edits.of_data(self.texts[name], self.random)
                if made is not None and made[1] != self.texts[name]:
                    self.one(edits.Edit(name, "data", *made))
                continue
            source = self.random.choices(sources, weights)[0]
            made = next(makers[source.name], None)
            if made is not None:
                self.one(edits.Edit(source.name, *made))
        return self.counts


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", action="append", choices=sorted(PROGRAMS))
    parser.add_argument("--edits", type=int, default=30, help="edits that make calls run again, a program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--eager", type=int, default=3, help="calls of each function that are saved")
    parser.add_argument("--keep", type=Path, help="where to work; else a temporary folder")
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="causes-"))
    total = Counts()

    def examine(name: str, folder: Path) -> Counts:
        trial = Asked(PROGRAMS[name], folder, Random(f"{options.seed} causes {name}"), options.eager, None)
        return trial.examine(options.edits)

    in_turn(options.program or sorted({*PROGRAMS} - {*TOO_SLOW}), base, total, examine, leave=options.keep is not None)
    return bool(total.unchanged) or len(total.not_first) > 0.02 * total.edits


if __name__ == "__main__":
    sys.exit(main())
