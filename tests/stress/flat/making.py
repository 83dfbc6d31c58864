import enum
import functools
import operator
import types
from collections import namedtuple
from dataclasses import make_dataclass

Point = namedtuple("Point", "x y")
corner = Point(1, 2)
points = [corner._replace(x=i) for i in range(4)]
print(points[2], isinstance(points[0], Point), type(points[0]) is Point)
Color = enum.Enum("Color", ["RED", "BLUE"])
seen = {Color.RED: 1}
seen[Color(2)] = 2
print(seen, Color.RED is Color(1), Color["BLUE"] in seen)
Box = make_dataclass("Box", [("w", int), ("h", int, 2)])
boxes = [Box(i) for i in range(3)]
boxes[0].w = 9
print(boxes, boxes[1] == Box(1))
Tiny = type("Tiny", (), {"kind": "tiny", "items": []})
tiny = Tiny()
tiny.items.append(tiny.kind)
print(Tiny.items, vars(tiny), Tiny.__name__)
adders = [lambda v, k=k: v + k for k in range(3)]
late = [lambda v: v + k for k in range(3)]
k = 100
print([a(1) for a in adders], [a(1) for a in late])
add = functools.partial(operator.add, 10)
table = {"add": add, "get": operator.itemgetter(1), "up": str.upper}
print(table["add"](5), table["get"]("xyz"), table["up"]("q"))
add = functools.partial(add, 1)
print(add(), table["add"](1))
space = types.SimpleNamespace(a=1, b=[2])
other = space
other.b.append(3)
space.c = other.b
print(space, vars(other)["c"] is space.b)


class Stack(list):
    limit = 3
    made = []

    def __new__(cls, *args):
        self = super().__new__(cls)
        cls.made.append(len(cls.made))
        return self

    def push(self, item):
        if len(self) >= self.limit:
            self.pop(0)
        self.append(item)
        return self


stack = Stack()
for n in range(5):
    stack.push(n)
print(stack, Stack.made, len(Stack("ab")))
stack.limit = 10
stack.push("more").extra = {"of": stack}
print(stack, stack.extra["of"] is stack, Stack.limit)
Stack.push = lambda self, item: self.extend([item, item])
stack.push("twice")
Stack.limit = 0
print(stack, Stack().limit, Stack.made)


class Meter:
    def __init__(self):
        self.readings = {}

    def __getitem__(self, key):
        return self.readings.setdefault(key, len(self.readings))

    def __call__(self, *keys):
        return [self[key] for key in keys]

    def __iadd__(self, other):
        self.readings.update(other)
        return self

    def __len__(self):
        return sum(self.readings.values())


meter = Meter()
print(meter("a", "b", "a"), meter["c"])
twin = meter
meter += {"z": 40}
read = [meter[name] for name in "abz"]
print(read, len(twin), twin is meter, bool(Meter()))
method = meter.__getitem__
meter.readings.clear()
print(method("new"), twin.readings, functools.reduce(operator.mul, [1, 2, 3]))
