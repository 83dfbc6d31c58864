"""Settings of the whole process, compared before and after a recording.

A call that leaves a switch in another position (a warning filter, the root logger's handlers, the recursion limit,
a library's option, an open pyplot figure) can't be answered by its result alone, so it is unsaved. A switch that
was put back is none of our concern: only the positions at the two ends count. The comparison covers what can be read
in nanoseconds; what can't be read at all is in the catalogue by the name of the function that sets it.

`switches()` gives one tuple; two of them are compared by `differences`. Libraries that are not loaded have None in
their place. One that was loaded in between is compared with what it was just after its import (`arrived`).
Left out on purpose: the flags of the decimal context (any inexact division raises one) unless the program looks at them,
registered exit functions and importers (importing a library adds some, and the import is repeated on a hit), numbers of
garbage collections.
"""

from __future__ import annotations

import builtins
import gc
import os
import sys
import warnings
from _abc import get_cache_token  # type: ignore[import-not-found]
from _contextvars import copy_context
from _locale import LC_ALL, setlocale
from _signal import SIGALRM, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, getsignal  # type: ignore[import-not-found]
from io import TextIOWrapper
from itertools import chain

from hitsave_trace.around import around
from hitsave_trace.at_work import serves_joblib
from hitsave_trace.origins import finders_of_the_program
from hitsave_trace.taps import patched
from hitsave_trace.taps.defaults import torch_defaults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    Switches = tuple[object, ...]

_getcwd = os.getcwd
_builtins = vars(builtins)
_SIGNALS = (SIGINT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2)

FILTERS = 11
"""The place of the filters of warnings."""
FILTER_WORDS = "warnings.filters"
TORCH = 25
"""The place of what torch goes by, as `torch_defaults` gives it."""
TORCH_WORDS = "torch defaults"
LOGGING = 19
"""The place of the root logger: level, disabled, handlers, filters, level below which nothing is logged, whether errors are shown."""
LOGGING_WORDS = "logging"
ATTRIBUTE_WORDS = "an attribute or a registry of a library"
INSIDE_WORDS = "what a library keeps"
INSIDE = -1
"""The place of what stands inside of libraries, as `patched.inside_libraries` gives it."""

# What each place of the tuple is: its slug and its words.
_PLACES = (
    ("stdout-replaced", "sys.stdout"),
    ("stdout-replaced", "sys.stderr"),
    ("stdin", "sys.stdin was replaced"),
    ("switch", "sys.excepthook"),
    ("switch", "sys.displayhook"),
    ("switch", "sys.path"),
    ("switch", "sys.argv"),
    ("switch", "sys.setrecursionlimit"),
    ("switch", "sys.setswitchinterval"),
    ("switch", "sys.set_int_max_str_digits"),
    ("switch", "gc"),
    ("switch", FILTER_WORDS),
    ("switch", "warnings.showwarning"),
    ("directory-changed", "os.chdir"),
    ("signal", "signal.signal"),
    ("switch", "a context variable"),
    ("switch", "locale.setlocale"),
    ("switch", ATTRIBUTE_WORDS),
    ("switch", "the decimal context"),
    ("switch", LOGGING_WORDS),
    ("thread", "threads left running"),
    ("switch", "matplotlib.rcParams"),
    ("gui", "pyplot figures"),
    ("switch", "pandas options"),
    ("switch", "the scikit-learn configuration"),
    ("switch", TORCH_WORDS),
    ("switch", "socket.setdefaulttimeout"),
    ("switch", "numpy.seterr"),
    ("switch", "a class that was registered as one of an abstract class"),
    ("stdout-replaced", "the settings of sys.stdout or sys.stderr"),
    ("switch", "what an event loop is to run"),
    ("switch", "sys.meta_path"),
    ("switch", "a name in builtins"),
    ("switch", INSIDE_WORDS),
)
_FIRST_LIBRARY = 16
_CONTEXT, _THREADS, _RCPARAMS, _FIGURES, _REGISTERED, _STREAMS = 15, 20, 21, 22, 28, 29

# Threads that belong to output that is recorded as text, and to pools that libraries keep for the next call.
_KEPT_THREADS = frozenset(("TMonitor", "_RefreshThread", "QueueFeederThread", "_ExecutorManagerThread"))
# Found out when the first figure is made.
_RESOLVED = frozenset(("backend", "backend_fallback"))
# Compared by their content, in places of their own.
_CONTEXT_VARIABLES = frozenset(("decimal_context", "numpy.ufunc.extobj"))

WATCHED = frozenset(("matplotlib", "pandas", "sklearn", "torch", "decimal", "numpy", "logging"))

_baselines: dict[int, object] = {}
_pandas_dicts: tuple[object, int, list[dict[str, object]]] = (None, -1, [])


def switches() -> Switches:
    """Read the position of every switch."""
    modules = sys.modules
    decimal = modules.get("decimal")
    decimals = _decimal(decimal) if decimal is not None else None  # makes the context variable, so before it is read
    logging = modules.get("logging")
    threading = modules.get("threading")
    matplotlib = modules.get("matplotlib")
    gcf = modules.get("matplotlib._pylab_helpers")
    pandas = modules.get("pandas._config.config")
    sklearn = modules.get("sklearn._config")
    torch = modules.get("torch")
    socket = modules.get("_socket")
    numpy = modules.get("numpy")
    return (
        sys.stdout,
        sys.stderr,
        sys.stdin,
        sys.excepthook,
        sys.displayhook,
        tuple(sys.path),
        tuple(sys.argv),
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        sys.get_int_max_str_digits(),
        (gc.isenabled(), gc.get_threshold(), gc.get_debug()),
        tuple(warnings.filters),
        (warnings.showwarning, warnings.formatwarning),
        _directory(),
        [getsignal(number) for number in _SIGNALS],
        copy_context(),
        setlocale(LC_ALL, None) if "locale" in modules else None,
        patched.everything(),
        decimals,
        _logging(logging) if logging is not None else None,
        tuple(threading._active) if threading is not None else None,
        tuple(dict.values(matplotlib.rcParams)) if hasattr(matplotlib, "rcParams") else None,  # type: ignore[union-attr]
        tuple(gcf.Gcf.figs.values()) if hasattr(gcf, "Gcf") else None,  # type: ignore[union-attr]
        _pandas(pandas) if pandas is not None else None,
        _sklearn(sklearn) if sklearn is not None else None,
        torch_defaults(torch) if hasattr(torch, "is_grad_enabled") else None,
        (socket.getdefaulttimeout(),) if socket is not None else None,
        _numpy(numpy) if hasattr(numpy, "geterr") else None,  # type: ignore[arg-type]
        (get_cache_token(), len(modules)),
        [_stream(stream) for stream in (sys.stdout, sys.stderr)],
        _waiting(modules.get("asyncio.events")),
        finders_of_the_program(),
        (len(_builtins), _builtins.get("_")),  # `gettext.translation(…).install()`
        patched.inside_libraries(),
    )


def _waiting(events: ModuleType | None) -> tuple[int, int]:
    """How much waits in the event loop that runs, or would run, in this thread: what was given to it runs later."""
    if events is None or not hasattr(events, "_get_running_loop"):
        return 0, 0
    loop = events._get_running_loop()
    if loop is None:
        loop = getattr(getattr(getattr(events, "_event_loop_policy", None), "_local", None), "_loop", None)
    ready, scheduled = getattr(loop, "_ready", ()), getattr(loop, "_scheduled", ())
    return len(ready), sum(not getattr(one, "_cancelled", False) for one in scheduled)


def _stream(stream: object) -> tuple[object, object]:
    """What `reconfigure` sets."""
    if not isinstance(stream, TextIOWrapper):
        return stream, None
    return stream, (stream.encoding, stream.errors, stream.line_buffering, stream.write_through)


def _directory() -> str | None:
    try:
        return _getcwd()
    except OSError:
        return None


def _decimal(module: ModuleType) -> object:
    context = module.getcontext()
    return (
        context.prec, context.rounding, context.Emin, context.Emax, context.capitals, context.clamp,
        getattr(context, "_traps", None), tuple(context.flags.items()) if around.flags_told else None,
    )  # fmt: skip


def _logging(module: ModuleType) -> object:
    root = getattr(module, "root", None)
    if root is None:
        return None
    return (
        root.level,
        root.disabled,
        tuple(root.handlers),
        tuple(root.filters),
        root.manager.disable,
        module.raiseExceptions,
    )


def _pandas(module: ModuleType) -> object:
    global _pandas_dicts
    options, known, dicts = _pandas_dicts
    if options is not module._global_config or known != len(module._registered_options):
        dicts = []
        rest = [module._global_config]
        while rest:
            level = rest.pop()
            dicts.append(level)
            rest.extend(value for value in level.values() if isinstance(value, dict))
        _pandas_dicts = (module._global_config, len(module._registered_options), dicts)
    # The inner dicts are among the values, and equal themselves: they are compared by identity first.
    return tuple(chain.from_iterable([level.values() for level in dicts]))


def _sklearn(module: ModuleType) -> object:
    return tuple(module._get_threadlocal_config().values())


def _numpy(module: ModuleType) -> object:
    return (module.geterr(), module.geterrcall())


def arrived(_: str) -> None:
    """Remember the switches of a library that has just been imported, as what later positions are compared with."""
    now = switches()
    for place in range(_FIRST_LIBRARY, len(now)):
        if now[place] is not None and place != _FIGURES:
            _baselines.setdefault(place, now[place])


def root_logger(before: Switches) -> object:
    """How the root logger was then; as it came, if `logging` has been imported since."""
    found = before[LOGGING]
    return _baselines.get(LOGGING) if found is None else found


def differences(before: Switches, after: Switches) -> list[tuple[str, str]]:
    """Name the switches that are in another position: (slug, words), in a fixed order; mostly none."""
    found = []
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        if old is new or _same(place, old, new):
            continue
        slug, words = _PLACES[place]
        told = _told(place, old, new, words)
        if told is not None:
            found.append((slug, told))
    return found


def _same(place: int, old: object, new: object) -> bool:
    if old is None and place >= _FIRST_LIBRARY:
        if place not in _baselines:
            return place != _FIGURES or not new  # just loaded
        old = _baselines[place]
    try:
        return bool(old == new)
    except Exception:
        return False  # a value that can't be compared (an array): told apart by identity below


def _told(place: int, old: object, new: object, words: str) -> str | None:
    """Say what exactly changed, or None if that does not count after all."""
    if place == _CONTEXT:
        return _context_words(old, new)
    if place == _REGISTERED and (old[0] == new[0] or old[1] != new[1]):  # type: ignore[index]
        return None  # libraries register classes while they are imported
    if place == _STREAMS and all(one[0] is not two[0] or one[1] == two[1] for one, two in zip(old, new, strict=True)):  # type: ignore[call-overload]
        return None  # another stream stands there, which is told elsewhere
    if place == _THREADS:
        return _thread_words(old, new, words)
    if place == _RCPARAMS:
        return _rcparams_words(old if old is not None else _baselines.get(place), new, words)
    if place == _FIGURES:
        more = len(new or ()) - len(old or ())  # type: ignore[arg-type]
        return "pyplot figures left open" if more > 0 else "pyplot figures closed or exchanged"
    return words


def _context_words(old: object, new: object) -> str | None:
    for variable in {**dict(old.items()), **dict(new.items())}:  # type: ignore[attr-defined]
        name = variable.name
        if name in _CONTEXT_VARIABLES or name.startswith("hitsave"):
            continue
        missing = object()
        if old.get(variable, missing) is not new.get(variable, missing):  # type: ignore[attr-defined]
            if name == "format_options":
                return "numpy.set_printoptions"
            return f"the context variable {name}"
    return None


def _thread_words(old: object, new: object, words: str) -> str | None:
    threading = sys.modules["threading"]
    for ident in set(new or ()) - set(old or ()):  # type: ignore[call-overload]
        thread = threading._active.get(ident)
        if thread is None or type(thread).__name__ in _KEPT_THREADS or serves_joblib(thread):
            continue
        if thread.is_alive():
            return f"{words}: {thread.name}"
    return None  # threads that ended are no matter: joining one leaves nothing behind


def _rcparams_words(old: object, new: object, words: str) -> str | None:
    names = list(dict.keys(sys.modules["matplotlib"].rcParams))
    if not isinstance(old, tuple) or not isinstance(new, tuple) or len(old) != len(new) or len(names) != len(new):
        return words
    changed = [
        name for name, a, b in zip(names, old, new, strict=True) if a is not b and a != b and name not in _RESOLVED
    ]
    return f"{words}[{changed[0]!r}]" if changed else None


def in_use(name: str) -> bool:
    """Whether state that functions under this dotted name work on exists now: an open figure, for `matplotlib.pyplot`.

    For names in the catalogue with the mode `state`: such a function is harmless where there was nothing to act upon
    when it was called, and what it leaves behind is found by `differences`.
    """
    if name.startswith(("matplotlib.", "pylab.", "seaborn.")):
        gcf = sys.modules.get("matplotlib._pylab_helpers")
        return bool(gcf is not None and hasattr(gcf, "Gcf") and gcf.Gcf.figs)
    return False
