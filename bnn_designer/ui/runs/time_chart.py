"""Validation accuracy over the time of training, a line a run, with the accuracies whose time is told."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import accumulate

import plotly.graph_objects as go

from bnn_designer.results.kept import KeptResult
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS
from bnn_designer.units import percent_text

_DASHES = ("solid", "dash", "dot", "dashdot")
_HEIGHT, _LINE_HEIGHT = 380, 20
_MINUTE_S = 60


def time_chart(kept: KeptResult, accuracies: Sequence[float], ink: str) -> go.Figure:
    """The chart.

    Args:
        kept: the result.
        accuracies: 0 to 1, each a dotted line.
        ink: the color of lines and words.
    """
    figure = go.Figure()
    for index, title in enumerate(kept.variants):
        for run in kept.of_variant(index):
            minutes = [spent_s / _MINUTE_S for spent_s in accumulate(end.seconds for end in run.epochs)]
            figure.add_scatter(
                x=minutes,
                y=[end.val_accuracy for end in run.epochs],
                name=escape(title),
                legendgroup=title,
                showlegend=run is kept.of_variant(index)[0],
                mode="lines+markers",
                line={"color": CURVE_COLORS[index % len(CURVE_COLORS)], "dash": _DASHES[index % len(_DASHES)]},
                marker={"size": 6},
                hovertemplate="%{x:.1f} min: %{y:.2%}",
            )
    dress(figure, "validation accuracy", height=_HEIGHT + _LINE_HEIGHT * len(kept.variants))
    for share in accuracies:
        figure.add_hline(
            y=share,
            line={"color": ink, "width": 1, "dash": "dot"},
            annotation={"text": percent_text(share, 0), "font": {"color": ink, "size": 13}},
            annotation_position="top left",
        )
    legend = {"orientation": "v", "yanchor": "top", "y": -0.18, "x": 0}
    figure.update_layout(legend=legend, margin={"t": 12}, showlegend=True)
    figure.update_xaxes(title_text="minutes of training", rangemode="tozero")
    figure.update_yaxes(tickformat=".2~%")
    return figure
