"""Runs as the store has them after training, without training."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bnn_designer.design import Design
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe

AddRun = Callable[..., str]


@pytest.fixture
def add_run(store: Store) -> AddRun:
    """``add_run(design, (0.5, 0.7), seed=1)``: a run that is done, with these validation accuracies of its epochs."""

    def add(design: Design, accuracies: tuple[float, ...], status: str = "done", **recipe: int) -> str:
        run_id = store.create_run(design, Recipe(epochs=max(1, len(accuracies)), **recipe))  # type: ignore[arg-type]
        claim = store.claim_next(100)
        assert claim is not None
        assert claim[0] == run_id
        for number, accuracy in enumerate(accuracies, start=1):
            store.add_event(
                run_id,
                EpochEnd(epoch=number, loss=1.0, accuracy=accuracy, val_loss=1.0, val_accuracy=accuracy, seconds=1.0),
            )
        store.finish(run_id, status)  # type: ignore[arg-type]
        return run_id

    return add
