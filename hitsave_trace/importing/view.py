"""Two views of what can be imported: ours and the program's.

A program may have modules that are named like standard ones. Plain Python gives it its own `random` where it has one. So
before it starts, what only we have imported under such a name is forgotten (whoever imported it holds it); and what the
session still has to import when the program has ended is imported as if the program were not there.
"""

from __future__ import annotations

import os
import sys

from hitsave_trace.importing.apart import put_again, put_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

STDLIB = os.path.dirname(os.path.abspath(os.__file__)) + os.sep


class OwnView:
    """What imports find before the program has its turn, and after it."""

    __slots__ = ("_forgotten", "_path", "_started")

    def __init__(self, started: set[str]) -> None:
        self._started = started
        self._path = list(sys.path)
        self._forgotten: dict[str, ModuleType] = {}

    def leave(self) -> None:
        """The program's turn: `sys.path` is its own now."""
        if not sys.path or sys.path == self._path:
            return
        try:
            names = {name.partition(".")[0] for name in os.listdir(sys.path[0])}
        except OSError:
            return
        kept = self._started.union(sys.builtin_module_names, ("hitsave", "hitsave_trace"))
        for name in list(sys.modules):
            top = name.partition(".")[0]
            if top in names and top not in kept:
                self._forgotten[name] = sys.modules.pop(name)

    def back(self) -> Callable[[], None]:
        """Ours again. What is returned puts back the program's view, for what it still does after us."""
        path, modules, builtins = list(sys.path), dict(sys.modules), put_back()
        sys.path[:] = self._path
        for name, module in modules.items():
            if name.partition(".")[0] in sys.stdlib_module_names and name not in self._forgotten:
                file = getattr(module, "__file__", None)
                if isinstance(file, str) and not file.startswith((STDLIB, "<")):
                    del sys.modules[name]
        sys.modules.update(self._forgotten)

        def restore() -> None:
            sys.path[:] = path
            sys.modules.update(modules)
            put_again(builtins)

        return restore
