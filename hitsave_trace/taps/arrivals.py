"""Notices that a library has just been loaded, before anybody uses it.

Some taps belong to libraries that the program imports later, perhaps inside a recorded call: `random` must be tapped
before its first unseeded generator. A finder at the front of `sys.meta_path` lets the others find such a module, and
asks its loader to say when the module has been executed. It looks at a handful of names; for all others it answers
at once that it does not know them.
"""

from __future__ import annotations

import sys

from hitsave_trace.taps.unseen import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class _Always:
    """Stands where a recorder is asked whether anything is recorded: arrivals are noted in any case."""

    stacks: object = (True,)


class _Once:
    """A loader that does what another does, says so, and leaves no trace."""

    def __init__(self, loader: type[Loader], executed: Callable[[], None]) -> None:
        self._loader = loader
        self._executed = executed

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[call-arg, arg-type]

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader  # type: ignore[assignment]
        module.__loader__ = self._loader  # type: ignore[assignment]
        self._loader.exec_module(module)  # type: ignore[call-arg, arg-type]
        try:
            self._executed()
        except Exception:
            return


class Arrivals:
    """A finder that finds nothing by itself."""

    __slots__ = ("_arrived", "_searching", "arriving", "names", "searched")

    def __init__(self, names: frozenset[str], arrived: Callable[[str], None]) -> None:
        self.names = names
        self._arrived = arrived
        self._searching: set[str] = set()
        self.arriving: Callable[[str], None] | None = None  # called before one of `names` is executed
        self.searched: set[str] | None = None  # every name that was looked for, if somebody wants to know

    def install(self) -> None:
        """Stand in front of the other finders."""
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Step back."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Let the other finders find a module that is waited for."""
        if self.searched is not None:
            self.searched.add(name)
        if name not in self.names or name in self._searching:
            return None
        if self.arriving is not None:
            self.arriving(name)
        self._searching.add(name)
        try:
            for finder in list(sys.meta_path):
                find = getattr(finder, "find_spec", None)
                spec: ModuleSpec | None = find(name, path, target) if find is not None and finder is not self else None
                if spec is not None:
                    self._wait_for(name, spec)
                    return spec
            return None
        finally:
            self._searching.discard(name)

    def _wait_for(self, name: str, spec: ModuleSpec) -> None:
        loader: object = spec.loader
        if isinstance(loader, type):  # of frozen and builtin modules: one for all of them
            spec.loader = _Once(loader, lambda: self._arrived(name))  # type: ignore[assignment]
            return
        if not hasattr(loader, "__dict__") or not hasattr(loader, "exec_module"):
            return

        def executed(_: tuple[object, ...], __: dict[str, object]) -> None:
            loader.__dict__.pop("exec_module", None)
            try:
                self._arrived(name)
            except Exception:
                return  # an import must not fail on our account; what is not tapped is compared before and after

        try:
            loader.exec_module = wrap(loader.exec_module, executed, _Always(), after=True)
        except (AttributeError, TypeError):
            return
