"""The plane of size and accuracy, a point a run, with the Pareto front drawn and its members named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from bnn_designer.classroom import Entry
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS
from bnn_designer.units import bytes_text, percent_text

_HEIGHT = 460
#: From so many times the smallest file on, sizes are told apart on a logarithmic axis.
_DECADE = 10
_KIB = 1024
#: Of accuracy, below the lowest point and above the highest one.
_MARGIN = 0.05


def board_chart(entries: Sequence[Entry], ink: str) -> go.Figure:
    """The chart.

    Args:
        entries: at least one, all with a size and an accuracy; the front is in its order, from the smallest file.
        ink: the color of text.
    """
    front = [entry for entry in entries if entry.on_front]
    others = [entry for entry in entries if not entry.on_front]
    chart = go.Figure()
    # from one point to the next nothing better is known than the first: a staircase
    line = {"shape": "hv", "color": CURVE_COLORS[5], "width": 2, "dash": "dash"}
    places = _places(front)
    chart.add_scatter(**places, mode="lines", line=line, name="Pareto front", hoverinfo="skip")
    _draw_points(chart, others, "Beaten by another run", "circle-open")
    _draw_points(chart, front, "On the front", "circle", text=_names(front))
    dress(chart, "validation accuracy", height=_HEIGHT)
    chart.update_xaxes(title={"text": "deployed file, KiB"}, **_across([x / _KIB for x, _ in _points(entries)]))
    accuracies = [y for _, y in _points(entries)]
    span = [max(0, min(accuracies) - _MARGIN), min(1, max(accuracies) + _MARGIN)]
    chart.update_yaxes(tickformat=".0%", rangemode="normal", range=span)
    for update in (chart.update_xaxes, chart.update_yaxes):
        update(title_font={"color": ink, "size": 14}, tickfont={"color": ink, "size": 13})
    chart.update_layout(font={"color": ink}, legend={"font": {"color": ink, "size": 13}})
    return chart


def _across(sizes: Sequence[float]) -> dict[str, Any]:
    """The axis of the sizes, from zero; where they span a decade a logarithmic one, with ticks at 1, 2 and 5."""
    if max(sizes) < _DECADE * min(sizes):
        return {"range": [0, 1.1 * max(sizes)]}
    low, high = min(sizes) / 1.6, max(sizes) * 1.3
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [
        tick for power in powers for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power) if low <= tick <= high
    ]
    span = [math.log10(low), math.log10(high)]
    return {"type": "log", "range": span, "tickvals": ticks, "ticktext": [f"{tick:,g}" for tick in ticks]}


def _draw_points(
    chart: go.Figure, entries: Sequence[Entry], name: str, symbol: str, text: Sequence[str] | None = None
) -> None:
    if not entries:
        return
    told = [
        [escape(entry.who), escape(entry.name), bytes_text(size), percent_text(accuracy), entry.status]
        for entry, (size, accuracy) in zip(entries, _points(entries), strict=True)
    ]
    chart.add_scatter(
        **_places(entries),
        name=name,
        mode="markers" if text is None else "markers+text",
        text=text,
        textposition="top left",
        cliponaxis=False,
        marker={"symbol": symbol, "size": 12, "color": CURVE_COLORS[0], "line": {"width": 2, "color": CURVE_COLORS[0]}},
        customdata=told,
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>file: %{customdata[2]}<br>"
        "validation accuracy: %{customdata[3]}<br>%{customdata[4]}<extra></extra>",
    )


def _names(front: Sequence[Entry]) -> list[str]:
    """Whose each point is; of those that lie on each other, the first one's."""
    before: list[tuple[float, float] | None] = [None, *(entry.point for entry in front)]
    return ["" if entry.point == last else escape(entry.who) for entry, last in zip(front, before, strict=False)]


def _places(entries: Sequence[Entry]) -> dict[str, list[float]]:
    points = _points(entries)
    return {"x": [x / _KIB for x, _ in points], "y": [y for _, y in points]}


def _points(entries: Sequence[Entry]) -> list[tuple[float, float]]:
    return [point for entry in entries if (point := entry.point) is not None]
