"""Write bikes.csv: a year of hourly rentals of a made-up bicycle scheme, from a fixed seed."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(7)
hours = pd.date_range("2024-01-01", "2024-12-31 23:00", freq="h")
day = np.asarray(hours.day_of_year) / 365.25
clock = np.asarray(hours.hour)
working = np.asarray(hours.day_of_week) < 5
temperature = 10 - 11 * np.cos(2 * np.pi * (day - 0.05)) + 4 * np.sin(2 * np.pi * (clock - 9) / 24)
temperature += np.repeat(rng.normal(0, 3, len(hours) // 24), 24)
rain = np.clip(rng.gamma(0.15, 4, len(hours)) - 0.4, 0, None)
rush = np.exp(-((clock - 8) ** 2) / 3) + 1.3 * np.exp(-((clock - 17.5) ** 2) / 5)
leisure = np.exp(-((clock - 14) ** 2) / 18)
level = np.where(working, 160 * rush + 40 * leisure, 170 * leisure)
mean = level * np.clip(0.25 + temperature / 25, 0.05, None) * np.exp(-rain / 2) + 4
rentals = rng.negative_binomial(8, 8 / (8 + mean))

table = pd.DataFrame(
    {
        "hour": hours,
        "temperature": temperature.round(1),
        "rain": rain.round(1),
        "wind": rng.weibull(2, len(hours)).round(2) * 5,
        "holiday": np.repeat(rng.random(len(hours) // 24) < 0.03, 24),
        "rentals": rentals,
    }
)
table.loc[rng.choice(len(table), 90, replace=False), "wind"] = np.nan
table.to_csv(Path(__file__).parent / "bikes.csv", index=False)
print(f"wrote {len(table)} hours")
