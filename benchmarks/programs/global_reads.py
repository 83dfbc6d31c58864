"""Loops that read global constants and call through global names."""

ROUNDS = 900

SCALE = 3
OFFSET = 7
LIMITS = {"low": 10, "high": 20_000}
BIAS = 0.5


def clip(x):
    return LIMITS["low"] if x < LIMITS["low"] else x


def work(n):
    total = BIAS + n
    for i in range(9000):
        total += clip(i * SCALE + OFFSET)
        if total > LIMITS["high"]:
            total -= LIMITS["high"]
    return total
