"""Where a module comes from, or would come from."""

from __future__ import annotations

import sys
from _frozen_importlib import FrozenImporter
from _frozen_importlib_external import PathFinder

from hitsave_trace.around import around
from hitsave_trace.fingerprint.hasher import named
from hitsave_trace.model import ABSENT
from hitsave_trace.names import user_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.model import Fingerprint

_MISSING = object()


def origin(module: str) -> tuple[Fingerprint, str]:
    """Say where a module comes from, or would come from if it were imported now."""
    known = sys.modules.get(module, _MISSING)
    if known is None:
        return ABSENT, "absent"
    if known is not _MISSING:
        place = getattr(getattr(known, "__spec__", None), "origin", None) or getattr(known, "__file__", None)
    else:
        finders = finders_of_the_program()
        if finders:
            text = ", ".join(map(_name, finders))
            return named("left to " + text), f"left to {text}"
        place = _would_load(module)
        if place is None:
            return ABSENT, "absent"
    if not isinstance(place, str) or "site-packages" in place or not around.is_user_file(place):
        return named("module of a library"), module
    where = around.place(place)
    return named("module at " + where), where


def finders_of_the_program() -> tuple[object, ...]:
    """The finders of modules that the program has put into `sys.meta_path`."""
    return tuple(one for one in sys.meta_path if _class(one).__module__ in user_modules)


def _class(finder: object) -> type:
    return finder if isinstance(finder, type) else type(finder)


def _name(finder: object) -> str:
    return f"{_class(finder).__module__}:{_class(finder).__qualname__}"


def _would_load(module: str) -> str | None:
    parent, _, _ = module.rpartition(".")
    path = None
    if parent:
        above = sys.modules.get(parent)
        if above is None:
            return _would_load(parent)
        path = getattr(above, "__path__", None)
        if path is None:
            return None
    elif module in sys.builtin_module_names:
        return "built-in"
    try:
        spec = FrozenImporter.find_spec(module) or PathFinder.find_spec(module, path)
    except Exception:  # path hooks are anybody's
        return None
    return None if spec is None else spec.origin or "namespace"
