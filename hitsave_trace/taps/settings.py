"""Settings of the whole process that a call runs under, as dependencies.

How many digits `decimal` keeps, how numpy prints, what size matplotlib gives a figure: such a setting is made at the
top of a script and decides what the functions below it compute and draw. No name leads to it, so no read is seen.
Therefore a call depends on the settings of every library that it touched, at the values that they had when it began,
and on the few that touch any code. They are looked at when it ends: a call that moved one is not saved (`switches`).
A library that was not loaded when the call began is then not loaded either when the call is looked up.

The figures that pyplot keeps are such a setting, too, of which one value is known: that there is none. So is the exception
that is being handled where a call is made, for calls that ask about it.
"""

from __future__ import annotations

import sys
from _locale import LC_ALL, setlocale
from io import TextIOWrapper
from itertools import islice

from hitsave_trace.around import around
from hitsave_trace.fingerprint import owners
from hitsave_trace.fingerprint.libraries import is_standard
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk
from hitsave_trace.model import FIGURES, HANDLED
from hitsave_trace.names import user_modules
from hitsave_trace.sights import NOT_LOADED
from hitsave_trace.taps import ignored, log_files, patched, registered
from hitsave_trace.taps.defaults import torch_defaults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.model import Fingerprint

_FRESH_DECIMAL = (28, "ROUND_HALF_EVEN", -999999, 999999, 1, 0, ("DivisionByZero", "InvalidOperation", "Overflow"))
# The backend is found out when the first figure is made, and is no matter of what is drawn into a file.
_RESOLVED = frozenset(("backend", "backend_fallback", "interactive", "toolbar", "figure.max_open_warning"))


def _decimal() -> object:
    module = sys.modules.get("_decimal") or sys.modules.get("_pydecimal")
    if module is None or not hasattr(module, "getcontext"):
        return (*_FRESH_DECIMAL, ()) if around.flags_told else _FRESH_DECIMAL
    context = module.getcontext()
    set_to = (context.prec, context.rounding, context.Emin, context.Emax, context.capitals, context.clamp)
    return (
        (*set_to, _raised(context.traps), _raised(context.flags))
        if around.flags_told
        else (*set_to, _raised(context.traps))
    )


def _raised(signals: Mapping[type, bool]) -> tuple[str, ...]:
    return tuple(sorted(signal.__name__ for signal, on in signals.items() if on))


def _locale() -> object:
    return setlocale(LC_ALL, None)


def _numpy(module: ModuleType) -> object:
    if not hasattr(module, "get_printoptions"):
        return None
    return (tuple(module.geterr().items()), tuple(module.get_printoptions().items()))


def _pandas(_: ModuleType) -> object:
    known = sys.modules.get("pandas._config.config")
    if known is None:
        return None
    return _flat(known._global_config, "")


def _flat(options: dict[str, object], above: str) -> tuple[object, ...]:
    found: list[object] = []
    for name, value in options.items():
        if isinstance(value, dict):
            found.extend(_flat(value, f"{above}{name}."))
        else:
            found.append((above + name, value))
    return tuple(found)


def _matplotlib(module: ModuleType) -> object:
    settings = getattr(module, "rcParams", None)
    if settings is None:
        return None
    return tuple((name, value) for name, value in dict.items(settings) if name not in _RESOLVED)


def _sklearn(_: ModuleType) -> object:
    known = sys.modules.get("sklearn._config")
    return None if known is None else tuple(known._get_threadlocal_config().items())


def _torch(module: ModuleType) -> object:
    if not hasattr(module, "is_grad_enabled"):
        return None
    return torch_defaults(module)[:-1]


def _xarray(_: ModuleType) -> object:
    options = getattr(sys.modules.get("xarray.core.options"), "OPTIONS", None)
    return tuple(options.items()) if type(options) is dict else None


def _warnings(module: ModuleType) -> object:
    return _filters(module.filters)


def _filters(filters: Iterable[Anything]) -> object:
    return tuple(
        (action, getattr(message, "pattern", message), category.__qualname__, getattr(place, "pattern", place), line)
        for action, message, category, place, line in filters
    )


def _logging(module: ModuleType, root: Anything = None) -> object:
    """Say what becomes of a record: levels, handlers and formats of all loggers that have any.

    None if a handler, a filter or a formatter is the program's own, or if what is logged is kept in memory (`StringIO`, a queue): that
    can't be seen from here, nor done again. `root` is the root logger as it was (see `switches`), if it has been changed since.
    """
    found: list[object] = [module.root.manager.disable, module.raiseExceptions]
    for name, logger in (("", module.root), *sorted(module.root.manager.loggerDict.items())):
        if not isinstance(logger, module.Logger):
            continue
        level, held = (root[0], root[2]) if root is not None and not name else (logger.level, logger.handlers)
        handlers = [_handler(handler, name) for handler in held if type(handler).__name__ != "NullHandler"]
        if None in handlers or any(_is_the_programs(one) for one in (logger, *logger.filters)):
            return None
        if level or handlers or logger.filters or logger.disabled or not logger.propagate:
            found.append((name, level, logger.disabled, logger.propagate, handlers, len(logger.filters)))
    return tuple(found)


def _handler(handler: object, logger: str) -> object:
    """Say what a handler of a logger does. What a library does with its own records in a class of its own is its own affair."""
    held = vars(handler)
    library = type(handler).__module__.partition(".")[0]
    if library == logger.partition(".")[0] and not _is_the_programs(handler):
        return (type(handler).__qualname__, held.get("level"))
    formatter = held.get("formatter")
    if any(_is_the_programs(one) for one in (handler, formatter, *held.get("filters", ()))):
        return None
    last = type(handler).__qualname__ == "_StderrHandler" and library == "logging"  # as `logging.lastResort` is
    stream = sys.stderr if last else held.get("stream")
    standard_stream = stream is sys.stdout or stream is sys.stderr
    if not (standard_stream or isinstance(stream, TextIOWrapper) or _writes(handler, stream)):
        return None
    standard = "stdout" if stream is sys.stdout else "stderr" if stream is sys.stderr else type(stream).__name__
    style = getattr(formatter, "_style", None)
    # What is logged to a file that is open is written to whichever file it is then.
    path = None if log_files.stream_of(handler) is not None else held.get("baseFilename")
    return (
        type(handler).__qualname__, held.get("level"), len(held.get("filters", ())), standard, path,
        type(formatter).__qualname__, getattr(style, "_fmt", None), getattr(formatter, "datefmt", None),
    )  # fmt: skip


def _writes(handler: object, stream: object) -> bool:
    """Whether a handler without a stream that is seen writes to one all the same: to a file that it opens when it is needed, or
    by way of what stands for standard output then.
    """
    return stream is None and ("baseFilename" in vars(handler) or type(handler).__module__.startswith("rich."))


def _is_the_programs(thing: object) -> bool:
    return type(thing).__module__ in user_modules or getattr(thing, "__module__", None) in user_modules


NO_FIGURE: Fingerprint = b"no open figures\0"


NOTHING_HANDLED: Fingerprint = b"nothing handled\0"
"""What `sys.exc_info()` and `traceback.format_exc()` find at the beginning of a call that is not made by a handler."""


SIZES = "whether the program asks for sizes of objects"
_SIZES_ASKED: Fingerprint = b"sizes are asked\0"
OWNERS = "whether the program asks which arrays own their memory"
_OWNERS_ASKED: Fingerprint = b"owners are asked"


def knows_what_is_asked(nodes: Iterable[Sequence[object]]) -> bool:
    """Whether a call that depends on `nodes` was saved by a program that asks for sizes, or owners, if this one does."""
    if not (around.sizes_told or owners.asked):
        return True
    known = {node[1] for node in nodes}
    if around.sizes_told and SIZES not in known:
        return False
    return not owners.asked or OWNERS in known or not ("numpy" in known or "numpy" in sys.modules)


def open_figures() -> bool:
    """Whether pyplot keeps a figure."""
    keeper = getattr(sys.modules.get("matplotlib._pylab_helpers"), "Gcf", None)
    return bool(keeper is not None and keeper.figs)


_SET = ", as the program set it"
_STANDARD = "the standard library" + _SET
_LONGEST = 2000
"""Characters of the text that says what was set."""
_NOTHING_SET: Fingerprint = b"nothing was set\0"
_ALWAYS: dict[str, Callable[[], object]] = {
    "decimal": _decimal,
    "locale": _locale,
    "the time zone": registered.time_zone,
    _STANDARD: patched.standard,
}
_OF_LIBRARIES: dict[str, Callable[[ModuleType], object]] = {
    "numpy": _numpy,
    "pandas": _pandas,
    "matplotlib": _matplotlib,
    "sklearn": _sklearn,
    "torch": _torch,
    "xarray": _xarray,
    # Not libraries, but touched in the same way: by a warning that was raised, by a logger that was asked.
    "warnings": _warnings,
    "logging": _logging,
}
_ALSO_KNOWN = {"sklearn": "scikit-learn"}
_latest: dict[str, tuple[object, Fingerprint]] = {}
"""What was found last, of settings that hold nothing that can be changed."""


def of(libraries: Collection[str]) -> Iterator[str]:
    """Name the settings that code which touched `libraries` runs under."""
    yield from _ALWAYS
    for name in sorted({name.removesuffix(_SET) for name in libraries}):
        if name.isidentifier() and not is_standard(name):
            yield name + _SET
    for name in _OF_LIBRARIES:
        if name in libraries or _ALSO_KNOWN.get(name) in libraries:
            yield name
    yield from (name for name in (FIGURES, HANDLED) if name in libraries)
    if around.sizes_told:
        yield SIZES
    if owners.asked and "numpy" in sys.modules:
        yield OWNERS


def fingerprint(name: str) -> Fingerprint | None:
    """Fingerprint one library's settings as they are now; None when they can't be said."""
    if name == FIGURES:
        return None if open_figures() else NO_FIGURE
    if name == SIZES:
        return _SIZES_ASKED if around.sizes_told else NOT_LOADED
    if name == OWNERS:
        return _OWNERS_ASKED  # who does not ask can take either
    if name == HANDLED:
        return None if sys.exc_info()[1] is not None else NOTHING_HANDLED
    if ignored.is_about(name):
        return ignored.fingerprint(name)
    if name.endswith(_SET) and name not in _ALWAYS:
        return _as_set(name)
    if name not in _ALWAYS and name not in sys.modules:
        return NOT_LOADED
    value = _value(name)
    if value is None and name == "logging":
        return None  # what its handlers keep can't be seen from here
    latest = _latest.get(name)
    if latest is not None and latest[0] == value:
        return latest[1]
    # Settings hold objects, too: cycles of colours, and functions that format numbers.
    walk = Walk()
    try:
        found = walk.fingerprint(value)
    except Unfingerprintable:
        return None
    if not walk.objects:  # else it may be the same and say something else
        _latest[name] = (value, found)
    return found


def _as_set(name: str, inside: patched.Inside | None = None) -> Fingerprint | None:
    """Fingerprint what the program has set in a library; None when it can't be said."""
    standard = name == _STANDARD
    was_set = patched.standard(inside) if standard else patched.value(name.removesuffix(_SET), inside)
    try:
        return Walk().fingerprint(was_set) if was_set or standard else _NOTHING_SET
    except Unfingerprintable:
        return None


def at_entry(
    name: str,
    modules: int,
    filters: Iterable[Anything],
    torch: tuple[object, ...] | None,
    root: object,
    inside: patched.Inside,
) -> Fingerprint | None:
    """Fingerprint one library's settings as they were when `modules` modules were loaded, if they have not been changed;
    those of `warnings` and `torch`, which may have been, as they were with these `filters` and when torch went by `torch`. `root`
    is the root logger as it was then, if it was configured since; `inside` is what stood inside of libraries.
    """
    if name.endswith(_SET):
        return _as_set(name, inside)
    if name == HANDLED:
        return NOTHING_HANDLED
    if name == SIZES:
        return _SIZES_ASKED
    if name == OWNERS:
        return _OWNERS_ASKED
    if not (name in _ALWAYS or name == FIGURES) and name not in set(islice(sys.modules, modules)):
        return NOT_LOADED
    if name == "logging" and root is not None:
        configured = _logging(sys.modules[name], root)
        return None if configured is None else Walk().fingerprint(configured)
    if name == "torch" and torch is not None:
        return Walk().fingerprint(torch[:-1])
    return Walk().fingerprint(_filters(filters)) if name == "warnings" else fingerprint(name)


def text(name: str) -> str | None:
    """Give the settings in readable words, those that are few."""
    if name == HANDLED:
        return "no exception is being handled"
    if name == FIGURES:
        return "figures are open" if open_figures() else "no figure is open"
    if name == _STANDARD:
        return "\n".join(_said(one) for one in patched.standard())[:_LONGEST] or "nothing"
    if name.endswith(_SET):
        return patched.described(name.removesuffix(_SET))[:_LONGEST] or "nothing"
    return repr(_value(name)) if name in _ALWAYS else None


def _said(one: object) -> str:
    """One thing that was set: a name with a digest of its value, or what was registered as it is."""
    if type(one) is tuple and len(one) == 2 and type(one[1]) is bytes:
        return str(one[0])
    return repr(one)


def _value(name: str) -> object:
    always = _ALWAYS.get(name)
    if always is not None:
        return always()
    module = sys.modules.get(name)
    return None if module is None or name not in _OF_LIBRARIES else _OF_LIBRARIES[name](module)
