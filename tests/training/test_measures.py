"""Measures of each layer, on weights and images that a reader can count."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, BinaryDense, Conv, Flatten, Head, PoolBatchNorm
from bnn_designer.graph import lower
from bnn_designer.nn import build_model
from bnn_designer.training.augment import scale
from bnn_designer.training.events import LayerMeasures
from bnn_designer.training.measures import SIGN_IMAGES, Measures
from bnn_designer.training.optimizers import optimizer_for
from bnn_designer.training.recipe import Recipe

IMAGES = tf.constant(np.random.default_rng(0).integers(0, 256, (SIGN_IMAGES + 20, 32, 32, 3), np.uint8))


def small_network() -> Design:
    """A layer with both operands binary, one of binary kernels alone, one of binary inputs alone, and a binary head."""
    norm = BatchNormOptions(momentum=0.8)
    return Design(
        blocks=(
            Conv(filters=4, strides=(8, 8), batch_norm=norm),
            BinaryConv(id="both", filters=4, batch_norm=norm),
            BinaryConv(id="kernels", filters=4, input_quantizer=None, batch_norm=norm),
            BinaryConv(id="inputs", filters=4, kernel_quantizer=None, kernel_constraint=None, batch_norm=norm),
            PoolBatchNorm(pool="max", batch_norm=norm),
            Flatten(),
            BinaryDense(id="dense", units=10, batch_norm=norm),
            Head(classifier="none"),
        )
    )


def measured(recipe: Recipe | None = None) -> tuple[keras.Model, keras.optimizers.Optimizer, Measures]:
    model = build_model(lower(small_network()), engine="float", seed=0)
    optimizer = optimizer_for(recipe or Recipe(engine="float"), model)
    return model, optimizer, Measures(model, optimizer, IMAGES)


def by_name(layers: tuple[LayerMeasures, ...]) -> dict[str, LayerMeasures]:
    return {layer.name: layer for layer in layers}


def test_each_layer_has_what_applies_to_it() -> None:
    _, _, measures = measured()
    layers = measures.at_epoch_end()
    has = {
        layer.name: tuple(value is not None for value in (layer.flip_ratio, layer.clipped_share, layer.positive_share))
        for layer in layers
    }
    assert has == {
        "both": (True, True, True),
        "kernels": (True, True, False),
        "inputs": (False, False, True),
        "dense": (True, True, True),
    }


@settings(max_examples=10)
@given(counts=st.lists(st.integers(0, 3 * 3 * 4 * 4), min_size=1, max_size=3))
def test_flips_are_counted_since_the_last_epoch(counts: list[int]) -> None:
    model, _, measures = measured()
    kernel = model.get_layer("both").kernel
    for count in counts:
        values = kernel.numpy().ravel()
        values[:count] *= -1
        kernel.assign(values.reshape(kernel.shape))
        layers = by_name(measures.at_epoch_end())
        # 3 x 3 weights of 4 channels and 4 filters
        assert layers["both"].flip_ratio == count / (3 * 3 * 4 * 4)
        assert layers["dense"].flip_ratio == 0


def test_weights_at_the_limit_of_their_constraint_are_clipped() -> None:
    model, _, measures = measured()
    kernel = model.get_layer("both").kernel
    values = np.full(kernel.shape, 0.5, np.float32).ravel()
    just_below, below = np.nextafter(np.float32(1), np.float32(0)), np.float32(0.9999)
    values[:4] = [1, -1, just_below, below]
    kernel.assign(values.reshape(kernel.shape))
    assert by_name(measures.at_epoch_end())["both"].clipped_share == 3 / (3 * 3 * 4 * 4)


def test_inputs_of_signs_are_those_of_the_first_validation_images() -> None:
    model, _, measures = measured()
    layers = by_name(measures.at_epoch_end())
    for name in ("both", "inputs", "dense"):
        before = keras.Model(model.inputs, model.get_layer(name).input)
        inputs = before(scale(IMAGES[:SIGN_IMAGES]), training=False).numpy()
        assert layers[name].positive_share == (inputs >= 0).mean()


def test_what_is_remembered_is_among_the_optimizers_variables() -> None:
    model, optimizer, measures = measured(Recipe(optimizer="adam_bop", engine="float"))
    other_model, other_optimizer, other_measures = measured(Recipe(optimizer="adam_bop", engine="float"))
    kernel = model.get_layer("both").kernel
    kernel.assign(-kernel)
    measures.at_epoch_end()
    kernel.assign(tf.abs(kernel))
    for mine, its in zip(
        [*other_model.variables, *other_optimizer.variables], [*model.variables, *optimizer.variables], strict=True
    ):
        mine.assign(its)
    assert measures.at_epoch_end() == other_measures.at_epoch_end()


def test_a_network_without_signs_has_no_measures() -> None:
    design = Design(blocks=(Conv(filters=4, strides=(8, 8)), Flatten(), Head()))
    model = build_model(lower(design), engine="float", seed=0)
    assert Measures(model, optimizer_for(Recipe(engine="float"), model), IMAGES).at_epoch_end() == ()


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_measuring_changes_no_weight(optimizer: str) -> None:
    model, _, measures = measured(Recipe.from_fields(optimizer=optimizer, engine="float"))
    before = [variable.numpy() for variable in model.variables]
    measures.at_epoch_end()
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
