"""Decorated functions, keyword arguments, defaults and star arguments."""

from functools import wraps

ROUNDS = 1320


def checked(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        if result is None:
            raise ValueError(function.__name__)
        return result

    return wrapper


@checked
def area(width, height=2, *, scale=1, **_):
    return width * height * scale


def work(n):
    total = n
    for i in range(1200):
        total += area(i) + area(i, 3, scale=2) + area(i, scale=1, unused=None)
    return total
