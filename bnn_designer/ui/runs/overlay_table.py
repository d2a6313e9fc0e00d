"""The table under the curves: best and last of each run, or their mean and spread of each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bnn_designer.compare import Spread
from bnn_designer.runs.curves import MEASURES, Measure, Point
from bnn_designer.ui.runs.overlay import GroupFigures, RunFigures
from bnn_designer.ui.runs.run_label import run_label

#: What is told of every run, whatever is drawn.
ALWAYS: Mapping[str, Measure] = {name: MEASURES[name] for name in ("val_accuracy", "val_loss", "accuracy")}

Row = dict[str, Any]


def told_measures(drawn: str) -> dict[str, Measure]:
    """What the table of runs is about: what is drawn first, then what is always told."""
    return {drawn: MEASURES[drawn], **ALWAYS}


def run_rows(figures: Sequence[RunFigures]) -> list[Row]:
    """A row for each run; None for what there is not. Shares are in percent."""
    rows = []
    for one in figures:
        row: Row = {"Run": run_label(one.run), "Status": one.run.status, "Epochs": one.epochs}
        for name, found in one.found.items():
            measure = MEASURES[name]
            if measure.better is not None:
                row[f"{_column(measure)}, best"] = _shown(found.best, measure)
                row[f"{_column(measure)}, in epoch"] = found.best.epoch if found.best else None
            row[f"{_column(measure)}, last"] = _shown(found.last, measure)
        rows.append(row)
    return rows


def group_rows(figures: Sequence[GroupFigures], measure: Measure) -> list[Row]:
    """A row for each group: how many seeds, and mean, sample standard deviation, least and most of best and last."""
    rows = []
    for one in figures:
        row: Row = {"Runs of": one.group.title, "Seeds": len(one.group.seeds)}
        for word, found in (("best", one.best), ("last", one.last)):
            if word == "last" or measure.better is not None:
                row |= _spread_cells(f"{_column(measure)}, {word}", found, measure)
        rows.append(row)
    return rows


def under_headings(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a table in which a measure is named once, above its columns: a name in each makes it too wide."""
    table = pd.DataFrame(list(rows))
    split = [name.rpartition(", ") for name in table.columns]
    table.columns = pd.MultiIndex.from_tuples((measure, word) for measure, _, word in split)
    return table


def _spread_cells(name: str, found: Spread | None, measure: Measure) -> Row:
    values = (found.mean, found.deviation, found.least, found.most) if found else (None,) * 4
    words = ("mean", "deviation", "least", "most")
    return {f"{name}: {word}": _scaled(value, measure) for word, value in zip(words, values, strict=True)}


def _column(measure: Measure) -> str:
    return f"{measure.label} (%)" if measure.unit == "share" else measure.label


def _shown(point: Point | None, measure: Measure) -> float | None:
    return None if point is None else _scaled(point.value, measure)


def _scaled(value: float | None, measure: Measure) -> float | None:
    """Shares in percent, with two digits behind the point; others with four significant ones."""
    if value is None:
        return None
    return round(100 * value, 2) if measure.unit == "share" else float(f"{value:.4g}")
