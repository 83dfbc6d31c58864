from collections import deque
from functools import lru_cache, partial, reduce

maze = """
#########
#S..#...#
#.#.#.#.#
#.#...#E#
#########
""".split()
walls = {(r, c) for r, line in enumerate(maze) for c, ch in enumerate(line) if ch == "#"}
start = end = None
for r, line in enumerate(maze):
    for c, ch in enumerate(line):
        if ch == "S":
            start = (r, c)
        elif ch == "E":
            end = (r, c)
came = {start: None}
frontier = deque([start])
while frontier:
    here = frontier.popleft()
    if here == end:
        break
    for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        there = (here[0] + dr, here[1] + dc)
        if there not in walls and there not in came:
            came[there] = here
            frontier.append(there)
path = []
while here is not None:
    path.append(here)
    here = came[here]
path.reverse()
print(len(path), path[-1] == end, here)
canvas = [list(line) for line in maze]
for r, c in path[1:-1]:
    canvas[r][c] = "*"
print("\n".join(map("".join, canvas)))
maze[0] = "?" * 9


@lru_cache(maxsize=None)
def ways(r, c):
    if (r, c) == (0, 0):
        return 1
    return sum(ways(*p) for p in ((r - 1, c), (r, c - 1)) if min(p) >= 0 and p not in blocked)


blocked = {(1, 1)}
print(ways(4, 4), ways.cache_info().misses)
blocked.add((2, 2))
print(ways(4, 4), ways.cache_info().hits)
ways.cache_clear()
print(ways(4, 4), len(blocked))
power = partial(pow, 2)
scale = partial(reduce, lambda a, b: a * 10 + b)
print([power(i) for i in range(5)], scale([1, 2, 3]))
costs = {"a": {"b": 1, "c": 5}, "b": {"c": 1}, "c": {}}
best = {node: float("inf") for node in costs}
best["a"] = 0
changed = True
rounds = 0
while changed:
    changed = False
    rounds += 1
    for u, edges in costs.items():
        for v, cost in edges.items():
            if best[u] + cost < best[v]:
                best[v] = best[u] + cost
                changed = True
print(best, rounds, u, edges is costs["c"])
