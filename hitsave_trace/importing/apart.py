"""HitSave's own builtins: a program may put something of its own in the place of `len` or `print`.

Names that a module does not have are looked up in the dict that its `__builtins__` was when its functions were made. Our modules
get a copy of what the interpreter gave us, so that a program's `builtins.len` is called by the program alone.
"""

from __future__ import annotations

import builtins
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader, FileFinder, SourceFileLoader, spec_from_file_location
from _imp import _fix_co_filename, extension_suffixes  # type: ignore[attr-defined]
from types import CodeType, ModuleType

from hitsave_trace import mocked
from hitsave_trace.importing.bundle import Bundle, Place, is_ours
from hitsave_trace.in_c import untrack

OWN = dict(vars(builtins))
_LIBRARY_NEEDS = (
    "isinstance", "issubclass", "len", "getattr", "hasattr", "type", "map", "list", "tuple", "dict", "set", "frozenset", "str", "bytes",
    "max", "min", "sum", "any", "all", "zip", "enumerate", "range", "sorted", "reversed", "iter", "next", "repr", "super", "id", "int",
)  # fmt: skip
_NEEDED = tuple((name, OWN[name]) for name in _LIBRARY_NEEDS)
_now = vars(builtins)


_FIRST = frozenset(
    ("hitsave", "hitsave_trace", "hitsave_trace.mocked", "hitsave_trace.in_c", "hitsave_trace._in_c", "hitsave_trace.importing",
     "hitsave_trace.importing.apart", "hitsave_trace.importing.bundle")
)  # fmt: skip
"""What is imported before this module can do anything about it."""


class Loader(SourceFileLoader):
    """Gives a module of ours builtins that are nobody else's."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        vars(module)["__builtins__"] = OWN
        super().exec_module(module)
        bundle.run.append(module.__name__)


class Bundled(Loader):
    """The same for one whose bytecode is in the bundle."""

    def get_code(self, fullname: str) -> CodeType | None:
        """Give the module's code."""
        code = bundle.code(fullname)
        return _ours(code, self.path) if type(code) is CodeType else super().get_code(fullname)


def _ours(code: CodeType, path: str) -> CodeType:
    """Code of the bundle, as that of the module at `path`."""
    _fix_co_filename(code, path)
    untrack(code)
    return code


class Finder(FileFinder):
    """Finds a module of ours in the bundle, else in its folder."""

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find the module."""
        place = bundle.place(fullname)
        if place is None:
            return super().find_spec(fullname, target)
        below = [os.path.dirname(place.path)] if place.is_package else None
        return spec_from_file_location(
            fullname, place.path, loader=Bundled(fullname, place.path), submodule_search_locations=below
        )


bundle = Bundle()


def keep_apart() -> None:
    """From here on, modules of ours that are imported get builtins of their own, and come out of the bundle."""
    bundle.read(getattr(sys.modules["hitsave"], "__version__", ""))
    bundle.alone = not any(is_ours(name) and name not in _FIRST for name in sys.modules)
    for name in ("hitsave_trace", "hitsave"):
        top = os.path.dirname(os.path.abspath(sys.modules[name].__file__ or ""))
        for folder, below, _ in os.walk(top):
            below[:] = [one for one in below if one != "__pycache__"]
            sys.path_importer_cache[folder] = Finder(
                folder, (Loader, [".py"]), (ExtensionFileLoader, extension_suffixes())
            )
    _run_ahead()


def _run_ahead() -> None:
    """Run what runs begin with, in the order in which the import system would be done with each, if all of it is in the bundle.

    It takes two thirds of what the import system takes.
    """
    found: dict[str, Place] = {}
    for name in bundle.begin_with:
        if name not in sys.modules:
            place = bundle.place(name)
            if place is None:
                return
            found[name] = place
    before = set(sys.modules)
    # Packages are imported before what is in them, and done after what they import of it.
    packages: dict[str, ModuleType] = {}
    try:
        for name in sorted(name for name, place in found.items() if place.is_package):
            packages[name] = _made(name, found[name])
        for name, place in found.items():
            if name in sys.modules and name not in packages:
                continue  # one before it has imported it, and is imported by it in turn
            module = packages.get(name) or _made(name, place)
            exec(_ours(bundle.code(name), place.path), vars(module))  # type: ignore[arg-type]  # noqa: S102
            bundle.run.append(name)
    except Exception:
        # Let the import system find out what it is, and begin anew: a second copy of some would be worse.
        for name in [name for name in sys.modules if is_ours(name) and name not in before]:
            del sys.modules[name]
            head, _, tail = name.rpartition(".")
            if head in before:
                vars(sys.modules[head]).pop(tail, None)
        bundle.run.clear()


def _made(name: str, place: Place) -> ModuleType:
    """A module that has not been run yet, where importers look for it."""
    spec = ModuleSpec(name, Bundled(name, place.path), origin=place.path, is_package=place.is_package)
    spec.has_location = True
    module = ModuleType(name)
    head, _, tail = name.rpartition(".")
    package = sys.modules[head]
    vars(module).update(
        __builtins__=OWN,
        __file__=place.path,
        __loader__=spec.loader,
        __package__=name if place.is_package else head,
        __spec__=spec,
    )
    if place.is_package:
        module.__path__ = spec.submodule_search_locations = [os.path.dirname(place.path)]
    sys.modules[name] = module
    setattr(package, tail, module)
    return module


def put_back() -> dict[str, object]:
    """Put back all builtins that the program has replaced; gives what it had put in their place."""
    theirs = {name: _now[name] for name, value in OWN.items() if _now.get(name, value) is not value}
    _now.update({name: OWN[name] for name in theirs})
    return theirs


def put_again(theirs: dict[str, object]) -> None:
    """Undo `put_back`."""
    _now.update(theirs)


def replaced() -> bool:
    """Whether the program has put something in the place of a builtin that the standard library can't do without, or for
    a while in that of another part of a library.

    What we use of it would call what the program put there; and what code of the program does with it is not seen.
    """
    if mocked.now:
        return True
    now = _now.get
    for name, value in _NEEDED:  # noqa: SIM110  # it is asked about each call: `any` takes twice as long
        if now(name) is not value:
            return True
    return False
