"""Comprehensions of all kinds, nested in each other."""

ROUNDS = 3000


def row(n, width):
    return [n * i % 17 for i in range(width)]


def work(n):
    matrix = [row(n, 40) for n in range(120)]
    turned = [[line[i] for line in matrix] for i in range(40)]
    sums = {i: sum(x for x in line if x & 1) for i, line in enumerate(turned)}
    return len({value for value in sums.values()}) + n
