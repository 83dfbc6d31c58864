"""Generators that feed each other."""

ROUNDS = 1920


def numbers(n):
    yield from range(n)


def squares(source):
    for x in source:
        yield x * x


def odd(source):
    for x in source:
        if x & 1:
            yield x


def work(n):
    return sum(x for x in odd(squares(numbers(8000)))) + n
