"""Layers within `latent_kernels` multiply with their kernels as they are."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.nn import QuantConv2D, QuantDense, QuantDepthwiseConv2D, binary_kernels, latent_kernels

INPUTS = tf.constant(np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32))


def layers(engine: Any) -> list[keras.layers.Layer]:
    both = {"input_quantizer": "ste_sign", "kernel_quantizer": "magnitude_aware_sign", "engine": engine}
    depthwise = {"input_quantizer": "ste_sign", "depthwise_quantizer": "ste_sign", "engine": engine}
    return [
        QuantConv2D(4, 3, padding="same", pad_values=1, **both),
        QuantDense(4, **both),
        QuantDepthwiseConv2D(3, padding="same", **depthwise),
    ]


@pytest.mark.parametrize("engine", ["float", "auto"])
@pytest.mark.parametrize("index", range(3))
def test_the_kernel_is_not_quantized_and_the_input_is(engine: Any, index: int) -> None:
    layer = layers(engine)[index]
    outside = layer(INPUTS).numpy()
    config = layer.get_config()
    quantizer = "depthwise_quantizer" if isinstance(layer, QuantDepthwiseConv2D) else "kernel_quantizer"
    plain = type(layer).from_config(config | {quantizer: None})
    plain.build(INPUTS.shape)
    plain.set_weights(layer.get_weights())
    with latent_kernels():
        within = tf.function(layer)(INPUTS).numpy()
        np.testing.assert_array_equal(layer(INPUTS), within)
    np.testing.assert_allclose(within, plain(INPUTS), rtol=1e-6)
    assert np.abs(within - outside).max() > 0.1
    np.testing.assert_array_equal(layer(INPUTS), outside)
    assert layer.get_config() == config


def test_not_wanted_changes_nothing_and_they_may_be_nested() -> None:
    layer = layers("float")[1]
    outside = layer(INPUTS).numpy()
    with latent_kernels(False):
        np.testing.assert_array_equal(layer(INPUTS), outside)
    with latent_kernels():
        within = layer(INPUTS).numpy()
        with latent_kernels(False):
            np.testing.assert_array_equal(layer(INPUTS), within)


def test_another_model_within_keeps_its_quantizers() -> None:
    layer = layers("float")[1]
    outside = layer(INPUTS).numpy()
    with latent_kernels():
        with binary_kernels():
            np.testing.assert_array_equal(layer(INPUTS), outside)
        assert np.abs(layer(INPUTS).numpy() - outside).max() > 0.1
