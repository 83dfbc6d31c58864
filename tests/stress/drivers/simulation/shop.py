import simpy


class Machine:
    broken = 0

    def __init__(self, name, lasts):
        self.name, self.lasts, self.made = name, lasts, 0

    def work(self, env, repairman):
        while True:
            try:
                yield env.timeout(1)
                self.made += 1
                if self.made % self.lasts == 0:
                    self.broken += 1
                    with repairman.request(priority=self.broken) as request:
                        yield request
                        yield env.timeout(2)
            except simpy.Interrupt:
                return


def repairs(machines, until):
    env = simpy.Environment()
    repairman = simpy.PriorityResource(env, capacity=1)
    running = [env.process(machine.work(env, repairman)) for machine in machines]

    def fire():
        yield env.timeout(until - 1)
        for process in running:
            process.interrupt("fire")

    env.process(fire())
    env.run(until=until)
    return [(machine.name, machine.made, machine.broken) for machine in machines]
