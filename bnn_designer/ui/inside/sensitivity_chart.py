"""The picture of what putting layers back to floats changed."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from bnn_designer.inspection.sensitivity_report import Sensitivity
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS
from bnn_designer.units import number_text

#: What was put back, as fields of a layer's cost, and how the legend calls it.
KINDS = {"inputs": "float inputs", "weights": "float weights", "both": "both", "norms_anew": "both, norms anew"}


def sensitivity_chart(found: Sensitivity) -> go.Figure:
    """Bars by layer in running order, in points of accuracy, with their standard errors."""
    figure = go.Figure()
    for (field, title), color in zip(KINDS.items(), CURVE_COLORS, strict=False):
        there = [(layer.name, change) for layer in found.layers if (change := getattr(layer, field)) is not None]
        if not there:
            continue
        figure.add_bar(
            x=[escape(name) for name, _ in there],
            y=[100 * change.share(found.images) for _, change in there],
            error_y={
                "array": [100 * change.error(found.images) for _, change in there],
                "color": CURVE_COLORS[7],  # to be seen on a light and on a dark page
                "thickness": 2,
                "width": 4,
            },
            name=title,
            marker={"color": color},
            customdata=[
                [change.gained, change.lost, number_text(100 * change.share(found.images), "+.1f")]
                for _, change in there
            ],
            hovertemplate="%{x}: %{customdata[2]} points<br>%{customdata[0]} images turn right, %{customdata[1]} wrong"
            "<extra></extra>",
        )
    dress(figure, "change in points", height=340)
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_xaxes(type="category")
    return figure
