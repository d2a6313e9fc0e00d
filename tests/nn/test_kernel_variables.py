"""Kernels within ``quantized_scope``: how they read, and what does not change. What is saved: `test_stored_kernels`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.nn import (
    DoReFa,
    NoOp,
    QuantDense,
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
