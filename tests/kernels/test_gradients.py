"""Straight-through gradients against TensorFlow's own, of a float convolution of signs with a custom gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.kernels import ops, reference

DERIVATIVES: dict[str, Callable[[Any], Any]] = {
    "ste_sign": lambda x: tf.where(tf.abs(x) <= 1, 1.0, 0.0),
    "approx_sign": lambda x: tf.where(tf.abs(x) <= 1, 2 - 2 * tf.abs(x), 0.0),
}


def sign(x: Any, ste: str) -> Any:
    """The sign whose gradient is the estimator's."""

    @tf.custom_gradient
    def forward(value: Any) -> Any:
        return tf.where(value < 0, -1.0, 1.0), lambda grad: grad * DERIVATIVES[ste](value)

    return forward(x)


def values(seed: int, *shape: int) -> Any:
    """Between -2 and 2, with some exact zeros and ones: where the estimators have their corners."""
    return tf.constant(np.random.default_rng(seed).integers(-8, 9, shape) / 4, tf.float32)


def gradients(call: Callable[[Any, Any], Any], x: Any, kernel: Any) -> list[np.ndarray]:
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = call(x, kernel)
        weights = tf.random.stateless_normal(tf.shape(y), seed=(7, 8))
        loss = tf.reduce_sum(weights * y)
    return [gradient.numpy() for gradient in tape.gradient(loss, [x, kernel])]


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("pad_values", [0, 1])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("strides", "dilations"), [((1, 1), (1, 1)), ((2, 2), (1, 1)), ((3, 1), (1, 1)), ((1, 1), (2, 1)), ((2, 1), (1, 2))]
)
def test_convolution(
    strides: tuple[int, int], dilations: tuple[int, int], padding: str, pad_values: int, graph: bool
) -> None:
    def binary(x: Any, kernel: Any) -> Any:
        return ops.binary_conv2d(
            x,
            kernel,
            strides=strides,
            dilations=dilations,
            padding=padding,
            pad_values=pad_values,
            input_ste="approx_sign",
            kernel_ste="ste_sign",
        )

    def reference_conv(x: Any, kernel: Any) -> Any:
        signs, mode = sign(x, "approx_sign"), padding.upper()
        if mode == "SAME" and pad_values == 1:
            sides = [
                reference.same_padding(x.shape[axis + 1], kernel.shape[axis], strides[axis], dilations[axis])
                for axis in (0, 1)
            ]
            signs, mode = tf.pad(signs, ((0, 0), *sides, (0, 0)), constant_values=1), "VALID"
        return tf.nn.conv2d(signs, sign(kernel, "ste_sign"), strides, mode, dilations=dilations)

    x, kernel = values(1, 2, 8, 7, 5), values(2, 3, 2, 5, 6)
    actual = gradients(tf.function(binary) if graph else binary, x, kernel)
    for mine, theirs in zip(actual, gradients(reference_conv, x, kernel), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("input_ste", DERIVATIVES)
@pytest.mark.parametrize("kernel_ste", DERIVATIVES)
def test_matmul(input_ste: str, kernel_ste: str) -> None:
    x, kernel = values(3, 4, 9), values(4, 9, 6)
    actual = gradients(
        lambda x, kernel: ops.binary_matmul(x, kernel, input_ste=input_ste, kernel_ste=kernel_ste), x, kernel
    )
    expected = gradients(lambda x, kernel: tf.matmul(sign(x, input_ste), sign(kernel, kernel_ste)), x, kernel)
    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


def test_gradient_with_shapes_known_only_at_run_time() -> None:
    def binary(x: Any, kernel: Any) -> Any:
        return ops.binary_conv2d(x, kernel, strides=2, padding="same", pad_values=1)

    x, kernel = values(5, 2, 7, 6, 3), values(6, 4, 3, 3, 2)
    unknown = tf.function(binary, input_signature=[tf.TensorSpec([None] * 4), tf.TensorSpec([None] * 4)])
    for mine, theirs in zip(gradients(unknown, x, kernel), gradients(binary, x, kernel), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


def test_gradient_of_an_empty_batch_is_empty_and_of_the_kernel_zero() -> None:
    d_x, d_kernel = gradients(
        lambda x, kernel: ops.binary_conv2d(x, kernel, padding="same", pad_values=1),
        tf.zeros((0, 5, 5, 2)),
        values(7, 3, 3, 2, 4),
    )
    assert d_x.shape == (0, 5, 5, 2)
    np.testing.assert_array_equal(d_kernel, np.zeros((3, 3, 2, 4)))
