"""``bnn-designer recipes`` and what ``train`` makes of its options."""

from __future__ import annotations

import json

from click.testing import CliRunner

from bnn_designer.cli.main import main
from bnn_designer.training.known_recipes import KNOWN_RECIPES
from bnn_designer.training.recipe import Recipe


def test_recipes_are_listed_with_what_was_measured() -> None:
    result = CliRunner().invoke(main, ["recipes"])
    assert result.exit_code == 0
    for name, known in KNOWN_RECIPES.items():
        assert f"{name}: {known.title}" in result.output
        assert f"Measured: {known.measured}" in result.output
    assert "no-batch-norm: No batch norm  (to see what goes wrong)" in result.output


def test_those_for_a_design_as_json() -> None:
    found = json.loads(CliRunner().invoke(main, ["recipes", "quicknet-cifar", "--json"]).output)
    assert "bop-paper" not in found
    assert found["no-batch-norm"]["changes_design"]
    assert Recipe.from_fields(**found["sgd"]["recipe"]) == KNOWN_RECIPES["sgd"].recipe(Recipe())


def test_train_refuses_what_is_no_recipe_before_anything_is_stored() -> None:
    for options, message in (
        (["--recipe", "slow"], "Recipe 'slow': there is none of this name"),
        (["--recipe", "two-stage", "--epochs", "5"], "first_stage_epochs: 10 of 5 epochs leave none"),
        (["--milestones", "half"], "'half' is not numbers with commas between them"),
        (["--teacher", "nobody"], "teacher: "),
    ):
        result = CliRunner().invoke(main, ["train", "bi-real-cifar", *options])
        assert result.exit_code == 2
        assert message in result.output
