"""Whether a module belongs to a library, whose code is known by the version of its distribution.

What is neither a library nor user code that somebody watches (a module made by `exec`, a notebook's namespace) is
fingerprinted by what it holds.
"""

from __future__ import annotations

import sys
from types import ModuleType

from hitsave_trace import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.values import Walk

_PACKAGES = ("site-packages", "dist-packages")
_STANDARD = sys.stdlib_module_names | {"builtins"}
_answers: dict[str, bool] = {}


def is_library(module: str) -> bool:
    """Whether the module of this name is part of the standard library or of an installed distribution."""
    if module in names.user_modules or module == "__main__":
        return False
    answer = _answers.get(module)
    if answer is None:
        answer = _is_library(module)
        if answer or module in sys.modules:
            _answers[module] = answer
    return answer


def _is_library(module: str) -> bool:
    root = module.partition(".")[0]
    if root in _STANDARD:
        return True
    loaded = sys.modules.get(module) or sys.modules.get(root)
    spec = getattr(loaded, "__spec__", None)
    origin = getattr(spec, "origin", None) or getattr(loaded, "__file__", None)
    if type(origin) is not str:
        return False
    if any(name in origin for name in _PACKAGES):
        return True
    from hitsave_trace.fingerprint.distributions import distributions_of

    return bool(distributions_of(root))


def is_made_up(module: ModuleType) -> bool:
    """Whether a module is an object that the program has made itself: no file stands for it."""
    own = vars(module)
    name = own.get("__name__")
    if own.get("__spec__") is not None or own.get("__file__") is not None or type(name) is not str:
        return False
    return name not in names.user_modules and not is_library(name)


def is_of_program(module: ModuleType) -> bool:
    """Whether a module is user code, or made by it, and its name leads to it."""
    return names.is_user_module(module) or (is_made_up(module) and sys.modules.get(module.__name__) is module)


def is_standard(module: str) -> bool:
    """Whether a module comes with the interpreter."""
    return module.partition(".")[0] in _STANDARD


def note(walk: Walk, module: str) -> None:
    """Note that the walk met a type or function of this module."""
    if not is_standard(module) and is_library(module):
        walk.distributions.add(module.partition(".")[0])
