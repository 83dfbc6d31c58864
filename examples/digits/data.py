"""Reading and cleaning the digits."""

import numpy as np
import pandas as pd


def load(path):
    """Read the table of pixels and labels."""
    table = pd.read_csv(path)
    print(f"read {len(table)} rows from {path.name}")
    return table


def brightness(table):
    """Mean pixel of each row."""
    return table.drop(columns="label").mean(axis=1)


def clean(table, darkest=1.0):
    """Drop rows that are almost black and repeated rows."""
    light = table[brightness(table) >= darkest]
    unique = light.drop_duplicates().reset_index(drop=True)
    print(f"kept {len(unique)} rows")
    return unique


def split(table, test_share, seed):
    """Shuffle and cut into images and labels for training and for testing."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(table))
    cut = int(len(table) * test_share)
    images = table.drop(columns="label").to_numpy(float).reshape(-1, 8, 8) / 16
    labels = table["label"].to_numpy()
    test, train = order[:cut], order[cut:]
    return images[train], labels[train], images[test], labels[test]
