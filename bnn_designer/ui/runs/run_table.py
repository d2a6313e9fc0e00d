"""Runs side by side: which of their settings differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import RunRecord
from bnn_designer.units import UNKNOWN, percent_text


def run_label(run: RunRecord) -> str:
    """What a run is called where several are shown: names repeat, ids do not."""
    return f"{run.name} {run.id}"


def differences(runs: Sequence[RunRecord]) -> pd.DataFrame:
    """A row for each setting in which the runs differ, a column for each run, all as text; no row if they agree."""
    settings = {run_label(run): _settings(run) for run in runs}
    names = dict.fromkeys(name for values in settings.values() for name in values)
    rows = {
        name: {label: values.get(name, UNKNOWN) for label, values in settings.items()}
        for name in names
        if len({values.get(name, UNKNOWN) for values in settings.values()}) > 1
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(settings))


def _settings(run: RunRecord) -> dict[str, str]:
    """A run's design, recipe and outcome as text. An unreadable recipe is said to be so, and hides nothing else."""
    settings = {"design": run.name, "status": run.status, "engine used": run.engine_used or UNKNOWN}
    try:
        settings |= {name.replace("_", " "): _text(value) for name, value in run.recipe.model_dump().items()}
    except BnnDesignerError:
        settings["recipe"] = "unreadable"
    return settings | {"best validation accuracy": percent_text(run.best_val_accuracy)}


def _text(value: Any) -> str:
    return {None: "all", True: "on", False: "off"}.get(value, str(value)) if not _is_number(value) else f"{value:g}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def epochs_text(run: RunRecord, done: int) -> str:
    """``3 of 10``; an unreadable recipe leaves the second number unknown."""
    try:
        return f"{done} of {run.recipe.epochs}"
    except BnnDesignerError:
        return f"{done} of {UNKNOWN}"
