"""Modules of libraries that are loaded when they are asked for: `np.random`, `scipy.optimize`.

A read of `np.random.default_rng` is recorded when the module is there. In the run that checks it nobody may have asked yet. Then it is
loaded, as the call would do: by the import system, and not by the library's `__getattr__`, which may do other things.
"""

from __future__ import annotations

import sys
from _frozen_importlib import _find_spec  # type: ignore[attr-defined]
from types import ModuleType


def load(holder: object, attribute: str) -> bool:
    """Load the module that a library has under this name, if it would do so itself. Says whether there is one now."""
    if type(holder) is not ModuleType:
        return False
    names = vars(holder)
    path, name = names.get("__path__"), f"{holder.__name__}.{attribute}"
    if path is None or "__getattr__" not in names or name in sys.modules:
        return False
    try:
        if _find_spec(name, path) is None:
            return False
        __import__(name)
    except Exception:
        return False
    return attribute in names
