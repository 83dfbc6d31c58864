"""What a name means now: from a subject to a fingerprint, a text, and what hangs on it.

The same functions look when a read is recorded and when a trace is checked, so that the two can't disagree. Looking
never runs user code: attributes are taken from `__dict__`s, not by `getattr`.
"""

from __future__ import annotations

import builtins
import sys
from time import thread_time
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from xxhash import xxh3_128

from hitsave_trace import lazily
from hitsave_trace.around import around
from hitsave_trace.fingerprint import registry, shapes
from hitsave_trace.fingerprint.describe import describe, function_text
from hitsave_trace.fingerprint.functions import home, is_kept
from hitsave_trace.fingerprint.hasher import named
from hitsave_trace.fingerprint.libraries import is_library, is_made_up, is_of_program, is_standard
from hitsave_trace.fingerprint.objects import class_shape, is_made, is_makeshift
from hitsave_trace.fingerprint.registry import qualified, reach
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk
from hitsave_trace.model import ABSENT, BINDING, GLOBAL, NAMESPACE, SHAPE
from hitsave_trace.names import class_name, function_name, is_another, is_user_class, is_user_module, resolve_class
from hitsave_trace.origins import origin
from hitsave_trace.sight import Sight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hitsave_trace.model import Fingerprint

NOT_LOADED: Fingerprint = b"not loaded\0\0\0\0\0\0"
"""What a name in a module that has not been imported yet is now."""

MISSING = object()
_IMMUTABLE = frozenset((int, float, complex, bool, str, bytes, type(None), type(Ellipsis), range))
BUILTINS = vars(builtins)
_ORIGINAL = dict(BUILTINS)


OF_FUNCTIONS = frozenset(("__doc__", "__annotations__"))
"""What functions hold beside their code and what they carry; it counts where it is read by the function's name."""

deadline: float | None = None
"""When looking at a value is to be given up (raising `OverBudget`): see `within`."""


class within:  # noqa: N801  # it reads as a phrase
    """Give up looking at values after so many seconds of the processor's time; None: never. For those who can do without."""

    __slots__ = ("_seconds",)

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        global deadline
        deadline = None if self._seconds is None else thread_time() + self._seconds

    def __exit__(self, *_: object) -> None:
        global deadline
        deadline = None


_FEW = 1000
"""Items of a library's container up to which it is compared by value."""


def _sight_of_module(subject: str, module: ModuleType) -> Sight:
    name = module.__name__
    if is_another(module):
        return Sight(GLOBAL, subject, None, f"{subject} (another module than the one that is {name} now)")
    return Sight(BINDING, subject, named("module " + name), f"module {name}")


def sight_of_library(name: str, value: object) -> Sight:
    if isinstance(value, ModuleType):
        return _sight_of_module(name, value)
    if _was_put(value):
        return sight_of(name, value)
    if isinstance(value, type) or callable(value):
        # Objects that answer to any attribute give no text: `polars.col` makes an expression of each.
        names = (getattr(value, attribute, None) for attribute in ("__qualname__", "__name__"))
        own = next((told for told in names if isinstance(told, str) and told), type(value).__name__)
        module = getattr(value, "__module__", "")
        origin = f"{module if isinstance(module, str) or module is None else type(value).__module__}.{own}"
        state = _kept(value) if _has_state(value) else b""
        return Sight(BINDING, name, named(f"library {origin} {state.hex()}" if state else "library " + origin), None)
    if type(value) in _IMMUTABLE:
        walk = Walk()
        return Sight(GLOBAL, name, walk.fingerprint(value), describe(value))
    if type(value) in (list, tuple, dict, set, frozenset) and len(value) <= _FEW:  # type: ignore[arg-type]
        try:
            return Sight(GLOBAL, name, Walk().fingerprint(value), describe(value))
        except Unfingerprintable:
            pass
    # An object that a library keeps and hands out is compared by its state, if that can be seen: programs set things there
    # (`mpmath.mp.dps`). What the standard library keeps is the catalogue's business.
    kind = type(value)
    state = b"" if is_standard(kind.__module__) or not kind.__dictoffset__ else _kept(value)
    made = named(f"library object {type(value).__module__}.{type(value).__qualname__}")
    return Sight(BINDING, name, named((made + state).hex()) if state else made, None)


KEPT_SECONDS = 0.05
"""What looking at an object that a library keeps may cost; above that it counts by its type."""


def _was_put(value: object) -> bool:
    """Whether something callable that a library has is the program's, which has set it there, or an object of a class that was
    made for it alone, as `Mock` makes one.
    """
    kind = type(value)
    if kind is MethodType:
        return _was_put(value.__func__) or _was_put(value.__self__)  # type: ignore[attr-defined]
    if kind is property:
        return type(value.fget) is FunctionType and _was_put(value.fget)  # type: ignore[attr-defined]
    if kind is staticmethod or kind is classmethod:
        return _was_put(value.__func__)  # type: ignore[attr-defined]
    if kind is FunctionType:
        return function_name(value) is not None  # type: ignore[arg-type]
    return not isinstance(value, type) and (is_user_class(kind) or is_makeshift(kind)) and callable(value)


def _has_state(value: object) -> bool:
    """Whether a library's callable is more than its name: bound to an object that the library keeps, or made while it ran."""
    if type(value) is MethodType or type(value) is BuiltinFunctionType:
        return is_kept(value.__self__)
    if type(value) is FunctionType:
        # `mpmath.sqrt` has captured the context; a decorated function has captured what its module made of itself.
        return value.__closure__ is not None and reach(home(value), value.__qualname__) is not value
    if issubclass(type(value), type):  # what stands for a class says that it is one
        return not is_standard(qualified(value)[0]) and is_made(value)  # type: ignore[arg-type]
    return False


def _kept(value: object) -> Fingerprint:
    """Fingerprint an object that a library keeps; empty if that can't be done, or costs too much."""
    try:
        return Walk(thread_time() + KEPT_SECONDS).fingerprint(value)
    except (Unfingerprintable, OverBudget):
        return b""


def builtin(subject: str, name: str) -> Sight:
    """Look at a name that only `builtins` has, where the program may have put something of its own."""
    value = BUILTINS[name]
    if is_original(name, value):
        return Sight(BINDING, subject, named("builtin " + name), None)
    return sight_of(subject, value)


def is_original(name: str, value: object) -> bool:
    """Whether `value` is what `name` means in `builtins` if the program has put nothing there."""
    return value is _ORIGINAL.get(name, MISSING) or type(value).__module__.startswith("hitsave_trace.")


def look(module: str, names: dict[str, object], path: tuple[str, ...]) -> Sight:
    """Look at what `path` means in a module's names now."""
    sight = _look(module, names, path)
    owner = sys.modules.get(module)
    if (
        owner is not None
        and type(owner) is not ModuleType
        and sight.fingerprint
        and shapes.comes_between(type(owner), path[0])
    ):
        sight.fingerprint = named(f"{type(owner).__qualname__} answers for {sight.fingerprint.hex()}")
    return sight


def _look(module: str, names: dict[str, object], path: tuple[str, ...]) -> Sight:
    subject = f"{module}:{'.'.join(path)}"
    value = names.get(path[0], MISSING)
    of_module: Mapping[str, object] = names  # the names of the module in which the last name is looked for
    for attribute in path[1:]:
        of_module = {}
        if value is MISSING:
            break
        if isinstance(value, ModuleType):
            of_module = vars(value)
            value = of_module.get(attribute, MISSING)
        elif isinstance(value, type):
            value = vars(value).get(attribute, MISSING)
        elif type(value) is FunctionType and attribute in OF_FUNCTIONS:
            value = getattr(value, attribute)
        elif shapes.comes_between(type(value), attribute):
            break  # what its `__dict__` holds is not what the attribute gives
        else:
            value = (getattr(value, "__dict__", None) or {}).get(attribute, MISSING)
    if value is MISSING:
        if len(path) == 1 and path[0] in BUILTINS:
            return builtin(subject, path[0])
        if "__getattr__" in of_module:
            return sight_of(subject, of_module["__getattr__"])  # it is asked for what the module does not have
        sight = Sight(GLOBAL, subject, ABSENT, "absent")
        sight.value = MISSING
        return sight
    return sight_of(subject, value)


def sight_of(subject: str, value: object) -> Sight:
    """Say what a value is, as the meaning of a name."""
    sight = _sight_of(subject, value)
    sight.value = value
    return sight


def _sight_of(subject: str, value: object) -> Sight:
    if type(value) in registry.observed:
        where, value = value.__module__, registry.observed[type(value)](value)
        if type(value) is MethodType or not isinstance(getattr(value, "__self__", None), (ModuleType, type(None))):
            # `random.random`: what the generator holds is compared where it is drawn from.
            return Sight(BINDING, subject, named(f"library {where}.{value.__name__}"), None)  # type: ignore[attr-defined]
    if isinstance(value, ModuleType):
        return _sight_of_module(subject, value)
    if isinstance(value, type):
        name = class_name(value)
        if name is not None:
            sight = Sight(BINDING, subject, named("class " + name), f"class {name}")
            sight.classes = (value,)
            return sight
        if is_library(qualified(value)[0]) and not is_makeshift(value):
            return sight_of_library(subject, value)
    if type(value) is BuiltinFunctionType and isinstance(getattr(value, "__self__", None), (ModuleType, type(None))):
        return sight_of_library(subject, value)
    if type(value) is FunctionType and function_name(value) is None and _is_of_library(value):
        return sight_of_library(subject, value)
    if around.caches_told and keeps_results(value.__self__ if type(value) is BuiltinFunctionType else value):
        return Sight(GLOBAL, subject, None, f"{subject} (what it keeps of its results is looked at or cleared)")
    walk = Walk(deadline)
    try:
        fingerprint = walk.fingerprint(value)
    except Unfingerprintable as error:
        if type(value) in (MethodType, BuiltinFunctionType) and is_library(getattr(value, "__module__", None) or "?"):
            return sight_of_library(subject, value)
        sight = Sight(GLOBAL, subject, None, f"{subject}{error.path} ({error.type_name}: {error.why})")
        return sight
    if type(value) is FunctionType:
        sight = Sight(BINDING, subject, fingerprint, None, function_text)  # type: ignore[arg-type]
    elif type(value).__name__ == "CPUDispatcher":  # numba's
        sight = Sight(GLOBAL, subject, fingerprint, None, _compiled_text)
        sight.kept_results = value
    else:
        sight = Sight(GLOBAL, subject, fingerprint, None, describe)
        if keeps_results(value):
            sight.kept_results = value
    sight.walked(walk)
    return sight


def keeps_results(value: object) -> bool:
    """Whether an object is a function that keeps its results, as `lru_cache` makes it."""
    return hasattr(type(value), "cache_info")


def _is_of_library(function: FunctionType) -> bool:
    """Whether a function without a probe belongs to a library; one that `exec` has made may say so and doesn't."""
    module = function.__module__
    if not isinstance(module, str) or not is_library(module):
        return False
    return not function.__code__.co_filename.startswith("<") or reach(module, function.__qualname__) is function


def _compiled_text(value: object) -> str:
    return f"compiled function {value.py_func.__qualname__}"  # type: ignore[attr-defined]


def _namespace_text(names: list[tuple[str, object]]) -> str:
    """Say what the names of a module mean, a line each."""
    return "\n".join([f"{name} = {describe(value, 60)}" for name, value in names[:_NAMES]])


_NAMES = 200
_MADE = "__annotations__ __builtins__ __cached__ __file__ __path__ __warningregistry__"
_OF_ANY_MODULE = frozenset((*_MADE.split(), *vars(ModuleType("any"))))
"""What a module has whatever its code says. `__getattr__`, `__all__` and `__version__` are names like others."""


def namespace(module: str, apart: Collection[str] = ()) -> Sight:
    """Look at everything that a user module's names mean, for code that may read any of them; `apart` from some names."""
    known = sys.modules.get(module)
    if known is None:
        return Sight(NAMESPACE, module, NOT_LOADED, None)
    hasher = xxh3_128()
    classes: list[type] = []
    caches: list[object] = []
    names = [(name, value) for name, value in vars(known).items() if name not in _OF_ANY_MODULE and name not in apart]
    for name, value in names:
        sight = sight_of(f"{module}:{name}", value)
        if sight.fingerprint is None:
            return Sight(NAMESPACE, module, None, sight.text)
        classes.extend(sight.classes)
        caches.extend(sight.caches)
        hasher.update(f"{len(name)} {name} {sight.kind} ".encode("utf-8", "surrogatepass"))
        hasher.update(sight.fingerprint)
    found = Sight(NAMESPACE, module, hasher.digest(), None, _namespace_text)  # type: ignore[arg-type]
    found.value, found.classes, found.caches = names, classes, caches
    return found


def present(kind: str, name: str) -> Fingerprint | None:
    """Give what a binding, global, namespace or class is now; None when it can't be said."""
    if kind == SHAPE and not around.caches_told:
        cls = resolve_class(name)
        known: shapes.Known | None = None if cls is None else shapes.known(cls)
        if known is not None:
            return known.fingerprint
    return see(kind, name).fingerprint


def _shape(name: str) -> Sight:
    cls = resolve_class(name)
    if cls is None:
        return Sight(SHAPE, name, ABSENT if name.partition(":")[0] in sys.modules else NOT_LOADED, None)
    if around.caches_told and any(map(keeps_results, vars(cls).values())):
        return Sight(SHAPE, name, None, None)
    walk = Walk(deadline)
    try:
        sight = Sight(SHAPE, name, class_shape(cls, walk), None)
    except Unfingerprintable:
        return Sight(SHAPE, name, None, None)
    sight.value = cls
    sight.walked(walk)
    return sight


def see(kind: str, name: str, instead: Mapping[str, dict[str, object]] | None = None) -> Sight:
    """Look at what a binding, global, namespace or class is now. `instead`: names to be taken for those of a module."""
    if kind == NAMESPACE:
        return namespace(name)
    if kind == SHAPE:
        return _shape(name)
    if name.startswith("import "):
        return Sight(BINDING, name, *origin(name[7:]))
    module, _, path = name.partition(":")
    known = sys.modules.get(module)
    if known is None:
        return Sight(kind, name, NOT_LOADED, "not imported")
    names = vars(known)
    if instead is not None:
        names = instead.get(module, names)
    parts = tuple(path.split("."))
    value: object = names.get(parts[0], MISSING)
    library = isinstance(value, ModuleType) and not (is_user_module(value) or is_made_up(value))
    if library or not is_of_program(known):
        # Through a library module: its attributes only mean what the library says.
        for attribute in parts[1:]:
            found = vars(value).get(attribute, MISSING) if isinstance(value, (ModuleType, type)) else MISSING
            value = vars(value)[attribute] if found is MISSING and lazily.load(value, attribute) else found
        if value is MISSING:
            return Sight(GLOBAL, name, ABSENT, "absent")
        sight = sight_of_library(name, value)
        sight.value = value
        return sight
    return look(module, names, parts)
