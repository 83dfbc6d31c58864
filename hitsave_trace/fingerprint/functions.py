"""The canonical form of functions, methods and modules that are values.

A user function that has a probe is its name and what it carries: defaults, captured cells, attributes. Its body is no
part of it: the body counts when it runs, and then it is seen. One that was given other globals than its module's is written
with its code and what it mentions. A function of a library is its name, as long as
the name leads to it. A function whose running nobody would see is written *deeply* (see `closure`).
"""

from __future__ import annotations

from types import (
    BuiltinFunctionType,
    CellType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)

from hitsave_trace import names
from hitsave_trace.fingerprint import closure, hasher, objects, registry
from hitsave_trace.fingerprint.hasher import marshalled, text
from hitsave_trace.fingerprint.libraries import is_library, note
from hitsave_trace.fingerprint.places import ATTRIBUTES, SILENT
from hitsave_trace.fingerprint.registry import EXACT, WHOLE, Entry, by_type, qualified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything, Canonical, Children
    from hitsave_trace.fingerprint.values import Walk


def carried(function: FunctionType) -> tuple[list[object], list[str]]:
    """Give what a function object carries besides its code, with names for paths."""
    cells = function.__closure__ or ()
    own = function.__dict__
    held: list[object] = [function.__defaults__, function.__kwdefaults__, *cells, own or None]
    return held, ["__defaults__", "__kwdefaults__", *function.__code__.co_freevars, "__dict__"]


def home(function: FunctionType) -> str:
    """Name the module in whose globals a function runs, `?` if it has no name."""
    module = function.__globals__.get("__name__")
    return module if type(module) is str else "?"


def _function(walk: Walk, function: FunctionType) -> Children:
    info = names.info_of(function.__code__)
    module = home(function)
    if info is not None and info.module.name == module and names.is_at_home(info, function.__globals__):
        if not walk.meet(function):
            return None
        if walk.deep:
            return closure.deep_function(walk, function, module)
        return _carrying(walk, function, hasher.FUNCTION + text(info.name))
    if info is None and is_library(module):
        note(walk, module)
        said = function.__module__
        for place in (module, said) if type(said) is str else (module,):
            if is_library(place) and registry.reach(place, function.__qualname__) is function:
                walk.write(hasher.LIBRARY + text(place) + text(function.__qualname__))
                return None
        if not walk.meet(function):
            return None
        if is_single_dispatch(function, module):
            walk.write(hasher.LIBRARY_CLOSURE + b"singledispatch")
            return [walk.made(_registry_of(function)), function.__dict__.get("__wrapped__")], (
                ATTRIBUTES,
                ["registry", "__wrapped__"],
            )
        code = function.__code__
        # What a library keeps in the attributes of its own functions, behind a decorator, is its own business, as it is
        # where the name leads to the function.
        own = None if "<locals>" in code.co_qualname else _NO_ATTRIBUTES
        return _carrying(walk, function, hasher.LIBRARY_CLOSURE + text(module) + closure.code_form(code), own)
    if not walk.meet(function):
        return None
    if walk.deep:
        return closure.deep_function(walk, function, module)
    # Deep and shallow forms can't be mixed in one walk: what was met shallowly would stay so behind a back-reference.
    walk.write(hasher.DEEP + walk.inner(deep=True).fingerprint(function, function.__qualname__))
    return None


_NO_ATTRIBUTES: dict[str, object] = {}


def _carrying(walk: Walk, function: FunctionType, form: bytes, attributes: dict[str, object] | None = None) -> Children:
    held, labels = carried(function)
    if attributes is not None:
        held[-1] = attributes or None
    code = function.__code__
    form += marshalled((code.co_argcount, code.co_posonlyargcount, *names.parameters(code)), 2)
    walk.write(form + text(function.__name__) + text(function.__qualname__) + marshalled(len(held), 2))
    return held, (ATTRIBUTES, labels)


def is_single_dispatch(function: FunctionType, module: str) -> bool:
    return module == "functools" and function.__code__.co_qualname == "singledispatch.<locals>.wrapper"


def _registry_of(function: Anything) -> dict[type, object]:
    return dict(function.registry)


def _cell(walk: Walk, cell: CellType) -> Children:
    try:
        held = cell.cell_contents
    except ValueError:
        walk.write(hasher.EMPTY_CELL)
        return None
    walk.write(hasher.CELL)
    return [held], SILENT


def _builtin(walk: Walk, function: BuiltinFunctionType) -> Children:
    owner = function.__self__
    module: str | None = function.__module__
    if owner is None or isinstance(owner, ModuleType):
        place = module if type(module) is str else getattr(owner, "__name__", "?")
        if registry.reach(place, function.__qualname__) is not function and not is_library(place):
            objects.refuse(function, "a function written in C that its name does not lead to")
        note(walk, place)
        walk.write(hasher.LIBRARY + text(place) + text(function.__qualname__))
        return None
    if type(module) is not str and not is_kept(owner):
        module = next((place for place in _OF_GENERATORS if _leads(place, function)), None)
    if type(module) is str and is_library(module) and _leads(module, function):
        note(walk, module)  # bound to an object that the module keeps
        walk.write(hasher.LIBRARY + text(module) + text(function.__name__))
        return ([owner], _OF_OWNER) if is_kept(owner) else None
    walk.write(hasher.METHOD + text(function.__name__))
    return [owner], (ATTRIBUTES, ["__self__"])


def stands_for(kind: type, original: Callable[[Anything], object]) -> None:
    """Let objects of `kind` stand for functions and classes of libraries, which `original` gives: they are written as these
    are, which their names no longer lead to.
    """

    def canonical(walk: Walk, value: object) -> Children:
        function: Anything = original(value)
        if isinstance(function, type):
            return objects.class_value(walk, function)
        module, name = function.__module__, function.__qualname__
        if type(module) is not str or type(function) is MethodType:  # of an object that the module keeps
            module, name = value.__module__, function.__name__
        note(walk, module)
        walk.write(hasher.LIBRARY + text(module) + text(name))
        return None

    registry.observed[kind] = original
    by_type[kind] = Entry(canonical, False, WHOLE)


_OF_OWNER = (ATTRIBUTES, ["__self__"])


def is_kept(owner: object) -> bool:
    """Whether the owner of a library's method is an object whose state counts: `mpmath.sqrt` goes by the precision that it holds.

    What the random generators hold (`random.random`, `numpy.random.rand`) is compared where it is drawn from.
    """
    if owner is None or isinstance(owner, (ModuleType, type)):
        return False
    return not any(cls.__module__ in _GENERATORS for cls in type(owner).__mro__)


def _leads(module: str, function: BuiltinFunctionType | MethodType) -> bool:
    """Whether a module has this very function, or one that observes it, by its name."""
    found = registry.reach(module, function.__name__)
    given = registry.observed.get(type(found))
    return (found if given is None else given(found)) == function


_OF_GENERATORS = ("random", "numpy.random")
_GENERATORS = frozenset(("random", "_random", "numpy.random.mtrand", "numpy.random._generator"))


def _method(walk: Walk, method: MethodType) -> Children:
    function = method.__func__
    own = getattr(function, "__module__", None)
    if type(own) is str and is_library(own) and _leads(own, method):
        note(walk, own)  # bound to an object that the module keeps
        walk.write(hasher.LIBRARY + text(own) + text(method.__name__))
        return ([method.__self__], _OF_OWNER) if is_kept(method.__self__) else None
    walk.write(hasher.METHOD)
    return [method.__self__, function], (ATTRIBUTES, ["__self__", "__func__"])


def _method_wrapper(walk: Walk, method: MethodWrapperType) -> Children:
    walk.write(hasher.METHOD + text(method.__name__))
    return [method.__self__], (ATTRIBUTES, ["__self__"])


def _descriptor(walk: Walk, value: Anything) -> Children:
    walk.write(hasher.LIBRARY + text(type(value).__name__) + text(value.__name__))
    return [value.__objclass__], (ATTRIBUTES, ["__objclass__"])


def _static(walk: Walk, value: staticmethod[..., object]) -> Children:
    walk.write(hasher.LEAF + text("staticmethod"))
    return [value.__func__], (ATTRIBUTES, ["__func__"])


def _class_method(walk: Walk, value: classmethod[object, ..., object]) -> Children:
    walk.write(hasher.LEAF + text("classmethod"))
    return [value.__func__], (ATTRIBUTES, ["__func__"])


def _property(walk: Walk, value: property) -> Children:
    walk.write(hasher.LEAF + text("property"))
    return [value.fget, value.fset, value.fdel], (ATTRIBUTES, ["fget", "fset", "fdel"])


def _module(walk: Walk, module: ModuleType) -> Children:
    name = module.__dict__.get("__name__")
    if type(name) is not str or registry.reach(name, "__name__") is not name or not is_library(name):
        objects.refuse(module, "a module of the program is more than a value: its names may change at any time")
    note(walk, name)
    walk.in_hand[id(module)] = module
    walk.write(hasher.MODULE + text(name))
    return None


def _code(walk: Walk, code: CodeType) -> Children:
    walk.write(hasher.LEAF + text("code") + text(code.co_qualname) + closure.code_form(code))
    return None


def _partial(walk: Walk, value: Anything) -> Children:
    func, args, keywords = value.func, value.args, value.keywords
    walk.write(hasher.LEAF + text("partial"))
    return [func, args, keywords, value.__dict__ or None], (ATTRIBUTES, ["func", "args", "keywords", "__dict__"])


def _lru_cache(walk: Walk, value: Anything) -> Children:
    """What a cache already holds comes from its function: whether that runs or not, it counts, with all it refers to."""
    walk.write(hasher.DEEP + text("lru_cache") + marshalled(sorted(value.cache_parameters().items()), 2))
    wrapped = value.__wrapped__
    if walk.deep:
        return [wrapped], (ATTRIBUTES, ["__wrapped__"])
    walk.write(walk.inner(deep=True).fingerprint(wrapped, walk_name(wrapped)))
    walk.caches.append(value)
    return None


_HIDDEN = frozenset(("random", "print", "objmode"))
"""What compiled code does with these is not seen: it has random generators of its own."""


def _compiled(walk: Walk, value: Anything) -> Children:
    """A function that numba compiles runs unseen: it is its code and options, with all it refers to."""
    function = value.py_func
    hidden = _HIDDEN.intersection(closure.mentioned(names.original_code(function.__code__)))
    if hidden:
        objects.refuse(value, f"it is compiled, and uses {min(hidden)}")
    walk.write(hasher.DEEP + text("numba") + text(repr(sorted(map(str, value.targetoptions.items())))))
    if walk.deep:
        return [function], (ATTRIBUTES, ["py_func"])
    walk.write(walk.inner(deep=True).fingerprint(function, walk_name(function)))
    return None


def _cached_property(walk: Walk, value: Anything) -> Children:
    # Its values stand in instance dicts, where they are compared; the lock that 3.11 keeps says nothing.
    walk.write(hasher.LEAF + text("cached_property") + text(str(value.attrname)))
    return [value.func], (ATTRIBUTES, ["func"])


def _dispatching_method(walk: Walk, value: Anything) -> Children:
    # What 3.13 keeps beside these is a cache of the methods that it has bound.
    walk.write(hasher.LEAF + text("singledispatchmethod"))
    return [value.dispatcher, value.func], (ATTRIBUTES, ["dispatcher", "func"])


def walk_name(function: object) -> str:
    """Name a callable in a path."""
    name = getattr(function, "__qualname__", None)
    return name if type(name) is str else type(function).__name__


def _entries() -> None:
    table: dict[type, tuple[Canonical, bool, int]] = {
        FunctionType: (_function, False, EXACT),
        CellType: (_cell, True, EXACT),
        BuiltinFunctionType: (_builtin, False, WHOLE),  # and `builtin_method`, as of `re.Pattern`
        MethodType: (_method, False, EXACT),
        MethodWrapperType: (_method_wrapper, False, EXACT),
        MethodDescriptorType: (_descriptor, False, EXACT),
        WrapperDescriptorType: (_descriptor, False, EXACT),
        ClassMethodDescriptorType: (_descriptor, False, EXACT),
        GetSetDescriptorType: (_descriptor, False, EXACT),
        MemberDescriptorType: (_descriptor, False, EXACT),
        staticmethod: (_static, True, registry.CONTENT),
        classmethod: (_class_method, True, registry.CONTENT),
        property: (_property, True, registry.CONTENT),
        ModuleType: (_module, True, WHOLE),
        CodeType: (_code, False, EXACT),
    }
    for kind, (canonical, shared, reach) in table.items():
        by_type[kind] = Entry(canonical, shared, reach)
    registry.add("functools.partial", _partial, shared=True, reach=registry.CONTENT)
    registry.add("functools._lru_cache_wrapper", _lru_cache, shared=True, reach=EXACT)
    registry.add("numba.core.registry.CPUDispatcher", _compiled, shared=True, reach=EXACT)
    registry.add("functools.cached_property", _cached_property, shared=True, reach=EXACT)
    registry.add("functools.singledispatchmethod", _dispatching_method, shared=True, reach=EXACT)


_entries()
__all__ = ["carried", "home", "qualified", "walk_name"]
