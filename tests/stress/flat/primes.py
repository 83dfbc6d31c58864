import json
import math
import statistics
from fractions import Fraction

limit = 400
sieve = bytearray([1]) * limit
sieve[:2] = b"\0\0"
for n in range(2, int(limit**0.5) + 1):
    if sieve[n]:
        sieve[n * n :: n] = bytes(len(sieve[n * n :: n]))
primes = [n for n, flag in enumerate(sieve) if flag]
view = memoryview(sieve)
print(len(primes), primes[-5:], sum(view))
view[4] = 1
print(sieve[4], sum(sieve))
gaps = [b - a for a, b in zip(primes, primes[1:])]
print(statistics.mean(gaps), statistics.median(gaps), statistics.mode(gaps), round(statistics.stdev(gaps), 6))
factors = {}
for n in range(2, 60):
    rest, found = n, []
    for p in primes:
        while rest % p == 0:
            rest //= p
            found.append(p)
        if rest == 1:
            break
    factors[n] = found
print(factors[48], factors[59], rest, found is factors[59])
found.append("end")
harmonic = Fraction(0)
partial = []
for n in range(1, 12):
    harmonic += Fraction(1, n)
    partial.append(harmonic)
print(harmonic, float(partial[3]))
collatz = {1: 1}
for n in range(2, 100):
    path, m = [], n
    while m not in collatz:
        path.append(m)
        m = m // 2 if m % 2 == 0 else 3 * m + 1
    length = collatz[m]
    for m in reversed(path):
        length += 1
        collatz[m] = length
longest = max(range(1, 100), key=collatz.get)
print(longest, collatz[longest], len(collatz))
pi = 0.0
for k in range(200):
    pi += (-1) ** k * 4 / (2 * k + 1)
    if abs(pi - math.pi) < 0.01:
        print(f"{k=} {pi=:.6f}")
        break
else:
    print("no luck", pi)
fib = [1, 1]
while fib[-1] < 10**6:
    fib.append(fib[-1] + fib[-2])
quot = [round(b / a, 5) for a, b in zip(fib, fib[1:])]
with open("primes.json", "w") as out:
    json.dump({"primes": primes[:10], "factors": {str(k): v for k, v in factors.items() if k > 55}, "q": quot[-1]}, out)
print(open("primes.json").read())
