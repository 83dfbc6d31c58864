"""How many bicycles will be rented in an hour? One file, read from top to bottom."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

here = Path(__file__).parent
results = here / "results"
results.mkdir(exist_ok=True)

# --- the table ----------------------------------------------------------------

bikes = pd.read_csv(here / "bikes.csv", parse_dates=["hour"])
print(f"read {len(bikes)} hours, {bikes['rentals'].sum()} rentals")

bikes["wind"] = bikes["wind"].interpolate()
bikes["clock"] = bikes["hour"].dt.hour
bikes["weekday"] = bikes["hour"].dt.day_of_week
bikes["month"] = bikes["hour"].dt.month
bikes["free"] = (bikes["weekday"] >= 5) | bikes["holiday"]
for column, period in (("clock", 24), ("month", 12)):
    angle = 2 * np.pi * bikes[column] / period
    bikes[f"{column}_sin"], bikes[f"{column}_cos"] = np.sin(angle), np.cos(angle)
for lag in (1, 24, 168):
    bikes[f"before_{lag}"] = bikes["rentals"].shift(lag)
bikes = bikes.dropna().reset_index(drop=True)

by_hour = bikes.groupby(["free", "clock"])["rentals"].agg(["mean", "std"]).round(1)
print(by_hour.loc[False].iloc[[8, 12, 17]].to_string())

# --- what it looks like -------------------------------------------------------

fig, axes = plt.subplots(1, 2, figsize=(9, 3.2))
for free, group in bikes.groupby("free"):
    axes[0].plot(group.groupby("clock")["rentals"].mean(), label="free" if free else "working")
axes[0].set(xlabel="hour of the day", ylabel="rentals")
axes[0].legend()
axes[1].hexbin(bikes["temperature"], bikes["rentals"], gridsize=30, bins="log")
axes[1].set(xlabel="temperature", ylabel="rentals")
fig.tight_layout()
fig.savefig(results / "overview.png", dpi=90)
plt.close(fig)

# --- models -------------------------------------------------------------------

features = [
    "temperature", "rain", "wind", "free", "clock", "clock_sin", "clock_cos", "month_sin", "month_cos",
    "before_1", "before_24", "before_168",
]  # fmt: skip
train, test = bikes[bikes["hour"] < "2024-10-01"], bikes[bikes["hour"] >= "2024-10-01"]
folds = TimeSeriesSplit(4)

scores = {}
for depth in (4, 8, 14):
    model = RandomForestRegressor(60, max_depth=depth, min_samples_leaf=3, random_state=0)
    found = cross_val_score(model, train[features], train["rentals"], cv=folds, scoring="neg_mean_absolute_error")
    scores[f"forest of depth {depth}"] = -found.mean()
    print(f"forest, depth {depth:2}: {-found.mean():.2f}")
for rate in (0.05, 0.2):
    model = GradientBoostingRegressor(n_estimators=120, learning_rate=rate, max_depth=4, random_state=0)
    found = cross_val_score(model, train[features], train["rentals"], cv=folds, scoring="neg_mean_absolute_error")
    scores[f"boosting at {rate}"] = -found.mean()
    print(f"boosting, rate {rate}: {-found.mean():.2f}")
ridge = make_pipeline(SplineTransformer(8), StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
found = cross_val_score(ridge, train[features], train["rentals"], cv=folds, scoring="neg_mean_absolute_error")
scores["splines"] = -found.mean()
print(f"splines: {-found.mean():.2f}")

# --- the best of them on the last quarter -----------------------------------

best = GradientBoostingRegressor(n_estimators=250, learning_rate=0.1, max_depth=4, random_state=0)
best.fit(train[features], train["rentals"])
predicted = best.predict(test[features])
error = mean_absolute_error(test["rentals"], predicted)
print(f"last quarter: off by {error:.2f} of {test['rentals'].mean():.1f}")

importance = permutation_importance(best, test[features], test["rentals"], n_repeats=5, random_state=0)
order = importance.importances_mean.argsort()[::-1][:5]
for i in order:
    print(f"  {features[i]:<12} {importance.importances_mean[i]:.3f}")

# --- tables and pictures ------------------------------------------------------

pd.Series(scores, name="error").sort_values().round(3).to_csv(results / "scores.csv")
week = slice(24 * 14, 24 * 21)
fig, ax = plt.subplots(figsize=(9, 3))
ax.plot(test["hour"].iloc[week], test["rentals"].iloc[week], label="rented")
ax.plot(test["hour"].iloc[week], predicted[week], label="predicted")
ax.set_title("one week in autumn")
ax.legend()
fig.tight_layout()
fig.savefig(results / "week.png", dpi=90)
plt.close(fig)
print("wrote results/scores.csv, overview.png and week.png")
