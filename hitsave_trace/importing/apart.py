"""HitSave's own builtins: a program may put something of its own in the place of `len` or `print`.

Names that a module does not have are looked up in the dict that its `__builtins__` was when its functions were made. Our modules
get a copy of what the interpreter gave us, so that a program's `builtins.len` is called by the program alone.
"""

from __future__ import annotations

import builtins
import os
import sys
from _frozen_importlib_external import FileFinder, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

OWN = dict(vars(builtins))
_LIBRARY_NEEDS = (
    "isinstance", "issubclass", "len", "getattr", "hasattr", "type", "map", "list", "tuple", "dict", "set", "frozenset", "str", "bytes",
    "max", "min", "sum", "any", "all", "zip", "enumerate", "range", "sorted", "reversed", "iter", "next", "repr", "super", "id", "int",
)  # fmt: skip
_NEEDED = tuple((name, OWN[name]) for name in _LIBRARY_NEEDS)
_now = vars(builtins)


class Loader(SourceFileLoader):
    """Gives a module of ours builtins that are nobody else's."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        vars(module)["__builtins__"] = OWN
        super().exec_module(module)


def keep_apart() -> None:
    """From here on, modules of ours that are imported get builtins of their own."""
    for name in ("hitsave_trace", "hitsave"):
        top = os.path.dirname(os.path.abspath(sys.modules[name].__file__ or ""))
        for folder, below, _ in os.walk(top):
            below[:] = [one for one in below if one != "__pycache__"]
            sys.path_importer_cache[folder] = FileFinder(folder, (Loader, [".py"]))


def put_back() -> dict[str, object]:
    """Put back all builtins that the program has replaced; gives what it had put in their place."""
    theirs = {name: _now[name] for name, value in OWN.items() if _now.get(name, value) is not value}
    _now.update({name: OWN[name] for name in theirs})
    return theirs


def put_again(theirs: dict[str, object]) -> None:
    """Undo `put_back`."""
    _now.update(theirs)


def replaced() -> bool:
    """Whether the program has put something in the place of a builtin that the standard library can't do without.

    What we use of it would call what the program put there.
    """
    return any(_now.get(name) is not value for name, value in _NEEDED)
