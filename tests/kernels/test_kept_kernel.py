"""The packed kernel that inference keeps from call to call: never an old one, whoever changed the float one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.kernels import ops, train_ops
from bnn_designer.nn import QuantConv2D, QuantDense

SHAPE = (3, 3, 70, 8)  # of whole cache lines, so that slices of a tensor are no copies
X = tf.constant(np.random.default_rng(0).normal(size=(2, 6, 6, 70)), tf.float32)


def values(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def expected(kernel: Any) -> np.ndarray:
    signs, kernel_signs = (np.where(np.asarray(value) < 0, -1, 1).astype(np.float32) for value in (X, kernel))
    return np.asarray(tf.nn.conv2d(signs, kernel_signs, 1, "VALID"))


def adam(variable: tf.Variable) -> None:
    m, v = (tf.Variable(tf.zeros(SHAPE)) for _ in range(2))
    train_ops.adam_step(
        variable, m, v, tf.ones(SHAPE), tf.constant(9.0), beta_1=0.9, beta_2=0.999, epsilon=1e-7, clip=None
    )


CHANGES: dict[str, Callable[[tf.Variable], Any]] = {
    "assign": lambda variable: variable.assign(values(2, *SHAPE)),
    "assign_add": lambda variable: variable.assign_add(values(3, *SHAPE)),
    "a part": lambda variable: variable[0].assign(values(4, *SHAPE[1:])),
    "scatter": lambda variable: variable.scatter_update(tf.IndexedSlices(values(5, 1, *SHAPE[1:]), [1])),
    "our Adam": adam,
    "TensorFlow's gradient descent": lambda variable: tf.raw_ops.ResourceApplyGradientDescent(
        var=variable.handle, alpha=2.0, delta=tf.constant(values(6, *SHAPE))
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("trains", [False, True])
def test_a_changed_variable_is_packed_again(change: str, trains: bool) -> None:
    variable = tf.Variable(values(1, *SHAPE))
    infer = tf.function(lambda: ops.binary_conv2d(X, variable, differentiable=False))
    step = tf.function(lambda: ops.binary_conv2d(X, variable))
    for _ in range(3):
        np.testing.assert_array_equal(infer(), expected(variable))
        np.testing.assert_array_equal(infer(), expected(variable))
        if trains:
            step()
        CHANGES[change](variable)
    np.testing.assert_array_equal(infer(), expected(variable))


def test_slices_of_one_tensor_are_kernels_of_their_own() -> None:
    """They share its buffer, and their shapes are the same."""
    both = tf.constant(values(7, 2, *SHAPE))
    infer = tf.function(lambda kernel: ops.binary_conv2d(X, kernel, differentiable=False))
    for _ in range(2):
        for kernel in tf.unstack(both):
            np.testing.assert_array_equal(infer(kernel), expected(kernel))


def test_an_array_that_is_changed_is_packed_again() -> None:
    """TensorFlow may take its memory as it is."""
    kernel = values(1, *SHAPE)
    for _ in range(2):
        np.testing.assert_array_equal(ops.binary_conv2d(X, kernel, differentiable=False), expected(kernel))
        kernel *= -1


def address(variable: tf.Variable) -> int:
    where: int = np.asarray(variable.value()).__array_interface__["data"][0]
    return where


@pytest.mark.parametrize("trains", [False, True])
def test_a_training_step_lets_go_of_it(trains: bool) -> None:
    """So an optimizer can write the variable in place; else it must leave the old numbers where they are."""
    variable = tf.Variable(values(1, *SHAPE))
    infer = tf.function(lambda: ops.binary_conv2d(X, variable, differentiable=False))
    step = tf.function(lambda: ops.binary_conv2d(X, variable))
    for _ in range(2):  # the first call of a function holds more
        infer()
        before = address(variable)
        if trains:
            step()
        adam(variable)
    assert (address(variable) == before) == trains


def test_a_dense_kernel_too() -> None:
    variable = tf.Variable(values(8, 130, 7))
    x = values(9, 3, 130)
    infer = tf.function(lambda: ops.binary_matmul(x, variable, differentiable=False))
    for seed in (10, 11):
        for _ in range(2):
            np.testing.assert_array_equal(infer(), np.where(x < 0, -1, 1) @ np.where(variable.numpy() < 0, -1, 1))
        variable.assign(values(seed, 130, 7))


def test_layers_keep_it_where_nothing_is_trained() -> None:
    conv = QuantConv2D(8, 3, input_quantizer="ste_sign", kernel_quantizer="ste_sign", engine="xnor")
    for training, plain in ((False, True), (True, False), (None, False)):
        recorded = tf.function(lambda x, training=training: conv(x, training=training)).get_concrete_function(X)
        types = {op.type for op in recorded.graph.get_operations()}
        assert ("BnnBinaryConv2D" in types) == plain
        assert ("BnnBinaryConv2DTraining" in types) != plain


@pytest.mark.parametrize("ste", ["ste_sign", "approx_sign"])
@pytest.mark.parametrize("dilations", [1, 2])
def test_inference_has_the_gradients_of_training(ste: Any, dilations: int) -> None:
    kernel = tf.constant(values(1, *SHAPE))

    def gradients(differentiable: bool) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([X, kernel])
            y = ops.binary_conv2d(
                X, kernel, dilations=dilations, padding="same", input_ste=ste, differentiable=differentiable
            )
            loss = tf.reduce_sum(y * tf.cos(tf.range(8.0)))
        return tape.gradient(loss, [X, kernel])

    for found, wanted in zip(gradients(False), gradients(True), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-5 * np.abs(wanted).max())


def test_a_dense_layer_has_them_too() -> None:
    dense = QuantDense(3, input_quantizer="ste_sign", kernel_quantizer="approx_sign", engine="xnor")
    x = tf.constant(values(9, 2, 130))

    def gradients(training: bool) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(dense(x, training=training) * tf.cos(tf.range(3.0)))
        return tape.gradient(loss, [x, dense.kernel])

    for found, wanted in zip(gradients(False), gradients(True), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
