import random

import simpy

PATIENCE = 1, 3


class Bank:
    counters = 1

    def __init__(self, start):
        self.start = round(start, 3)
        self.events = []

    def customer(self, env, name, counter):
        with counter.request() as turn:
            result = yield turn | env.timeout(random.uniform(*PATIENCE))
            if turn in result:
                yield env.timeout(random.expovariate(0.5))
                self.events.append(f"{env.now:7.4f} {name} served")
            else:
                self.events.append(f"{env.now:7.4f} {name} left")

    def serve(self, number):
        env = simpy.Environment(self.start)
        counter = simpy.Resource(env, self.counters)

        def source():
            for i in range(number):
                env.process(self.customer(env, f"c{i}", counter))
                yield env.timeout(random.expovariate(1))

        env.process(source())
        env.run()
        return self.events
