import atexit
import builtins
import contextlib
import io
import json
import sys

order = []
atexit.register(print, "bye", order)
for n in range(2):
    atexit.register(lambda n=n: print("leaving", n))
print("begun")
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    for n in range(3):
        print("hidden", n)
print(repr(buffer.getvalue()))
out = sys.stdout
sys.stdout = buffer
print("also hidden")
sys.stdout = out
print(buffer.getvalue().count("hidden"))
plain_print = print
loud = lambda *a, **k: plain_print(*[str(x).upper() for x in a], **k)
print = loud
for word in ["quiet", "words"]:
    print(word, len(word))
del print
print("normal again")
builtins.shared = [1]
shared.append(2)
print(shared, sorted(shared, reverse=True))
globals()["made"] = {"n": 1}
made["n"] += 1
exec("extra = [made['n']] * 2")
extra.append(eval("made['n'] + len(extra)"))
print(made, extra, "extra" in vars())
module = sys.modules[__name__]
setattr(module, "late", extra)
late.append("late")
print(extra, module.late is extra, __name__)
encoder = json.JSONEncoder.default
json.JSONEncoder.default = lambda self, o: sorted(o)
text = json.dumps({"set": {3, 1, 2}})
json.JSONEncoder.default = encoder
try:
    json.dumps({1, 2})
except TypeError as error:
    print(text, error)
sys.stdout.write("no newline")
sys.stdout.write("\n")
print("a", "b", sep="", end="!\n", flush=True)
print("to stderr", file=sys.stderr)
with contextlib.suppress(KeyError), contextlib.ExitStack() as stack:
    stack.callback(order.append, "callback")
    order.append({}["nothing"])
print(order)
sys.excepthook = lambda kind, value, trace: plain_print("hooked", kind.__name__, value)
old_len = len
builtins.size = lambda x: old_len(x) + 1
sizes = [size(s) for s in ("", "ab")]
del builtins.size
print(sizes, len("ab"))
order.extend(["end", __file__.endswith("hooks.py"), __doc__])
__doc__ = "changed"
print(order, __doc__)
if len(order) > 3:
    raise RuntimeError(f"at the end {order[-2]}")
