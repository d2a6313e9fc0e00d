"""Points of two figures as a chart, with the Pareto front drawn and its designs named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from bnn_designer.ui.compare.points import KINDS, Axis, Kind, Point, Value
from bnn_designer.ui.compare.scales import Scale, scale
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS

#: The form tells what a point is, as the legend says in words; the color only repeats it.
_SYMBOLS: dict[Kind, str] = {
    "published": "diamond-open",
    "trained": "circle",
    "design": "square",
    "variant": "triangle-up-open",
    "preset": "pentagon-open",
    "front": "circle",
    "beaten": "circle-open",
    "pruned": "x-thin-open",
}
_COLORS: dict[Kind, str] = {
    "published": "#767C89",
    "trained": CURVE_COLORS[0],
    "design": CURVE_COLORS[2],
    "variant": CURVE_COLORS[3],
    "preset": "#767C89",
    "front": CURVE_COLORS[0],
    "beaten": CURVE_COLORS[0],
    "pruned": "#767C89",
}
_FRONT_COLOR = CURVE_COLORS[5]
_HEIGHT = 520
#: About how large the inside of the chart is, in pixels: what names of the front need not to lie on each other.
_INSIDE = (900, 400)
_LETTER, _LINE = 7, 16


def scatter_chart(
    found: Sequence[Point], front: Sequence[int], x: Axis, y: Axis, logarithmic: tuple[bool, bool], ink: str
) -> go.Figure:
    """The chart.

    Args:
        found: at least one point.
        front: indices of the points on the Pareto front, in its order; the line is drawn along it.
        logarithmic: whether the horizontal and the vertical axis are.
        ink: the color of text.
    """
    across = scale(x, [one for point in found for one in (point.x.low, point.x.high)], logarithmic[0])
    up = scale(y, [one for point in found for one in (point.y.low, point.y.high)], logarithmic[1])
    chart = go.Figure()
    line = [found[index] for index in front]
    _draw_front(chart, line, across, up)
    for kind, title in KINDS.items():
        shown = [index for index, point in enumerate(found) if point.candidate.kind == kind]
        if shown:
            _draw_kind(chart, kind, title, [(found[index], index in front) for index in shown], (x, y), (across, up))
    dress(chart, up.title, height=_HEIGHT)
    chart.update_layout(
        # a zoom belongs to the figures that it was made in
        uirevision=f"{x.name} {y.name} {across.logarithmic} {up.logarithmic}",
        annotations=_names(line, x, y, across, up, ink),
        font={"color": ink},
        legend={"font": {"color": ink, "size": 13}},
    )
    for update, one in ((chart.update_xaxes, across), (chart.update_yaxes, up)):
        update(
            title={"text": one.title, "font": {"color": ink, "size": 14}},
            tickfont={"color": ink, "size": 13},
            **_axis(one),
        )
    return chart


def _draw_front(chart: go.Figure, line: Sequence[Point], across: Scale, up: Scale) -> None:
    chart.add_scatter(
        x=[across.of(point.x.number) for point in line],
        y=[up.of(point.y.number) for point in line],
        name=f"Pareto front ({len(line)})",
        mode="lines",
        # from one point to the next nothing better is known than the first: a staircase
        line={"shape": "hv", "color": _FRONT_COLOR, "width": 2, "dash": "dash"},
        hoverinfo="skip",
    )


def _draw_kind(
    chart: go.Figure,
    kind: Kind,
    title: str,
    shown: Sequence[tuple[Point, bool]],
    axes: tuple[Axis, Axis],
    scales: tuple[Scale, Scale],
) -> None:
    across, up = scales
    chart.add_scatter(
        x=[across.of(point.x.number) for point, _ in shown],
        y=[up.of(point.y.number) for point, _ in shown],
        error_x=_bars(across, [point.x for point, _ in shown]),
        error_y=_bars(up, [point.y for point, _ in shown]),
        name=title,
        mode="markers",
        marker={
            "symbol": _SYMBOLS[kind],
            "color": _COLORS[kind],
            "opacity": 1,  # where sizes differ, it would be less
            "size": [13 if on_front else 10 for _, on_front in shown],
            "line": {"width": 2, "color": _COLORS[kind]},
        },
        customdata=[
            [
                escape(text)
                for text in (
                    point.candidate.name,
                    f"{title}, {point.candidate.note}" if point.candidate.note else title,
                    f"{point.x.text} {point.x.note}".rstrip(),
                    f"{point.y.text} {point.y.note}".rstrip(),
                )
            ]
            for point, _ in shown
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>"
        f"{escape(axes[0].label)}: %{{customdata[2]}}<br>{escape(axes[1].label)}: %{{customdata[3]}}<extra></extra>",
    )


def _bars(one: Scale, values: Sequence[Value]) -> dict[str, Any] | None:
    """From the least to the highest seed, without caps: those would be seen where there is no spread."""
    if all(value.low == value.high for value in values):
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [one.of(value.high - value.number) for value in values],
        "arrayminus": [one.of(value.number - value.low) for value in values],
        "width": 0,
        "thickness": 2,
    }


def _axis(one: Scale) -> dict[str, Any]:
    if not one.logarithmic:
        return {"type": "linear", "range": [one.low, one.high], "rangemode": "normal", "zeroline": False}
    return {
        "type": "log",
        "range": [math.log10(one.low), math.log10(one.high)],
        "tickmode": "array",
        "tickvals": one.ticks,
        "ticktext": [f"{tick:g}" for tick in one.ticks],
        "showgrid": True,
    }


def _names(line: Sequence[Point], x: Axis, y: Axis, across: Scale, up: Scale, ink: str) -> list[dict[str, Any]]:
    """The names of the front, on the side of the better figures, where no point can be; none on another one."""
    left, above = x.better == "less", y.better == "more"
    taken: list[tuple[float, float, float, float]] = []
    found = []
    for point in line:
        name = point.candidate.name
        away = 8
        while _overlaps(box := _box(point, name, away, left, above, across, up), taken) and away < _INSIDE[1] / 2:
            away += 4
        taken.append(box)
        found.append(
            {
                "x": _placed(across, point.x.number),
                "y": _placed(up, point.y.number),
                "text": escape(name),
                "font": {"color": ink, "size": 13},
                "showarrow": True,
                "arrowhead": 0,
                "arrowwidth": 1,
                "arrowcolor": ink,
                "standoff": 8,
                "ax": -10 if left else 10,
                "ay": -away if above else away,
                "xanchor": "right" if left else "left",
                "yanchor": "bottom" if above else "top",
            }
        )
    return found


def _placed(one: Scale, number: float) -> float:
    """As annotations want it: on a logarithmic axis the logarithm."""
    return math.log10(one.of(number)) if one.logarithmic else one.of(number)


def _box(
    point: Point, name: str, away: int, left: bool, above: bool, across: Scale, up: Scale
) -> tuple[float, float, float, float]:
    """Left, right, lower and upper end of a name, in pixels."""
    middle, height = across.place(point.x.number) * _INSIDE[0], up.place(point.y.number) * _INSIDE[1]
    width = _LETTER * len(name)
    start = middle - 10 - width if left else middle + 10
    foot = height + away if above else height - away - _LINE
    return start, start + width, foot, foot + _LINE


def _overlaps(box: tuple[float, float, float, float], taken: Sequence[tuple[float, float, float, float]]) -> bool:
    return any(box[0] < other[1] and other[0] < box[1] and box[2] < other[3] and other[2] < box[3] for other in taken)
