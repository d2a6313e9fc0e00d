"""Recipes: bounds, and errors that name the field."""

from __future__ import annotations

import json
import math
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.training.recipe import LEARNING_RATES, Optimizer, Recipe, RecipeError

WRONG = [
    ({"epochs": 0}, "epochs: .*greater than or equal to 1, got 0"),
    ({"epochs": 1.5}, "epochs: .*got 1.5"),
    ({"subset": 1_000_001}, "subset: .*less than or equal to 1000000"),
    ({"batch_size": 1}, "batch_size: .*greater than or equal to 2"),
    ({"learning_rate": 0}, "learning_rate: .*greater than 0"),
    ({"learning_rate": math.nan}, "learning_rate: .*got nan"),
    ({"schedule": "linear"}, "schedule: .*'cosine', 'step' or 'constant', got 'linear'"),
    ({"optimizer": "rmsprop"}, "optimizer: .*'adam', 'adam_bop' or 'sgd', got 'rmsprop'"),
    ({"milestones": (0.5, 0.25)}, "milestones: .*shares of the run between 0 and 1, each larger"),
    ({"milestones": (0.5, 1)}, "milestones: .*shares of the run between 0 and 1, each larger"),
    ({"milestones": ("half",)}, "milestones.0: .*valid number.*got 'half'"),
    ({"warmup": 0.6}, "warmup: .*less than or equal to 0.5"),
    ({"epochs": 3, "first_stage_epochs": 3}, "first_stage_epochs: 3 of 3 epochs leave none for the second stage"),
    ({"first_stage_epochs": 1, "optimizer": "adam_bop"}, "first_stage_epochs: Bop flips binary kernels"),
    ({"teacher": "twin"}, "teacher: .*pattern"),
    ({"start_from": "../0123abcd"}, "start_from: .*pattern"),
    ({"label_smoothing": 1}, "label_smoothing: .*less than 1"),
    ({"engine": "gpu"}, "engine: .*'xnor'.*got 'gpu'"),
    ({"gradients": "int4"}, "gradients: .*'int16'.*got 'int4'"),
    ({"seed": -1}, "seed: "),
    ({"validation_subset": 9}, "validation_subset: "),
    ({"data": "mnits"}, "data: a data set is one of cifar10, mnist, fashion-mnist, or a path from / on, got 'mnits'"),
    ({"data": "flowers/"}, "data: a data set is one of"),
    ({"data": "/a\nb"}, "data: a data set is one of"),
    ({"data": "/" + 4096 * "a"}, "data: .*at most 4096 characters"),
    ({"moment": 0.9}, "moment: there is no such field. The fields are data, epochs, subset"),
]


@pytest.mark.parametrize(("fields", "message"), WRONG)
def test_a_wrong_field_is_named_with_its_rule(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        Recipe.from_fields(**fields)
    assert isinstance(caught.value, BnnDesignerError)


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(RecipeError, match=r"epochs: .* batch_size: "):
        Recipe.from_fields(epochs=0, batch_size=0)


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().epochs = 3  # type: ignore[misc]


def test_every_field_has_a_help_text() -> None:
    assert all(field.description for field in Recipe.model_fields.values())


@given(
    epochs=st.integers(1, 1000),
    subset=st.none() | st.integers(10, 50_000),
    rate=st.floats(1e-8, 1),
    engine=st.sampled_from(["auto", "xnor", "float"]),
    milestones=st.lists(st.floats(0.01, 0.99), max_size=3, unique=True).map(sorted).map(tuple),
)
def test_json_round_trip(
    epochs: int, subset: int | None, rate: float, engine: str, milestones: tuple[float, ...]
) -> None:
    recipe = Recipe.from_fields(epochs=epochs, subset=subset, learning_rate=rate, engine=engine, milestones=milestones)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_json_that_is_no_recipe() -> None:
    with pytest.raises(RecipeError, match="Recipe: "):
        Recipe.from_json("[1]")


def test_a_recipe_of_before_there_was_a_choice_of_gradients_has_exact_ones() -> None:
    fields = Recipe(epochs=3, engine="xnor").model_dump(mode="json")
    del fields["gradients"]
    assert Recipe.from_json(json.dumps(fields)) == Recipe(epochs=3, engine="xnor", gradients="float")


@pytest.mark.parametrize(
    ("epochs", "subset", "expected"),
    [(1, None, "int16"), (5, 10_000, "int16"), (3, 10_000, "int16"), (2, None, "float"), (6, 10_000, "float")],
)
def test_short_runs_round_their_gradients_unless_told(epochs: int, subset: int | None, expected: str) -> None:
    # 1 x 50,000 and 5 x 10,000 images are as many as a short run may see; 2 x 50,000 and 6 x 10,000 are more
    recipe = Recipe(epochs=epochs, subset=subset)
    assert (recipe.gradients, recipe.gradients_used) == ("auto", expected)
    assert Recipe(epochs=epochs, subset=subset, gradients="int8").gradients_used == "int8"


@pytest.mark.parametrize(
    ("data", "epochs", "subset", "expected"),
    [
        ("mnist", 1, None, "float"),  # 60,000 images
        ("mnist", 1, 50_000, "int16"),
        ("cifar10", 1, 100_000, "int16"),  # a subset beyond the set is all of its 50,000
        ("/own", 1, None, "float"),  # how many there are is not known before they are read
        ("/own", 10, 5_000, "int16"),
    ],
)
def test_what_a_short_run_is_depends_on_the_data_set(data: str, epochs: int, subset: int | None, expected: str) -> None:
    assert Recipe(data=data, epochs=epochs, subset=subset).gradients_used == expected


def test_the_help_says_which_images_are_mirrored() -> None:
    assert "mirror those that stay what they are: CIFAR-10 and Fashion-MNIST; not digits" in str(
        Recipe.model_fields["augment"].description
    )


def test_a_recipe_of_before_there_was_a_choice_of_data_is_about_cifar_10() -> None:
    fields = Recipe(epochs=3).model_dump(mode="json")
    del fields["data"]
    assert Recipe.from_json(json.dumps(fields)).data == "cifar10"


def test_a_recipe_of_before_the_warm_up_was_a_number_has_the_one_it_had() -> None:
    for schedule, warmup in (("cosine", 0.03), ("constant", 0)):
        fields = Recipe.from_fields(schedule=schedule, warmup=0.2).model_dump(mode="json")
        del fields["warmup"]
        assert Recipe.from_json(json.dumps(fields)).warmup == warmup


def test_the_usual_learning_rate_is_the_optimizers() -> None:
    assert (Recipe().learning_rate, Recipe(optimizer="sgd").learning_rate) == (0.003, 0.1)
    assert Recipe(optimizer="sgd", learning_rate=0.02).learning_rate == 0.02
    assert Recipe().changed(optimizer="sgd") == Recipe(optimizer="sgd", learning_rate=0.1)
    assert Recipe(learning_rate=0.02).changed(optimizer="sgd") == Recipe(optimizer="sgd", learning_rate=0.02)
    assert Recipe().changed(learning_rate=0.1, optimizer="adam_bop").learning_rate == 0.1
    assert LEARNING_RATES.keys() == set(get_args(Optimizer))


def test_an_empty_line_names_no_run() -> None:
    assert Recipe.from_fields(teacher="", start_from="") == Recipe()


def test_a_teacher_is_trained_without_what_is_about_binary_weights() -> None:
    recipe = Recipe(epochs=4, optimizer="adam_bop", seed=3, start_from="0123abcd")
    assert recipe.as_teachers() == Recipe(epochs=4, seed=3)
    recipe = Recipe(optimizer="sgd", learning_rate=0.2, first_stage_epochs=2)
    assert recipe.as_teachers() == Recipe(optimizer="sgd", learning_rate=0.2)
