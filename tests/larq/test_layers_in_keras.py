"""Larq's layers as Keras 3 is used: every kind of file and copy, subclasses, half precision, XLA."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from bnn_designer import kernels
from bnn_designer.larq import context, layers, quantizers
from bnn_designer.nn import engines
from bnn_designer.nn.quantized import QuantizedLayer

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
BINARY: dict[str, Any] = {
    "input_quantizer": "ste_sign",
    "kernel_quantizer": "ste_sign",
    "kernel_constraint": "weight_clip",
    "bias_constraint": "weight_clip",
}
DEPTHWISE: dict[str, Any] = {"input_quantizer": "approx_sign", "depthwise_quantizer": "magnitude_aware_sign"}


def all_layers(**arguments: Any) -> dict[int, list[keras.layers.Layer]]:
    """One of each kind, by the axes of the image that it takes."""
    return {
        0: [layers.QuantDense(2, **BINARY, **arguments)],
        1: [
            layers.QuantConv1D(2, 3, padding="causal", **BINARY, **arguments),
            layers.QuantSeparableConv1D(2, 3, padding="causal", **DEPTHWISE, **arguments),
        ],
        2: [
            layers.QuantConv2D(2, 3, padding="same", pad_values=-1.0, **BINARY, **arguments),
            layers.QuantConv2DTranspose(2, 3, strides=2, **BINARY, **arguments),
            layers.QuantDepthwiseConv2D(
                3, padding="same", pad_values=0.5, depth_multiplier=2, **DEPTHWISE, **arguments
            ),
            layers.QuantSeparableConv2D(2, 3, pointwise_quantizer="ste_sign", **DEPTHWISE, **arguments),
        ],
        3: [
            layers.QuantConv3D(2, 2, padding="same", pad_values=1.0, **BINARY, **arguments),
            layers.QuantConv3DTranspose(2, 2, **BINARY, **arguments),
        ],
    }


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """All of them in a functional model with four inputs."""
    keras.utils.set_random_seed(0)
    inputs, outputs = [], []
    for axes, kinds in all_layers(engine="xnor").items():
        inputs.append(keras.Input((*[4] * axes, 2)))
        outputs += [keras.layers.Flatten()(layer(inputs[-1])) for layer in kinds]
    return keras.Model(inputs, keras.layers.Concatenate()(outputs))


@pytest.fixture(scope="module")
def images() -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(2, *[4] * axes, 2)).astype(np.float32) for axes in range(4)]


def test_a_model_is_saved_loaded_and_cloned(model: keras.Model, images: list[Any], tmp_path: Path) -> None:
    expected = np.asarray(model(images))
    model.save(tmp_path / "model.keras")
    assert np.array_equal(keras.saving.load_model(tmp_path / "model.keras")(images), expected)
    clone = keras.models.clone_model(model)
    assert not np.array_equal(clone(images), expected)
    model.save_weights(tmp_path / "model.weights.h5")
    clone.load_weights(tmp_path / "model.weights.h5")
    assert np.array_equal(clone(images), expected)
    for copy, layer in zip(clone.layers, model.layers, strict=True):
        if isinstance(layer, QuantizedLayer):
            assert copy.get_config() == layer.get_config()


def test_a_model_is_trained_within_its_constraints(model: keras.Model, images: list[Any]) -> None:
    clone = keras.models.clone_model(model)
    clone.compile(keras.optimizers.SGD(100.0), "mse", run_eagerly=True)
    clone.fit(images, np.ones((2, *clone.output_shape[1:])), verbose=0)
    clipped = [layer for layer in clone.layers if getattr(layer, "kernel_constraint", None) is not None]
    assert len(clipped) == 6
    for layer in clipped:
        assert all(np.abs(weight).max() <= 1 for weight in layer.get_weights())


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"])
def test_layers_compute_in_the_type_of_their_policy(policy: str, images: list[Any]) -> None:
    for axes, kinds in all_layers(dtype=policy, engine="xnor").items():
        for layer in kinds:
            with tf.GradientTape() as tape:
                outputs = layer(images[axes])
                loss = tf.reduce_sum(tf.cast(outputs, tf.float32))
            assert outputs.dtype == layer.compute_dtype
            assert layer.engine_used == "float"
            gradients = tape.gradient(loss, layer.trainable_weights)
            assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_channels_first_is_channels_last_turned_around(axes: int, images: list[Any]) -> None:
    """Outputs and gradients of every kind, which bits do not compute in this layout and say so."""
    for layer in all_layers(engine="xnor")[axes]:
        other = type(layer).from_config({**layer.get_config(), "data_format": "channels_first"})
        results = []
        for one, x, back in (
            (layer, images[axes], lambda y: y),
            (other, np.moveaxis(images[axes], -1, 1), channels_last),
        ):
            one.engine = "float" if one is layer else "xnor"
            one.build(x.shape)
            one.set_weights(layer.get_weights())
            source = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(source)
                y = one(source)
                loss = tf.reduce_sum(y * y)
            dx, *rest = tape.gradient(loss, [source, *(weight.value for weight in one.trainable_weights)])
            results.append([back(y), back(dx), *rest])
        for last, first in zip(*results, strict=True):
            np.testing.assert_allclose(first, last, rtol=1e-4, atol=1e-3)
        assert other.engine_reason == "the compiled op takes data_format='channels_last' only"


def channels_last(x: Any) -> Any:
    return np.moveaxis(np.asarray(x), 1, -1)


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    """Layers as an attribute, in a list, and in a model within."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = layers.QuantConv2D(32, 3, name="first", engine="xnor", **BINARY)
        self.blocks = [layers.QuantConv2D(2, 1, name="second", engine="float", **BINARY)]
        dense = layers.QuantDense(2, name="third", engine="xnor", **BINARY)
        self.head = keras.Sequential([keras.layers.Flatten(), dense], name="head")

    def call(self, inputs: Any) -> Any:
        return self.head(self.blocks[0](self.first(inputs)))


def test_a_subclassed_model_is_saved_and_loaded(images: list[Any], tmp_path: Path) -> None:
    made, other = Subclassed(), Subclassed()
    expected = np.asarray(made(images[2]))
    assert not np.array_equal(other(images[2]), expected)
    made.save(tmp_path / "model.keras")
    made.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    for again in (other, keras.saving.load_model(tmp_path / "model.keras")):
        assert np.array_equal(again(images[2]), expected)


def test_a_loop_of_one_s_own_and_fit_on_a_tf_data_set_give_the_same_numbers() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(12, 6)).astype(np.float32), rng.normal(size=(12, 2)).astype(np.float32)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)

    def made() -> keras.Model:
        keras.utils.set_random_seed(7)
        dense = layers.QuantDense(8, name="first", engine="xnor", **BINARY)
        return keras.Sequential([keras.Input((6,)), dense, layers.QuantDense(2, name="second", **BINARY)])

    fitted, looped = made(), made()
    fitted.compile(keras.optimizers.Adam(0.05), "mse")
    losses = fitted.fit(batches, epochs=2, verbose=0).history["loss"]
    optimizer, loss_of, mine = keras.optimizers.Adam(0.05), keras.losses.MeanSquaredError(), []
    for _ in range(2):
        epoch = []
        for inputs, targets in batches:
            with tf.GradientTape() as tape:
                loss = loss_of(targets, looped(inputs, training=True))
            optimizer.apply(tape.gradient(loss, looped.trainable_weights), looped.trainable_weights)
            epoch.append(float(loss))
        mine.append(np.mean(epoch))
    assert losses == pytest.approx(mine, rel=1e-6)
    for one, other in zip(fitted.get_weights(), looped.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_a_quantizer_that_layers_share_for_inputs_and_kernels_measures_each_kernel_by_itself() -> None:
    """Of 4 weights the first layer turns all, the second 2; inputs have other shapes than kernels."""
    shared = quantizers.SteSign()
    with context.metrics_scope(["flip_ratio"]):
        first, second = (
            layers.QuantDense(2, input_quantizer=shared, kernel_quantizer=shared, use_bias=False) for _ in range(2)
        )
    kernel, half = np.array([[1, 1], [-1, -1]], np.float32), np.array([[1, -1], [-1, 1]], np.float32)
    for layer in (first, second):
        layer.build((None, 2))
    for batch, kernels_now in ((3, (kernel, kernel)), (5, (-kernel, half))):
        for layer, values in zip((first, second), kernels_now, strict=True):
            layer.set_weights([values])
            layer(np.ones((batch, 2), np.float32))
    measured = [float(layer.kernel_quantizer.flip_ratio.result()) for layer in (first, second)]
    assert measured == [4 / 4, 2 / 4]


@needs_kernels
def test_xla_is_left_out_once_and_said_so(images: list[Any]) -> None:
    made = Subclassed()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made.compile("sgd", "mse", jit_compile=True)
        made.fit(images[2], np.ones((2, 2)), epochs=2, verbose=0)
    assert sum("jit_compile=True" in str(warning.message) for warning in caught) == 1
    assert not made.jit_compile
    assert {name: choice.used for name, choice in engines(made).items()} == {
        "first": "xnor",
        "second": "float",
        "head/third": "xnor",
    }


def test_xla_compiles_what_is_in_float(images: list[Any]) -> None:
    made = keras.Sequential([layers.QuantDense(2, engine="float", **BINARY)])
    made.compile("sgd", "mse", jit_compile=True)
    made.fit(images[0], np.ones((2, 2)), verbose=0)
    assert all(layer.supports_jit for layer in made.layers)
    # Keras gives XLA up as well where ops are to be deterministic, as a test before this one may have had them
    assert made.jit_compile != is_op_determinism_enabled()
