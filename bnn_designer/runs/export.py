"""All that was measured of a run, as JSON for programs and as tables for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from bnn_designer.runs.about import about
from bnn_designer.runs.known import of_recipe
from bnn_designer.runs.progress import RunProgress, progress
from bnn_designer.runs.records import RunRecord, StoredEvent
from bnn_designer.runs.spreadsheet import csv_text
from bnn_designer.training.events import EpochEnd, LayerMeasures

Rows = Literal["epochs", "steps"]

#: What is measured of each layer, in the order of the columns.
_OF_LAYER = tuple(name for name in LayerMeasures.model_fields if name != "name")


def as_json(run: RunRecord, events: Sequence[StoredEvent]) -> str:
    """The run with its design, its recipe and all that it reported, as it is stored; None is "not known".

    The names of the values are those of the events; times are in UTC.
    """
    return json.dumps(_data(run, events), indent=1) + "\n"


def several_as_json(runs: Sequence[tuple[RunRecord, Sequence[StoredEvent]]]) -> str:
    """A list of what :func:`as_json` says of each."""
    return json.dumps([_data(run, events) for run, events in runs], indent=1) + "\n"


def as_csv(events: Sequence[StoredEvent], rows: Rows = "epochs") -> str:
    """A line for each epoch, or for each window of steps; what is not known is empty.

    Of epochs: a column for each figure, then one for each layer and what was measured of it, such as
    ``binary_conv_1.flip_ratio``.
    """
    return _table(_lines(events, rows))


def several_as_csv(runs: Sequence[tuple[RunRecord, Sequence[StoredEvent]]], rows: Rows = "epochs") -> str:
    """The lines of several runs in one table, as :func:`as_csv`; each begins with its run, and with what that is of."""
    return _table([_of_run(run, events) | line for run, events in runs for line in _lines(events, rows)])


def _of_run(run: RunRecord, events: Sequence[StoredEvent]) -> dict[str, Any]:
    facts = about(run, (item.event for item in events))
    return {"run": run.id, "name": run.name, "status": run.status, "recipe": of_recipe(run).text, **dict(facts.items())}


def _data(run: RunRecord, events: Sequence[StoredEvent]) -> dict[str, Any]:
    done = progress(events)
    return {
        "run": {
            "id": run.id,
            "name": run.name,
            "status": run.status,
            "created_at": run.created_at.isoformat(),
            "started_at": run.started_at.isoformat() if run.started_at else None,
            "finished_at": run.finished_at.isoformat() if run.finished_at else None,
            "engine_used": run.engine_used,
            "best_val_accuracy": run.best_val_accuracy,
            "failure": run.failure,
            "error": run.error,
            "threads": run.threads,
            "person": run.person,
            "tags": list(run.tags),
            "note": run.note,
            "sweep": run.sweep,
        },
        "about": dict(about(run, (item.event for item in events)).items()),
        "design": _read(run.design_json),
        "recipe": _read(run.recipe_json),
        "data": _dumped(done.data),
        "started": _dumped(done.started),
        "weights_taken": _dumped(done.weights_taken),
        "epochs": [_dumped(epoch) for epoch in done.epochs],
        "steps": [_dumped(window) for window in done.windows],
        "latent_weights": _dumped(done.latent),
    }


def _read(text: str) -> Any:
    """A design or a recipe; one that is no JSON any more, as the text that is stored."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _lines(events: Sequence[StoredEvent], rows: Rows) -> list[dict[str, Any]]:
    done = progress(events)
    return _epoch_lines(done) if rows == "epochs" else [_dumped(window) or {} for window in done.windows]


def _table(lines: Sequence[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for line in lines for name in line if name != "kind"))
    return csv_text(columns, lines)


def _epoch_lines(done: RunProgress) -> list[dict[str, Any]]:
    return [{name: value for name, value in epoch if name != "layers"} | _layer_columns(epoch) for epoch in done.epochs]


def _layer_columns(epoch: EpochEnd) -> dict[str, float | None]:
    return {f"{layer.name}.{measure}": getattr(layer, measure) for layer in epoch.layers for measure in _OF_LAYER}


def _dumped(event: Any) -> dict[str, Any] | None:
    return None if event is None else event.model_dump(mode="json")
