"""The recipe that is kept with a draft."""

from __future__ import annotations

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft
from bnn_designer.training.recipe import Recipe


def kept_recipe(draft: Draft) -> tuple[Recipe, BnnDesignerError | None]:
    """The draft's recipe, or the default where there is none or one that cannot be read any more, and why it cannot."""
    if draft.recipe_json is None:
        return Recipe(), None
    try:
        return Recipe.from_json(draft.recipe_json), None
    except BnnDesignerError as error:
        return Recipe(), error
