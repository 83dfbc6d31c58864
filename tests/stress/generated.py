"""Programs made by chance, each constant of which is edited and compared with plain Python.

    python -m tests.stress.generated [--programs N] [--seed S] [--threshold SECONDS] [--tracer NAME] [--keep FOLDER]

A program is some dozen definitions in two modules: functions, generators, constructors, methods, properties, context managers, closures,
cached and recursive functions, classes with a base. Each reads constants in branches and loops and calls others; some are slow. Its
top level calls them one after another, in a pool of threads, and in threads that it starts itself. So saved calls stand in the
middle of everything that may read something after them, and several threads record at once.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from tests.stress.laboratory import Endless, Laboratory

HEAD = """\
import contextlib, functools, threading, time
from concurrent.futures import ThreadPoolExecutor
import config
"""
TOP = """
def pooled(f):
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(f, range(4)))


def started(f):
    found = {}
    threads = [threading.Thread(target=lambda k=k: found.update({k: f(k)})) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found.items())


if __name__ == "__main__":
"""

# By kind: how it is called, and how it is defined. Lines of a body stand for `{a}`, of one that yields for `{y}`; `{slow}` may be a
# sleep, `{c}` is a constant.
CALLS = {
    "function": "{n}({x})",
    "generator": "sum({n}({x}))",
    "constructor": "{n}({x}).x",
    "method": "{n}({x}).run(3)",
    "comparison": "({n}({x}) == {n}(2)) + {x}",
    "property": "{n}({x}).p",
    "closure": "{n}(4)({x})",
    "context": "{n}({x})",
    "cached": "{n}({x})",
    "recursion": "{n}({x})",
    "subclass": "{n}().go({x})",
}
DEFINITIONS = {
    "function": """
def {n}(x):
    {slow}
    {a}
    return x
""",
    "generator": """
def {n}(x):
    {y}
    {slow}
    {y}
    yield x
""",
    "constructor": """
class {n}:
    def __init__(self, x):
        {a}
        self.x = x
""",
    "method": """
class {n}:
    def __init__(self, x):
        self.x = x

    def run(self, y):
        {slow}
        x = self.x + y
        {a}
        self.x = x
        return x
""",
    "comparison": """
class {n}:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        x = self.x + other.x
        {a}
        return x % 2 == 0
""",
    "property": """
class {n}:
    def __init__(self, x):
        self.x = x

    @property
    def p(self):
        {slow}
        x = self.x
        {a}
        return x
""",
    "closure": """
def {n}(k):
    def inner(x):
        {slow}
        {a}
        return x + k
    return inner
""",
    "context": """
@contextlib.contextmanager
def {n}_c(x):
    {a}
    yield x
    {a}

def {n}(y):
    {slow}
    with {n}_c(y) as z:
        y = y + z
    return y
""",
    "cached": """
@functools.lru_cache
def {n}(x):
    {slow}
    {a}
    return x
""",
    "recursion": """
def {n}(x, d=2):
    {slow}
    {a}
    if d > 0:
        x = {n}(x % 7, d - 1)
        {a}
    return x
""",
    "subclass": """
class {n}Base:
    rate = {c}

    def go(self, x):
        {slow}
        x = x + self.rate
        {a}
        return self.hook(x)

    def hook(self, x):
        {a}
        return x

class {n}({n}Base):
    def hook(self, x):
        x = super().hook(x)
        {a}
        return x
""",
}


class Program:
    """One program: its files, and where each constant stands."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.slow = random.choice((0.25, 0.5, 0.8))
        self.constants = {f"K{i}": random.randint(1, 9) for i in range(random.randint(14, 22))}
        self.homes = {name: random.choice(("config", "config", "tools")) for name in self.constants}
        self.unread = list(self.constants)
        self.calls: list[tuple[str, str, str]] = []  # module, name, how it is called
        self.texts = {"tools": "", "main": ""}
        for number in range(random.randint(9, 15)):
            self._define("tools" if number < 3 else random.choice(("tools", "main")), number)
        self.top = [self._line_of_top() for _ in range(10)]

    def files(self) -> dict[str, str]:
        """The files, with the constants as they are now."""
        lines = dict.fromkeys(("config", "tools"), "")
        for name, value in self.constants.items():
            lines[self.homes[name]] += f"{name} = {value}\n"
        return {
            "config.py": lines["config"],
            "tools.py": HEAD + lines["tools"] + self.texts["tools"],
            "main.py": HEAD + "import tools\n" + self.texts["main"] + TOP + "".join(self.top),
        }

    def _define(self, module: str, number: int) -> None:
        kind = self.random.choice([*DEFINITIONS, "function", "generator"])
        name = f"{kind[0].upper()}{number}"
        text = "\n"
        for line in DEFINITIONS[kind].splitlines():
            bare = line.strip()
            pad = line[: len(line) - len(line.lstrip())]
            if bare == "{slow}":
                text += f"{pad}time.sleep(0.012)\n" if self.random.random() < self.slow else ""
            elif bare in ("{a}", "{y}"):
                for made in self._body(module, bare == "{y}", self.random.randint(1, 4)):
                    text += f"{pad}{made}\n"
            else:
                text += line.replace("{n}", name).replace("{c}", self._constant(module)) + "\n"
        self.texts[module] += text
        self.calls.append((module, name, CALLS[kind]))

    def _constant(self, module: str) -> str:
        name = (
            self.unread.pop() if self.unread and self.random.random() < 0.8 else self.random.choice([*self.constants])
        )
        home = self.homes[name]
        return name if home == module else f"{home}.{name}"

    def _call(self, module: str, x: str) -> str:
        known = [one for one in self.calls[-8:] if module == "main" or one[0] == "tools"]
        if not known:
            return f"{x} + 1"
        home, name, call = self.random.choice(known)
        return call.replace("{n}", name if home == module else f"{home}.{name}").replace("{x}", x)

    def _value(self, module: str, x: str = "x") -> str:
        chance = self.random.random()
        if chance < 0.7:
            return f"{x} {self.random.choice('+*')} {self._constant(module)}"
        return self._call(module, x) if chance < 0.9 else f"{x} - {self.random.randint(1, 5)}"

    def _body(self, module: str, yields: bool, count: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            chance = self.random.random()
            inner = [f"    {line}" for line in (self._body(module, yields, 1) if chance < 0.6 else ())]
            if yields and chance > 0.8:
                lines.append(f"yield {self._value(module)}")
            elif chance < 0.3:
                lines += [f"if x % {self.random.randint(2, 4)} == {self.random.randint(0, 2)}:", *inner]
            elif chance < 0.45:
                lines += [f"for i in range({self.random.randint(1, 3)}):", *inner, "    x = (x + i) % 97"]
            elif chance < 0.55:
                lines += ["try:", *inner, "    if x % 5 == 1: raise ValueError(x)", "except ValueError as error:"]
                lines.append(f"    x = error.args[0] + {self._constant(module)}")
            elif chance < 0.6:
                lines.append(f"x = sum([{self._value(module, 'j')} for j in range(x % 3)]) + x")
            else:
                lines.append(f"x = ({self._value(module)}) % 97")
        return lines

    def _line_of_top(self) -> str:
        way = self.random.choice(("{v}", "{v}", "{v}", "pooled(lambda v: {v})", "started(lambda v: {v})"))
        call = self._call("main", "v" if "lambda" in way else str(self.random.randrange(12)))
        return f"    print({way.replace('{v}', call)})\n"


def trial(seed: str, base: Path, threshold: float, tracer: str | None, verdicts: Counter[str]) -> list[str] | None:
    """Make a program and edit its constants one by one; what was wrong, or None if plain Python can't run it."""
    random = Random(seed)
    program = Program(random)
    laboratory = Laboratory(base, threshold=threshold, tracer=tracer)
    wrong: list[str] = []

    def compare(title: str) -> bool:
        for name, text in program.files().items():
            laboratory.write(name, text)
        try:
            plain = laboratory._run(laboratory.plain, [sys.executable, "main.py"], {}, "")
            if plain.status:
                return False
            saved, report = laboratory.saved_run(["main.py"], {"HITSAVE_REPLAY": "0"})
        except Endless:
            return False
        verdicts.update(call["verdict"] for call in report.get("calls", []))
        wrong.extend(f"{title}: {line}" for line in plain.differences(saved)[:10])
        return True

    if not (compare("cold") and compare("warm")):
        return None
    names = list(program.constants)
    random.shuffle(names)
    for name in names[:12]:
        before = program.constants[name]
        program.constants[name] += random.randint(1, 3)
        compare(f"{name} = {program.constants[name]}")
        if random.random() < 0.4:
            program.constants[name] = before
            compare(f"{name} = {before} again")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.006)
    parser.add_argument("--tracer")
    parser.add_argument("--keep", type=Path, help="where to work; else a temporary folder")
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="generated-"))
    verdicts: Counter[str] = Counter()
    bad = ran = 0
    for number in range(options.programs):
        folder = base / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        found = trial(f"{options.seed} {number}", folder, options.threshold, options.tracer, verdicts)
        ran += found is not None
        bad += bool(found)
        print(f"{'WRONG' if found else 'same ' if found is not None else 'plain Python fails:'} {number}", flush=True)
        for line in found or ():
            print("   ", line, flush=True)
        if not options.keep and not found:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{ran} programs, {bad} wrong, {dict(verdicts)}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
