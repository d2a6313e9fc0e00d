"""The store's training runs as comparing needs them: of which network each is, and with which recipe."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from bnn_designer.compare import TrainedRun, network_key
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.known import of_recipe
from bnn_designer.runs.records import RunRecord


def trained_runs(records: Iterable[RunRecord]) -> tuple[TrainedRun, ...]:
    """The runs whose design and recipe can be read, in the same order; the final accuracy is left out."""
    return tuple(found for record in records if (found := trained_run(record)) is not None)


def trained_run(record: RunRecord) -> TrainedRun | None:
    """One run; None where its design or its recipe cannot be read any more."""
    design, known = design_of(record.design_json), of_recipe(record)
    if design is None or known.recipe is None:
        return None
    return TrainedRun(
        record.id,
        record.name,
        network_key(design),
        known.text,
        known.recipe.seed,
        record.status,
        record.best_val_accuracy,
    )


@lru_cache(maxsize=512)
def design_of(design_json: str) -> Design | None:
    """A run's design; None where it cannot be read any more."""
    try:
        return Design.from_json(design_json)
    except BnnDesignerError:
        return None
