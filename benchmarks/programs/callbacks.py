"""Small functions that are called from C: as keys, by map and filter, by reduce."""

from functools import reduce

ROUNDS = 900

ROWS = [(i * 7919 % 3001, str(i)) for i in range(3000)]


def weight(row):
    return row[0], len(row[1])


def heavy(row):
    return row[0] > 100


def add(total, row):
    return total + row[0]


def work(n):
    ordered = sorted(ROWS, key=weight)
    kept = list(filter(heavy, ordered))
    return reduce(add, kept, n) + sum(map(lambda row: len(row[1]), kept))
