"""Draws a plot as SVG: lines in a frame, both axes logarithmic."""

from __future__ import annotations

import math
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.pages.report import Plot

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "benchmarks"
WIDTH, HEIGHT = 640, 360
LEFT, TOP, RIGHT, BOTTOM = 72, 40, 150, 48
COLOURS = ("#0f766e", "#b45309", "#6d28d9", "#64748b")
"""Dark and light backgrounds both show them."""
GREY = "#808080"


def write_plot(plot: Plot) -> None:
    """Write a plot into the documentation's images."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{plot.name}.svg").write_text(draw(plot))


def draw(plot: Plot) -> str:
    """The plot as SVG."""
    points = [point for line in plot.lines.values() for point in line]
    sizes, costs = _decades([x for x, _ in points]), _decades([y for _, y in points])

    def x(size: float) -> float:
        return LEFT + _share(size, sizes) * (WIDTH - LEFT - RIGHT)

    def y(cost: float) -> float:
        return HEIGHT - BOTTOM - _share(cost, costs) * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 20, plot.title, weight="bold")]
    for power in range(costs[0], costs[1] + 1):
        at = y(10**power)
        parts.append(_line([(LEFT, at), (WIDTH - RIGHT, at)], GREY, 0.3))
        parts.append(_text(LEFT - 6, at + 4, _label(power), anchor="end"))
    for power in range(sizes[0], sizes[1] + 1):
        at = x(10**power)
        parts.append(_line([(at, TOP), (at, HEIGHT - BOTTOM)], GREY, 0.3))
        parts.append(_text(at, HEIGHT - BOTTOM + 16, _label(power), anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, plot.size, anchor="middle"))
    parts.append(_text(LEFT, TOP - 6, plot.cost))
    ends: list[tuple[float, str, str]] = []
    for (name, line), colour in zip(plot.lines.items(), COLOURS, strict=False):
        drawn = [(x(size), y(cost)) for size, cost in line]
        parts.append(_line(drawn, colour, 2))
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in drawn]
        ends.append((drawn[-1][1] + 4, name, colour))
    lowest = float(HEIGHT)
    for end, name, colour in sorted(ends, reverse=True):
        lowest = min(end, lowest - 14)
        parts.append(_text(WIDTH - RIGHT + 8, lowest, name, colour=colour))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' font-family="sans-serif" font-size="12">\n<title>{escape(plot.title)}</title>\n'
        f"{body}\n</svg>\n"
    )


def _decades(values: list[float]) -> tuple[int, int]:
    """The powers of ten around values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _share(value: float, decades: tuple[int, int]) -> float:
    return (math.log10(value) - decades[0]) / (decades[1] - decades[0])


def _label(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"


def _line(points: list[tuple[float, float]], colour: str, width: float) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    colour: str = GREY,
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{escape(text)}</text>'
    )
