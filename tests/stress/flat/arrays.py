import numpy as np

a = np.arange(24).reshape(4, 6)
b = a[1:3]
c = a.T
d = a.copy()
b *= 10
print(a.sum(), c[0], d[1])
row = a[0]
row[:] = -1
a[a > 100] = 0
print(a, b.base is a.base, np.shares_memory(row, c))
mask = (a % 2 == 0) & (a > 0)
picked = a[mask]
picked += 1
print(picked, mask.sum(), a[mask][:3])
a[mask] += 5
flat = a.ravel()
flat[0] = 77
copy = a.flatten()
copy[1] = 88
print(a[0, :2], flat.base is not None)
even, odd = a[:, ::2], a[:, 1::2]
even -= odd
print(a[2], odd[2])
a = a.astype(float)
a /= a.max()
print(a.round(3)[1], b[0])
columns = [c[i] for i in range(3)]
columns[0][0] = 1234
print(d[0, 0], b[0, 0], flat[0], columns[0])
stack = np.stack([b, b + 1])
stack[0] = 0
print(stack.shape, b[0], stack[1, 0])
total = np.zeros(6)
for r in d:
    total += r
    r[0] = 0
print(total, d[:, 0])
out = np.empty_like(total)
np.multiply(total, 2, out=out)
same = np.asarray(out)
same[-1] = 5
print(out, same is out)
idx = np.argsort(-total)
total.sort()
print(idx, total, np.where(total > 70, total, -1))
big = np.broadcast_to(total, (3, 6))
total[0] = 9
print(big[2, 0], big.strides)
rec = np.zeros(3, dtype=[("x", int), ("y", float)])
xs = rec["x"]
xs[:] = [3, 1, 2]
rec["y"] = xs * 0.5
rec.sort(order="x")
print(rec, xs)
np.save("total.npy", total)
np.savetxt("d.csv", d, delimiter=",", fmt="%d")
print(np.load("total.npy").sum(), np.loadtxt("d.csv", delimiter=",").sum())
