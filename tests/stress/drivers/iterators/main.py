"""What can be done with a list of readings."""
import more_itertools as mi
from readings import READINGS, gaps, smooth


def groups(values):
    return [list(group) for group in mi.consecutive_groups(values)], list(mi.run_length.encode("aaabbc"))


def parts(values):
    return (list(mi.chunked(values, 4)), [list(p) for p in mi.divide(3, values)], list(mi.split_at(values, lambda v: v == 0)),
            list(mi.split_when(values, lambda a, b: b < a)))


def windows(values):
    return list(mi.windowed(values, 3, step=2)), list(mi.stagger(values[:4])), list(mi.pairwise(values[:3]))


def chosen(values):
    return mi.first_true(values, pred=lambda v: v > 5), mi.nth_or_last(values, 100), list(mi.locate(values, lambda v: v % 2)), mi.minmax(values)


def peek(values):
    it = mi.peekable(values)
    found = [it.peek(), next(it), it[1]]
    it.prepend(99)
    return found + list(it)


def seek(values):
    it = mi.seekable(iter(values))
    first = mi.take(3, it)
    it.seek(1)
    return first, list(it)


def combined():
    return (list(mi.distinct_permutations("aab")), list(mi.set_partitions([1, 2, 3], 2)), list(mi.powerset([1, 2, 3])),
            [list(x) for x in mi.partitions("abc")], list(mi.interleave_longest([1, 2], [3])))


def buckets(values):
    bucket = mi.bucket(values, key=lambda v: v % 3)
    return {key: list(bucket[key]) for key in sorted(bucket)}, mi.map_reduce(values, lambda v: v > 4, reducefunc=sum)


values = list(READINGS)
print(groups(sorted(set(values))))
print(parts(values))
print(windows(values))
print(chosen(values))
print(peek(values))
print(seek(values))
print(combined())
print(buckets(values))
print(gaps(values), smooth(values))
print(list(mi.collapse([1, [2, [3, "four"]]])), list(mi.flatten([[1], [2]])), list(mi.sort_together([(3, 1, 2), "cab"])))
try:
    print(mi.one([]), mi.only([1]))
except ValueError as error:
    print("refused:", error)
print(list(mi.numeric_range(1, 4, 0.5)), mi.ilen(range(7)), list(mi.difference([1, 3, 7])), list(mi.substrings("abc")))
