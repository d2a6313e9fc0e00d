"""XLA around models: it has no kernel for the compiled ops, so TensorFlow's own run, to the same numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config

from bnn_designer import kernels
from bnn_designer.nn import Adam, BatchNormalization, EngineWarning, MaxPooling2D, QuantConv2D, QuantDense, WeightClip
from bnn_designer.nn import engine as engine_module

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
BINARY: dict[str, Any] = {
    "input_quantizer": "ste_sign",
    "kernel_quantizer": "ste_sign",
    "kernel_constraint": WeightClip(),
}


def made(engine: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((6, 6, 4)),
            QuantConv2D(8, 3, use_bias=False, engine=engine, **BINARY),
            MaxPooling2D(2),
            BatchNormalization(),
            keras.layers.Flatten(),
            QuantDense(2, engine=engine, **BINARY),
        ]
    )


X = np.random.default_rng(0).normal(size=(4, 6, 6, 4)).astype(np.float32)


def step_of(model: keras.Model, jit_compile: bool) -> Any:
    """A step of training, as a program of one's own has it."""
    optimizer = Adam(0.01)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=jit_compile)
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True)))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    return step


@pytest.fixture
def any_order() -> Iterator[None]:
    """Sums in any order: XLA has no gradient of a max pool in a fixed one, which a test before may have asked for."""
    fixed = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    yield
    if fixed:
        config.enable_op_determinism()


@needs_kernels
@pytest.mark.usefixtures("any_order")
def test_a_step_compiled_by_xla_is_the_op_s_step_and_says_once_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_warned", set())
    ours, xla = made("xnor"), made("xnor")
    loss = step_of(ours, jit_compile=False)(X)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiled = step_of(xla, jit_compile=True)(X)
    said = [str(warning.message) for warning in caught if warning.category is EngineWarning]
    assert len(said) == 1
    assert "XLA has no kernel for the XNOR op, and jit_compile=True was asked for" in said[0]
    np.testing.assert_allclose(compiled, loss, rtol=1e-5)
    for one, other in zip(ours.get_weights(), xla.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert {layer.engine_used for layer in xla.layers if hasattr(layer, "engine_used")} == {"xnor"}
    assert np.array_equal(xla(X), xla.predict(X, verbose=0)), "outside of XLA the op computes as before"


def test_our_adam_trains_a_float_model_that_xla_compiles() -> None:
    model = keras.Sequential([keras.Input((4,)), QuantDense(2, engine="float", **BINARY)])
    model.compile(Adam(0.01), "mse", jit_compile=True)
    before = model.get_weights()[0]
    model.fit(X[:, 0, 0], np.ones((4, 2)), verbose=0)
    assert not np.array_equal(model.get_weights()[0], before)
