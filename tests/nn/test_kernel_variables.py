"""Kernels within ``quantized_scope``: how they read, what is saved, and what does not change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.nn import (
    DoReFa,
    NoOp,
    QuantConv2D,
    QuantDense,
    QuantDepthwiseConv2D,
    SteSign,
    quantized_scope,
)

LATENT = np.array([[0.5, -0.25], [-0.0, -2.0]], np.float32)
SIGNS = [[1, -1], [1, -1]]


def dense(quantizer: Any, **arguments: Any) -> QuantDense:
    layer = QuantDense(2, kernel_quantizer=quantizer, **arguments)
    layer.build((None, 2))
    layer.set_weights([LATENT, *layer.get_weights()[1:]])
    return layer


@pytest.mark.parametrize(
    ("quantizer", "precision"), [("ste_sign", 1), ("ste_tern", 2), (DoReFa(3, "weights"), 3), (NoOp(1), 1)]
)
def test_a_kernel_has_its_quantizer_s_precision(quantizer: Any, precision: int) -> None:
    assert dense(quantizer).kernel.precision == precision


def test_it_reads_as_quantized_within_the_scope_and_as_it_is_outside() -> None:
    layer = dense("ste_sign")
    for wanted, expected in ((False, LATENT), (True, SIGNS)):
        with quantized_scope(wanted) as quantize:
            assert quantize is wanted
            for read in (np.array, tf.convert_to_tensor, lambda kernel: kernel.numpy()):
                assert np.array_equal(read(layer.kernel), expected)
            assert np.array_equal(layer.get_weights()[0], expected)
    assert np.array_equal(layer.get_weights()[0], LATENT)


def test_scopes_nest_and_end_by_an_error() -> None:
    layer = dense("ste_sign")
    with quantized_scope(True), quantized_scope(False):
        assert np.array_equal(layer.kernel.numpy(), LATENT)
    with pytest.raises(KeyError), quantized_scope(True):
        raise KeyError
    assert np.array_equal(layer.kernel.numpy(), LATENT)


def test_what_is_assigned_within_the_scope_is_latent() -> None:
    layer = dense("ste_sign")
    with quantized_scope(True):
        layer.kernel.assign(3 * LATENT)
        layer.kernel.assign_add(LATENT)
    assert np.array_equal(layer.kernel.numpy(), 4 * LATENT)


@pytest.mark.parametrize("engine", ["float", "xnor"])
@pytest.mark.parametrize("quantizer", [SteSign(), "approx_sign", "magnitude_aware_sign", NoOp(1), None])
def test_layers_compute_the_same_within_it(quantizer: Any, engine: Any) -> None:
    layer = dense(quantizer, input_quantizer="ste_sign", engine=engine)

    def results() -> list[np.ndarray]:
        with tf.GradientTape() as tape:
            y = layer(tf.constant([[0.5, -1.0]]))
        return [y.numpy(), tape.gradient(y, layer.kernel.value).numpy()]

    outside = results()
    with quantized_scope(True):
        inside = results()
    assert all(np.array_equal(a, b) for a, b in zip(outside, inside, strict=True))


def test_what_is_saved_within_it_is_exactly_one_bit_and_predicts_the_same(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    binary: dict[str, Any] = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
    model = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            QuantConv2D(3, 3, kernel_quantizer="ste_sign"),
            QuantDepthwiseConv2D(2, input_quantizer="ste_sign", depthwise_quantizer="ste_sign"),
            keras.layers.Flatten(),
            QuantDense(3, **binary),
            keras.layers.Dense(2, name="float"),
        ]
    )
    latent = model.get_weights()
    with quantized_scope(True):
        model.save(tmp_path / "signs.keras")
        model.save_weights(tmp_path / "signs.weights.h5")
    again = keras.saving.load_model(tmp_path / "signs.keras")
    quantized = [0, 1, 3]
    for place in quantized:
        kernel = again.layers[place].get_weights()[0]
        assert set(np.unique(kernel)) == {-1, 1}
        assert np.array_equal(kernel, np.where(model.layers[place].get_weights()[0] >= 0, 1, -1))
    assert np.array_equal(again.layers[4].kernel, model.layers[4].kernel)
    x = np.random.default_rng(0).normal(size=(5, 4, 4, 2)).astype(np.float32)
    assert np.array_equal(model(x), again(x))
    assert all(np.array_equal(a, b) for a, b in zip(latent, model.get_weights(), strict=True))
    model.load_weights(tmp_path / "signs.weights.h5")
    assert np.array_equal(model(x), again(x))
