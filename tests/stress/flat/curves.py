import numpy as np
from scipy import interpolate, optimize, stats
from scipy.spatial.distance import cdist

x = np.linspace(0, 4, 30)
noise = np.random.default_rng(9).normal(0, 0.05, x.size)
y = 2.5 * np.exp(-1.3 * x) + 0.5 + noise
model = lambda t, a, b, c: a * np.exp(-b * t) + c
params, cov = optimize.curve_fit(model, x, y, p0=[1, 1, 1])
print(params.round(4), np.sqrt(np.diag(cov)).round(5))
calls = []


def f(p):
    calls.append(p.copy())
    return (p[0] - 1) ** 2 + (p[1] + 2) ** 2 * 3


start = np.array([5.0, 5.0])
result = optimize.minimize(f, start, method="Nelder-Mead", options={"maxiter": 60})
print(result.x.round(3), len(calls) == result.nfev, start)
start[:] = result.x
calls[:] = calls[-2:]
roots = []
for guess in (0.1, 2.0, 5.0):
    try:
        roots.append(round(optimize.brentq(lambda v: v**2 - guess, 0, 2), 6))
    except ValueError as error:
        print(guess, error)
        roots.append(None)
print(roots, guess, len(calls))
spline = interpolate.CubicSpline(x, y)
y[0] = 100
print(spline(0).round(4), float(spline(1.5).round(5)), y.max())
d = cdist(np.c_[x, y][:4], np.c_[x, y][1:4])
d[d > 1] = np.inf
print(d.round(3))
t, p = stats.ttest_ind(noise[:15], noise[15:])
r = stats.linregress(x, noise)
print(round(float(t), 5), round(float(p), 5), round(r.slope, 6))
frozen = stats.norm(loc=1, scale=2)
draws = frozen.rvs(5, random_state=3)
draws.sort()
print(frozen.cdf(draws).round(4), stats.rankdata([3, 1, 3]))
best = {}
for name in ("BFGS", "Powell"):
    out = optimize.minimize(f, start + 1, method=name)
    best[name] = tuple(out.x.round(3) + 0.0)
    start += 0.5
print(best, start.round(2), len(calls) > 10)
