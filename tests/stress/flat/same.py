from math import nan

big = int("1000")
text = "".join(["ab", "cd"])
values = [nan, 1.5, big]
print(nan in values, values.index(nan), values.count(nan))
copy = list(values)
other = [-nan, 1.5, big]
print(copy == values, other == values, copy[2] is big)
same = text
again = text + ""
print(same is text, again is text, again == text)
pair = (values, copy)
table = {nan: "nan", big: "big", text: values}
print(table.get(nan), table.get(-nan), table[text] is values)
number = big
number += 0
print(number is big, number == big)
keys = set(table)
keys.discard(nan)
print(len(keys), nan in table)
one, two = object(), object()
marks = {one: "one", two: "two"}
default = one
found = [marks[m] for m in (one, two, default)]
print(found, default is one, two in marks)
frozen = frozenset([1, 2])
both = [frozen, frozen]
print(both[0] is both[1], both[0] is frozen)
t = (1, [2])
u = t
u[1].append(3)
v = (*t,)
print(t, u is t, v is t, v[1] is t[1])
none = None
missing = values.append(4)
print(none is missing, values[-1], pair[0][-1])
words = "x y x z x".split()
firsts = {}
for w in words:
    firsts.setdefault(w, w)
print(firsts["x"] is words[0], firsts["x"] is words[2], [w is firsts[w] for w in words])
byte = bytes([1, 2, 3])
part = byte[:]
print(part is byte, memoryview(byte)[1])
r = range(3)
q = r
print(q is r, list(q), slice(1, 2) == slice(1, 2))
x = 5.5
y = x
z = float(str(x))
print(y is x, z is x, [x].index(y), {x: 1}[z])
import math

nans = [math.nan, math.inf - math.inf]
print(math.nan in nans, nans[1] in nans, max([1, *nans[:1]]) is nans[0])
