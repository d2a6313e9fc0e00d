"""Plotly figures of what was found inside; colors come from ``look``, the page's theme does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bnn_designer.inspection.report import BinLook, Counts, FlipsLook, StageLook, SumsLook
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS
from bnn_designer.units import MINUS

BLUE, ORANGE, GREEN = CURVE_COLORS[0], CURVE_COLORS[1], CURVE_COLORS[2]
#: From nothing to all, on a light and on a dark page alike.
SHADES = ((0.0, "rgba(0,114,178,0)"), (1.0, "rgba(0,114,178,1)"))

Array = npt.NDArray[Any]


def latent_chart(latent: Counts) -> go.Figure:
    """The latent weights of a layer, in bins; those below 0 are -1 in the network."""
    figure = go.Figure()
    _signed_bars(figure, latent, None)
    dress(figure, "weights", height=260)
    figure.update_xaxes(title_text="latent weight")
    figure.update_layout(bargap=0.05)
    return figure


def last_flips_chart(flips: FlipsLook) -> go.Figure:
    """Of each epoch, the share of a layer's weights that flipped in it and not since."""
    epochs = list(range(1, len(flips.last) + 1))
    figure = go.Figure()
    figure.add_bar(
        x=epochs,
        y=[count / flips.weights for count in flips.last],
        marker={"color": BLUE},
        customdata=flips.last,
        hovertemplate="epoch %{x}: %{customdata:,} weights, %{y:.2%}<extra></extra>",
    )
    dress(figure, "weights that last flipped then", height=260)
    figure.update_xaxes(title_text="epoch", tick0=0, dtick=max(1, -(-len(epochs) // 12)))
    figure.update_yaxes(tickformat=".2~%")
    return figure


def stages_chart(stages: Sequence[StageLook]) -> go.Figure:
    """A histogram a tensor, from what the way begins at to what is binarized."""
    figure = make_subplots(rows=1, cols=len(stages), subplot_titles=[escape(stage.text) for stage in stages])
    for number, stage in enumerate(stages, start=1):
        _signed_bars(figure, stage.values, number)
    dress(figure, "", height=290)
    # the titles stand between the bars and the legend
    figure.update_layout(bargap=0.05, margin={"t": 80}, legend={"y": 1.2})
    figure.update_yaxes(showticklabels=False)
    return figure


def _signed_bars(figure: go.Figure, counts: Counts, column: int | None) -> None:
    """Bars in the color of the sign that their middle has."""
    bins = len(counts.counts)
    width = (counts.high - counts.low) / bins
    middles = counts.low + width * (np.arange(bins) + 0.5)
    place = {} if column is None else {"row": 1, "col": column}
    for name, mine, color in ((f"{MINUS}1", middles < 0, ORANGE), ("+1", middles >= 0, BLUE)):
        figure.add_bar(
            x=middles[mine],
            y=np.array(counts.counts)[mine],
            width=width,
            name=f"becomes {name}",
            legendgroup=name,
            showlegend=column in (None, 1),
            marker={"color": color},
            hovertemplate="%{x:.3g}: %{y:,}<extra></extra>",
            **place,
        )


def sums_chart(sums: SumsLook, counts: Array, boundaries: Array | None) -> go.Figure:
    """How often each filter has which sum, and where its bit changes.

    Args:
        counts: [filters, bins].
        boundaries: [filters], NaN where the bit never changes; None: there are no thresholds.
    """
    filters, bins = counts.shape
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure()
    figure.add_heatmap(
        z=shares.T,
        x=np.arange(filters),
        y=sums.low + sums.width * (np.arange(bins) + 0.5),
        colorscale=SHADES,
        showscale=False,
        hovertemplate="filter %{x}, sum about %{y:.0f}: %{z:.1%} of its sums<extra></extra>",
        name="sums",
    )
    if boundaries is not None:
        figure.add_scatter(
            x=np.arange(filters),
            y=boundaries[:filters],
            mode="markers",
            name="threshold",
            showlegend=True,
            marker={"symbol": "line-ew", "size": 12, "line": {"width": 3, "color": CURVE_COLORS[5]}},
            hovertemplate="filter %{x}: the bit changes at %{y}<extra></extra>",
        )
    dress(figure, "sum", height=360)
    figure.update_yaxes(rangemode="normal")
    figure.update_xaxes(title_text="filter")
    return figure


def reliability_chart(bins: Sequence[BinLook]) -> go.Figure:
    """How often answers are right over how sure they are; on the line where both agree."""
    there = [one for one in bins if one.images]
    figure = go.Figure()
    figure.add_bar(
        x=[(one.low + one.high) / 2 for one in there],
        y=[one.right for one in there],
        width=[one.high - one.low for one in there],
        name="right",
        marker={"color": BLUE, "line": {"width": 0}},
        customdata=[[one.images, one.sure] for one in there],
        hovertemplate="%{customdata[0]} images, %{customdata[1]:.0%} sure, %{y:.0%} right<extra></extra>",
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="perfectly calibrated", line={"color": ORANGE, "dash": "dash"}
    )
    dress(figure, "share that is right", height=320)
    figure.update_layout(bargap=0.02)
    figure.update_xaxes(title_text="probability of the answer", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    return figure
