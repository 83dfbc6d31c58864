import math
import random
import sys

POINTS = 60
K = 3
history = []


def distance(a, b):
    return math.hypot(a[0] - b[0], a[1] - b[1])


def assign(points, centres):
    groups = [[] for _ in centres]
    for point in points:
        best = min(range(len(centres)), key=lambda i: distance(point, centres[i]))
        groups[best].append(point)
    return groups


def main(argv):
    random.seed(int(argv[1]) if len(argv) > 1 else 3)
    points = [(random.gauss(5 * (i % 3), 1), random.gauss(-3 * (i % 2), 1)) for i in range(POINTS)]
    centres = random.sample(points, K)
    for turn in range(20):
        groups = assign(points, centres)
        new = [
            (sum(p[0] for p in g) / len(g), sum(p[1] for p in g) / len(g)) if g else c for g, c in zip(groups, centres)
        ]
        moved = sum(distance(a, b) for a, b in zip(new, centres))
        history.append(moved)
        print(f"turn {turn}: {moved:.4f}")
        if moved < 1e-6:
            break
        centres = new
    else:
        print("did not settle")
    return groups, centres


groups, centres = main(sys.argv)
print([len(g) for g in groups], [tuple(round(v, 3) for v in c) for c in centres])
history.sort()
print(len(history), round(history[-1], 4))
groups[0].clear()
again, _ = main(["x", "8"])
print([len(g) for g in again], len(history), random.randrange(1000))
POINTS = 12
small, centres = main(["x", "1"])
print(sum(map(len, small)), round(centres[0][0], 5), [len(g) for g in groups])
if __name__ == "__main__":
    K = 2
    last = main(["x", 5])
    print(len(last[1]), history[0] == min(history))
