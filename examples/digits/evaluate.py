"""How good a network is."""

import numpy as np


def confusion(truth, predicted, classes=10):
    table = np.zeros((classes, classes), dtype=int)
    np.add.at(table, (truth, predicted), 1)
    return table


def evaluate(network, x, y):
    """Accuracy, and the pair of digits that is mixed up most."""
    table = confusion(y, network.predict(x))
    wrong = table - np.diag(np.diag(table))
    worst = np.unravel_index(wrong.argmax(), wrong.shape)
    return {
        "accuracy": float(np.trace(table) / table.sum()),
        "loss": float(network.losses[-1]),
        "worst": f"{worst[0]} as {worst[1]}",
    }


def bootstrap(network, x, y, seed, rounds=2000):
    """A 95 % interval of the accuracy."""
    rng = np.random.default_rng(seed)
    right = network.predict(x) == y
    shares = [right[rng.integers(0, len(right), len(right))].mean() for _ in range(rounds)]
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)
