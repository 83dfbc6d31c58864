"""A petrol station, a bank and a machine shop, simulated."""
import random

import simpy
from bank import Bank
from shop import Machine, repairs

SEED = 42


class Station:
    pumps = 2
    tank = 60.0

    def __init__(self, env, generator):
        self.env = env
        self.generator = generator
        self.pump = simpy.Resource(env, capacity=self.pumps)
        self.fuel = simpy.Container(env, init=self.tank / 2, capacity=self.tank)
        self.log = []

    def car(self, name):
        arrived = self.env.now
        with self.pump.request() as turn:
            yield turn
            litres = self.generator.randint(5, 15)
            yield self.fuel.get(litres)
            yield self.env.timeout(litres / 2)
        self.log.append((name, arrived, round(self.env.now, 3), litres))

    def lorry(self, every=15):
        while True:
            yield self.env.timeout(every)
            if self.fuel.level < self.tank / 2:
                yield self.fuel.put(self.tank - self.fuel.level)
                self.log.append(("lorry", self.env.now, self.fuel.level, 0))

    def arrivals(self, number):
        for i in range(number):
            yield self.env.timeout(self.generator.expovariate(0.3))
            self.env.process(self.car(f"car {i}"))


def station(seed, number=8, until=60):
    env = simpy.Environment()
    place = Station(env, random.Random(seed))
    env.process(place.lorry())
    env.process(place.arrivals(number))
    env.run(until=until)
    return place.log


def priorities():
    env = simpy.Environment()
    seen = []
    resource = simpy.PreemptiveResource(env, capacity=1)

    def user(name, delay, priority):
        yield env.timeout(delay)
        with resource.request(priority=priority) as request:
            yield request
            seen.append((env.now, name, "has it"))
            try:
                yield env.timeout(5)
                seen.append((env.now, name, "done"))
            except simpy.Interrupt as interrupt:
                seen.append((env.now, name, "lost it", interrupt.cause.usage_since))

    for row in (("a", 0, 1), ("b", 1, 2), ("c", 2, 0), ("d", 3, 1)):
        env.process(user(*row))
    env.run()
    return seen


def conditions():
    env = simpy.Environment()
    found = []

    def waiting():
        first, second = env.timeout(3, value="three"), env.timeout(5, value="five")
        got = yield first | second
        found.append((env.now, list(got.values())))
        got = yield first & second
        found.append((env.now, list(got.values())))

    env.process(waiting())
    env.run()
    return found


def stores():
    env = simpy.Environment()
    store = simpy.FilterStore(env, capacity=3)
    found = []

    def produce():
        for i in range(6):
            yield store.put(i)
            yield env.timeout(1)

    def consume(name, test):
        for _ in range(2):
            item = yield store.get(test)
            found.append((env.now, name, item))

    env.process(produce())
    env.process(consume("even", lambda x: x % 2 == 0))
    env.process(consume("odd", lambda x: x % 2))
    env.run(until=20)
    return found


random.seed(SEED)
for row in station(SEED):
    print(*row)
print(station(7, number=3, until=25))
print(priorities())
print(conditions())
print(stores())
print(Bank(random.random()).serve(5))
print(repairs([Machine("m1", 3), Machine("m2", 4)], until=30))
print(random.random())
