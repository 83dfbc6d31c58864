"""The options of `hitsave run`, read without a parser library: this stands between the user and every run.

Options come before the script; what follows the script is the program's own, whatever it looks like.
"""

from __future__ import annotations

TRACERS = ("auto", "profile", "monitoring")

# Name → attribute; those with a value are given as `--name VALUE` or `--name=VALUE`.
VALUED = {"--store": "store", "--report": "report", "--tracer": "tracer", "--threshold": "threshold", "--at": "at"}
# May have a value, as `--name=VALUE` only; what it means without one.
OPTIONAL = {"--verify": ("verify", "1")}
SIMPLE = {"--quiet": ("quiet", True), "-q": ("quiet", True), "--off": ("off", True), "--no-replay": ("replay", False)}
NAMES = (*VALUED, *OPTIONAL, *SIMPLE, "-m", "--help", "-h")


class UsageError(Exception):
    """A command line that can't be understood."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class Options:
    """One command line of `hitsave run`. None means: not given."""

    __slots__ = (
        "arguments", "at", "help", "module", "off", "quiet", "replay", "report", "script", "seeded", "store", "threshold",
        "tooled", "tracer", "verify",
    )  # fmt: skip

    def __init__(self) -> None:
        self.script: str | None = None
        self.module: str | None = None
        self.arguments: list[str] = []
        self.store: str | None = None
        self.report: str | None = None
        self.at: str | None = None  # the run whose code is run
        self.tracer = "auto"
        self.threshold: float | None = None
        self.verify: str | None = None  # share of the hits that run to be compared, and the seed
        self.quiet = False
        self.off = False
        self.replay: bool | None = None
        self.help = False
        # Not on the command line: does this process have the store's hash seed (or the user's own)? Is a debugger,
        # a profiler or coverage at work in it?
        self.seeded = False
        self.tooled = False

    def program(self) -> list[str]:
        """What follows `python` in plain Python's command line for the same program."""
        if self.module is not None:
            return ["-m", self.module, *self.arguments]
        return [self.script or "", *self.arguments]


def parse(words: list[str]) -> Options:
    """Read the command line after `hitsave run`."""
    options = Options()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            rest.insert(0, word)
            break
        if word in ("--help", "-h"):
            options.help = True
            return options
        if word == "-m" or (word.startswith("-m") and not word.startswith("--")):
            options.module = word[2:] or _value("-m", rest)
            options.arguments = rest
            return options
        _option(options, word, rest)
    if not rest and options.at is not None:
        return options  # what that run ran
    if not rest:
        raise UsageError("nothing to run", "hitsave run SCRIPT [ARGS]...")
    options.script = rest[0]
    options.arguments = rest[1:]
    return options


def _option(options: Options, word: str, rest: list[str]) -> None:
    name, equals, value = word.partition("=")
    if name in VALUED:
        if not equals:
            value = _value(name, rest)
        _set(options, name, value)
    elif name in OPTIONAL:
        attribute, otherwise = OPTIONAL[name]
        setattr(options, attribute, value if equals else otherwise)
    elif name in SIMPLE and not equals:
        setattr(options, *SIMPLE[name])
    elif name in SIMPLE:
        raise UsageError(f"option {name} takes no value")
    else:
        from difflib import get_close_matches

        near = get_close_matches(name, NAMES, 1, 0.5)
        raise UsageError(f"no such option: {name}", f"Did you mean {near[0]}?" if near else "")


def _value(name: str, rest: list[str]) -> str:
    if not rest:
        raise UsageError(f"option {name} needs a value")
    return rest.pop(0)


def _set(options: Options, name: str, value: str) -> None:
    if name == "--tracer":
        if value not in TRACERS:
            raise UsageError(f"no such tracer: {value}", f"Known are: {', '.join(TRACERS)}")
        options.tracer = value
    elif name == "--threshold":
        options.threshold = _number(name, value)
    else:
        setattr(options, VALUED[name], value)


def _number(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UsageError(f"option {name} needs a number, not {value}")
    return number
