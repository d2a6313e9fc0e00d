"""Recipes: bounds, errors that name the field, and the schedule as a pure function."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.training.recipe import Recipe, RecipeError
from bnn_designer.training.schedule import learning_rate_at

WRONG = [
    ({"epochs": 0}, "epochs: .*greater than or equal to 1, got 0"),
    ({"epochs": 1.5}, "epochs: .*got 1.5"),
    ({"subset": 1_000_001}, "subset: .*less than or equal to 1000000"),
    ({"batch_size": 1}, "batch_size: .*greater than or equal to 2"),
    ({"learning_rate": 0}, "learning_rate: .*greater than 0"),
    ({"learning_rate": math.nan}, "learning_rate: .*got nan"),
    ({"schedule": "linear"}, "schedule: .*'cosine' or 'constant', got 'linear'"),
    ({"engine": "gpu"}, "engine: .*'xnor'.*got 'gpu'"),
    ({"gradients": "int4"}, "gradients: .*'int16'.*got 'int4'"),
    ({"seed": -1}, "seed: "),
    ({"validation_subset": 9}, "validation_subset: "),
    ({"data": "mnits"}, "data: a data set is one of cifar10, mnist, fashion-mnist, or a path from / on, got 'mnits'"),
    ({"data": "flowers/"}, "data: a data set is one of"),
    ({"data": "/a\nb"}, "data: a data set is one of"),
    ({"data": "/" + 4096 * "a"}, "data: .*at most 4096 characters"),
    ({"momentum": 0.9}, "momentum: there is no such field. The fields are data, epochs, subset"),
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
    augment=st.booleans(),
)
def test_json_round_trip(epochs: int, subset: int | None, rate: float, engine: str, augment: bool) -> None:
    recipe = Recipe.from_fields(epochs=epochs, subset=subset, learning_rate=rate, engine=engine, augment=augment)
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


def test_a_constant_rate() -> None:
    assert {learning_rate_at(step, total_steps=7, peak=0.02, schedule="constant") for step in range(7)} == {0.02}


def test_the_cosine_has_its_peak_after_the_warm_up_and_half_of_it_in_the_middle() -> None:
    def rate(step: int) -> float:
        return learning_rate_at(step, total_steps=100, peak=0.01, schedule="cosine")

    # 3 % of 100 steps climb: 1/4, 2/4, 3/4 of the peak
    assert [rate(0), rate(1), rate(2)] == pytest.approx([0.01 / 4, 0.01 * 2 / 4, 0.01 * 3 / 4])
    assert rate(3) == 0.01
    # cos(pi / 2) = 0 halfway through the 97 steps that are left
    middle = (rate(3 + 48) + rate(3 + 49)) / 2
    assert middle == pytest.approx(0.01 / 2)
    assert 0 < rate(99) < 0.01 / 1000


@given(total_steps=st.integers(1, 5_000), peak=st.floats(1e-6, 1))
def test_the_cosine_climbs_then_falls_and_stays_positive(total_steps: int, peak: float) -> None:
    rates = [learning_rate_at(k, total_steps=total_steps, peak=peak, schedule="cosine") for k in range(total_steps)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[top] == peak
    assert min(rates) > 0


def test_an_unknown_schedule() -> None:
    with pytest.raises(ValueError, match="'linear' is unknown"):
        learning_rate_at(0, total_steps=1, peak=1, schedule="linear")
