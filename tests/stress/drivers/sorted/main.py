"""A table of scores that stays in order."""
import operator

from scores import Scores, best
from sortedcontainers import SortedDict, SortedKeyList, SortedList, SortedSet


def filled(values, load):
    found = SortedList()
    found._reset(load)
    found.update(values)
    return found


def operations(values):
    found = filled(values, 4)
    found.discard(3)
    found.add(5)
    del found[0]
    return list(found), found.bisect_left(5), found.bisect_right(5), found.count(5), found.index(7), list(found.irange(4, 8)), found[-2:]


def keyed(words):
    found = SortedKeyList(words, key=len)
    found.add("extra")
    return list(found), list(found.irange_key(3, 4)), found.bisect_key(4), found.pop(0)


def mapping():
    d = SortedDict(operator.neg, {3: "c", 1: "a", 2: "b"})
    d.setdefault(5, "e")
    d.update({4: "d"})
    return list(d.items()), d.peekitem(0), d.popitem(), list(d.irange(4, 2)), d.index(2) if 2 in d else None, d.keys()[1:]


def sets(a, b):
    a, b = SortedSet(a), SortedSet(b)
    return a & b, a | b, a - b, a ^ b, a.isdisjoint(b), a[1], (a & b) <= a


print(operations([7, 3, 9, 1, 4, 4, 8, 2, 6]))
print(keyed("the quick brown fox jumps over".split()))
print(mapping())
print(sets([1, 2, 3, 4], [3, 4, 5]))
scores = Scores(limit=3)
for name, points in (("ann", 5), ("bob", 9), ("cy", 7), ("di", 8), ("ann", 10)):
    print(scores.put(name, points))
print(scores, best([scores, Scores(limit=1)]))
print(SortedList("hello") + SortedList("abc"), SortedList([1, 2]) * 2, repr(SortedDict(a=1)))
big = filled(range(0, 300, 3), 10)
print(len(big), big[17], big.bisect(100), sum(big.islice(10, 20)))
try:
    big.remove(1)
except ValueError as error:
    print(error)
