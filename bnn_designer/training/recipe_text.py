"""A recipe in a line of words: what tells runs apart that are not copies of each other with another seed."""

from __future__ import annotations

from typing import Any

from bnn_designer.training.data import SETS
from bnn_designer.training.learning_rates import LEARNING_RATES
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import counted

#: Told in words of their own, or not at all.
_TOLD = ("epochs", "subset", "validation_subset", "seed")


def recipe_text(recipe: Recipe) -> str:
    """A recipe without its seed: how long, on what, and what is not as by default.

    Runs of one text and one network differ by their seeds at most.
    """
    source = SETS.get(recipe.data)
    count = source.train_count if source is not None and recipe.subset is None else recipe.subset
    images = "all images" if count is None else counted(count, "image")
    parts = [f"{recipe.epochs} {'epoch' if recipe.epochs == 1 else 'epochs'} of {images}"]
    if recipe.validation_subset is not None:
        parts.append(f"validated on {recipe.validation_subset:,}")
    for name, value in recipe:
        if name not in _TOLD and value != _usual(name, recipe):
            parts.append(f"{name.replace('_', ' ')} {value_text(value)}")
    return ", ".join(parts)


def value_text(value: Any) -> str:
    """A value of a recipe, or of a block, as people read it; a number with all its digits."""
    match value:
        case None:
            return "none"
        case bool():
            return "on" if value else "off"
        case float():
            return repr(value).removesuffix(".0")
        case tuple() | list():
            return " ".join(value_text(one) for one in value) or "none"
    return str(value)


def _usual(name: str, recipe: Recipe) -> Any:
    return LEARNING_RATES[recipe.optimizer] if name == "learning_rate" else Recipe.model_fields[name].default
