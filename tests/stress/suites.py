"""Runs the test suites of other projects, plain and under HitSave, with the package and its tests as user code.

    python -m tests.stress.suites FOLDER [--only NAME]... [--json FILE] [--table FILE]

FOLDER holds unpacked source distributions; `suites.txt` names the releases, which part of each is the package and which
its tests. Both are copied into a project of their own, and `hitsave run -m pytest` runs there cold and warm. The same
tests must pass, fail and be skipped as under plain Python. Each is run twice by plain Python: tests of which the two
disagree are not compared.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.stress.gallery import Bench
from tests.stress.laboratory import HERE, Endless

LIST = HERE / "suites.txt"
LONGEST = 240.0
PYTEST = ["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-o", "addopts=", "-rA", "--tb=line", "-q"]
_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR|XFAIL|XPASS|SKIPPED)(?: \[\d+\])? (.+?)(?: - .*)?$", re.MULTILINE)


class Suite:
    """A release: `copied` are its folders and files that make the project, `asked` what pytest is asked to run."""

    def __init__(self, name: str, release: Path, copied: list[str], asked: list[str], options: list[str]):
        self.name, self.release, self.copied, self.asked, self.options = name, release, copied, asked, options

    def build(self, target: Path) -> None:
        for word in self.copied:
            source, _, place = word.partition("→")
            origin = self.release / source
            if not origin.exists():
                continue  # not every release has it
            goal = target / (place or source)
            if origin.is_dir():
                shutil.copytree(origin, goal, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(origin, goal)

    @property
    def command(self) -> list[str]:
        return [*PYTEST, *self.options, *self.asked]


def suites_of(folder: Path) -> dict[str, Suite]:
    """The suites of `suites.txt`: `NAME==VERSION copied… : asked… : options…`."""
    found = {}
    for line in LIST.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        head, asked, options = (*(shlex.split(part) for part in line.split(" : ")), [], [])[:3]
        name, _, version = head[0].partition("==")
        release = folder / f"{name.replace('-', '_')}-{version}"
        if not release.exists():
            print(f"not there: {head[0]}", file=sys.stderr)
            continue
        found[name] = Suite(name, release, head[1:], asked, options)
    return found


def outcomes(text: bytes) -> dict[str, str]:
    """test → how it went, from pytest's own summary."""
    decoded = text.decode(errors="replace")
    found: dict[str, str] = {}
    for how, what in _OUTCOME.findall(decoded):
        what = re.sub(r"0x[0-9a-f]+", "0x", what)
        found[what if how != "SKIPPED" else f"skipped: {what}"] = how
    return found


def run(suite: Suite, base: Path) -> dict:
    bench = Bench(base)
    bench.limit = LONGEST
    for folder in (bench.plain, bench.saved):
        suite.build(folder)
        (folder / "pyproject.toml").touch()
    seconds: dict[str, list[float]] = {}
    plain = bench.plain_run(suite.command)
    first = outcomes(plain.stdout)
    bench.plain_run(suite.command)
    plain = bench.plain_run(suite.command)
    seconds["plain"] = [round(bench.seconds, 2), round(bench.cpu, 2)]
    second = outcomes(plain.stdout)
    unsteady = {x for x in {*first, *second} if first.get(x) != second.get(x)}
    found: dict = {"wrong": [], "tests": len(second), "unsteady": len(unsteady)}
    passed = sum(how == "PASSED" for how in second.values())
    found["passed"] = passed
    if not passed:
        found["wrong"].append(
            "nothing passes in plain Python: "
            + plain.stdout.decode(errors="replace")[-1500:]
            + plain.stderr.decode(errors="replace")[-500:]
        )
        return found
    for state in ("cold", "warm", "warm again"):
        try:
            saved, report = bench.saved_run(suite.command)
        except Endless:
            found["wrong"].append(f"{state}: did not end")
            break
        seconds[state] = [round(bench.seconds, 2), round(bench.cpu, 2)]
        theirs = outcomes(saved.stdout)
        if not theirs:
            found["wrong"].append(
                f"{state}: no summary: " + (saved.stdout + saved.stderr).decode(errors="replace")[-1500:]
            )
        for test in sorted({*second, *theirs} - unsteady) if theirs else ():
            if second.get(test) != theirs.get(test):
                found["wrong"].append(f"{state}: {test}: plain {second.get(test)}, hitsave {theirs.get(test)}")
        if saved.status != plain.status:
            found["wrong"].append(f"{state}: status {saved.status}, plain {plain.status}")
        if not report:
            found["wrong"].append(f"{state}: no report")
        (base / f"{state}.out").write_bytes(saved.stdout + saved.stderr)
    found["seconds"] = seconds
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="suites-"))
    base.mkdir(exist_ok=True)
    results: dict[str, dict] = {}
    for name, suite in suites_of(options.folder).items():
        if options.only and name not in options.only:
            continue
        place = base / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        results[name] = found = run(suite, place)
        print(f"{name}: {found['passed']} of {found['tests']} pass, {found.get('seconds')}", flush=True)
        for line in found["wrong"][:30]:
            print(f"  WRONG {line}", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(results, indent=1))
    rows = ["| suite | tests | of these unsteady | plain s | cold | warm | wrong |", "| --- |" + " ---: |" * 6]
    for name, found in results.items():
        seconds = found.get("seconds", {})
        times = " | ".join(f"{seconds[x][1]:.1f}" if x in seconds else "–" for x in ("plain", "cold", "warm"))
        rows.append(f"| {name} | {found['tests']} | {found['unsteady']} | {times} | {len(found['wrong'])} |")
    print(*rows, sep="\n")
    for state in ("cold", "warm"):
        ratios = [
            x["seconds"][state][1] / x["seconds"]["plain"][1] for x in results.values() if state in x.get("seconds", {})
        ]
        if ratios:
            print(f"{state} / plain: geometric mean {statistics.geometric_mean(ratios):.2f}, largest {max(ratios):.2f}")
    if options.table is not None:
        options.table.write_text("\n".join(rows) + "\n")
    return any(found["wrong"] for found in results.values())


if __name__ == "__main__":
    sys.exit(main())
