"""Plots as SVG, made of figures alone: the same figures give the same bytes.

Colours are of middling lightness, so that they stand on white and on black.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
OURS, OTHER, WRONG, GREY = "#2f9e6e", "#7a8cab", "#d1495b", "#808080"
LINES = ("#7a8cab", "#d1495b", "#2f9e6e", "#c98a1b", "#8a63c9", "#5b7fd1")
_FONT = 'font-family="ui-sans-serif, system-ui, sans-serif"'


@dataclass
class Bar:
    """One bar: what it is of, how long it is, what stands beside it."""

    name: str
    value: float
    text: str
    colour: str = OTHER


@dataclass
class Line:
    """One line of a graph."""

    name: str
    points: Sequence[tuple[float, float]]


def bars(title: str, groups: Sequence[tuple[str, Sequence[Bar]]], *, linear: bool = False) -> str:
    """Bars in groups, each with a scale of its own: linear, or logarithmic from half of its least value."""
    width, left, right, row, parts = 760, 150, 120, 18, []
    y = 46
    for name, own in groups:
        parts.append(_text(10, y, name, 13, weight="600"))
        y += 10
        values = [bar.value for bar in own if bar.value > 0] or [1.0]
        low, high = min(values) / 2, max(values)
        for bar in own:
            span = bar.value / high if linear else math.log(max(bar.value, low) / low) / math.log(high / low)
            long = max(span * (width - left - right), 1)
            parts.append(_text(left - 8, y + 13, bar.name, 12, anchor="end"))
            parts.append(f'<rect x="{left}" y="{y + 3}" width="{long:.1f}" height="{row - 6}" fill="{bar.colour}"/>')
            parts.append(_text(left + long + 6, y + 13, bar.text, 12))
            y += row
        y += 26
    return _svg(width, y - 10, title, parts)


def lines(title: str, across: str, up: str, found: Sequence[Line]) -> str:
    """Lines over two logarithmic axes."""
    width, height, left, top, right, bottom = 620, 394, 74, 54, 150, 46
    xs = [x for line in found for x, _ in line.points]
    ys = [y for line in found for _, y in line.points if y > 0]
    low_x, high_x = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    low_y, high_y = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    high_x, high_y = max(high_x, low_x + 1), max(high_y, low_y + 1)

    def at_x(value: float) -> float:
        return left + (math.log10(value) - low_x) / (high_x - low_x) * (width - left - right)

    def at_y(value: float) -> float:
        return height - bottom - (math.log10(value) - low_y) / (high_y - low_y) * (height - top - bottom)

    parts = []
    for power in range(low_x, high_x + 1):
        x = at_x(10.0**power)
        parts.append(_rule(x, top, x, height - bottom))
        parts.append(_text(x, height - bottom + 16, _power(power), 11, anchor="middle"))
    for power in range(low_y, high_y + 1):
        y = at_y(10.0**power)
        parts.append(_rule(left, y, width - right, y))
        parts.append(_text(left - 6, y + 4, _power(power), 11, anchor="end"))
    parts.append(_text((left + width - right) / 2, height - 10, across, 12, anchor="middle"))
    parts.append(_text(10, top - 12, up, 12))
    ends: list[float] = []
    for number, line in enumerate(found):
        colour = LINES[number % len(LINES)]
        points = [(at_x(x), at_y(y)) for x, y in line.points if y > 0]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points]
        label = points[-1][1]
        while any(abs(label - other) < 13 for other in ends):
            label += 3
        ends.append(label)
        parts.append(_text(width - right + 8, label + 4, line.name, 12, colour=colour))
    return _svg(width, height, title, parts)


def _power(power: int) -> str:
    return f"{10.0**power:g}" if -3 <= power <= 4 else f"1e{power}"


def _rule(x: float, y: float, x2: float, y2: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GREY}" stroke-opacity="0.3"/>'


def _text(
    x: float, y: float, text: str, size: int, *, anchor: str = "start", weight: str = "", colour: str = GREY
) -> str:
    heavy = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{heavy}>{escape(text)}</text>'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {_FONT}>'
    body = "\n".join([f"<title>{escape(title)}</title>", _text(10, 20, title, 15, weight="600"), *parts])
    return f"{head}\n{body}\n</svg>\n"
