"""What is known of a run without its events and without reading its design: for lists of a thousand runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.data import SETS
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.recipe_text import recipe_text

#: In the place of what stands in a recipe that this program cannot read.
UNREADABLE = "unreadable recipe"


@dataclass(frozen=True)
class KnownOfRecipe:
    """What a run's recipe says; where it cannot be read, ``recipe`` is None and the texts say so."""

    recipe: Recipe | None
    text: str
    data: str

    @property
    def epochs(self) -> int | None:
        return None if self.recipe is None else self.recipe.epochs

    @property
    def seed(self) -> int | None:
        return None if self.recipe is None else self.recipe.seed


def of_recipe(run: RunRecord) -> KnownOfRecipe:
    """What the recipe of a run says; read once for all runs that have the same."""
    return _of_recipe(run.recipe_json)


@lru_cache(maxsize=4096)
def _of_recipe(recipe_json: str) -> KnownOfRecipe:
    try:
        recipe = Recipe.from_json(recipe_json)
    except BnnDesignerError:
        return KnownOfRecipe(None, UNREADABLE, UNREADABLE)
    source = SETS.get(recipe.data)
    return KnownOfRecipe(recipe, recipe_text(recipe), source.title if source else recipe.data)
