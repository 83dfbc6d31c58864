"""Compiling a source once more, for ourselves: plain Python compiled it once, and said then what there is to warn of."""

from __future__ import annotations

import sys
from types import CodeType


def compile_quietly(source: bytes, path: str) -> CodeType:
    """Compile a module. Raises what `compile` raises.

    The compiler's warnings are those of a module that is called like the file, and no others are. The list of filters is
    not told that it changed: what has been shown once would be shown again.
    """
    import _warnings

    filters: list[object] = getattr(sys.modules.get("warnings"), "filters", _warnings.filters)
    ours = ("ignore", None, Warning, path.removesuffix(".py"), 0)
    filters.insert(0, ours)
    try:
        code: CodeType = compile(source, path, "exec", dont_inherit=True)
    finally:
        filters.remove(ours)
    return code
