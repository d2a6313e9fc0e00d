"""The confusion matrix as a Plotly figure, with numbers that can be read on every cell."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from bnn_designer.picture.colors import ink_on
from bnn_designer.ui.shared.charts import dress

#: The cell of no image and that of a whole class, red, green and blue; opaque, so that a dark page is the same.
NONE, ALL = (234, 242, 248), (0, 114, 178)
#: More classes than this leave no room for numbers in the cells.
MOST_NUMBERS = 20


def cell_color(share: float) -> tuple[float, float, float]:
    """The color of a cell, 0 to 255 each: Plotly's own way between the ends of a scale.

    Args:
        share: of the class, 0 to 1.
    """
    red, green, blue = (none + share * (whole - none) for none, whole in zip(NONE, ALL, strict=True))
    return red, green, blue


def confusion_chart(confusion: npt.NDArray[Any], names: Sequence[str]) -> go.Figure:
    """Rows are classes, columns what they were taken for."""
    classes = len(names)
    labels = [escape(name) for name in names]
    of_class = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    figure = go.Figure()
    figure.add_heatmap(
        z=of_class,
        x=labels,
        y=labels,
        customdata=confusion,
        colorscale=[(0.0, _css(NONE)), (1.0, _css(ALL))],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{y} taken for %{x}: %{customdata} images, %{z:.0%} of the class<extra></extra>",
    )
    if classes <= MOST_NUMBERS:
        # as a trace of texts, since a heatmap's own numbers are gray or white by a rule that leaves some at 3.7 to 1
        places = [(row, column) for row in range(classes) for column in range(classes)]
        figure.add_scatter(
            x=[labels[column] for _, column in places],
            y=[labels[row] for row, _ in places],
            text=[str(confusion[place]) for place in places],
            mode="text",
            textfont={"color": [ink_on(cell_color(of_class[place])) for place in places]},
            hoverinfo="skip",
            showlegend=False,
        )
    dress(figure, "is", height=max(320, min(760, 120 + 32 * classes)))
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(title_text="taken for", type="category", showgrid=False)
    return figure


def _css(color: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*color)
