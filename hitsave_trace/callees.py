"""Whether something that is about to be called belongs to a library, and under which name.

Only what a name of a library leads to is known here: a function of a module, a method of a class, a class. Its code is
then that of its distribution, and no other. Everything else is left to itself: functions of the program (which have
probes of their own), what wraps one of them, closures, generators, and libraries whose calls are about the world
outside (drawing, network, processes, terminals), which `LEFT_ALONE` lists.
"""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from hitsave_trace import catalogue
from hitsave_trace.fingerprint.libraries import is_library, is_standard
from hitsave_trace.fingerprint.registry import qualified, reach
from hitsave_trace.names import code_infos, is_user_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything

STANDARD = frozenset(
    ["json", "re", "statistics", "zlib", "gzip", "bz2", "lzma", "difflib", "textwrap", "html", "fractions"]
)
"""Modules of the standard library whose functions may take long, and compute."""

_ALONE = """
    matplotlib mpl_toolkits pylab seaborn plotly bokeh altair plotnine pygal holoviews panel dash streamlit gradio
    IPython ipywidgets ipykernel jupyter tkinter turtle PyQt5 PyQt6 PySide2 PySide6 wx kivy pygame pyglet cv2 vtk
    pyvista requests httpx aiohttp urllib3 flask django fastapi starlette uvicorn tornado werkzeug jinja2 boto3
    botocore google paramiko sqlalchemy psycopg psycopg2 pymysql pymongo redis elasticsearch kafka pika celery zmq
    grpc websockets joblib dask distributed ray loky multiprocess pathos mpi4py concurrent tqdm rich click typer fire
    hydra omegaconf absl docopt prompt_toolkit blessed colorama loguru structlog sentry_sdk pytest _pytest hypothesis
    nose mock numba jax jaxlib tensorflow keras triton cupy torch duckdb numexpr patsy formulaic pandasql h5py tables
    netCDF4 zarr lmdb rocksdb wandb mlflow neptune comet_ml optuna huggingface_hub psutil pexpect sh plumbum fabric
    invoke selenium playwright mpmath faker hitsave hitsave_trace xxhash pip setuptools pkg_resources cloudpickle dill
    attr attrs pydantic importlib_metadata six wrapt decorator cachetools tenacity
"""
LEFT_ALONE = frozenset(_ALONE.split())
"""Top-level modules whose functions run as ever: what they do lies outside of what can be compared, or they compile,
wrap or start code of the program in ways that nobody sees."""

_NEVER = frozenset(("sympy:var", "sympy:init_printing", "sympy:init_session", "numpy:ndarray.resize"))
_SUSPENDS = 0x20 | 0x80 | 0x200
_MOST_KNOWN = 10_000


class Callee:
    """Something of a library that is called."""

    __slots__ = ("forbidden", "is_class", "library", "name", "parameters")

    def __init__(self, name: str, library: str, parameters: tuple[str, ...], is_class: bool) -> None:
        self.name = name  # `sklearn.svm:SVC.fit`
        self.library = library  # its top-level module
        self.parameters = parameters  # names of its positional parameters, as far as they can be known
        self.is_class = is_class
        self.forbidden: catalogue.Entry | None = None  # what the catalogue has against it


_known: dict[tuple[int, int], tuple[object, Callee | None]] = {}


def find(value: Anything) -> tuple[Callee, tuple[object, ...]] | None:
    """Say what is called, with the object whose method it is, if it is one; None for what is left alone."""
    kind = type(value)
    if kind is MethodType:
        function, owner = value.__func__, value.__self__
        if type(function) is not FunctionType and type(function).__name__ != "cython_function_or_method":
            return None
        holder = owner if isinstance(owner, type) else type(owner)
        found = _remembered((id(function), id(holder)), function, _method, holder, value)
    elif kind is BuiltinFunctionType:
        owner = value.__self__
        if owner is None or isinstance(owner, ModuleType):
            found = _remembered((id(value), 0), value, _named, None, value)
            return None if found is None else (found, ())
        holder = owner if isinstance(owner, type) else type(owner)
        found = _builtin_method(value, holder)
    elif kind is FunctionType:
        found = _remembered((id(value), 0), value, _function, None, value)
        return None if found is None else (found, ())
    elif isinstance(value, type):
        found = _remembered((id(value), 0), value, _class, None, value)
        return None if found is None else (found, ())
    elif qualified(kind) in _C_FUNCTIONS:
        found = _remembered((id(value), 0), value, _named, None, value)
        return None if found is None else (found, ())
    else:
        return None
    if found is None:
        return None
    # Methods that a module keeps bound, such as `numpy.random.rand`: the object is the library's own.
    module = getattr(value, "__module__", None)
    if type(module) is str and is_library(module) and reach(module, value.__name__) == value:
        return found, ()
    return found, (owner,)


_C_FUNCTIONS = frozenset((
    ("numpy", "_ArrayFunctionDispatcher"), ("numpy", "ufunc"), ("_cython", "cython_function_or_method"),
))  # fmt: skip


def _remembered(key: tuple[int, int], value: object, make: Anything, holder: object, called: object) -> Callee | None:
    known = _known.get(key)
    if known is not None and known[0] is value:
        return known[1]
    found: Callee | None = make(called, holder)
    if found is not None and found.name in _NEVER:
        found = None
    if found is not None and len(_known) < _MOST_KNOWN:
        _known[key] = (value, found)
    return found


def _is_open(module: object) -> bool:
    """Whether calls into this module are observed."""
    if type(module) is not str:
        return False
    root = module.partition(".")[0]
    if is_standard(root):
        return root in STANDARD
    return root not in LEFT_ALONE and is_library(module)


def public(module: str, name: str, value: object) -> str:
    """Name a function or class by the package highest up that publishes it: `pandas`, not `pandas.core.frame`."""
    best, first = module, name.partition(".")[0]
    while "." in module:
        module = module.rpartition(".")[0]
        holder = sys.modules.get(module)
        if holder is not None and vars(holder).get(first) is value:
            best = module
    return f"{best}:{name}"


def _function(value: FunctionType, _: object) -> Callee | None:
    home, said = value.__globals__.get("__name__"), value.__module__
    if not _is_open(home) or not _is_open(said) or not _is_plain(value):
        return None
    if reach(said, value.__qualname__) is not value and reach(str(home), value.__qualname__) is not value:
        return None
    return _checked(
        public(said, value.__qualname__, value), said, _parameters(value, 0), catalogue.lookup_object(value)
    )


def _method(value: Anything, holder: type) -> Callee | None:
    function = value.__func__
    said = function.__module__
    if type(function) is FunctionType and (
        not _is_open(function.__globals__.get("__name__")) or not _is_plain(function)
    ):
        return None
    if not _is_open(said) or is_user_class(type(holder)):
        return None
    owner = reach(said, function.__qualname__.rpartition(".")[0])
    if not isinstance(owner, type) or owner not in holder.__mro__:
        return None
    # The class that is used, as long as it is the library's: `SVC.fit`, wherever it is inherited from.
    shown = holder if _is_open(qualified(holder)[0]) else owner
    return _of_class(shown, function.__name__, _parameters(function, 1))


def _builtin_method(value: BuiltinFunctionType, holder: type) -> Callee | None:
    module = qualified(holder)[0]
    return _of_class(holder, value.__name__, ()) if _is_open(module) else None


def _of_class(cls: type, name: str, parameters: tuple[str, ...]) -> Callee | None:
    module, qualname = qualified(cls)
    if reach(module, qualname) is not cls:
        return None
    entry = None
    for base in cls.__mro__:
        place = public(*qualified(base), base).replace(":", ".")
        entry = entry or catalogue.lookup(f"{place}.{name}")
    return _checked(
        public(module, f"{qualname}.{name}", cls if "." not in qualname else None), module, parameters, entry
    )


def _class(value: type, _: object) -> Callee | None:
    module, qualname = qualified(value)
    if not _is_open(module) or is_standard(module) or is_user_class(value) or is_user_class(type(value)):
        return None
    if reach(module, qualname) is not value or issubclass(value, BaseException):
        return None
    found = next((vars(base)["__init__"] for base in value.__mro__ if "__init__" in vars(base)), None)
    parameters = _parameters(found, 1) if type(found) is FunctionType else ()
    return _checked(public(module, qualname, value), module, parameters, catalogue.lookup_object(value), is_class=True)


def _named(value: Anything, _: object) -> Callee | None:
    """A function written in C."""
    owner = getattr(value, "__self__", None)
    module = getattr(value, "__module__", None) or (owner.__name__ if isinstance(owner, ModuleType) else None)
    if type(value).__name__ == "ufunc":
        module = "numpy"
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not _is_open(module) or type(module) is not str or type(name) is not str or reach(module, name) is not value:
        return None
    return _checked(public(module, name, value), module, (), catalogue.lookup_object(value))


def _checked(
    name: str, module: str, parameters: tuple[str, ...], entry: catalogue.Entry | None, *, is_class: bool = False
) -> Callee | None:
    if entry is not None and entry.mode in (catalogue.ALLOW, catalogue.STATE):
        return None
    if "formula" in name or "dmatri" in name:
        return None  # they look for variables in the frames of their callers
    found = Callee(name, module.partition(".")[0], parameters, is_class)
    if entry is not None and entry.mode == catalogue.FORBID:
        found.forbidden = entry
    return found


def _is_plain(function: FunctionType) -> bool:
    """Whether a function of a library runs when it is called, and wraps none of the program's."""
    inner: object = function
    for _ in range(20):
        if type(inner) is FunctionType:
            if id(inner.__code__) in code_infos or not is_library(str(inner.__globals__.get("__name__"))):
                return False
            if inner.__code__.co_flags & _SUSPENDS:
                return False
        following = getattr(inner, "__wrapped__", None)
        if following is None:
            return True
        inner = following
    return False


def _parameters(function: Anything, skipped: int) -> tuple[str, ...]:
    for _ in range(20):
        following = getattr(function, "__wrapped__", None)
        if following is None:
            break
        function = following
    if type(function) is not FunctionType:
        return ()
    return function.__code__.co_varnames[skipped : function.__code__.co_argcount]


def forget() -> None:
    """Let go of what is known: the program has ended."""
    _known.clear()
