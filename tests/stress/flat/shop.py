import heapq
import random

random.seed(17)
log = []
clock = 0.0
queue = []
for number in range(25):
    arrival = round(random.uniform(0, 50), 2)
    heapq.heappush(queue, (arrival, number, "arrive"))
print(queue[0], len(queue))
servers = {"ann": None, "bob": None}
waiting = []
served = {"ann": [], "bob": []}
peek = queue
while queue:
    clock, who, what = heapq.heappop(queue)
    if what == "arrive":
        waiting.append(who)
    else:
        for name, busy in servers.items():
            if busy == who:
                servers[name] = None
                served[name].append(who)
                break
        else:
            print("lost", who)
    for name in servers:
        if servers[name] is None and waiting:
            servers[name] = waiting.pop(0)
            heapq.heappush(queue, (round(clock + random.expovariate(0.4), 2), servers[name], "leave"))
    log.append((clock, len(waiting)))
print(f"{clock:.2f}", served, peek is queue)
mean = sum(w for _, w in log) / len(log)
print(f"mean queue {mean:.3f}", max(log, key=lambda e: e[1]))
state = random.getstate()
draws = [random.randint(1, 6) for _ in range(8)]
random.setstate(state)
print(draws == [random.randint(1, 6) for _ in range(8)], draws)
other = random.Random(5)
pool = list(range(10))
other.shuffle(pool)
pick = other.sample(pool, 3)
print(pool, pick, round(random.random(), 6), round(other.random(), 6))
best = heapq.nlargest(3, log, key=lambda e: (e[1], e[0]))
log[:] = log[::5]
print(best, log)
with open("queue.log", "w") as out:
    for when, length in log:
        out.write(f"{when}\t{length}\n")
    print("end", random.random(), file=out)
print(open("queue.log").read().splitlines()[-1])
