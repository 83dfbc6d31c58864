"""Coroutines that await each other and take turns."""

import asyncio

ROUNDS = 360


async def leaf(x):
    return x + 1


async def step(x):
    return await leaf(x) * 2


async def worker(n):
    total = 0
    for i in range(n):
        total += await step(i)
        if i % 50 == 0:
            await asyncio.sleep(0)
    return total


async def together():
    return sum(await asyncio.gather(*(worker(400) for _ in range(20))))


def work(n):
    return asyncio.run(together()) + n
