"""Runs scripts that others wrote, plain and under HitSave, and says which of their calls are answered.

    python -m tests.stress.scripts [--only NAME]... [--benchmarks FOLDER] [--keep FOLDER] [--json FILE]

Each script is run by plain Python and then three times under HitSave: cold, warm and warm again. Stdout, stderr, exit
status and files must be those of plain Python each time (times and addresses in the text of test runners aside). Of
the calls of the second run, those that took or had taken more than 100 ms are counted: how many were answered, and why
the rest was not, commonest first.

FOLDER holds pyperformance's benchmarks (`pyperformance/data-files/benchmarks`); a small stand-in for `pyperf` calls
each function once and prints what it gives. The drivers of the mutation test are scripts, too, and so are the test
suites that packages carry with them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.stress.laboratory import Endless, Laboratory
from tests.stress.programs import PROGRAMS

SLOW_SECONDS = 0.1

STAND_IN = '''
"""Stands for pyperf: every function is called once, and what it gives is printed."""


def perf_counter():
    return 0.0


class Runner:
    metadata = {}

    def __init__(self, *args, **kwargs):
        import argparse
        self.argparser = argparse.ArgumentParser()
        self.args = None

    def parse_args(self, args=None):
        self.args = self.argparser.parse_args(args)
        return self.args

    def bench_func(self, name, function, *args, **kwargs):
        print(name, shown(function(*args)))

    def bench_time_func(self, name, function, *args, **kwargs):
        print(name, shown(function(1, *args)))

    def bench_async_func(self, name, function, *args, **kwargs):
        import asyncio
        print(name, shown(asyncio.run(function(*args))))

    def bench_command(self, name, command):
        print(name)


def shown(value):
    return repr(value)[:200] if isinstance(value, (int, float, str, bytes, list, tuple, dict, type(None))) else type(value).__name__
'''

# What runs in seconds and needs nothing that is not in the standard library.
BENCHMARKS = (
    "async_generators", "async_tree", "bpe_tokeniser", "btree", "chaos", "comprehensions", "coroutines", "coverage", "deepcopy",
    "deltablue", "fannkuch", "float", "gc_collect", "gc_traversal", "generators", "genshi", "go", "hexiom", "html5lib",
    "json_dumps", "json_loads", "logging", "mako", "mdp", "meteor_contest", "nbody", "nqueens", "pathlib", "pickle",
    "pidigits", "pprint", "pyflate", "python_startup", "raytrace", "regex_compile", "regex_dna", "regex_effbot",
    "regex_v8", "richards", "richards_super", "scimark", "spectral_norm", "sqlite_synth", "telco", "tomli_loads",
    "typing_runtime_protocols", "unpack_sequence", "xml_etree", "networkx", "networkx_k_core", "networkx_connected_components",
)  # fmt: skip
# package → a part of its own tests, as pytest's arguments
SUITES = {
    "toolz": ["toolz/tests"],
    "mpmath": ["mpmath/tests/test_basic_ops.py", "mpmath/tests/test_convert.py", "mpmath/tests/test_matrices.py"],
    "networkx": [
        "networkx/classes/tests/test_graph.py",
        "networkx/algorithms/tests/test_dag.py",
        "networkx/algorithms/tests/test_core.py",
    ],
    "joblib": ["joblib/test/test_hashing.py", "joblib/test/test_func_inspect.py"],
    "sortedcontainers": [],
}
_TIMES = re.compile(rb"(in )?\d+\.\d+ ?s\b|0x[0-9a-f]{6,}|=+")


class Script:
    """A script, and how to put it into a folder."""

    def __init__(self, name: str, command: list[str], build, noisy: bool = False):
        self.name, self.command, self.build, self.noisy = name, command, build, noisy


def all_of(benchmarks: Path | None) -> dict[str, Script]:
    found = [Script(f"driver-{name}", program.command, program.build) for name, program in PROGRAMS.items()]
    for name in BENCHMARKS if benchmarks is not None else ():
        folder = benchmarks / f"bm_{name}"
        if (folder / "run_benchmark.py").exists():
            found.append(
                Script(f"bm_{name}", ["run_benchmark.py"], lambda target, folder=folder: _benchmark(folder, target))
            )
    for name, arguments in SUITES.items():
        if arguments and _has(arguments[0], name):
            command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "-c", "pytest.ini", *arguments]
            found.append(Script(f"suite-{name}", command, lambda target, name=name: _suite(name, target), noisy=True))
    return {script.name: script for script in found}


def _has(path: str, package: str) -> bool:
    spec = importlib.util.find_spec(package)
    return spec is not None and spec.origin is not None and (Path(spec.origin).parent.parent / path).exists()


def _benchmark(folder: Path, target: Path) -> None:
    shutil.copytree(folder, target, dirs_exist_ok=True)
    (target / "pyperf.py").write_text(STAND_IN)


def _suite(package: str, target: Path) -> None:
    origin = Path(importlib.util.find_spec(package).origin).parent
    shutil.copytree(origin, target / package, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    (target / "pytest.ini").write_text("[pytest]\n")


class Findings:
    """What came out of all scripts."""

    def __init__(self) -> None:
        self.scripts = 0
        self.left_out: list[str] = []
        self.wrong: list[str] = []
        self.slow_calls = self.slow_hits = 0
        self.verdicts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.seconds: dict[str, list[float]] = {}

    def calls(self, name: str, report: dict) -> None:
        for call in report.get("calls", []):
            self.verdicts[call["verdict"]] += 1
            took = call["saved_seconds"] if call["verdict"] == "hit" else call["seconds"]
            if took < SLOW_SECONDS:
                continue
            self.slow_calls += 1
            if call["verdict"] == "hit":
                self.slow_hits += 1
                continue
            reason = call["reasons"][0] if call["reasons"] else {"kind": "?", "subject": ""}
            text = f"{call['verdict']} {reason['kind']}"
            self.reasons[text] += 1
            self.examples.setdefault(text, f"{name}: {call['function']}: {reason['subject']}"[:150])

    def lines(self) -> list[str]:
        share = 100 * self.slow_hits / self.slow_calls if self.slow_calls else 100.0
        found = [
            f"{self.scripts} scripts, {len(self.left_out)} left out; wrong: {len(self.wrong)}",
            *(f"  {line}" for line in self.wrong),
            f"calls in the second run: {dict(self.verdicts)}",
            f"of {self.slow_calls} calls over {SLOW_SECONDS * 1000:.0f} ms, {self.slow_hits} were answered ({share:.0f} %)",
        ]
        found += [f"  {count:4} {text}   e.g. {self.examples[text]}" for text, count in self.reasons.most_common(20)]
        found += [f"  left out: {name}" for name in self.left_out]
        return found


def normal(text: bytes) -> bytes:
    return _TIMES.sub(b"", text)


def run(script: Script, base: Path, findings: Findings) -> None:
    laboratory = Laboratory(base)
    script.build(laboratory.plain)
    script.build(laboratory.saved)
    started = time.perf_counter()
    try:
        plain = laboratory._run(laboratory.plain, [sys.executable, *script.command], {}, "")
        seconds = [time.perf_counter() - started]
        again = laboratory._run(laboratory.plain, [sys.executable, *script.command], {}, "")
    except Endless:
        findings.left_out.append(f"{script.name} (takes too long)")
        return
    if script.noisy:
        for outcome in (plain, again):
            outcome.stdout, outcome.stderr = normal(outcome.stdout), normal(outcome.stderr)
    if plain.differences(again):
        findings.left_out.append(f"{script.name} (differs from run to run in plain Python)")
        return
    if plain.status and not script.noisy:
        findings.left_out.append(
            f"{script.name} (fails in plain Python: {plain.stderr.decode(errors='replace').strip()[-80:]})"
        )
        return
    findings.scripts += 1
    for number in range(3):
        started = time.perf_counter()
        try:
            saved, report = laboratory.saved_run(script.command)
        except Endless:
            findings.wrong.append(f"{script.name}, run {number + 1}: did not end")
            return
        seconds.append(time.perf_counter() - started)
        if script.noisy:
            saved.stdout, saved.stderr = normal(saved.stdout), normal(saved.stderr)
        differences = plain.differences(saved)
        if differences:
            findings.wrong.append(f"{script.name}, run {number + 1}: {' '.join(differences[:4])[:200]}")
            print(f"WRONG {script.name}, run {number + 1}", *differences[:30], sep="\n  ", flush=True)
        if number == 1:
            findings.calls(script.name, report)
    findings.seconds[script.name] = [round(value, 2) for value in seconds]
    print(
        f"{script.name}: plain {seconds[0]:.2f} s, cold {seconds[1]:.2f}, warm {seconds[2]:.2f}, {seconds[3]:.2f}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append")
    parser.add_argument("--benchmarks", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    scripts = all_of(options.benchmarks)
    base = options.keep or Path(tempfile.mkdtemp(prefix="scripts-"))
    findings = Findings()
    for name, script in scripts.items():
        if options.only and not any(name.startswith(wanted) for wanted in options.only):
            continue
        folder = base / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run(script, folder, findings)
        shutil.rmtree(folder, ignore_errors=True)
    print(*findings.lines(), sep="\n")
    if options.json is not None:
        options.json.write_text(json.dumps(vars(findings), indent=1))
    return bool(findings.wrong)


if __name__ == "__main__":
    sys.exit(main())
