import random

total = 0
for i in range(3):
    for j in range(3):
        if j == 2:
            continue
        if i + j == 3:
            break
        total += i * j
    else:
        total += 100
print(total, i, j)
random.seed(1)
cells = [[random.random() < 0.4 for _ in range(6)] for _ in range(4)]
neighbours = [[0] * 6 for _ in range(4)]
for y, row in enumerate(cells):
    for x, cell in enumerate(row):
        if not cell:
            continue
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                if (dy or dx) and 0 <= y + dy < 4 and 0 <= x + dx < 6:
                    neighbours[y + dy][x + dx] += 1
print(neighbours, row is cells[-1], cell)
row[0] = "changed"
print(cells[3][0], random.random())
queue = [1]
for item in queue:
    if item < 40:
        queue.extend([item * 2, item * 3])
    if len(queue) > 30:
        del queue[10:]
print(queue, item)
d = {"a": 1}
while len(d) < 5:
    key, value = list(d.items())[-1]
    d[chr(ord(key) + 1)] = value * 2
    if value > 4:
        d.pop("a", None)
print(d, key, value)
n, steps = 27, []
while n != 1:
    n = n // 2 if n % 2 == 0 else 3 * n + 1
    steps.append(n)
    if len(steps) % 50 == 0:
        print("still", n)
else:
    print("done", len(steps), max(steps))
hits = misses = 0
for _ in range(200):
    x, y = random.random(), random.random()
    if x * x + y * y < 1:
        hits += 1
    else:
        misses += 1
print(hits, misses, round(x, 6))
balance, months = 1000.0, 0
history = {}
while balance > 0 and months < 240:
    interest = balance * 0.01
    balance += interest - 50
    months += 1
    if months % 6 == 0:
        history[months] = round(balance, 2)
print(months, f"{balance:.2f}", history)
seq = [3, 1, 2]
for k in range(len(seq)):
    for m in range(len(seq) - 1 - k):
        if seq[m] > seq[m + 1]:
            seq[m], seq[m + 1] = seq[m + 1], seq[m]
print(seq, k, m)
words = {}
for line in ["the cat", "the dog", "a cat"]:
    for w in line.split():
        words.setdefault(w, []).append(line)
for w in list(words):
    if len(words[w]) == 1:
        del words[w]
print(words, line, w)
a = b = 0
for a in range(5):
    for b in range(a):
        if a * b == 6:
            break
    else:
        continue
    break
print(a, b, random.choice("abc"))
(first, *_), last = [random.sample(range(20), 4), None]
for last in _:
    first -= last
print(first, last, _)
