"""What was put in place of what, so that `remove` can put back exactly that.

A function is replaced as an attribute of its module, in the sets that say what it supports
(`os.supports_follow_symlinks`, …), and wherever a module that was loaded earlier holds it by name.
"""

from __future__ import annotations

import os
import sys
from types import FunctionType

from hitsave_trace.taps.unseen import StandIn, StandInLast, StandInType, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from hitsave_trace.taps.unseen import Note, Recorder

_MISSING = object()
_SUPPORTS = ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks")

# The import system's own use of these functions is not the program's, and is hot.
_LEFT_ALONE = frozenset(("posix", "nt", "_frozen_importlib", "_frozen_importlib_external", "zipimport", "_io"))


class Patches:
    """The replacements of one installation, in the order in which they were made."""

    __slots__ = ("_done", "_outer", "_recording", "replaced")

    def __init__(self, recording: Recorder, outer: Mapping[str, Note] | None = None) -> None:
        self._recording = recording
        self._outer = outer or {}  # dotted name → what the recording of the whole run wants to be told
        self._done: list[tuple[object, str, object, object]] = []  # owner, attribute, what was there, what is
        self.replaced: dict[int, tuple[object, StandIn]] = {}  # id of the original → (it, its wrapper)

    def set(self, owner: object, name: str, value: object) -> None:
        """Set an attribute, and remember what was there, if anything was."""
        # A function has its defaults as attributes, but not in its dict.
        before = getattr(owner, name) if type(owner) is FunctionType else vars(owner).get(name, _MISSING)
        self._done.append((owner, name, before, value))
        setattr(owner, name, value)

    def function(
        self,
        owner: ModuleType,
        name: str,
        note: Note,
        *,
        after: bool = False,
        module: str | None = None,
        outer: Note | None = None,
    ) -> StandIn:
        """Wrap a function of a module. `outer` is what the recording of the whole run is told, if its own table says nothing."""
        original = getattr(owner, name)
        # A builtin says that it lives in `posix`, where the original stays: pickling it by name needs the module
        # that has the wrapper.
        kind = StandInType if isinstance(original, type) else StandInLast if after else StandIn
        place = module or owner.__name__
        wrapper = kind(original, note, self._recording, place, self._outer.get(f"{place}.{name}", outer))
        self.replaced[id(original)] = (original, wrapper)
        self.set(owner, name, wrapper)
        for supports in _SUPPORTS:
            supported: set[object] = getattr(os, supports, set())
            if original in supported:
                supported.add(wrapper)
        return wrapper

    def method(
        self, owner: type, name: str, note: Note, *, after: bool = False, outer: Note | None = None
    ) -> FunctionType | None:
        """Wrap a method of a class, if that class can be changed."""
        original = vars(owner)[name]
        outer = self._outer.get(f"{owner.__module__}.{owner.__qualname__}.{name}", outer)
        wrapper = wrap(original, note, self._recording, after=after, outer=outer)
        try:
            self.set(owner, name, wrapper)
        except TypeError:
            self._done.pop()
            return None
        return wrapper

    def spread(self) -> None:
        """Give the wrappers to modules that bound an original by name before."""
        replaced = self.replaced
        for name, module in list(sys.modules.items()):
            if name in _LEFT_ALONE or name.startswith(("hitsave", "importlib")) or module is None:
                continue
            namespace = getattr(module, "__dict__", None)
            if type(namespace) is not dict:
                continue
            for attribute, value in list(namespace.items()):
                found = replaced.get(id(value))
                if found is not None and found[0] is value:
                    self.set(module, attribute, found[1])
                elif type(value) is FunctionType:
                    self._spread_defaults(value)
                elif type(value) is type and value.__module__ == name:
                    self._spread_class(value)

    def _spread_class(self, owner: type) -> None:
        for attribute, value in list(vars(owner).items()):
            static = type(value) is staticmethod
            inner = value.__func__ if static else value
            found = self.replaced.get(id(inner))
            if found is not None and found[0] is inner:
                self.set(owner, attribute, staticmethod(found[1]) if static else found[1])  # type: ignore[arg-type]
            elif type(inner) is FunctionType:
                self._spread_defaults(inner)

    def _spread_defaults(self, function: FunctionType) -> None:
        """Serve `def _realpath(…, lstat=os.lstat)`, which 3.13's posixpath does."""
        defaults = function.__defaults__
        if defaults is None:
            return
        replaced = self.replaced
        fresh = tuple([replaced[id(value)][1] if id(value) in replaced else value for value in defaults])
        if any(id(value) in replaced for value in defaults):
            self.set(function, "__defaults__", fresh)

    def remove(self) -> None:
        """Put back what was there, last change first, unless the program has changed it since."""
        for owner, name, before, after in reversed(self._done):
            now = getattr(owner, name, None) if type(owner) is FunctionType else vars(owner).get(name)
            if now is not after:
                continue
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        self._done.clear()
        for _, wrapper in self.replaced.values():
            for supports in _SUPPORTS:
                getattr(os, supports, set()).discard(wrapper)
        self.replaced.clear()


def original_of(function: Callable[..., object]) -> Callable[..., object]:
    """Give what a wrapper stands for."""
    return getattr(function, "__wrapped__", function)
