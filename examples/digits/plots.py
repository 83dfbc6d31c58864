"""The figure and the table that go into the report."""

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def save_table(rows, path):
    pd.DataFrame(rows).to_csv(path, index=False, float_format="%.4f")


def save_figure(curves, path, width=6.0):
    """Loss over epochs, one line a network."""
    figure = Figure(figsize=(width, 4), dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, losses in curves.items():
        axes.plot(range(1, len(losses) + 1), losses, label=name)
    axes.set(xlabel="epoch", ylabel="training loss", yscale="log", title="Digits")
    axes.legend(fontsize=7)
    figure.savefig(path, metadata={"Software": None})
