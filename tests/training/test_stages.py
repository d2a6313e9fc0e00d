"""Two stages in one run are two runs, the second of which starts from the first one's weights."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.graph import lower
from bnn_designer.nn import build_model
from bnn_designer.training.data import load
from bnn_designer.training.data.images import Images
from bnn_designer.training.loop import train
from bnn_designer.training.optimizers import optimizer_for
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.steps import Steps


@pytest.fixture(scope="module")
def data(synthetic_data: Path) -> Images:
    return load(synthetic_data)


RECIPE = Recipe(epochs=3, first_stage_epochs=1, subset=50, batch_size=10, validation_subset=20, engine="float")
STEPS = 5  # an epoch


def made(
    design: Design, data: Images, recipe: Recipe = RECIPE
) -> tuple[keras.Model, keras.optimizers.Optimizer, Steps]:
    model = build_model(lower(design), engine="float", seed=0)
    optimizer = optimizer_for(recipe, model)
    return model, optimizer, Steps(model, optimizer, recipe, data)


def values(*variables: keras.Variable) -> list[np.ndarray]:
    return [variable.numpy() for variable in variables]


def indices(step: int) -> np.ndarray:
    return np.arange(10) + 10 * (step % STEPS)


def test_the_first_stage_is_the_network_with_float_kernels(small_design: Design, data: Images) -> None:
    blocks = small_design.model_dump(mode="json")
    blocks["blocks"][1]["body"][0]["kernel_quantizer"] = None
    in_float, _, plain = made(Design.from_data(blocks), data, RECIPE.model_copy(update={"first_stage_epochs": 0}))
    model, _, staged = made(small_design, data)
    for step in range(STEPS):
        assert staged.train(indices(step), step, 0.01) == plain.train(indices(step), step, 0.01)
    assert staged.float_kernels
    assert staged.validate(lambda: False) == plain.validate(lambda: False)
    for mine, its in zip(values(*model.variables), values(*in_float.variables), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_the_second_stage_starts_with_these_weights_and_a_new_optimizer(small_design: Design, data: Images) -> None:
    model, _, staged = made(small_design, data)
    for step in range(STEPS):
        staged.train(indices(step), step, 0.01)
    fresh, _, plain = made(small_design, data, RECIPE.model_copy(update={"first_stage_epochs": 0}))
    for variable, value in zip(fresh.variables, values(*model.variables), strict=True):
        variable.assign(value)
    for step in range(STEPS, 2 * STEPS):
        assert staged.train(indices(step), step, 0.02) == plain.train(indices(step), step, 0.02)
        assert not staged.float_kernels
    assert staged.validate(lambda: False) == plain.validate(lambda: False)


@pytest.mark.parametrize("stop", [0, 3, STEPS, STEPS + 1])
def test_it_goes_on_from_the_variables_of_model_and_optimizer(small_design: Design, data: Images, stop: int) -> None:
    def state(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
        return [*model.variables, *optimizer.variables]

    first_model, first_optimizer, first = made(small_design, data)
    second_model, second_optimizer, second = made(small_design, data)
    for step in range(stop):
        first.train(indices(step), step, 0.01)
    for variable, value in zip(
        state(second_model, second_optimizer), values(*state(first_model, first_optimizer)), strict=True
    ):
        variable.assign(value)
    assert second.float_kernels == first.float_kernels == (stop <= STEPS)
    assert second.validate(lambda: False) == first.validate(lambda: False)
    for step in range(stop, 2 * STEPS):
        assert second.train(indices(step), step, 0.01) == first.train(indices(step), step, 0.01)


def test_a_run_says_which_epochs_are_of_the_first_stage(small_design: Design, data: Images) -> None:
    result = train(small_design, RECIPE, data, on_event=lambda _: None, should_cancel=lambda: False)
    assert [end.float_kernels for end in result.epochs] == [True, False, False]
