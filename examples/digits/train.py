"""Train a grid of small networks on handwritten digits and compare them."""

import argparse
import time
from pathlib import Path

import config
import data
import evaluate
import features
import model
import plots

HERE = Path(__file__).parent


def prepare(path, seed):
    """Training and test set, augmented."""
    table = data.clean(data.load(path))
    x, y, test_x, test_y = data.split(table, config.TEST_SHARE, seed)
    x, y = features.augment(x, y, config.AUGMENTATIONS, seed, copies=config.COPIES)
    return features.flatten(x, config.WHITEN), y, features.flatten(test_x, config.WHITEN), test_y


def run_grid(path):
    rows, curves = [], {}
    for seed in config.SEEDS:
        x, y, test_x, test_y = prepare(path, seed)
        print(f"{len(x)} images to train on, {len(test_x)} to test on")
        for hidden in config.HIDDEN:
            for rate in config.LEARNING_RATES:
                network = model.train(x, y, hidden, rate, config.EPOCHS, config.BATCH, config.ACTIVATION, seed)
                metrics = evaluate.evaluate(network, test_x, test_y)
                low, high = evaluate.bootstrap(network, test_x, test_y, seed)
                print(f"  accuracy {metrics['accuracy']:.4f} ({low:.4f} to {high:.4f}), worst: {metrics['worst']}")
                rows.append({"seed": seed, "hidden": hidden, "rate": rate, **metrics, "low": low, "high": high})
                curves[f"{hidden} hidden, rate {rate}"] = network.losses
    return rows, curves


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE / "digits.csv")
    options = parser.parse_args()
    started = time.perf_counter()
    rows, curves = run_grid(options.data)
    output = HERE / config.OUTPUT
    output.mkdir(exist_ok=True)
    plots.save_table(rows, output / "metrics.csv")
    plots.save_figure(curves, output / "losses.png")
    best = max(rows, key=lambda row: row["accuracy"])
    print(f"best: hidden {best['hidden']}, rate {best['rate']}, accuracy {best['accuracy']:.4f}")
    print(f"took {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
