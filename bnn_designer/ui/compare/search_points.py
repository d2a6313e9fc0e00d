"""What a search has trained, as points of accuracy against one figure, and the chart of them with the budget drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from bnn_designer.compare import FIGURES_BY_NAME, figure_text
from bnn_designer.search.results import Found
from bnn_designer.search.trials import Trial
from bnn_designer.ui.compare.points import AXES, Axis, Candidate, Kind, Point, Value, front_of, spans_decades
from bnn_designer.ui.compare.scales import scale
from bnn_designer.ui.compare.scatter import scatter_chart
from bnn_designer.units import counted, percent_text

ACCURACY = Axis(
    "search_accuracy",
    "Accuracy",
    "The best validation accuracy of a run of one seed; of one that was cancelled early, up to then.",
)


def trial_title(found: Found, trial: Trial) -> str:
    """``Trial 3``: its number among those that were trained."""
    return f"Trial {found.number(trial)}"


def trained(found: Found) -> tuple[Trial, ...]:
    """The trials that had a run, in order."""
    return tuple(one for one in found.trials if one.is_trained)


def search_points(found: Found, figure: str) -> tuple[Point, ...]:
    """The trained trials that have an accuracy and the figure: those that are done, then those that ended early."""
    points = [
        _point(found, one, figure) for one in trained(found) if one.accuracy is not None and figure in one.figures
    ]
    return tuple(sorted(points, key=lambda point: point.candidate.kind == "pruned"))


def search_chart(found: Found, points: Sequence[Point], figure: str, ink: str) -> go.Figure:
    """The points, at least one, with the front of these two figures and the budget of the horizontal one.

    The line goes through networks that were trained to the end: what ended early was not measured as long.
    """
    across = AXES[figure]
    done = [point for point in points if point.candidate.kind != "pruned"]
    front = front_of(done, across, ACCURACY)
    numbers = [point.x.number for point in points]
    logarithmic = spans_decades(numbers)
    chart = scatter_chart(points, front, across, ACCURACY, (logarithmic, False), ink)
    limit = next((one for one in found.search.limits if one.figure == figure), None)
    axis = scale(across, numbers, logarithmic)
    if limit is not None and axis.of(limit.most) <= axis.high:
        at = axis.of(limit.most)
        chart.add_vline(x=at, line={"color": ink, "width": 1, "dash": "dot"})
        chart.add_annotation(
            x=math.log10(at) if axis.logarithmic else at,
            y=0,
            yref="paper",
            text=f"budget, {figure_text(FIGURES_BY_NAME[figure], limit.most)}",
            font={"color": ink, "size": 13},
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            xshift=-4,
        )
    return chart


def _point(found: Found, trial: Trial, figure: str) -> Point:
    assert trial.accuracy is not None
    number, note = trial.figures[figure], "" if trial.epochs is None else f"after {counted(trial.epochs, 'epoch')}"
    return Point(
        Candidate(trial_title(found, trial), _kind(found, trial), found.design(trial), found.changes(trial)),
        Value(number, figure_text(FIGURES_BY_NAME[figure], number), number, number),
        Value(trial.accuracy, percent_text(trial.accuracy), trial.accuracy, trial.accuracy, note),
    )


def _kind(found: Found, trial: Trial) -> Kind:
    if trial.state == "pruned":
        return "pruned"
    return "front" if trial in found.front else "beaten"
