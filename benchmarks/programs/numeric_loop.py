"""A loop of plain arithmetic without a single call."""

ROUNDS = 1200


def work(n):
    x, total = n, 0.0
    for i in range(6000):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        total += (x >> 16) * 0.5 - i
        if total < 0:
            total = -total
    return total
