"""Hundreds of real functions, with and without probes, called with the same arguments: the same comes out."""

from __future__ import annotations

import importlib.util
import inspect
import random
import re
import sys
import warnings
from types import FunctionType, ModuleType

import pytest

from hitsave_trace.library_calls import StandIn
from hitsave_trace.names import ModuleInfo
from hitsave_trace.probes import hooks, rewrite
from hitsave_trace.probes.arming import arm, disarm
from hitsave_trace.probes.hooks import Site

from .conftest import Witness, arm_all

# Modules whose functions compute: no files, no threads, no waiting.
MODULES = (
    "textwrap string statistics fractions difflib heapq bisect colorsys base64 html html.parser shlex copy pprint "
    "keyword token tokenize ast numbers operator functools collections abc enum types inspect json.encoder json.decoder "
    "json.scanner csv configparser calendar datetime decimal _pydecimal _pydatetime _strptime ipaddress uuid quopri "
    "stringprep dis opcode reprlib gettext struct zipfile urllib.parse posixpath ntpath genericpath fnmatch glob "
    "email.utils email.header email.quoprimime email.base64mime email._parseaddr email.charset email.message "
    "xml.sax.saxutils xml.etree.ElementPath mimetypes re._parser re._compiler re._constants traceback linecache "
    "contextlib dataclasses weakref typing graphlib random hashlib hmac secrets timeit cmd optparse argparse "
    "sched symtable tabnanny pyclbr filecmp imaplib ftplib plistlib netrc locale getopt codecs stat"
).split()
VALUES = (
    0, 1, -3, 2.5, "", "abc", "a=b;c", "2020-01-02", b"xyz", None, True,
    [], [3, 1, 2], ["b", "a"], (), (1, 2), {}, {"a": 1}, {"k": [1]}, frozenset({1}), range(4), len, str, int,
)  # fmt: skip
ADDRESS = re.compile(r"0x[0-9a-f]+|\bid=\d+|line \d+ of .*")
NOT_CALLED = re.compile(
    r"main|test|_?exit|input|run|loop|sleep|system|remove|unlink|breakpoint|open|_?seed|rand|urandom|token_|getnode|"
    r"parser\.read$|uuid|help|walk|rmtree|copy(file|tree|mode|stat)?$|repeat|timeit|cache|clear"
)


def load(name: str, *, probed: bool) -> tuple[ModuleType, list[object]] | None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    module = importlib.util.module_from_spec(spec)
    with open(spec.origin, "rb") as file:
        code = compile(file.read(), spec.origin, "exec", dont_inherit=True)
    infos: list[object] = []
    if probed:
        info = ModuleInfo(name, spec.origin, spec.origin)
        code = rewrite.rewrite_code(code, info)
        infos = list(info.codes)
    known = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except Exception:  # some modules can't be loaded twice
        return None
    finally:
        if known is not None:
            sys.modules[name] = known
        else:
            del sys.modules[name]
    return module, infos


def shown(value: object, depth: int = 0) -> str:
    """A text that is equal for equal outcomes of two copies of one module."""
    if inspect.isgenerator(value) or (hasattr(value, "__next__") and depth == 0):
        items = []
        for item, _ in zip(value, range(20)):  # type: ignore[call-overload]
            items.append(shown(item, depth + 1))
        return f"{type(value).__name__} of {items}"
    return ADDRESS.sub("@", f"{type(value).__name__} {value!r}")[:2000]


def called(function: FunctionType, arguments: tuple[object, ...]) -> str:
    try:
        return shown(function(*arguments))
    except RecursionError:
        return "RecursionError"
    except (Exception, SystemExit) as error:
        trace, lines = error.__traceback__, []
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != __file__:
                lines.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
            trace = trace.tb_next
        return ADDRESS.sub("@", f"{type(error).__name__} {error} {lines}")


def functions(module: ModuleType) -> dict[str, FunctionType]:
    found: dict[str, FunctionType] = {}
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            found[name] = value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for below, method in vars(value).items():
                if isinstance(method, FunctionType):
                    found[f"{name}.{below}"] = method
    return {name: value for name, value in found.items() if not NOT_CALLED.search(name.lower())}


def compare(names: list[str], witness: Witness, chance: random.Random) -> tuple[int, list[str]]:
    done, wrong = 0, []
    for name in names:
        witness.mode = "plain"
        sites: list[Site] = []
        hooks.site_registered = lambda site, _code, sites=sites: sites.append(site)  # type: ignore[misc]
        theirs, ours = load(name, probed=False), load(name, probed=True)
        if theirs is None or ours is None:
            continue
        mine = functions(ours[0])
        for function_name, original in functions(theirs[0]).items():
            if function_name not in mine:
                continue
            count = original.__code__.co_argcount
            done += 1
            for _ in range(6):
                arguments = tuple(chance.choice(VALUES) for _ in range(count))
                expected = called(original, _copied(arguments))
                for mode in ("plain", "observed", "calls"):
                    witness.mode = "plain" if mode == "calls" else mode
                    arm_all(ours[1])  # type: ignore[arg-type]
                    for site in sites:
                        (arm if mode == "calls" else disarm)(site.cell)  # type: ignore[arg-type]
                    got = called(mine[function_name], _copied(arguments))
                    if got != expected and expected == called(original, _copied(arguments)):
                        wrong.append(f"{name}.{function_name}{arguments} {mode}: {got} instead of {expected}")
        for info in ours[1]:  # objects that end later would reach the witness of another test
            for cell in (info.entry_cell, info.exit_cell, *info.block_cells):  # type: ignore[attr-defined]
                if cell is not None:
                    disarm(cell)
        for site in sites:
            disarm(site.cell)  # type: ignore[arg-type]
    return done, wrong


def _copied(arguments: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(type(a)(a) if type(a) in (list, dict) else a for a in arguments)  # type: ignore[call-arg]


class Calls:
    """Lets each call that has a site run, by way of something that stands in."""

    def __init__(self) -> None:
        self.count = 0

    def reached(self, site: Site, callee: object) -> object:
        # What looks at frames itself, from C, counts the one that is not seen: nothing stands in for it.
        if not callable(callee) or getattr(callee, "__module__", "") == "sys":
            return callee
        self.count += 1
        return StandIn(self, site, callee, None, ())  # type: ignore[arg-type]

    def ask(self, *_: object) -> None:
        """Let it run."""

    leave = end = ask


def test_real_functions_behave_as_the_originals(
    witness: Witness, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls()
    monkeypatch.setattr(hooks, "site_reached", calls.reached)
    monkeypatch.setattr(hooks, "site_registered", hooks.site_registered)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done, wrong = compare(MODULES, witness, random.Random(1))
    capfd.readouterr()
    assert wrong == []
    assert done >= 500
    assert calls.count >= 500
