"""Recipes by name: each is valid, fits the designs it names, and says what was measured or that nothing was."""

from __future__ import annotations

import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv, GlobalPool, Head
from bnn_designer.design.presets import preset
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from bnn_designer.training.known_recipes import (
    CIFAR_PRESETS,
    KEPT,
    KNOWN_RECIPES,
    NOT_MEASURED,
    known_recipe,
    name_of,
    recipes_for,
)
from bnn_designer.training.recipe import Recipe, RecipeError

PLAIN = Design(name="plain", blocks=(Conv(filters=4), GlobalPool(), Head()))


@pytest.mark.parametrize("name", KNOWN_RECIPES)
def test_each_is_a_recipe_that_keeps_data_seed_and_engine(name: str) -> None:
    known = known_recipe(name)
    recipe = known.recipe(Recipe(seed=3, engine="float", epochs=7, validation_subset=100))
    assert (recipe.seed, recipe.engine, recipe.validation_subset) == (3, "float", 100)
    assert known.recipe(Recipe()) == Recipe.from_fields(**known.fields)
    assert not set(known.fields) & set(KEPT)


@pytest.mark.parametrize("name", KNOWN_RECIPES)
def test_each_says_what_was_measured_or_that_nothing_was(name: str) -> None:
    known = known_recipe(name)
    # a figure has its network, its images and how many they were
    assert known.measured == NOT_MEASURED or "%" in known.measured
    assert "CIFAR-10" in known.measured or NOT_MEASURED in known.measured
    assert known.title
    assert known.expect


@pytest.mark.parametrize("name", CIFAR_PRESETS)
def test_every_preset_for_cifar_has_recipes_and_each_works_on_it(name: str) -> None:
    design = preset(name)
    found = recipes_for(design)
    assert {"quick-trial", "ten-epochs", "hundred-epochs", "no-batch-norm", "learning-rate-x30"} <= set(found)
    for known in found.values():
        lower(known.design(design))


def test_a_recipe_made_for_some_designs_comes_first_and_for_these_alone() -> None:
    assert list(recipes_for(preset("binarynet")))[:2] == ["larq-tutorial", "bop-paper"]
    assert "larq-tutorial" not in recipes_for(preset("quicknet-cifar"))
    for known in KNOWN_RECIPES.values():
        assert set(known.designs) <= set(CIFAR_PRESETS)


def test_values_are_recognized_on_any_seed_and_engine() -> None:
    design = preset("binarynet")
    assert name_of(Recipe(), design) == "ten-epochs"
    assert name_of(Recipe(seed=9, engine="float"), design) == "ten-epochs"
    assert name_of(KNOWN_RECIPES["bop-paper"].recipe(Recipe()), design) == "bop-paper"
    assert name_of(KNOWN_RECIPES["bop-paper"].recipe(Recipe()), PLAIN) is None
    assert name_of(Recipe(epochs=11), design) is None
    # what changes the design cannot be told from its values
    assert name_of(KNOWN_RECIPES["no-batch-norm"].recipe(Recipe()), design) == "quick-trial"


def test_a_recipe_that_leaves_something_out_needs_it_to_be_there() -> None:
    for name, reason in (("no-batch-norm", "no block has a batch norm"), ("no-weight-clip", "no block constrains")):
        with pytest.raises(DesignError, match=f"plain: {reason}"):
            known_recipe(name).design(PLAIN)
    assert known_recipe("learning-rate-x30").design(PLAIN) is PLAIN


def test_an_unknown_name() -> None:
    with pytest.raises(RecipeError, match=r"'slow': there is none of this name. Choose one of quick-trial, ten-epochs"):
        known_recipe("slow")
