"""Exceptions that are raised, passed on and handled."""

ROUNDS = 1320


class Odd(Exception):
    pass


def half(n):
    if n & 1:
        raise Odd(n)
    return n // 2


def guarded(n):
    try:
        return half(n)
    finally:
        n += 1


def work(n):
    odd, total = 0, n
    for i in range(3000):
        try:
            total += guarded(i)
        except Odd:
            odd += 1
    return total - odd
