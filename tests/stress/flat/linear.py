import numpy as np
from numpy.linalg import eigh, norm, solve

np.set_printoptions(precision=4, suppress=True)
rng = np.random.RandomState(0)
A = rng.rand(5, 5)
S = A + A.T
w, V = eigh(S)
print(w)
v = np.ones(5)
for i in range(200):
    u = S @ v
    u /= norm(u)
    if norm(u - v) < 1e-10:
        print("after", i > 3)
        break
    v = u
print(v @ S @ v, abs(v), v is u)
b = rng.rand(5)
x = solve(A, b)
print(norm(A @ x - b) < 1e-9, x)
u[:] = 0
print(v.sum(), S.trace())
grid = np.zeros((12, 12))
grid[0] = 1
edge = grid[0]
for step in range(40):
    new = grid.copy()
    new[1:-1, 1:-1] = 0.25 * (grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:])
    change = abs(new - grid).max()
    grid = new
    if step % 10 == 0:
        print(step, change)
edge[:] = 5
print(grid[:3, 6], edge[0], grid[0, 0])
life = np.zeros((8, 8), int)
life[1, 2] = life[2, 3] = life[3, 1] = life[3, 2] = life[3, 3] = 1
generations = [life]
while len(generations) < 6:
    n = sum(np.roll(np.roll(life, i, 0), j, 1) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))
    life = ((n == 3) | ((life == 1) & (n == 2))).astype(int)
    generations.append(life)
print(generations[-1][2:6, 2:6], generations[0].sum())
basis = []
for column in A.T:
    rest = column
    for q in basis:
        rest = rest - (q @ column) * q
    basis.append(rest / norm(rest))
Q = np.array(basis)
basis[0][0] = 100
print((Q @ Q.T).round(6), Q[0, 0] < 2)
poly = np.poly1d([1, -6, 11, -6])
print(sorted(poly.roots.round(6)), poly(2), np.trapezoid([1, 2, 3]) if hasattr(np, "trapezoid") else 4.0)
