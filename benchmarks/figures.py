"""A benchmark's figures: medians and quartiles, of all that was measured, kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.pairs import Sample

FOLDER = Path(__file__).resolve().parent / "results"


@dataclass
class Spread:
    """What many measurements of one thing came to."""

    median: float
    low: float  # lower quartile
    high: float  # upper quartile
    all: list[float]

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Take the quartiles of at least one value."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0], list(values))
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high, list(values))


@dataclass
class Figure:
    """One line of the results.

    Two sides (`plain` and `ours`) and their ratio within each pair, or one (`ours` alone). `goal` is what it should not
    exceed: of the ratio when there is one, else of `ours`.
    """

    group: str
    name: str
    unit: str  # of `ours` and `plain`: "s", "bytes" or "count"
    ours: Spread
    plain: Spread | None = None
    ratio: Spread | None = None
    goal: float | None = None
    notes: dict[str, float] = field(default_factory=dict)

    @classmethod
    def compared(
        cls, group: str, name: str, plain: Sequence[float], ours: Sequence[float], goal: float | None = None
    ) -> Figure:
        """Compare pairs of seconds."""
        ratios = [mine / other for other, mine in zip(plain, ours, strict=True)]
        return cls(group, name, "s", Spread.of(ours), Spread.of(plain), Spread.of(ratios), goal)

    @classmethod
    def of_processes(
        cls, group: str, name: str, plain: Sequence[Sample], ours: Sequence[Sample], goal: float | None = None
    ) -> Figure:
        """Compare whole processes, and note what they took of processors: steadier on a machine that is not idle."""
        figure = cls.compared(group, name, [s.seconds for s in plain], [s.seconds for s in ours], goal)
        cpu = cls.compared(group, name, [s.processor for s in plain], [s.processor for s in ours])
        assert cpu.ratio is not None
        figure.notes["processor time"] = cpu.ratio.median
        return figure

    @classmethod
    def alone(cls, group: str, name: str, ours: Sequence[float], unit: str = "s", goal: float | None = None) -> Figure:
        """Something that plain Python has no counterpart of."""
        return cls(group, name, unit, Spread.of(ours), goal=goal)

    def line(self) -> str:
        """One line for a terminal."""
        ours = shown(self.ours.median, self.unit)
        goal = f"  goal {self._goal()}" if self.goal is not None else ""
        if "processor time" in self.notes:
            goal += f"  processor time {self.notes['processor time']:.3f}×"
        goal += "".join(f"  {name}" for name in ("wrong",) if self.notes.get(name))
        if self.ratio is None or self.plain is None:
            quartiles = f"{shown(self.ours.low, self.unit)} … {shown(self.ours.high, self.unit)}"
            return f"  {self.name:<34} {ours:>10}   ({quartiles}){goal}"
        quartiles = f"{self.ratio.low:.3f} … {self.ratio.high:.3f}"
        plain = shown(self.plain.median, self.unit)
        return f"  {self.name:<34} {self.ratio.median:8.3f}×   ({quartiles})  {plain} → {ours}{goal}"

    def _goal(self) -> str:
        assert self.goal is not None
        return f"{self.goal:.2f}×" if self.ratio is not None else shown(self.goal, self.unit)


def shown(value: float, unit: str) -> str:
    """A figure with three digits and a unit that suits it."""
    if unit == "count":
        return f"{value:.0f}"
    if unit == "bytes":
        for factor, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if value >= factor:
                return f"{value / factor:.3g} {name}"
        return f"{value:.0f} B"
    for factor, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if abs(value) >= factor:
            digits = value / factor
            return f"{digits:.0f} {name}" if digits >= 100 else f"{digits:.3g} {name}"
    return f"{value * 1e9:.3g} ns"


def geometric_mean(values: Sequence[float]) -> float:
    """The mean of ratios."""
    return statistics.geometric_mean(values)


def path_of(tag: str) -> Path:
    """Where the results of an interpreter are kept."""
    return FOLDER / f"{tag}.json"


def own_tag() -> str:
    """`cpython-3.11`."""
    return f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"


def machine() -> dict[str, object]:
    """Say on what was measured."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "when": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def save(figures: Sequence[Figure], groups: Sequence[str]) -> Path:
    """Write what was measured; groups that were not measured now keep the figures that they have."""
    path = path_of(own_tag())
    kept = [figure for figure in load(own_tag()) if figure.group not in groups]
    FOLDER.mkdir(exist_ok=True)
    rows = [_row(figure) for figure in [*kept, *figures]]
    path.write_text(json.dumps({"machine": machine(), "figures": rows}, indent=1) + "\n", encoding="utf-8")
    return path


def _row(figure: Figure) -> dict[str, object]:
    row: dict[str, object] = {"group": figure.group, "name": figure.name, "unit": figure.unit}
    for side in ("plain", "ours", "ratio"):
        spread: Spread | None = getattr(figure, side)
        if spread is not None:
            row[side] = {
                "median": _short(spread.median),
                "low": _short(spread.low),
                "high": _short(spread.high),
                "all": [_short(value) for value in spread.all],
            }
    if figure.goal is not None:
        row["goal"] = figure.goal
    if figure.notes:
        row["notes"] = {name: _short(value) for name, value in figure.notes.items()}
    return row


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def load(tag: str) -> list[Figure]:
    """Read what was measured on an interpreter."""
    try:
        data = json.loads(path_of(tag).read_text(encoding="utf-8"))
    except OSError:
        return []
    return [_figure(row) for row in data["figures"]]


def _figure(row: dict[str, object]) -> Figure:
    known = dict(row)
    for side in ("plain", "ours", "ratio"):
        if side in known:
            known[side] = Spread(**known[side])  # type: ignore[arg-type]
    return Figure(**known)  # type: ignore[arg-type]


def machine_of(tag: str) -> dict[str, object]:
    """Read on what it was measured."""
    data: dict[str, dict[str, object]] = json.loads(path_of(tag).read_text(encoding="utf-8"))
    return data["machine"]


def tags() -> list[str]:
    """The interpreters of which there are results."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))
