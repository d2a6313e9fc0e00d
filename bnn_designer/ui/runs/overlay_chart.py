"""The chart of curves over each other; see :mod:`bnn_designer.ui.runs.overlay`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from bnn_designer.runs.curves import Measure
from bnn_designer.ui.runs.overlay import Line
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS

_DASHES = ("solid", "dash", "dot", "dashdot")
_HEIGHT, _LINE_HEIGHT = 380, 20
# With more points than that, markers are a smear.
_MOST_MARKERS = 60
_BAND_OPACITY = 0.18


def overlay_chart(lines: Sequence[Line], measure: Measure) -> go.Figure:
    """The lines over the epochs, each with its band."""
    figure = go.Figure()
    for index, line in enumerate(lines):
        color = CURVE_COLORS[index % len(CURVE_COLORS)]
        if line.low:
            _add_band(figure, line, color)
        # neighbors differ in their dashes too: curves of one seed lie on each other, and both must be seen
        dash = _DASHES[(index + index // len(CURVE_COLORS)) % len(_DASHES)]
        figure.add_scatter(
            x=list(line.epochs),
            y=list(line.values),
            name=escape(line.name),
            legendgroup=line.name,
            # one epoch is one point: without markers it could not be seen
            mode="lines+markers" if len(line.epochs) <= _MOST_MARKERS else "lines",
            line={"color": color, "dash": dash, "width": 2},
            marker={"size": 6},
        )
    # the legend stands below: with long names it takes a line for each
    dress(figure, measure.label, height=_HEIGHT + _LINE_HEIGHT * len(lines))
    legend = {"orientation": "v", "yanchor": "top", "y": -0.18, "x": 0}
    figure.update_layout(legend=legend, margin={"t": 12}, showlegend=True)
    last = max((line.epochs[-1] for line in lines if line.epochs), default=1)
    # epochs are whole: ticks between them would repeat their numbers
    figure.update_xaxes(title_text="epoch", tick0=0, dtick=max(1, -(-last // 12)))
    if measure.unit == "share":
        figure.update_yaxes(tickformat=".2~%")
    elif measure.unit == "rate":
        figure.update_yaxes(type="log", rangemode="normal", exponentformat="power")
    return figure


def _add_band(figure: go.Figure, line: Line, color: str) -> None:
    """One closed area, there along the upper side and back along the lower one."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    figure.add_scatter(
        x=[*line.epochs, *reversed(line.epochs)],
        y=[*line.high, *reversed(line.low)],
        fill="toself",
        fillcolor=f"rgba({red}, {green}, {blue}, {_BAND_OPACITY})",
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        legendgroup=line.name,
    )
