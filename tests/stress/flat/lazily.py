import itertools

numbers = (n * n for n in range(20))
head = [next(numbers), next(numbers)]
print(head, sum(itertools.islice(numbers, 3)))


def counter(start, log):
    while True:
        got = yield start
        log.append((start, got))
        start += got or 1


heard = []
steps = counter(10, heard)
print(next(steps), steps.send(5), next(steps))
total = 0
for n in numbers:
    total += n
    if total > 300:
        break
print(total, heard)
left = list(numbers)
print(left, list(numbers))
it = iter("abcdefghij")
pairs = list(zip(it, it))
print(pairs)
source = [3, 1, 2]
doubled = map(lambda v: v * 2, source)
source.append(10)
print(list(doubled), list(doubled))
one, two = itertools.tee(x for x in range(5))
print(list(one), next(two))
steps.send(100)
print(next(two), heard[-1])
chained = itertools.chain([1, 2], (v for v in source if v > 1))
source.remove(2)
print(next(chained), list(chained))
evens = filter(lambda v: v % 2 == 0, source)
for v in evens:
    source[0] = v
print(source, v)
cycle = itertools.cycle("xyz")
marks = "".join(next(cycle) for _ in range(7))
print(marks, next(cycle))
rev = reversed(source)
print(next(rev), sorted(rev))
acc = list(itertools.accumulate(source, lambda x, y: x * y))
steps.close()
try:
    next(steps)
except StopIteration as stop:
    print("closed", stop.value)
windows = []
ring = []
for n in itertools.count(1):
    ring.append(n)
    if len(ring) > 3:
        ring.pop(0)
        windows.append(ring)
    if n == 6:
        break
print(acc, windows, ring is windows[0])
