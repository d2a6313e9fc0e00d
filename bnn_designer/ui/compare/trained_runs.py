"""The store's training runs as the comparison needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import streamlit as st

from bnn_designer.compare import TrainedRun, network_key
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.data import SETS
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state
from bnn_designer.units import digits_text

#: The settings that are told where they are not the recipe's defaults; the others always are.
_ONLY_IF_OTHER = ("data", "batch_size", "learning_rate", "schedule", "augment", "engine", "gradients")


def trained_runs(records: Iterable[RunRecord]) -> tuple[TrainedRun, ...]:
    """The runs whose design and recipe can be read, in the same order; the final accuracy is left out."""
    found = []
    for record in records:
        network, recipe = _network(record.design_json), _recipe(record.recipe_json)
        if network is not None and recipe is not None:
            found.append(
                TrainedRun(
                    record.id,
                    record.name,
                    network,
                    recipe_text(recipe),
                    recipe.seed,
                    record.status,
                    record.best_val_accuracy,
                )
            )
    return tuple(found)


def final_accuracies(run_ids: Sequence[str]) -> dict[str, float | None]:
    """The validation accuracy of each run's last epoch; those of runs that are done are read once a session."""
    kept: dict[str, float | None] = st.session_state.setdefault("compare.final", {})
    found: dict[str, float | None] = {}
    for run_id in run_ids:
        if run_id not in kept:
            epochs = [one.event for one in state.store().events(run_id) if isinstance(one.event, EpochEnd)]
            found[run_id] = epochs[-1].val_accuracy if epochs else None
            if state.store().run(run_id).status == "done":
                kept[run_id] = found[run_id]
        else:
            found[run_id] = kept[run_id]
    return found


def recipe_text(recipe: Recipe) -> str:
    """A recipe without its seed: how long, on what, and what is not as by default."""
    source = SETS.get(recipe.data)
    count = source.train_count if source is not None and recipe.subset is None else recipe.subset
    images = "all images" if count is None else f"{count:,} images"
    parts = [f"{recipe.epochs} {'epoch' if recipe.epochs == 1 else 'epochs'} of {images}"]
    if recipe.validation_subset is not None:
        parts.append(f"validated on {recipe.validation_subset:,}")
    for name in _ONLY_IF_OTHER:
        value = getattr(recipe, name)
        if value != Recipe.model_fields[name].default:
            words = {True: "on", False: "off"}.get(value, digits_text(value, 2) if isinstance(value, float) else value)
            parts.append(f"{name.replace('_', ' ')} {words}")
    return ", ".join(parts)


@lru_cache(maxsize=512)
def design_of(design_json: str) -> Design | None:
    """A run's design; None where it cannot be read any more."""
    try:
        return Design.from_json(design_json)
    except BnnDesignerError:
        return None


def _network(design_json: str) -> str | None:
    design = design_of(design_json)
    return None if design is None else network_key(design)


@lru_cache(maxsize=512)
def _recipe(recipe_json: str) -> Recipe | None:
    try:
        return Recipe.from_json(recipe_json)
    except BnnDesignerError:
        return None
