"""Packed output, packed pooling, grouped and depthwise convolution against the reference, and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.kernels import ops, packed_ops, reference
from tests.kernels.strategies import Convolution, convolutions
from tests.kernels.test_gradients import sign, values


def grouped(case: Convolution, groups: int) -> Convolution:
    """As many channels and filters as before in each group."""
    batch, height, width, channels = case.input_shape
    kernel_height, kernel_width, _, filters = case.kernel_shape
    return Convolution(
        (batch, height, width, channels * groups),
        (kernel_height, kernel_width, channels, filters * groups),
        case.strides,
        case.dilations,
        case.padding,
        case.pad_values,
        case.seed,
    )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(case=convolutions(), groups=st.integers(1, 4))
def test_grouped_convolution(case: Convolution, groups: int) -> None:
    case = grouped(case, groups)
    x, kernel = case.operands()
    y = packed_ops.binary_conv2d_grouped(x, kernel, groups=groups, **case.options)
    np.testing.assert_array_equal(y, reference.conv2d(x, kernel, groups=groups, **case.options))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(case=convolutions(), groups=st.integers(1, 3))
def test_convolution_with_packed_output(case: Convolution, groups: int) -> None:
    case = grouped(case, groups)
    x, kernel = case.operands()
    sums = reference.conv2d(x, kernel, groups=groups, **case.options)
    random = np.random.default_rng(case.seed)
    thresholds = random.integers(-6, 7, sums.shape[3]).astype(np.int32)
    thresholds[::5] = np.iinfo(np.int32).min  # below no sum
    flips = random.choice(np.array([-1, 1], np.float32), sums.shape[3])
    expected = np.where((sums < thresholds) != (flips < 0), -1, 1).astype(np.float32)
    words = packed_ops.binary_conv2d_signs(
        ops.pack(x),
        ops.pack_conv_kernel(kernel),
        thresholds,
        ops.pack(flips),
        channels=x.shape[3],
        groups=groups,
        **case.options,
    )
    np.testing.assert_array_equal(words, reference.pack(expected))


def test_flips_past_the_last_filter_leave_the_padding_zero() -> None:
    x, kernel = np.ones((1, 2, 2, 3), np.float32), np.ones((1, 1, 3, 5), np.float32)
    words = packed_ops.binary_conv2d_signs(
        ops.pack(x), ops.pack_conv_kernel(kernel), np.zeros(5, np.int32), np.full(1, -1, np.int64), channels=3
    )
    np.testing.assert_array_equal(words, np.full((1, 2, 2, 1), 0b11111))  # 3 < 0 is false, and flipped


@settings(max_examples=60, deadline=None, derandomize=True)
@given(case=convolutions())
def test_depthwise_convolution(case: Convolution) -> None:
    x, _ = case.operands()
    shape = (*case.kernel_shape[:3], 1)
    kernel = np.random.default_rng(case.seed).standard_normal(shape, dtype=np.float32)
    y = packed_ops.binary_depthwise_conv2d(x, kernel, **case.options)
    np.testing.assert_array_equal(y, reference.depthwise_conv2d(x, kernel, **case.options))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(case=convolutions(min_batch=1))
def test_packed_max_pool(case: Convolution) -> None:
    x, _ = case.operands()
    window, padding = case.kernel_shape[:2], case.padding
    y = packed_ops.max_pool_packed(ops.pack(x), window=window, strides=case.strides, padding=padding)
    signs = reference.sign(x).astype(np.float32)
    expected = tf.nn.max_pool2d(signs, window, case.strides, padding.upper()).numpy()
    np.testing.assert_array_equal(y, reference.pack(expected))
    np.testing.assert_array_equal(reference.max_pool(x, window=window, strides=case.strides, padding=padding), expected)


def test_the_window_is_the_stride_where_none_is_given() -> None:
    assert packed_ops.max_pool_packed(tf.zeros((2, 9, 7, 3), tf.int64), window=(3, 2)).shape == (2, 9 // 3, 7 // 2, 3)


def gradients(call: Any, x: Any, kernel: Any) -> list[np.ndarray]:
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = call(x, kernel)
        loss = tf.reduce_sum(y * tf.random.stateless_normal(tf.shape(y), seed=(1, 2)))
    return [gradient.numpy() for gradient in tape.gradient(loss, [x, kernel])]


def bordered(x: Any, kernel: Any, padding: str, pad_values: int, stride: int) -> tuple[Any, str]:
    if padding == "valid" or pad_values == 0:
        return x, padding.upper()
    sides = [reference.same_padding(x.shape[axis + 1], kernel.shape[axis], stride, 1) for axis in (0, 1)]
    return tf.pad(x, ((0, 0), *sides, (0, 0)), constant_values=1), "VALID"


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(("padding", "pad_values"), [("valid", 0), ("same", 0), ("same", 1)])
@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_of_a_grouped_convolution(graph: bool, padding: str, pad_values: int, stride: int) -> None:
    def mine(x: Any, kernel: Any) -> Any:
        return packed_ops.binary_conv2d_grouped(
            x, kernel, groups=3, strides=stride, padding=padding, pad_values=pad_values, input_ste="approx_sign"
        )

    def theirs(x: Any, kernel: Any) -> Any:
        signs, mode = bordered(sign(x, "approx_sign"), kernel, padding, pad_values, stride)
        parts = zip(tf.split(signs, 3, 3), tf.split(sign(kernel, "ste_sign"), 3, 3), strict=True)
        return tf.concat([tf.nn.conv2d(part, weights, stride, mode) for part, weights in parts], 3)

    x, kernel = values(1, 2, 7, 6, 6), values(2, 3, 2, 2, 9)
    for a, b in zip(
        gradients(tf.function(mine) if graph else mine, x, kernel), gradients(theirs, x, kernel), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(("padding", "pad_values"), [("valid", 0), ("same", 0), ("same", 1)])
@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_of_a_depthwise_convolution(graph: bool, padding: str, pad_values: int, stride: int) -> None:
    def mine(x: Any, kernel: Any) -> Any:
        return packed_ops.binary_depthwise_conv2d(
            x, kernel, strides=stride, padding=padding, pad_values=pad_values, kernel_ste="approx_sign"
        )

    def theirs(x: Any, kernel: Any) -> Any:
        signs, mode = bordered(sign(x, "ste_sign"), kernel, padding, pad_values, stride)
        return tf.nn.depthwise_conv2d(signs, sign(kernel, "approx_sign"), [1, stride, stride, 1], mode)

    x, kernel = values(3, 2, 7, 6, 5), values(4, 3, 2, 5, 1)
    for a, b in zip(
        gradients(tf.function(mine) if graph else mine, x, kernel), gradients(theirs, x, kernel), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_shape_functions_with_unknown_sizes() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 96]), tf.TensorSpec(None)])
    def shapes(x: Any, unranked: Any) -> Any:
        words = ops.pack(x)
        kernel = tf.ones((3, 3, 32, 6))
        packed, flips = ops.pack_conv_kernel(kernel), ops.pack(tf.ones(6))
        y = packed_ops.binary_conv2d_signs(words, packed, tf.zeros(6, tf.int32), flips, channels=96, groups=3)
        assert y.shape.as_list() == [None, None, None, 1]
        assert packed_ops.max_pool_packed(words, window=2).shape.as_list() == [None, None, None, 2]
        assert packed_ops.binary_conv2d_grouped(x, kernel, groups=3).shape.as_list() == [None, None, None, 6]
        assert packed_ops.binary_depthwise_conv2d(unranked, tf.ones((3, 3, 96, 1))).shape.as_list()[3] == 96
        return y

    assert shapes(tf.ones((2, 5, 6, 96)), tf.ones((1, 4, 4, 96))).shape == (2, 3, 4, 1)


FLOATS, WORDS = np.ones((1, 4, 4, 6), np.float32), np.ones((1, 4, 4, 1), np.int64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: packed_ops.binary_conv2d_grouped(FLOATS, np.ones((3, 3, 2, 4), np.float32), groups=4),
            "4 groups must",
        ),
        (lambda: packed_ops.binary_conv2d_grouped(FLOATS, np.ones((3, 3, 3, 4), np.float32), groups=3), "filters"),
        (lambda: packed_ops.binary_conv2d_grouped(FLOATS, np.ones((3, 3, 3, 3), np.float32), groups=3), "each of 3"),
        (lambda: packed_ops.binary_depthwise_conv2d(FLOATS, np.ones((3, 3, 6, 2), np.float32)), "must be 1"),
        (lambda: packed_ops.binary_depthwise_conv2d(FLOATS, np.ones((3, 3, 5, 1), np.float32)), "6 channels"),
        (lambda: packed_ops.binary_depthwise_conv2d(FLOATS[0], np.ones((3, 3, 6, 1), np.float32)), "4 dimensions"),
        (lambda: packed_ops.max_pool_packed(WORDS, window=5), "must fit"),
        (lambda: packed_ops.max_pool_packed(WORDS, window=0), "at least 1"),
        (lambda: packed_ops.max_pool_packed(WORDS[0], window=2), "4 dimensions"),
        (lambda: signs_op(np.zeros(3, np.int32), np.zeros(1, np.int64)), r"thresholds \[3\] and flips \[1\]"),
        (lambda: signs_op(np.zeros(4, np.int32), np.zeros(2, np.int64)), r"thresholds \[4\] and flips \[2\]"),
    ],
)
def test_errors_name_the_rule(call: Any, message: str) -> None:
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match=f"Bnn.*{message}"):
        call()


def signs_op(thresholds: np.ndarray, flips: np.ndarray) -> Any:
    return packed_ops.binary_conv2d_signs(WORDS, np.ones((2, 2, 1, 4), np.int64), thresholds, flips, channels=6)
