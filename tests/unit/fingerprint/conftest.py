"""User code for the tests: modules whose functions count as probed, as after the import hook."""

from __future__ import annotations

import sys
import types

import pytest

from hitsave_trace import names
from hitsave_trace.fingerprint.code import fingerprint_code


@pytest.fixture
def load():
    """Make a module of user code from source; a second module of one name replaces the first, as an edit would."""
    loaded = []

    def load_module(source, name="study", probes=True):
        module = types.ModuleType(name)
        module.__file__ = f"/project/{name}.py"
        info = names.ModuleInfo(name, module.__file__, f"{name}.py")
        code = compile(source, module.__file__, "exec")
        sys.modules[name] = module
        loaded.append(name)
        if probes:
            names.user_modules[name] = info
            waiting = [code]
            seen = {}
            while waiting:
                one = waiting.pop(0)
                if one.co_name != "<module>":
                    count = seen[one.co_qualname] = seen.get(one.co_qualname, 0) + 1
                    suffix = f"#{count}" if count > 1 else ""
                    names.register(
                        names.CodeInfo(info, f"{name}:{one.co_qualname}{suffix}", fingerprint_code(one)), one
                    )
                waiting.extend(item for item in one.co_consts if isinstance(item, types.CodeType))
        exec(code, module.__dict__)
        return module

    yield load_module
    for name in loaded:
        sys.modules.pop(name, None)
        info = names.user_modules.pop(name, None)
        if info is not None:
            for code_info in info.codes:
                names.code_infos.pop(id(code_info.code), None)
                names.by_name.pop(code_info.name, None)
