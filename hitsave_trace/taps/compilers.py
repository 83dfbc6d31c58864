"""Compilers that read the bytecode of a function: they get the code that the interpreter's own compiler made.

Probes are plain instructions and constants, but a compiler such as numba's knows a part of the language only, and would
compile a call of the observer into its result. So where it asks a function for its code, it is given the original
(`names.originals`). Such code then runs without being seen: a function that such a compiler made counts with all it mentions.
"""

from __future__ import annotations

import sys

from hitsave_trace.names import original_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from hitsave_trace.taps.patches import Patches

MODULES = frozenset((
    "numba.core.bytecode", "torch._dynamo.convert_frame", "torch._dynamo.variables.functions", "torch._dynamo.trace_rules",
))  # fmt: skip


def arrived(name: str, patches: Patches) -> None:
    """A module of such a compiler was executed: give it the originals from here on."""
    module = sys.modules[name]
    if name == "numba.core.bytecode":
        patches.set(module, "get_code_object", _of_function(module.get_code_object))
    elif name == "torch._dynamo.trace_rules":
        # Ours run in between, and are not the program's.
        module.add("hitsave")
        module.add("hitsave_trace")
    elif name == "torch._dynamo.convert_frame":
        patches.set(module, "_compile", _of_first(module._compile))
    else:
        for kind in (module.UserFunctionVariable, module.NestedUserFunctionVariable):
            if "get_code" in vars(kind):
                patches.set(kind, "get_code", _of_function(kind.get_code))


def _of_function(asked: Callable[[object], CodeType]) -> Callable[[object], CodeType]:
    def get_code(function: object) -> CodeType:
        return original_code(asked(function))

    return get_code


def _of_first(compiler: Callable[..., object]) -> Callable[..., object]:
    def compile_code(code: CodeType, *arguments: object, **keywords: object) -> object:
        return compiler(original_code(code), *arguments, **keywords)

    return compile_code
