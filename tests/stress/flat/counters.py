calls = 0
history = []
config = {"step": 2, "limits": [0, 10]}
limits = config["limits"]


def tick(by=None, /, *names, **extra):
    global calls
    calls += by or config["step"]
    history.append((calls, names, tuple(extra)))
    return calls


def make(name, memory=[]):
    state = {"n": 0}

    def inner(k=1):
        nonlocal name
        state["n"] += k
        memory.append(name)
        name += "'"
        return state["n"]

    inner.memory = memory
    return inner


one, two = make("one"), make("two")
print(tick(), tick(5, "a", "b"), tick(*[1, "c"], **{"z": 1, "y": 2}))
config["step"] = 3
ops = {"+": lambda x, y: x + y, "-": lambda x, y: x - y, "tick": lambda x, y: tick(x) * y}
fns = [lambda v, i=i: v * i + calls for i in range(3)]
late = [lambda v: v * i for i in range(3)]
print([f(10) for f in fns], [f(10) for f in late])
print({name: op(7, 2) for name, op in ops.items()}, calls)
limits[1] = tick()
print(config, limits is config["limits"])
print(one(), one(4), two(), one.memory is two.memory, one.memory)
for i in range(3):
    if tick() > limits[1]:
        config["limits"] = [calls, *limits]
print(config, limits, i)
ops["+"] = ops["-"]
print(ops["+"](1, 2), len(history))
compose = lambda *fs: (lambda x: x if not fs else compose(*fs[1:])(fs[0](x)))
both = compose(fns[1], fns[2], lambda v: v + calls)
print(both(1))
calls = 0
print(both(1), tick(), fns[0](0))
registry = {}
register = lambda f: registry.setdefault(f.__name__, f)


@register
def area(w, h=config["step"]):
    return w * h


config["step"] = 50
print(area(2), registry["area"] is area, list(registry))
tick.seen = history
tick.seen.append("end")
print(history[-2:], make.__defaults__, calls)
