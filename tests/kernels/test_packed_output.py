"""The convolution with packed output against the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings

from bnn_designer.kernels import ops, reference
from tests.kernels.strategies import Convolution, convolutions


@settings(max_examples=80, deadline=None, derandomize=True)
@given(case=convolutions())
def test_convolution_with_packed_output(case: Convolution) -> None:
    x, kernel = case.operands()
    sums = reference.conv2d(x, kernel, **case.options)
    random = np.random.default_rng(case.seed)
    thresholds = random.integers(-6, 7, sums.shape[3]).astype(np.int32)
    thresholds[::5] = np.iinfo(np.int32).min  # below no sum
    flips = random.choice(np.array([-1, 1], np.float32), sums.shape[3])
    expected = np.where((sums < thresholds) != (flips < 0), -1, 1).astype(np.float32)
    words = ops.binary_conv2d_signs(
        ops.pack(x), ops.pack_conv_kernel(kernel), thresholds, ops.pack(flips), channels=x.shape[3], **case.options
    )
    np.testing.assert_array_equal(words, reference.pack(expected))


def test_flips_past_the_last_filter_leave_the_padding_zero() -> None:
    x, kernel = np.ones((1, 2, 2, 3), np.float32), np.ones((1, 1, 3, 5), np.float32)
    words = ops.binary_conv2d_signs(
        ops.pack(x), ops.pack_conv_kernel(kernel), np.zeros(5, np.int32), np.full(1, -1, np.int64), channels=3
    )
    np.testing.assert_array_equal(words, np.full((1, 2, 2, 1), 0b11111))  # 3 < 0 is false, and flipped


def test_shape_function_with_unknown_sizes() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 96])])
    def shapes(x: Any) -> Any:
        packed, flips = ops.pack_conv_kernel(tf.ones((3, 3, 96, 6))), ops.pack(tf.ones(6))
        y = ops.binary_conv2d_signs(ops.pack(x), packed, tf.zeros(6, tf.int32), flips, channels=96)
        assert y.shape.as_list() == [None, None, None, 1]
        return y

    assert shapes(tf.ones((2, 5, 6, 96))).shape == (2, 3, 4, 1)


@pytest.mark.parametrize(
    ("thresholds", "words", "message"),
    [(3, 1, r"thresholds \[3\] and flips \[1\]"), (4, 2, r"thresholds \[4\] and flips \[2\]")],
)
def test_errors_name_the_rule(thresholds: int, words: int, message: str) -> None:
    x, kernel = np.ones((1, 4, 4, 1), np.int64), np.ones((2, 2, 1, 4), np.int64)
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match=f"Bnn.*{message}"):
        ops.binary_conv2d_signs(x, kernel, np.zeros(thresholds, np.int32), np.zeros(words, np.int64), channels=6)
