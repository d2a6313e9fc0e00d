"""Training through Keras: both engines learn the same weights, and clipped weights stay clipped."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from bnn_designer import kernels
from bnn_designer.nn import QuantConv2D, QuantDense

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))


def fit(engine, steps, learning_rate):
    """A tiny binary net after ``steps`` of SGD on noise, from the same start for every engine.

    SGD, not Adam: Adam divides by the size of a gradient and so turns the rounding of a gradient near zero into a
    whole step.
    """
    keras.utils.set_random_seed(3)
    binary = {
        "input_quantizer": "ste_sign",
        "kernel_quantizer": "approx_sign",
        "kernel_constraint": "weight_clip",
        "engine": engine,
    }
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            QuantConv2D(8, 3, padding="same", pad_values=1.0, use_bias=False, **binary),
            keras.layers.BatchNormalization(momentum=0.9),
            QuantConv2D(8, 3, strides=2, padding="same", **binary),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.Flatten(),
            QuantDense(4, **binary),
            keras.layers.Softmax(),
        ]
    )
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), loss="sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16 * steps, 8, 8, 3)).astype(np.float32), rng.integers(0, 4, 16 * steps)
    before = model.get_weights()
    history = model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
    return model, before, history.history["loss"]


@needs_kernels
def test_both_engines_learn_the_same_weights():
    xnor, start_xnor, loss_xnor = fit("xnor", steps=4, learning_rate=0.01)
    simulated, start_float, loss_float = fit("float", steps=4, learning_rate=0.01)
    assert {layer.engine_used for layer in xnor.layers if hasattr(layer, "engine_used")} == {"xnor"}
    assert all(np.array_equal(a, b) for a, b in zip(start_xnor, start_float, strict=True))
    assert loss_xnor == pytest.approx(loss_float, rel=1e-4)
    for before, a, b in zip(start_xnor, xnor.get_weights(), simulated.get_weights(), strict=True):
        assert not np.array_equal(before, a)
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("engine", ["float", pytest.param("xnor", marks=needs_kernels)])
def test_clipped_weights_stay_within_one(engine):
    model, _, _ = fit(engine, steps=2, learning_rate=50.0)
    kernels_after = [layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel_quantizer")]
    assert len(kernels_after) == 3
    assert all(np.abs(kernel).max() == 1 for kernel in kernels_after)


@needs_kernels
def test_the_op_keeps_xla_away_from_the_whole_model():
    model, _, _ = fit("xnor", steps=1, learning_rate=0.01)
    assert model.jit_compile is False
