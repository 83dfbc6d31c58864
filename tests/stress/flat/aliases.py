a = [1, 2, 3]
b = a
c = a[:]
d = {"a": a, "c": c}
b.append(4)
c += [9]
d["a"] += [5]
print(a, b, c, d, a is d["a"])
grid = [[0] * 3] * 2
grid[0][1] = 7
print(grid, grid[0] is grid[1])
grid = [row[:] for row in grid]
grid[0][0] = 1
print(grid)
matrix = [list(range(i, i + 4)) for i in range(0, 12, 4)]
turned = list(zip(*matrix))
matrix[0][0] = 100
diagonal = [matrix[i][i] for i in range(3)]
for row in matrix:
    row.reverse()
print(matrix, turned, diagonal)
shared = {"x": []}
copies = [dict(shared) for _ in range(3)]
copies[1]["x"].append("in all")
copies[2]["x"] = ["own"]
print(shared, copies)
x = y = []
x.append(1)
y = y + [2]
print(x, y)
first, *rest = a
rest[0] = "r"
(p, q), r = (first, rest), a
q.append(r)
print(first, rest, r, p)
s = {1, 2, 3}
t = s
t |= {4}
s = s - {1}
print(s, t)
knot = []
knot.append(knot)
knot.append(a)
a.insert(0, "front")
print(len(knot), knot[0] is knot, knot[1][0])
names = dict.fromkeys("pqr", [])
names["p"].append(0)
names["q"] = names["p"] + [1]
del names["r"]
print(names)
words = ["x", "y", "z"]
for word in words:
    if word == "y":
        words.remove(word)
print(words, word)
lookup = {}
for i, item in enumerate([a, b, c, x, y, a]):
    lookup.setdefault(id(item), []).append(i)
print(list(lookup.values()))
a = a[1:]
print(b[0], a[0], d["a"][0])
