import array
import copy
import io
import struct

import numpy as np

buf = bytearray(16)
arr = np.frombuffer(buf, dtype=np.uint8)
ints = arr.view(np.uint32)
ints[0] = 0x01020304
print(bytes(buf[:4]), arr[:4], ints)
struct.pack_into("<H", buf, 8, 513)
print(arr[8:10], ints[2])
store = array.array("d", [1, 2, 3])
seen = np.asarray(store)
store[0] = 9
print(seen, store.tolist())
base = np.arange(12).reshape(3, 4)
rows = list(base)
rows[1][0] = 70
cols = [base[:, j] for j in range(4)]
cols[0] += 1
print(base, rows[0])
block = {"all": base, "top": base[:2], "deep": copy.deepcopy(base)}
twin = copy.copy(block)
block["top"][0] = 0
print(twin["all"][0], twin["deep"][0], np.shares_memory(twin["top"], base))
cloned = copy.deepcopy(block)
cloned["all"][1] = -5
print(cloned["top"][1], base[1])
it = np.nditer(base, op_flags=["readwrite"])
for cell in it:
    cell[...] = cell % 5
print(base, rows[2])
strided = np.lib.stride_tricks.sliding_window_view(base[0], 2)
base[0, 1] = 33
print(strided.tolist(), base.T[1, 0])
masked = np.ma.masked_greater(base, 4)
base[2] = 1
print(masked.sum(), masked.data is base, masked.mask.sum())
obj = np.empty(3, dtype=object)
obj[:] = [[1], [2], None]
alias = obj[:2]
alias[0].append("x")
obj[1] = alias
print(obj[0], obj[1] is alias, alias.tolist()[0])
scalar = base[0, 0]
zero = np.array(5)
zero += 1
view0 = zero[()]
zero[...] = 8
print(scalar, zero, view0, zero.item())
stream = io.BytesIO()
np.save(stream, base)
size = stream.tell()
stream.seek(0)
back = np.load(stream)
print(size, (back == base).all(), stream.read())
big = np.zeros((50, 50))
diag = np.einsum("ii->i", big)
diag[:] = 3
tri = np.triu(big)
big.flat[1] = 4
print(big.trace(), tri.sum(), np.shares_memory(diag, big), big[0, 1])
left, right = np.split(base, 2, axis=1)
left[:] = right
base = base + 0
right[:] = 9
print(base, left[0])
swap = np.array([1, 2])
swap[0], swap[1] = swap[1], swap[0]
a, b = swap
swap[:] = 0
print(a, b, swap.byteswap(inplace=True) is swap)
