"""The optimizers of recipes on real models, in both engines."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head
from bnn_designer.graph import lower
from bnn_designer.nn import Adam, CaseOptimizer, binary_kernel_layers, build_model
from bnn_designer.training.optimizers import optimizer_for, set_learning_rate
from bnn_designer.training.recipe import Recipe, RecipeError


def model_of(design: Design, engine: Any = "float") -> keras.Model:
    return build_model(lower(design), engine=engine, seed=0)


def binary_design(**fields: Any) -> Design:
    norm = BatchNormOptions(momentum=0.8)
    conv = BinaryConv(filters=8, batch_norm=norm, **fields)
    return Design(blocks=(Conv(filters=8, strides=(4, 4), batch_norm=norm), conv, GlobalPool(), Head()))


@pytest.mark.parametrize("engine", ["float", "auto"])
def test_each_name_builds_its_optimizer(small_design: Design, engine: Any) -> None:
    model = model_of(small_design, engine)
    kinds = {
        name: optimizer_for(Recipe.from_fields(optimizer=name, engine=engine), model)
        for name in ("adam", "adam_bop", "sgd")
    }
    adam = keras.optimizers.Adam if engine == "float" else Adam
    assert type(kinds["adam"]) is adam
    assert isinstance(kinds["adam_bop"], CaseOptimizer)
    assert type(kinds["adam_bop"].default) is adam
    assert kinds["adam_bop"].paths == ("binary_conv_1/kernel",)
    assert type(kinds["sgd"]) is keras.optimizers.SGD
    assert kinds["sgd"].momentum == 0.9
    # a count and a rate each, the moving average of the one binary kernel, two moments of every other weight
    weights = len(model.trainable_variables)
    assert len(kinds["adam"].variables) == 2 + 2 * weights
    assert len(kinds["adam_bop"].variables) == 3 * 2 + 1 + 2 * (weights - 1)


def test_bops_gamma_follows_the_schedule(small_design: Design) -> None:
    recipe = Recipe(optimizer="adam_bop", learning_rate=0.01, bop_gamma=1e-4)
    optimizer = optimizer_for(recipe, model_of(small_design))
    set_learning_rate(optimizer, recipe, 0.01 / 4)
    assert float(optimizer.learning_rate) == pytest.approx(0.01 / 4)
    assert float(optimizer.chosen.learning_rate) == pytest.approx(1e-4 / 4)


@pytest.mark.parametrize("quantizer", ["approx_sign", "swish_sign", {"name": "ste_sign", "clip_value": 0.5}])
def test_bop_refuses_kernels_that_would_not_learn(quantizer: Any) -> None:
    design = binary_design(kernel_quantizer=quantizer)
    with pytest.raises(RecipeError, match="the kernel quantizer of binary_conv_1 passes no gradient on"):
        optimizer_for(Recipe(optimizer="adam_bop"), model_of(design))


@pytest.mark.parametrize(
    "quantizer",
    ["ste_sign", "magnitude_aware_sign", "xnor_weight_scale", "dorefa_sign", {"name": "ste_sign", "clip_value": 1.3}],
)
def test_bop_takes_every_other_kind_of_binary_kernel(quantizer: Any) -> None:
    optimizer = optimizer_for(Recipe(optimizer="adam_bop"), model_of(binary_design(kernel_quantizer=quantizer)))
    assert optimizer.paths == ("binary_conv_1/kernel",)


@pytest.mark.parametrize("quantizer", [None, "ste_tern", "int8"])
def test_bop_wants_binary_kernels(quantizer: Any) -> None:
    with pytest.raises(RecipeError, match="adam_bop flips binary weights, and the design has none"):
        optimizer_for(Recipe(optimizer="adam_bop"), model_of(binary_design(kernel_quantizer=quantizer)))


@pytest.mark.parametrize("name", ["adam", "adam_bop", "sgd"])
def test_a_step_leaves_latent_weights_within_their_constraint(small_design: Design, name: Any) -> None:
    model = model_of(small_design)
    recipe = Recipe(optimizer=name, learning_rate=1.0, engine="float")
    optimizer = optimizer_for(recipe, model)
    rng = np.random.default_rng(0)
    for _ in range(3):
        gradients = [
            keras.ops.convert_to_tensor(rng.normal(size=v.shape).astype("float32")) for v in model.trainable_variables
        ]
        optimizer.apply(gradients)
    (layer,) = binary_kernel_layers(model)
    values = np.abs(layer.kernel.numpy())
    assert values.max() == 1
    assert (values.min() == 1) == (name == "adam_bop")
