"""The design of the network that a recipe's run learns from."""

from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe


def teacher_design(store: Store, recipe: Recipe) -> Design | None:
    """None: the recipe has no teacher, or none that can be read; the worker says what is wrong with that one."""
    if recipe.teacher is None:
        return None
    try:
        return store.run(recipe.teacher).design
    except BnnDesignerError:
        return None
