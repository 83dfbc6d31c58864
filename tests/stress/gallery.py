"""Runs the scripts of other projects' galleries, plain and under HitSave, edits them, and says what came of it.

    python -m tests.stress.gallery FOLDER [--only TEXT]... [--limit N] [--quick] [--json FILE] [--table FILE]

FOLDER holds unpacked source distributions; `gallery.txt` names releases and which of their files are scripts, and `nox -s
gallery` fetches them. A script is taken if plain Python runs it offline in 0.3 to 30 seconds, twice with the same outcome.

It is then run under HitSave cold, warm and warm again, after an edit in its last third, after an edit in its first third,
and undone. Each time stdout, stderr, exit status and files must be plain Python's for that text, and so must the figures
that are open in the end (`pictures/sitecustomize.py` draws them). Where two plain runs differ in nothing but numbers on a
line, the numbers of such lines are not compared.

The share of the computation that is saved after an edit is 1 − (time after the edit − time of the imports) / (plain time −
time of the imports), where the imports are a script of the import statements alone. `--quick` leaves the edits out; `--verify`
adds a run with `hitsave run --verify`, which computes all that is answered and compares it.
Results are kept in FOLDER/plain.json for what plain Python does (`--anew` forgets it), so that only what is worth running
is run again.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path
from random import Random

from tests.harness.runs import Outcome, files_of
from tests.stress.laboratory import HERE, PRODUCT, Endless, Laboratory

SHORTEST, LONGEST = 0.3, 30.0
SLOW_SECONDS = 0.1
MEMORY = 8 << 30
LARGEST_FOLDER = 4 << 20
"""Bytes of the folder of a script, up to which all of it is copied with it: its helpers and data."""
LIST = HERE / "gallery.txt"
# The bar of a progress bar is a number, too.
_NUMBER = re.compile(rb"\d+(\.\d+)?([eE][-+]?\d+)?|0x[0-9a-f]+|\|[^|]*\| +#?\d*/")
_DRAWINGS = (".png", ".pdf", ".svg", ".jpg", ".gif")


# --- which scripts -------------------------------------------------------------------------------------------------


def scripts_of(folder: Path) -> dict[str, Path]:
    """The scripts of the releases in `folder`, by a short name."""
    found: dict[str, Path] = {}
    for line in LIST.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        name, _, version = words[0].partition("==")
        plain = re.sub("[-_.]+", "_", name)
        release = next(
            (
                x
                for x in sorted(folder.glob(f"*-{version}"))
                if re.sub("[-_.]+", "_", x.name).lower().startswith(plain.lower() + "_")
            ),
            None,
        )
        if release is None:
            print(f"not there: {words[0]}", file=sys.stderr)
            continue
        unwanted = [word[1:] for word in words[1:] if word.startswith("!")]
        for pattern in (word for word in words[1:] if not word.startswith("!")):
            for path in sorted(release.glob(pattern)):
                inner = str(path.relative_to(release))
                if path.name.startswith("__") or any(fnmatch.fnmatch(inner, x) for x in unwanted):
                    continue
                found[f"{name}/{'/'.join(path.relative_to(release).parts[1:])}"] = path
    return found


def put(script: Path, target: Path) -> None:
    """Copy a script into `target`, with what lies beside it if that is not much."""
    beside = [path for path in script.parent.rglob("*") if path.is_file() and not path.is_symlink()]
    others = [path for path in beside if path.suffix != ".py"] if len(beside) > 60 else beside
    if sum(path.stat().st_size for path in others) > LARGEST_FOLDER:
        others = []
    for path in {*others, script}:
        place = target / path.relative_to(script.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


# --- edits ---------------------------------------------------------------------------------------------------------


def _statements(tree: ast.Module) -> list[ast.stmt]:
    """The statements of the top level, and those of the blocks that only guard it, which are not imports or definitions."""
    found: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            found += node.body
        elif not isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
            found.append(node)
    return [x for x in found if not (isinstance(x, ast.Expr) and isinstance(x.value, ast.Constant))]


def edits_of(text: str, part: str, random: Random) -> list[tuple[str, str]]:
    """What a machine may do to the first or last third ('early', 'late'), as (what, text): the first that runs is taken."""
    tree = ast.parse(text)
    held = _statements(tree)
    third = max(len(held) // 3, 1)
    chosen = held[-third:] if part == "late" else held[:third]
    found = []
    numbers = [
        node
        for statement in chosen
        if not isinstance(statement, (ast.For, ast.While, ast.With, ast.If, ast.Try))
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.lineno == node.end_lineno
    ]
    lines = text.encode().splitlines(keepends=True)
    random.shuffle(numbers)
    for node in numbers[:1]:
        new = node.value + 1 if type(node.value) is int else round(node.value * 1.1, 6)
        line = lines[node.lineno - 1]
        edited = [*lines]
        edited[node.lineno - 1] = line[: node.col_offset] + str(new).encode() + line[node.end_col_offset :]
        found.append((f"line {node.lineno}: {node.value} → {new}", b"".join(edited).decode()))
    simple = [x for x in chosen if x.lineno == 1 or lines[x.lineno - 2].rstrip()[-1:] != b"\\"]
    for statement in random.sample(simple, min(1, len(simple))):
        line = lines[statement.lineno - 1]
        indent = line[: len(line) - len(line.lstrip())]
        number = random.randrange(1000)
        edited = [
            *lines[: statement.lineno - 1],
            indent + f'print("edited", {number})\n'.encode(),
            *lines[statement.lineno - 1 :],
        ]
        found.append((f"line {statement.lineno}: a print inserted", b"".join(edited).decode()))
    return found


def imports_of(text: str) -> str:
    """The import statements of the top level alone."""
    held = [node for node in ast.parse(text).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join(ast.unparse(node) for node in held) + "\n"


# --- runs ----------------------------------------------------------------------------------------------------------


class Bench(Laboratory):
    """A laboratory that measures: `seconds`, `cpu` (seconds of the processor) and `megabytes` are those of the latest run."""

    seconds = 0.0
    cpu = 0.0
    megabytes = 0.0

    def _run(
        self, copy: Path, command: list[str], environment: dict[str, str], stdin: str, longer: bool = False
    ) -> Outcome:
        copy.rename(self.project)
        ended = self.base / "ended"
        ended.unlink(missing_ok=True)
        extra = {
            "PYTHONPATH": os.pathsep.join([str(HERE / "pictures"), PRODUCT]),
            "PICTURES_ENDED": str(ended),
            "SOURCE_DATE_EPOCH": "0",
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": os.path.join(tempfile.gettempdir(), "gallery-matplotlib"),
            "COLUMNS": "100",
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1"),
        }
        paths = [self.base / "stdout", self.base / "stderr"]
        started = time.time()
        try:
            with open(paths[0], "wb") as stdout, open(paths[1], "wb") as stderr:
                process = subprocess.Popen(
                    command,
                    cwd=self.project,
                    env=self._environment({**extra, **environment}),
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    preexec_fn=_limit,
                    start_new_session=True,
                )
                status = self._wait(process, started + (self.limit * 4 + 60 if longer else self.limit))
            moment, used = ended.read_text().split() if ended.exists() else (time.time(), self.cpu)
            self.seconds, self.cpu = float(moment) - started, float(used)
        finally:
            self.project.rename(copy)
        result = subprocess.CompletedProcess(command, status, paths[0].read_bytes(), paths[1].read_bytes())
        return Outcome(result, files_of(copy))

    def _wait(self, process: subprocess.Popen, until: float) -> int:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                self.megabytes, self.cpu = usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime
                return process.returncode
            if time.time() > until:
                os.killpg(process.pid, 9)
                process.wait()
                raise Endless(f"did not end in {until:.0f} s")
            time.sleep(0.02)

    def plain_run(self, command: list[str]) -> Outcome:
        return self._run(self.plain, [sys.executable, *command], {}, "")

    def anew(self, script: Path) -> None:
        """Both copies as they were before anything ran."""
        for folder in (self.plain, self.saved):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            put(script, folder)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Unsteady(Exception):
    """Plain Python does not do the same each time."""


def form(line: bytes) -> bytes:
    """A line without its numbers, and without the columns that go by their width."""
    return b" ".join(_NUMBER.sub(b"#", line).split()) + line[len(line.rstrip()) :]


class Mask:
    """What of two plain runs differs: lines in which numbers vary, by their form, and files that vary."""

    def __init__(self, one: Outcome, two: Outcome):
        self.forms: set[bytes] = set()
        self.files = {x for x in one.files if x in two.files and one.files[x] != two.files[x]}
        for name in ("stdout", "stderr"):
            for a, b in zip(getattr(one, name).splitlines(), getattr(two, name).splitlines(), strict=False):
                if a != b:
                    self.forms.add(form(a).rstrip())

    def __bool__(self) -> bool:
        return bool(self.forms or self.files)

    def apply(self, outcome: Outcome) -> Outcome:
        """The outcome without what varies."""
        if not self:
            return outcome
        texts = []
        for text in (outcome.stdout, outcome.stderr):
            lines = [(line, form(line)) for line in text.splitlines(keepends=True)]
            texts.append(b"".join(shape if shape.rstrip() in self.forms else line for line, shape in lines))
        files = {name: b"" if name in self.files else content for name, content in outcome.files.items()}
        return Outcome(subprocess.CompletedProcess([], outcome.status, *texts), files)


class Plain:
    """What plain Python makes of a script: two outcomes, and what of them varies."""

    def __init__(self, script: Path, base: Path, tracer: str | None):
        self.bench = bench = Bench(base, tracer=tracer)
        bench.limit = 6 * LONGEST
        self.said: dict = {}
        self.seconds, self.cpu, self.megabytes = 2 * LONGEST, 0.0, 0.0
        try:
            bench.anew(script)
            self.one = bench.plain_run([script.name])
            self.seconds, self.cpu, self.megabytes = bench.seconds, bench.cpu, bench.megabytes
            left_out = self._judged()
            if left_out is None:
                bench.anew(script)
                self.before = files_of(bench.plain)
                self.two = bench.plain_run([script.name])
                self.cpu = min(self.cpu, bench.cpu)
                self.mask = mask = Mask(self.one, self.two)
                if mask.apply(self.one).differences(mask.apply(self.two)) or any(
                    not x.endswith(_DRAWINGS) for x in mask.files
                ):
                    left_out = "differs from run to run"
        except Endless:
            left_out = "too slow"
        self.said = {"seconds": round(max(self.cpu, SHORTEST), 2)} | ({"left out": left_out} if left_out else {})

    def _judged(self) -> str | None:
        if self.one.status:
            return "fails: " + (self.one.stderr.decode(errors="replace").strip().splitlines() or ["?"])[-1][:100]
        # A busy machine must not make a script look slow.
        if self.cpu < SHORTEST and self.seconds < 2 * SHORTEST:
            return "too quick"
        return "too slow" if self.cpu > LONGEST else None


class Trial:
    """One script in all its states."""

    def __init__(self, name: str, script: Path, bench: Bench):
        self.name, self.script, self.command = name, script, [script.name]
        self.bench = bench
        self.text = script.read_bytes().decode("utf-8", "surrogateescape")
        self.wrong: list[str] = []
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.megabytes: dict[str, float] = {}
        self.verdicts: dict[str, dict[str, int]] = {}
        self.slow: list[tuple[str, str, float, str, str]] = []
        self.edits: dict[str, str] = {}
        self.mask: Mask | None = None

    def run(self, known: Plain, quick: bool, verify: bool) -> dict:
        bench = self.bench
        bench.anew(self.script)
        plain = known.two
        self.mask = known.mask
        self.seconds["plain"], self.cpu["plain"], self.megabytes["plain"] = known.seconds, known.cpu, known.megabytes
        self._saved("cold", plain)
        writes = plain.files != known.before
        if writes:
            # Files that it left are there at the second run, in plain Python, too.
            self._plain("plain on top")
            plain = self._plain("plain on top")
        self._saved("warm", plain)
        if not quick:
            self._saved("warm again", plain)
        if verify:
            self._saved("verified", plain, ("--verify=1",))  # what differs is an exit status of its own
        if not quick:
            bench.plain.joinpath("_imports_.py").write_text(imports_of(self.text))
            bench.plain_run(["_imports_.py"])
            self._measured("imports")
            bench.plain.joinpath("_imports_.py").unlink()
            random = Random(zlib.crc32(self.name.encode()))
            for part in ("late", "early"):
                self._edited(part, random)
            self._write(self.text)
            self._saved("undone", self._plain("plain undone") if writes else plain)
        return self.result()

    def _edited(self, part: str, random: Random) -> None:
        for what, text in edits_of(self.text, part, random):
            self._write(text)
            plain = self._plain(f"plain {part}")
            if plain.status == 0:
                self.edits[part] = what
                self._saved(part, plain)
                return

    def _write(self, text: str) -> None:
        for folder in (self.bench.plain, self.bench.saved):
            (folder / self.script.name).write_bytes(text.encode("utf-8", "surrogateescape"))

    def _plain(self, state: str) -> Outcome:
        found = self.bench.plain_run(self.command)
        self._measured(state)
        return found

    def _measured(self, state: str) -> None:
        self.seconds[state] = round(self.bench.seconds, 3)
        self.cpu[state] = round(self.bench.cpu, 3)
        self.megabytes[state] = round(self.bench.megabytes)

    def _saved(self, state: str, plain: Outcome, extra: tuple[str, ...] = ()) -> None:
        try:
            saved, report = self.bench.saved_run(self.command, extra=extra)
        except Endless:
            self.wrong.append(f"{state}: did not end")
            return
        self._measured(state)
        if self.mask:
            plain, saved = self.mask.apply(plain), self.mask.apply(saved)
        differences = plain.differences(saved)
        if differences and state == "cold":
            # Two plain runs may have been equal by chance.
            self.bench.anew(self.script)
            third = self.mask.apply(self.bench.plain_run(self.command)) if self.mask is not None else plain
            if plain.differences(third):
                raise Unsteady
        if differences:
            self.wrong.append(f"{state}: " + "\n".join(differences[:30])[:2000])
        if not report:
            self.wrong.append(f"{state}: no report")
        calls = report.get("calls", [])
        self.verdicts[state] = dict(Counter(call["verdict"] for call in calls))
        for call in calls:
            took = call["saved_seconds"] if call["verdict"] == "hit" else call["seconds"]
            if state == "warm" and took >= SLOW_SECONDS:
                reason = (call["reasons"] or [{"kind": "", "subject": ""}])[0]
                self.slow.append(
                    (call["function"], call["verdict"], round(took, 3), reason["kind"], reason["subject"][:150])
                )

    def result(self) -> dict:
        names = ("wrong", "seconds", "cpu", "megabytes", "verdicts", "slow", "edits")
        found = {name: getattr(self, name) for name in names}
        # A machine that others use, too, is judged by the time of the processor.
        seconds = self.cpu
        plain, imports = seconds["plain"], seconds.get("imports", 0.0)
        found["masked"] = len(self.mask.forms) + len(self.mask.files) if self.mask else 0
        if "cold" in self.megabytes:
            found["memory ratio"] = round(max(self.megabytes[x] for x in ("cold", "warm")) / self.megabytes["plain"], 2)
        found["cold ratio"] = round(seconds["cold"] / plain, 3) if "cold" in seconds else None
        for part in ("late", "early"):
            basis = seconds.get(f"plain {part}", 0.0) - imports
            if part in seconds and basis > 0:
                found[f"{part} share"] = round(1 - (seconds[part] - imports) / basis, 3)
        return found


# --- what came out ---------------------------------------------------------------------------------------------------


def mean(values: list[float]) -> str:
    return f"{statistics.mean(values):.2f}" if values else "–"


def summary(results: dict[str, dict]) -> list[str]:
    wrong = {name: found["wrong"] for name, found in results.items() if found["wrong"]}
    slow = [entry for found in results.values() for entry in found["slow"]]
    hits = [entry for entry in slow if entry[1] == "hit"]
    reasons = Counter(f"{verdict} {kind}" for _, verdict, _, kind, _ in slow if verdict != "hit")
    examples = {f"{verdict} {kind}": f"{function}: {subject}" for function, verdict, _, kind, subject in reversed(slow)}
    ratios = [found["cold ratio"] for found in results.values() if found["cold ratio"]]
    lines = [
        f"{len(results)} scripts of {len({name.split('/')[0] for name in results})} packages; wrong: {len(wrong)}",
        f"cold / plain: geometric mean {statistics.geometric_mean(ratios):.2f}, largest {max(ratios):.2f}"
        if ratios
        else "",
    ]
    for part in ("late", "early"):
        shares = [found[f"{part} share"] for found in results.values() if f"{part} share" in found]
        if shares:
            lines.append(
                f"computation saved after the {part} edit: mean {mean(shares)}, least {min(shares):.2f}, of {len(shares)}"
            )
    lines.append(f"of {len(slow)} calls over {SLOW_SECONDS * 1000:.0f} ms in the second run, {len(hits)} were answered")
    lines += [f"  {count:4} {text}   e.g. {examples[text][:120]}" for text, count in reasons.most_common(25)]
    for name, found in wrong.items():
        lines += [f"WRONG {name}", *(f"    {line}" for text in found for line in text.splitlines()[:12])]
    return lines


def table(results: dict[str, dict]) -> str:
    """The results as a table in Markdown."""
    rows = [
        "| script | plain s | imports | cold | warm | late edit | early edit | undone | saved late | saved early |",
        "| --- |" + " ---: |" * 9,
    ]
    for name, found in sorted(results.items()):
        seconds = found["cpu"]
        cells = [seconds.get(x) for x in ("plain", "imports", "cold", "warm", "late", "early", "undone")]
        cells += [found.get("late share"), found.get("early share")]
        rows.append(
            f"| {name}{' (wrong)' if found['wrong'] else ''} | "
            + " | ".join("–" if x is None else f"{x:.2f}" for x in cells)
            + " |"
        )
    return "\n".join(rows) + "\n"


class Survey:
    """Which scripts plain Python can't run, or not in time, as far as it is known."""

    def __init__(self, folder: Path, anew: bool):
        self.memory = folder / "plain.json"
        self.known: dict[str, dict] = json.loads(self.memory.read_text()) if self.memory.exists() and not anew else {}

    def keep(self, name: str, found: dict) -> None:
        # Another process may look at other scripts meanwhile.
        if self.memory.exists():
            self.known = json.loads(self.memory.read_text()) | self.known
        self.known[name] = found
        self.memory.with_suffix(".new").write_text(json.dumps(self.known, indent=1))
        self.memory.with_suffix(".new").replace(self.memory)


def defines(script: Path) -> bool:
    """Whether a script has functions of its own."""
    return any(isinstance(node, (ast.FunctionDef, ast.Lambda)) for node in ast.walk(ast.parse(script.read_bytes())))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append")
    parser.add_argument("--limit", type=int, help="scripts of each release at most")
    parser.add_argument("--shortest", type=float, default=SHORTEST)
    parser.add_argument("--longest", type=float, default=LONGEST)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--verify", action="store_true", help="run everything that is answered once more, and compare")
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--functions", action="store_true", help="only scripts with functions of their own")
    parser.add_argument("--containing", help="only scripts in whose text this regular expression is found")
    parser.add_argument("--tracer")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="gallery-"))
    base.mkdir(exist_ok=True)
    scripts = scripts_of(options.folder)
    if options.only:
        scripts = {name: path for name, path in scripts.items() if any(x in name for x in options.only)}
    if options.limit:
        groups: dict[str, list[str]] = {}
        for name in scripts:
            groups.setdefault(name.split("/")[0], []).append(name)
        chosen = {name for held in groups.values() for name in Random(1).sample(held, min(options.limit, len(held)))}
        scripts = {name: path for name, path in scripts.items() if name in chosen}
    # All packages have had their turn before one has its second.
    turns: dict[str, int] = Counter()
    order = []
    for name in Random(2).sample(sorted(scripts), len(scripts)):
        turns[name.split("/")[0]] += 1
        order.append((turns[name.split("/")[0]], name))
    scripts = {name: scripts[name] for _, name in sorted(order)}
    survey = Survey(options.folder, options.anew)
    results: dict[str, dict] = {}
    for name, script in scripts.items():
        known = survey.known.get(name, {"seconds": SHORTEST})
        if "left out" in known or not options.shortest <= known["seconds"] <= options.longest:
            continue
        if options.functions and not defines(script):
            continue
        if options.containing and not re.search(options.containing, script.read_text(errors="replace")):
            continue
        place = base / name.replace("/", "-")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        try:
            plain = Plain(script, place, options.tracer)
            survey.keep(name, plain.said)
            if "left out" in plain.said:
                print(f"{name}: left out, {plain.said['left out']}", flush=True)
                continue
            results[name] = found = Trial(name, script, plain.bench).run(plain, options.quick, options.verify)
        except Endless:
            print(f"{name}: too slow today", flush=True)
            continue
        except Unsteady:
            survey.keep(name, {"left out": "differs from run to run"})
            print(f"{name}: left out, differs from run to run", flush=True)
            continue
        finally:
            if options.keep is None:
                shutil.rmtree(place, ignore_errors=True)
        print(f"{name}: {found['cpu']} late {found.get('late share')} early {found.get('early share')}", flush=True)
        for text in found["wrong"]:
            print(f"  WRONG {text}", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(results, indent=1))
    print(*summary(results), sep="\n")
    if options.table is not None:
        options.table.write_text(table(results))
    return any(found["wrong"] for found in results.values())


if __name__ == "__main__":
    sys.exit(main())
