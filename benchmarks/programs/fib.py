"""A function that calls itself and does next to nothing else."""

ROUNDS = 3300


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work(n):
    return fib(19) + n
