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
from bnn_designer.larq import layers
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


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
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


class Subclassed(keras.Model):
    """Layers as an attribute, in a list, and in a model within."""

    def __init__(self) -> None:
        super().__init__()
        self.first = layers.QuantConv2D(32, 3, name="first", engine="xnor", **BINARY)
        self.blocks = [layers.QuantConv2D(2, 1, name="second", engine="float", **BINARY)]
        dense = layers.QuantDense(2, name="third", engine="xnor", **BINARY)
        self.head = keras.Sequential([keras.layers.Flatten(), dense], name="head")

    def call(self, inputs: Any) -> Any:
        return self.head(self.blocks[0](self.first(inputs)))


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
