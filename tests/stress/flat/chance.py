import numpy as np

rng = np.random.default_rng(42)
other = rng
x = rng.normal(size=200)
walk = np.cumsum(rng.choice([-1, 1], size=100))
print(x.mean().round(6), walk[-1], walk.max())
y = 2 * x + other.normal(scale=0.1, size=x.size)
slope, intercept = np.polyfit(x, y, 1)
print(round(slope, 5), round(intercept, 5))
np.random.seed(3)
old = np.random.rand(3)
state = np.random.get_state()
more = np.random.rand(2)
np.random.set_state(state)
print(old.round(4), (more == np.random.rand(2)).all())
means = []
for _ in range(50):
    sample = rng.choice(x, size=x.size)
    means.append(sample.mean())
low, high = np.percentile(means, [2.5, 97.5])
print(low.round(5), high.round(5), sample[:2].round(3))
inside = 0
for batch in range(5):
    p = rng.random((1000, 2))
    inside += int((np.hypot(p[:, 0], p[:, 1]) < 1).sum())
    print(batch, 4 * inside / ((batch + 1) * 1000))
legacy = np.random.RandomState(7)
perm = legacy.permutation(10)
legacy.shuffle(perm)
print(perm, legacy.randint(100), np.random.randint(100))
children = rng.spawn(2) if hasattr(rng, "spawn") else [np.random.default_rng(i) for i in range(2)]
print([c.integers(1000) for c in children], rng.integers(1000))
chain = [0.0]
accepted = 0
while len(chain) < 300:
    here = chain[-1]
    there = here + other.uniform(-1, 1)
    if np.log(other.random()) < (here**2 - there**2) / 2:
        accepted += 1
        here = there
    chain.append(here)
chain = np.array(chain)
print(accepted, chain[100:].mean().round(5), chain.std().round(5))
deck = list(range(12))
rng.shuffle(deck)
hands = [deck[i::4] for i in range(4)]
deck.clear()
print(hands, rng.bit_generator.state["state"]["state"] % 1000)
np.random.shuffle(x)
print(x[:3].round(4), np.random.normal().__round__(6))
