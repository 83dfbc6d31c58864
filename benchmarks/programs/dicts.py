"""Counting and grouping with dictionaries and sets."""

ROUNDS = 1440

WORDS = [f"w{i * 7919 % 613}" for i in range(6000)]


def key_of(word):
    return word[-1]


def work(n):
    counts = {}
    groups = {}
    for word in WORDS:
        counts[word] = counts.get(word, 0) + 1
        groups.setdefault(key_of(word), set()).add(word)
    return sum(counts.values()) + len(groups) + n
