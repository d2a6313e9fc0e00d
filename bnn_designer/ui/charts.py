"""Plotly figures out of plain values. Colors come from ``look``; the page's theme does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from bnn_designer.training.events import EpochEnd, StepWindow
from bnn_designer.ui.look import CURVE_COLORS, MEMORY_COLORS
from bnn_designer.ui.memory import CATEGORIES, Moment
from bnn_designer.ui.units import bytes_text, shape_text


@dataclass(frozen=True)
class Curve:
    """The epochs of one run, for charts of several."""

    name: str
    epochs: tuple[EpochEnd, ...]


def memory_chart(moments: Sequence[Moment]) -> go.Figure:
    """Live bytes while each layer runs, stacked by why they are there; the peak is marked."""
    figure = go.Figure()
    layers = [moment.layer for moment in moments]
    patterns = {"binary": "", "other float": "", "float, kept by shortcuts": "/"}
    for category in CATEGORIES:
        sizes = [moment.bytes_by_category[category] for moment in moments]
        figure.add_bar(
            x=layers,
            y=[size / 1024 for size in sizes],
            name=category,
            marker={
                "color": MEMORY_COLORS[category],
                "pattern": {"shape": patterns[category], "fillmode": "overlay", "fgcolor": "#8A6D00"},
            },
            customdata=[
                [f"{size:,}", moment.live_bytes, _tensors(moment)] for size, moment in zip(sizes, moments, strict=True)
            ],
            hovertemplate="<b>%{x}</b><br>" + category + ": %{customdata[0]} bytes<br>all: %{customdata[1]:,} bytes"
            "<br>%{customdata[2]}<extra></extra>",
        )
    if moments:
        peak = max(moments, key=lambda moment: moment.live_bytes)
        figure.add_annotation(
            x=peak.layer,
            y=peak.live_bytes / 1024,
            text=f"peak {bytes_text(peak.live_bytes)}",
            showarrow=True,
            arrowhead=2,
            ay=-26,
        )
    _dress(figure, "KiB in memory", height=360)
    figure.update_layout(barmode="stack", bargap=0.15)
    figure.update_xaxes(tickangle=-50, type="category")
    return figure


def _tensors(moment: Moment) -> str:
    shown = [f"{name}: {shape_text(shape)}, {bits} bit, {size:,} bytes" for name, shape, bits, size in moment.tensors]
    return "<br>".join(shown)


def step_chart(windows: Sequence[StepWindow]) -> go.Figure:
    """Loss and accuracy of the training images over the steps, as the run reports them."""
    steps = [(window.epoch - 1) * window.steps_per_epoch + window.step for window in windows]
    figure = go.Figure()
    _line(figure, "loss", steps, [window.loss for window in windows], CURVE_COLORS[5], axis="y")
    _line(figure, "accuracy", steps, [window.accuracy for window in windows], CURVE_COLORS[0], axis="y2")
    _dress(figure, "loss", height=300)
    figure.update_xaxes(title_text="step")
    figure.update_layout(
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "title": {"text": "accuracy"},
            "tickformat": "~%",
            "rangemode": "tozero",
            "showgrid": False,
        }
    )
    return figure


def epoch_chart(epochs: Sequence[EpochEnd], what: str) -> go.Figure:
    """Training and validation ``what`` ("accuracy" or "loss") over the epochs of one run."""
    numbers = [epoch.epoch for epoch in epochs]
    figure = go.Figure()
    _line(figure, "training", numbers, [getattr(epoch, what) for epoch in epochs], CURVE_COLORS[4], dash="dot")
    _line(figure, "validation", numbers, [getattr(epoch, f"val_{what}") for epoch in epochs], CURVE_COLORS[0])
    return _over_epochs(figure, what)


def compare_chart(curves: Sequence[Curve], what: str) -> go.Figure:
    """Validation ``what`` ("accuracy" or "loss") over the epochs of several runs."""
    figure = go.Figure()
    dashes = ("solid", "dash", "dot", "dashdot")
    for index, curve in enumerate(curves):
        numbers = [epoch.epoch for epoch in curve.epochs]
        values = [getattr(epoch, f"val_{what}") for epoch in curve.epochs]
        color = CURVE_COLORS[index % len(CURVE_COLORS)]
        # neighbors differ in their dashes too: curves of one seed lie on each other, and both must be seen
        dash = dashes[(index + index // len(CURVE_COLORS)) % len(dashes)]
        _line(figure, escape(curve.name), numbers, values, color, dash=dash)
    return _over_epochs(figure, what, title=f"validation {what}")


def _over_epochs(figure: go.Figure, what: str, title: str = "") -> go.Figure:
    _dress(figure, title or what, height=320)
    last = max((max(line.x, default=1) for line in figure.data), default=1)
    # epochs are whole: ticks between them would repeat their numbers
    figure.update_xaxes(title_text="epoch", tick0=0, dtick=max(1, -(-last // 12)))
    if what == "accuracy":
        figure.update_yaxes(tickformat=".0%")
    return figure


def _line(
    figure: go.Figure,
    name: str,
    x: Sequence[int],
    y: Sequence[float],
    color: str,
    *,
    axis: str = "y",
    dash: str = "solid",
) -> None:
    # A run of one epoch is one point: without markers it could not be seen.
    mode = "lines+markers" if len(x) <= 60 else "lines"
    style = {"color": color, "dash": dash, "width": 2}
    figure.add_scatter(x=list(x), y=list(y), name=name, mode=mode, line=style, marker={"size": 6}, yaxis=axis)


def _dress(figure: go.Figure, y_title: str, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 36, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="closest",
        uirevision="keep",
    )
    figure.update_yaxes(title_text=y_title, rangemode="tozero", selector={"overlaying": None})
