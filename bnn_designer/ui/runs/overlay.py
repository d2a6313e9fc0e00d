"""Curves over each other, as plain values: one of each run, or the mean of several with a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bnn_designer.compare import Spread, spread
from bnn_designer.runs.curves import BestAndLast, Measure, Point, best_and_last, points
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.events import EpochEnd
from bnn_designer.ui.runs.groups import SeedGroup
from bnn_designer.ui.runs.run_label import run_label

#: Where the band of a mean reaches to.
BandKind = Literal["range", "deviation"]
BAND_TEXTS: dict[BandKind, str] = {
    "range": "from the least to the most",
    "deviation": "one sample standard deviation (n - 1) down and up",
}

Epochs = Mapping[str, tuple[EpochEnd, ...]]


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        name: what it is of; no two of one chart have the same.
        epochs, values: its points, in order.
        low, high: the band around them; empty: there is none.
    """

    name: str
    epochs: tuple[int, ...]
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


def lines_of_runs(runs: Sequence[RunRecord], epochs: Epochs, measure: Measure) -> tuple[Line, ...]:
    """A line for each run, also for one without a point."""
    return tuple(line_of(run_label(run), [points(epochs[run.id], measure)]) for run in runs)


def lines_of_groups(groups: Sequence[SeedGroup], epochs: Epochs, measure: Measure, band: BandKind) -> tuple[Line, ...]:
    """A line for each group: the mean of its counted runs, with a band where they are several.

    An epoch that one of them lacks is left out: a mean over fewer seeds would not be the same quantity.
    """
    return tuple(
        line_of(group.title, [points(epochs[run_id], measure) for run_id in group.counted], band) for group in groups
    )


def line_of(name: str, curves: Sequence[Sequence[Point]], band: BandKind = "range") -> Line:
    """The mean of several curves with its band, at the epochs that all of them have; one curve has no band."""
    by_epoch: dict[int, list[float]] = {}
    for curve in curves:
        for point in curve:
            by_epoch.setdefault(point.epoch, []).append(point.value)
    whole = {epoch: values for epoch, values in sorted(by_epoch.items()) if len(values) == len(curves)}
    spreads = {epoch: spread(values) for epoch, values in whole.items()}
    low, high = [], []
    if len(curves) > 1:
        for one in spreads.values():
            reach = one.deviation or 0.0
            low.append(one.least if band == "range" else one.mean - reach)
            high.append(one.most if band == "range" else one.mean + reach)
    return Line(name, tuple(spreads), tuple(one.mean for one in spreads.values()), tuple(low), tuple(high))


# ---- the table under the chart


@dataclass(frozen=True)
class RunFigures:
    """A row of the table for a run: best and last of some measures."""

    run: RunRecord
    epochs: int
    found: Mapping[str, BestAndLast]


def figures_of_runs(
    runs: Sequence[RunRecord], epochs: Epochs, measures: Mapping[str, Measure]
) -> tuple[RunFigures, ...]:
    return tuple(
        RunFigures(
            run,
            len(epochs[run.id]),
            {name: best_and_last(epochs[run.id], measure) for name, measure in measures.items()},
        )
        for run in runs
    )


@dataclass(frozen=True)
class GroupFigures:
    """A row of the table for a group; None: no run counts, or the measure has no best."""

    group: SeedGroup
    best: Spread | None
    last: Spread | None


def figures_of_groups(groups: Sequence[SeedGroup], epochs: Epochs, measure: Measure) -> tuple[GroupFigures, ...]:
    """Mean and spread of the best, and of the last, figure of each group's runs."""
    rows = []
    for group in groups:
        found = [best_and_last(epochs[run_id], measure) for run_id in group.counted]
        best = [one.best.value for one in found if one.best is not None]
        last = [one.last.value for one in found if one.last is not None]
        rows.append(GroupFigures(group, spread(best) if best else None, spread(last) if last else None))
    return tuple(rows)
