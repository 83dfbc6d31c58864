"""Words counted, grouped and joined, without a loop."""
import operator

import toolz
from toolz import curried
from words import WORDS, clean, longer_than


def frequencies(words):
    return sorted(toolz.frequencies(words).items(), key=lambda item: (-item[1], item[0]))


def grouped(words):
    return toolz.valmap(len, toolz.groupby(len, words))


def piped(words):
    return toolz.pipe(words, curried.map(clean), curried.filter(longer_than(3)), curried.unique, sorted)


def windows(words, n):
    return list(map("-".join, toolz.sliding_window(n, words)))


def joined():
    people = [(1, "Ann"), (2, "Bob"), (3, "Cy")]
    pets = [("cat", 1), ("dog", 2), ("hen", 1)]
    return sorted(toolz.join(0, people, 1, pets))


def folded(words):
    return toolz.reduceby(lambda word: word[0], lambda total, word: total + len(word), words, 0)


def nested():
    data = {"a": {"b": {"c": 1}}, "d": [1, 2, {"e": 3}]}
    return toolz.get_in(["d", 2, "e"], data), toolz.assoc_in(data, ["a", "b", "x"], 9), toolz.update_in(data, ["a", "b", "c"], lambda v: v + 1)


@toolz.memoize
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


print(frequencies(map(clean, WORDS)))
print(grouped(WORDS))
print(piped(WORDS))
print(windows(WORDS[:6], 2), windows(WORDS[:5], 3))
print(joined())
print(folded(WORDS))
print(nested())
print(fibonacci(30), toolz.compose(str, operator.neg)(5))
print(toolz.merge_with(sum, {"a": 1, "b": 2}, {"a": 3}), list(toolz.interleave([[1, 2], [3, 4]])))
print(list(toolz.partition_all(4, WORDS)), toolz.juxt(min, max, len)(WORDS))
print(list(toolz.accumulate(operator.add, range(6))), toolz.countby(str.isupper, "AbCd"), list(toolz.topk(3, [4, 9, 1, 7])))
try:
    toolz.excepts(KeyError, lambda x: {}[x], lambda e: print("caught", e))(3)
except TypeError as error:
    print(error)
