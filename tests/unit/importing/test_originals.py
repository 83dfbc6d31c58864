"""Each function's code leads back to what the interpreter's compiler made."""

from __future__ import annotations

import marshal

from hitsave_trace import names
from hitsave_trace.names import ModuleInfo, keep_originals, original_code
from hitsave_trace.probes.rewrite import rewrite
from hitsave_trace.probes.template import load

SOURCE = """
def one(x):
    def inner(y):
        return [z + x for z in y if (lambda q: q)(z)]
    return inner

class Two:
    LIMIT = 3
    def method(self):
        return {k: v for k, v in self.items()}
    one = method
    def method(self):
        return super().method() + 1

twice = lambda: 1, lambda: 2
"""


def nested(code):
    found = [code]
    for item in code.co_consts:
        if type(item) is type(code):
            found += nested(item)
    return found


def test_all_functions_lead_to_their_originals():
    original = compile(SOURCE, "originals.py", "exec")
    module = ModuleInfo("originals", "originals.py", "originals.py")
    dressed = load(rewrite(original, "originals"), module)
    keep_originals(dressed, original)
    pairs = list(zip(nested(dressed), nested(original), strict=True))
    assert len(pairs) > 8
    probed = [(one, other) for one, other in pairs if names.info_of(one) is not None]
    assert len(probed) > 6
    for one, other in probed:
        assert original_code(one) is other
        assert marshal.dumps(original_code(one)) == marshal.dumps(other)
    assert original_code(original) is original
