"""Charts of a report as SVG: stacked bars, and lines; text in the color of the page around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 8, 18, 24
_GRID = 'stroke="currentColor" stroke-opacity=".2"'


@dataclass(frozen=True)
class Bar:
    """A stack of values from below.

    Attributes:
        title: what is said of it.
        parts: value and color of each.
        is_marked: whether it has an arrow above it.
    """

    title: str
    parts: tuple[tuple[float, str], ...]
    is_marked: bool = False


@dataclass(frozen=True)
class Line:
    """A line through points ``(x, y)``; where a y is not finite there is a gap."""

    title: str
    points: tuple[tuple[float, float], ...]
    color: str
    is_dashed: bool = False


def bar_chart(bars: Sequence[Bar], label: str, text: Callable[[float], str]) -> str:
    """Bars beside each other, from 0; ``label`` says what they are, and ``text`` writes a value."""
    top = max((sum(value for value, _ in bar.parts) for bar in bars), default=0) or 1
    step = (WIDTH - _LEFT - _RIGHT) / max(len(bars), 1)
    parts = [_grid(0, top, text)]
    for index, bar in enumerate(bars):
        x, below = _LEFT + index * step, 0.0
        drawn = [f"<title>{escape(bar.title)}</title>"]
        for value, color in bar.parts:
            y, end = _y(below + value, 0, top), _y(below, 0, top)
            size = f'width="{max(step - 1, 0.5):.1f}" height="{end - y:.1f}"'
            drawn.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{color}"/>')
            below += value
        if bar.is_marked:
            drawn.append(f'<text x="{x + step / 2:.1f}" y="{_y(below, 0, top) - 4:.1f}">▼</text>')
        parts.append(f"<g>{''.join(drawn)}</g>")
    return _svg(parts, label)


def line_chart(lines: Sequence[Line], label: str, text: Callable[[float], str]) -> str:
    """Lines over whole numbers from left to right; ``label`` says what they are, and ``text`` writes a value."""
    points = [point for line in lines for point in line.points if math.isfinite(point[1])]
    low, high = (pick((y for _, y in points), default=0.0) for pick in (min, max))
    first, last = (pick((x for x, _ in points), default=1.0) for pick in (min, max))
    if low == high:
        low, high = low - abs(low) / 2, high + (abs(high) / 2 or 1)
    parts = [_grid(low, high, text)]
    for line in lines:
        path, is_down = "", False
        for x, y in line.points:
            if math.isfinite(y):
                path += f"{'L' if is_down else 'M'}{_x(x, first, last):.1f} {_y(y, low, high):.1f}"
            is_down = math.isfinite(y)
        dash = ' stroke-dasharray="3 3"' if line.is_dashed else ""
        parts.append(
            f'<g><title>{escape(line.title)}</title><path d="{path}" fill="none" stroke="{line.color}" '
            f'stroke-width="2" stroke-linecap="round"{dash}/></g>'
        )
    ends = [(first, "start"), (last, "end")] if last > first else [(first, "start")]
    parts += [
        f'<text x="{_x(x, first, last):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{x:g}</text>' for x, anchor in ends
    ]
    return _svg(parts, label)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers within a range: 2 to 5 of them, steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _grid(low: float, high: float, text: Callable[[float], str]) -> str:
    lines = []
    for value in ticks(low, high):
        y = _y(value, low, high)
        lines.append(
            f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" {_GRID}/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(text(value))}</text>'
        )
    return "".join(lines)


def _x(value: float, first: float, last: float) -> float:
    share = (value - first) / (last - first) if last > first else 0.5
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _svg(parts: Sequence[str], label: str) -> str:
    look = 'font-family="inherit" font-size="11" fill="currentColor" text-anchor="middle"'
    name = f'role="img" aria-label="{escape(label)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {name} viewBox="0 0 {WIDTH} {HEIGHT}" {look}>{"".join(parts)}</svg>'
    )
