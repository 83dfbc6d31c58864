"""Flat programs that change things in place, share them and hold on to them: edited before, between and after.

Each program has three parts: what stands before a slow statement, the statement, and what looks at everything afterwards. They
are modules of one script, so that one run tries all of them. `BEFORE`, `BETWEEN` and `AFTER` are numbers that an edit changes;
`wait()` makes a statement slow.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.harness.runs import Pair

PROGRAMS = {
    "alias": ("a = [BEFORE]\nb = a", "b = b + [BETWEEN, wait()]", "a.append(AFTER); print(a, b, a is b)"),
    "alias_kept": ("a = [BEFORE]", "b = a if not wait() else [BETWEEN]", "b.append(AFTER); print(a, b, a is b)"),
    "twice": ("n = BEFORE", "a = b = [n + BETWEEN, wait()]", "a.append(AFTER); print(a, b, a is b)"),
    "appended": ("a = [BEFORE]\nb = a", "a.append(BETWEEN + wait())", "b.append(AFTER); print(a, b, a is b)"),
    "augmented": ("a = [BEFORE]\nb = a", "a += [BETWEEN, wait()]", "b.append(AFTER); print(a, b, a is b)"),
    "augmented_number": ("a = BEFORE\nb = a", "a += BETWEEN + wait()", "print(a, b, AFTER)"),
    "sorted_in_place": ("a = [3, BEFORE, 7]\nb = (a,)", "a.sort(key=lambda v: wait() or v * -BETWEEN)", "print(a, b, AFTER)"),
    "item": ("d = {'k': [BEFORE]}\ne = d['k']", "d['n'] = BETWEEN + wait()", "e.append(AFTER); print(d, e)"),
    "item_taken": ("d = {'k': [BEFORE]}", "e = d['k'] if wait() == 0 else [BETWEEN]", "e.append(AFTER); print(d, e)"),
    "shared_inside": ("x = [BEFORE]\na = [x]", "b = [x, BETWEEN, wait()]", "x.append(AFTER); print(a, b, a[0] is b[0])"),
    "shared_new": ("n = BEFORE", "x = [n + wait()]; y = {'x': x, 'k': BETWEEN}; y['y'] = x",
                   "y['x'].append(AFTER); print(y, y['x'] is y['y'])"),
    "self_referring": ("n = BEFORE", "a = [wait(), BETWEEN, n]", "a.append(a); print(len(a), a[3] is a, AFTER)"),
    "view": ("import numpy as np\na = np.arange(6) * BEFORE", "b = a[::2] if not wait() else a * BETWEEN",
             "b[0] = AFTER + 50; print(a, b, np.shares_memory(a, b))"),
    "view_inside": ("import numpy as np\na = np.arange(6) * BEFORE", "b = [a.reshape(2, 3), wait(), BETWEEN]",
                    "b[0][0, 0] = AFTER + 50; print(a, b)"),
    "array_in_place": ("import numpy as np\na = np.arange(6) * BEFORE\nb = a[1:3]", "a *= BETWEEN + wait()",
                       "b[0] = AFTER + 50; print(a, b)"),
    "array_new": ("import numpy as np\na = np.arange(6) * BEFORE\nb = a", "a = a * BETWEEN + wait()",
                  "b[0] = AFTER + 50; print(a, b)"),
    "array_twice": ("import numpy as np\nn = BEFORE", "a = np.arange(6) * (n + wait()); b = a[1:4]; c = a.T",
                    "b[0] = AFTER + 50; a[0] = 9; print(a, b, c)"),
    "frame_column": ("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, BEFORE]})", "s = df['a'] + BETWEEN + wait()",
                     "s.iloc[0] = AFTER + 50; print(df.to_dict(), s.to_list())"),
    "frame_view": ("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, BEFORE], 'b': [1., 2., 3.]})",
                   "s = df['a'] if not wait() else BETWEEN",
                   "df.loc[0, 'a'] = AFTER + 50; print(df.to_dict(), s.to_list())"),
    "frame_in_place": ("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, BEFORE]})\nsame = df",
                       "df['b'] = df['a'] * BETWEEN + wait()", "same.loc[0, 'a'] = AFTER + 50; print(df.to_dict(), same is df)"),
    "frame_rebound": ("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, BEFORE]})\nsame = df",
                      "df = df.assign(b=BETWEEN + wait())", "same.loc[0, 'a'] = AFTER + 50; print(df.to_dict(), same is df)"),
    "frame_dropped": ("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, BEFORE]})\nsame = df",
                      "df.drop(index=wait() or BETWEEN - BETWEEN, inplace=True)", "print(df.to_dict(), same is df, AFTER)"),
    "frame_of_array": ("import numpy as np, pandas as pd\na = np.ones((2, 2)) * BEFORE",
                       "b = pd.DataFrame(a, copy=False) if not wait() else BETWEEN", "a[0, 0] = AFTER + 50; print(b.iloc[0, 0])"),
    "frame_and_array_new": ("import numpy as np, pandas as pd\nn = BEFORE",
                            "for i in range(1): a = np.ones((2, 2)) * n * BETWEEN; b = pd.DataFrame(a, copy=False); wait()",
                            "a[0, 0] = AFTER + 50; print(b.iloc[0, 0])"),
    "index_of_array": ("import numpy as np, pandas as pd\na = np.arange(4.) * BEFORE", "b = pd.Index(a, copy=bool(wait())), BETWEEN",
                       "a[0] = AFTER + 50; print(b)"),
    "view_or_copy": ("import numpy as np\na = np.arange(6); b = a[:] if BEFORE < 2 else a.copy()",
                     "for i in range(1): a[0] = 5 + wait(); c = b[0] + BETWEEN", "print(a, b, c, AFTER)"),
    "frame_or_copy": ("import numpy as np, pandas as pd\na = np.ones((2, 2)); b = pd.DataFrame(a, copy=BEFORE > 1)",
                      "for i in range(1): a[0] = 5 + wait(); c = b.iloc[0, 0] + BETWEEN", "print(a, b, c, AFTER)"),
    "array_of_buffer": ("import numpy as np\na = bytearray(b'abcd')", "b = np.frombuffer(a, np.uint8) if not wait() else BETWEEN",
                        "a[0] = AFTER + BEFORE; print(b)"),
    "frame_seen_by_array": ("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, BEFORE], 'b': [1., 2., 3.]}); a = df['b'].to_numpy()",
                            "df.loc[1, 'b'] = BETWEEN + 5 + wait()", "print(a, df.to_dict(), AFTER)"),
    "frame_seen_by_nothing": ("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, BEFORE], 'b': [1., 2., 3.]}); s = df['b']",
                              "df.loc[1, 'b'] = BETWEEN + 5 + wait()", "print(s.to_list(), df.to_dict(), AFTER)"),
    "closure": ("def make():\n    box = [BEFORE]\n    def get():\n        return box\n    return get\nget = make()",
                "x = [v for v in [get()] if not wait()][0]", "x.append(AFTER); print(x, get(), x is get(), BETWEEN)"),
    "closure_over_global": ("rate = BEFORE\ndef scale(v):\n    return v * rate", "y = [scale(v + wait()) for v in range(3)]",
                            "rate = AFTER; print(y, scale(BETWEEN))"),
    "loop_binds_what_is_called": ("def scale(v):\n    return v * rate", "for rate in (BEFORE, BETWEEN): y = scale(3 + wait())",
                                  "print(rate, y, scale(AFTER))"),
    "global_rebound": ("count = BEFORE\ndef step():\n    global count\n    count += BETWEEN",
                       "for _ in range(2): step(); wait()", "print(count, AFTER)"),
    "global_appended": ("log = [BEFORE]\nseen = log\ndef step(v):\n    log.append(v)",
                        "for v in range(2): step(v * BETWEEN); wait()", "print(log, seen is log, AFTER)"),
    "class_attribute": ("class C:\n    items = [BEFORE]", "x = C.items if not wait() else BETWEEN",
                        "x.append(AFTER); print(C.items, x is C.items)"),
    "class_attribute_set": ("class C:\n    n = BEFORE", "C.n = C.n + BETWEEN + wait()", "print(C.n, C().n, AFTER)"),
    "class_attribute_called": ("class C:\n    items = [BEFORE]\n    @classmethod\n    def get(cls):\n        return cls.items",
                               "x = C.get() + [] if wait() else C.get()", "x.append(AFTER); print(C.items, BETWEEN)"),
    "instance": ("class C:\n    pass\nc = C(); c.n = [BEFORE]", "x = [c, wait(), BETWEEN]", "x[0].n.append(AFTER); print(c.n)"),
    "instance_changed": ("class C:\n    pass\nc = C(); c.n = BEFORE; d = c", "c.n += BETWEEN + wait()", "print(c.n, d.n, c is d, AFTER)"),
    "default": ("def keep(v, held=[BEFORE]):\n    held.append(v)\n    return held", "x = [keep(BETWEEN), wait()]",
                "x[0].append(AFTER); print(x, keep(3))"),
    "function_attribute": ("def f():\n    f.calls += 1\n    return f.held\nf.calls = 0; f.held = [BEFORE]", "x = [f(), wait(), BETWEEN]",
                           "x[0].append(AFTER); print(f.calls, f.held)"),
    "cached": ("from functools import lru_cache\n@lru_cache\ndef get(v):\n    return [v, BEFORE]", "x = get(BETWEEN) if not wait() else 0",
               "x.append(AFTER); print(x, get(BETWEEN))"),
    "iterator": ("it = iter([BEFORE, 2, 3, 4])\nfirst = next(it)", "x = [next(it), wait(), BETWEEN]", "print(first, x, list(it), AFTER)"),
    "iterator_bound": ("a = [BEFORE, 2, 3]", "it = iter(a) if not wait() else BETWEEN", "a.append(AFTER); print(list(it))"),
    "zipped": ("a = [BEFORE, 2, 3]\nz = zip(a, a[1:])", "x = [next(z), wait() + BETWEEN]", "print(x, list(z), AFTER)"),
    "generator": ("def gen():\n    yield BEFORE\n    yield 2\n    yield 3\ng = gen(); first = next(g)", "x = [next(g), wait(), BETWEEN]",
                  "print(first, x, list(g), AFTER)"),
    "generator_bound": ("a = [BEFORE, 2]", "g = (v * BETWEEN for v in a) if not wait() else 0", "a.append(AFTER); print(list(g))"),
    "drawn": ("import random\nr = random.Random(BEFORE)", "x = [r.random() * BETWEEN, wait()]", "print(x, r.random(), AFTER)"),
    "seeded": ("import random\nrandom.seed(BEFORE)", "x = [random.random() * BETWEEN, wait()]", "print(x, random.random(), AFTER)"),
    "enumerated": ("from enum import Enum\nclass E(Enum):\n    A = [BEFORE]\n    B = 2", "x = [E.A, wait(), BETWEEN]",
                   "x[0].value.append(AFTER); print(x[0] is E.A, E.A.value)"),
    "deque": ("from collections import deque, defaultdict\nq = deque([BEFORE]); d = defaultdict(list)",
              "for i in range(2): q.append(i * BETWEEN); d[i].append(wait())", "print(q, dict(d), AFTER)"),
    "bytes_in_place": ("a = bytearray(b'abc'); m = memoryview(a); m[0] = BEFORE", "b = bytes(a) + bytes([BETWEEN, wait()])",
                       "m[1] = AFTER; print(a, b)"),
    "deleted": ("a = [BEFORE]; b = a", "del a; c = [b, wait(), BETWEEN]", "print('a' in globals(), c[0] is b, AFTER)"),
    "order_of_names": ("b = BEFORE; a = 1", "del b; c = wait(); b = BETWEEN; a = 2",
                       "print([k for k in globals() if len(k) == 1], AFTER)"),
    "module_bound": ("import math, json", "m = math if not wait() else json", "print(m is math, m.floor(AFTER), BEFORE, BETWEEN)"),
    "function_bound": ("def f(v):\n    return v + BEFORE\ndef g(v):\n    return v", "h = f if not wait() else g", "print(h is f, h(AFTER), BETWEEN)"),
    "exception_kept": ("n = BEFORE", "try:\n    wait(); raise ValueError(n)\nexcept ValueError as error:\n    kept = error.args[0] * BETWEEN",
                       "print(kept, 'error' in globals(), AFTER)"),
    "exception_raised": ("n = BEFORE", "try:\n    for i in range(9): wait() or 1 // (n - n + BETWEEN - BETWEEN)\nexcept ZeroDivisionError: n += 1",
                         "print(n, AFTER)"),
    "walrus": ("n = BEFORE", "print([y := n * BETWEEN + wait(), y + 1])", "print(y, AFTER)"),
    "match": ("n = [BEFORE, 2]", "match n + [wait()]:\n    case [a, b, c] if a < 9: r = [n, a, BETWEEN]\n    case _: r = 0",
              "r[0].append(AFTER); print(n, r, a, b, c)"),
    "with_kept": ("import io", "with io.StringIO() as file: file.write('x' * BETWEEN + str(wait())); text = file.getvalue()",
                  "print(text, file.closed, BEFORE, AFTER)"),
    "annotated": ("n = BEFORE", "x: int = n + BETWEEN + wait()", "print(x, __annotations__, AFTER)"),
    "star": ("a, *b = BEFORE, 2, 3", "c, *d = [wait(), *b, BETWEEN]", "b.append(AFTER); print(a, b, c, d)"),
    "nested_definition": ("n = BEFORE", "if not wait():\n    def f(v):\n        return v + BETWEEN + n", "print(f(AFTER))"),
    "lambda_bound": ("n = BEFORE", "f = [lambda v: v + BETWEEN + n, wait()]", "print(f[0](AFTER))"),
    "partial": ("from functools import partial\ndef f(a, v):\n    a.append(v)\n    return a\nheld = [BEFORE]",
                "p = [partial(f, held), wait(), BETWEEN]", "print(p[0](AFTER), held)"),
    "bound_method": ("class C:\n    def __init__(self): self.n = [BEFORE]\n    def get(self): return self.n\nc = C()",
                     "m = c.get if not wait() else BETWEEN", "m().append(AFTER); print(c.n)"),
    "import_inside": ("n = BEFORE", "for i in range(2):\n    import textwrap; t = textwrap.fill('a b', BETWEEN); wait()",
                      "print(t, textwrap.__name__, n, AFTER)"),
    "prints": ("n = BEFORE", "for i in range(2): print('in', i * n * BETWEEN + wait())", "print(i, AFTER)"),
    "bound_to_itself": ("a = [5]\ny = a if BEFORE < 2 else [6]", "y = a if not wait() else BETWEEN", "print(y is a, y, AFTER)"),
    "maybe_bound": ("a = [5]\nc = a\ny = a if BEFORE < 2 else [6]", "if not wait(): y = c if BETWEEN < 9 else 3", "print(y is a, y, AFTER)"),
    "maybe_not_bound": ("a = [5]\ny = a if BEFORE < 2 else [6]",
                        "for i in range(BETWEEN - BETWEEN + (wait() or 0)): y = a", "print(y is a, y, AFTER)"),
    "stays_none": ("found = None if BEFORE < 2 else 7", "for i in range(3):\n    if i + wait() > 8 + BETWEEN: found = i", "print(found, AFTER)"),
    "caught_under_a_name": ("error = 5 if BEFORE > 1 else 6\nif BEFORE < 2: del error",
                            "try:\n    wait(); raise ValueError(BETWEEN)\nexcept ValueError as error:\n    n = 1",
                            "print('error' in globals(), n, AFTER)"),
    "weak": ("import weakref\nclass C:\n    pass\nc = C(); c.n = BEFORE", "w = [weakref.ref(c), wait(), BETWEEN]", "print(w[0]() is c, AFTER)"),
    "finalised": ("class C:\n    def __init__(self, n): self.n = n\n    def __del__(self): print('gone', self.n)\nc = C(BEFORE)",
                  "for i in range(2): c = C(i + BETWEEN + wait()); print('made', c.n)", "print(c.n, AFTER)"),
}  # fmt: skip

HEAD = "from time import sleep\n"


def write(folder: Path, before: int, between: int, after: int) -> None:
    for name, parts in PROGRAMS.items():
        text = HEAD + "\n".join(parts).replace("wait()", "(sleep(0.012) or 0)") + "\n"
        for word, number in (("BEFORE", before), ("BETWEEN", between), ("AFTER", after)):
            text = text.replace(word, str(number))
        (folder / f"p_{name}.py").write_text(text)
    # Whether it pays to ask depends on how busy the machine is; here it always does.
    lines = ["import sys", "for name in ('hitsave.memo.policy', 'hitsave.memo.statements'):"]
    lines += [
        "    if name in sys.modules:",
        "        vars(sys.modules[name]).update(FREE_SECONDS=1e6, BUDGET_SECONDS=1e6)",
    ]
    lines += ["import pandas, numpy"]
    for name in PROGRAMS:
        lines += [f"print('# {name}')", f"import p_{name}"]
    (folder / "main.py").write_text("\n".join(lines) + "\n")


def by_program(text: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in text.decode().splitlines():
        if line.startswith("# "):
            name = line[2:]
        found[name] = found.get(name, "") + line + "\n"
    return found


@pytest.mark.parametrize(
    "order", ["after", "mixed", *(pytest.param(name, marks=pytest.mark.slow) for name in ("before", "between"))]
)
def test_flat_programs_are_as_in_plain_python(order: str, tmp_path: Path):
    pair = Pair(tmp_path)
    states = {
        "before": [(1, 1, 1), (1, 1, 1), (2, 1, 1), (1, 1, 1), (3, 1, 1)],
        "between": [(1, 1, 1), (1, 2, 1), (1, 2, 1), (1, 1, 1), (1, 3, 1)],
        "after": [(1, 1, 1), (1, 1, 2), (1, 1, 3), (1, 1, 1), (1, 1, 1)],
        "mixed": [(1, 1, 1), (2, 1, 2), (2, 2, 2), (1, 2, 1), (2, 2, 2)],
    }[order]
    wrong: list[str] = []
    hits = 0
    for number, state in enumerate(states):
        for folder in (pair.plain, pair.saved):
            write(folder, *state)
        plain, saved, report = pair.both(["main.py"], {"HITSAVE_STATEMENTS": "1", "HITSAVE_THRESHOLD": "0.004"})
        assert plain.status == saved.status == 0, (plain.stderr, saved.stderr)
        one, two = by_program(plain.stdout), by_program(saved.stdout)
        wrong += [
            f"{number} {state} {name}: {one.get(name)!r} became {two.get(name)!r}"
            for name in itertools.chain(one, two.keys() - one.keys())
            if one.get(name) != two.get(name)
        ]
        assert plain.stderr == saved.stderr
        hits += sum(call["verdict"] == "hit" and ":line" in call["function"] for call in report["calls"])
    assert wrong == []
    assert hits >= 40
