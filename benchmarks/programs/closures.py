"""Functions made by functions, and lambdas that capture variables."""

ROUNDS = 1920


def counter(step):
    count = 0

    def advance(by):
        nonlocal count
        count += step * by
        return count

    return advance


def composed(*functions):
    def apply(x):
        for function in functions:
            x = function(x)
        return x

    return apply


def work(n):
    advance = counter(3)
    for i in range(4000):
        advance(i)
    through = composed(lambda x: x + 1, lambda x: x * 2, lambda x: x - 3)
    return sum(through(i) for i in range(2000)) + advance(n)
