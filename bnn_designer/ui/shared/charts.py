"""Plotly figures out of plain values. Colors come from ``look``; the page's theme does the rest."""

from __future__ import annotations

from collections.abc import Sequence

# Plotly takes these two as they stand in sys.modules. Where the thread that loads the pages is just importing them, a
# chart that is drawn meanwhile met half a module: AttributeError. An import waits until they are whole.
import numpy  # noqa: F401
import pandas  # noqa: F401
import plotly.graph_objects as go

from bnn_designer.training.events import EpochEnd, StepWindow
from bnn_designer.ui.shared.look import CURVE_COLORS

#: What text is drawn in; Plotly's own gray is too faint to read.
_INKS = {"light": "#31333F", "dark": "#FAFAFA"}


def ink_of(theme: str | None) -> str:
    """The color of text on a light or a dark page; None is light."""
    return _INKS.get(theme or "light", _INKS["light"])


def step_chart(windows: Sequence[StepWindow]) -> go.Figure:
    """Loss and accuracy of the training images over the steps, as the run reports them."""
    steps = [(window.epoch - 1) * window.steps_per_epoch + window.step for window in windows]
    figure = go.Figure()
    _line(figure, "loss", steps, [window.loss for window in windows], CURVE_COLORS[5], axis="y")
    _line(figure, "accuracy", steps, [window.accuracy for window in windows], CURVE_COLORS[0], axis="y2")
    dress(figure, "loss", height=300)
    figure.update_xaxes(title_text="step")
    figure.update_layout(
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "title": {"text": "accuracy"},
            # the ticks stand at those of the loss, so that they are not round
            "tickformat": ".0%",
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


def flip_chart(epochs: Sequence[EpochEnd]) -> go.Figure:
    """Share of the binary weights of each layer that changed their sign, over the epochs of one run."""
    figure = go.Figure()
    names = [layer.name for layer in epochs[-1].layers if layer.flip_ratio is not None]
    for index, name in enumerate(names):
        found = [(epoch.epoch, layer.flip_ratio) for epoch in epochs for layer in epoch.layers if layer.name == name]
        points = [(number, ratio) for number, ratio in found if ratio is not None]
        color = CURVE_COLORS[index % len(CURVE_COLORS)]
        _line(figure, name, [number for number, _ in points], [ratio for _, ratio in points], color)
    _over_epochs(figure, "weights flipped")
    figure.update_yaxes(tickformat=".2~%")
    return figure


def _over_epochs(figure: go.Figure, what: str, title: str = "") -> go.Figure:
    dress(figure, title or what, height=320)
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


def dress(figure: go.Figure, y_title: str, height: int) -> None:
    """What all charts share: margins, a legend on top, an axis from zero, and a zoom that outlives a rerun."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 36, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="closest",
        uirevision="keep",
    )
    figure.update_yaxes(title_text=y_title, rangemode="tozero", selector={"overlaying": None})
