"""Wrong operands are refused with the op, the shapes and a mend; eagerly and when a graph is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.kernels import ops


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


WRONG: dict[str, tuple[Callable[[Any, Any], Any], tuple[int, ...], tuple[int, ...], str]] = {
    "input rank": (ops.binary_conv2d, (8, 8, 4), (3, 3, 4, 2), r"input \[8,8,4\], kernel \[3,3,4,2\]"),
    "kernel rank": (ops.binary_conv2d, (1, 8, 8, 4), (3, 4, 2), r"kernel must have 4 dimensions"),
    "channels": (ops.binary_conv2d, (1, 8, 8, 4), (3, 3, 5, 2), r"4 channels but the kernel takes 5"),
    "stride": (
        lambda x, k: ops.binary_conv2d(x, k, strides=(0, 1)),
        (1, 8, 8, 4),
        (3, 3, 4, 2),
        r"strides are \(0, 1\)",
    ),
    "three strides": (
        lambda x, k: ops.binary_conv2d(x, k, strides=(1, 1, 1)),
        (1, 8, 8, 4),
        (3, 3, 4, 2),
        r"strides are \(1, 1, 1\)",
    ),
    "dilation": (
        lambda x, k: ops.binary_conv2d(x, k, dilations=(1, -1)),
        (1, 8, 8, 4),
        (3, 3, 4, 2),
        r"dilations are \(1, -1\)",
    ),
    "pad value": (
        lambda x, k: ops.binary_conv2d(x, k, padding="same", pad_values=2),
        (1, 8, 8, 4),
        (3, 3, 4, 2),
        "pad_value is 2",
    ),
    "kernel too large": (ops.binary_conv2d, (1, 2, 8, 4), (3, 3, 4, 2), "must fit into the input"),
    "dilated kernel too large": (
        lambda x, k: ops.binary_conv2d(x, k, dilations=4),
        (1, 8, 8, 4),
        (3, 3, 4, 2),
        r"dilated by \(4, 4\)",
    ),
    "empty kernel": (ops.binary_conv2d, (1, 8, 8, 4), (3, 3, 4, 0), "kernel is empty"),
    "output too large": (ops.binary_conv2d, (1, 65536, 1, 1), (1, 1, 1, 32768), r"2\^31"),
    "matmul rank": (ops.binary_matmul, (2, 3, 4), (4, 5), r"BnnBinaryMatMul: .*input \[2,3,4\]"),
    "matmul inputs": (ops.binary_matmul, (2, 3), (4, 5), "3 columns but the kernel takes 4"),
    "matmul output too large": (ops.binary_matmul, (65536, 1), (1, 32768), r"2\^31"),
}


@pytest.mark.parametrize("name", WRONG)
def test_eager(name: str) -> None:
    call, x, kernel, message = WRONG[name]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call(ones(*x), ones(*kernel))


@pytest.mark.parametrize("name", WRONG)
def test_while_a_graph_is_built(name: str) -> None:
    call, x, kernel, message = WRONG[name]
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        tf.function(call).get_concrete_function(tf.TensorSpec(x), tf.TensorSpec(kernel))


def test_wrong_shape_seen_only_at_run_time() -> None:
    convolve = tf.function(ops.binary_conv2d, input_signature=[tf.TensorSpec(None), tf.TensorSpec(None)])
    with pytest.raises(tf.errors.InvalidArgumentError, match="4 channels but the kernel takes 5"):
        convolve(ones(1, 8, 8, 4), ones(3, 3, 5, 2))


@pytest.mark.parametrize("channels", [0, 64, 129])
def test_packed_channels_must_fit_the_words(channels: int) -> None:
    words, packed = ops.pack(ones(1, 5, 5, 65)), ops.pack_conv_kernel(ones(3, 3, 65, 2))
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"channels={channels} take"):
        ops.binary_conv2d_packed(words, packed, channels=channels)
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"channels={channels} take"):
        ops.binary_matmul_packed(words[0, 0], packed[0, 0], channels=channels)


def test_unknown_padding() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match='"same" or "valid"'):
        ops.binary_conv2d(ones(1, 4, 4, 1), ones(3, 3, 1, 1), padding="full")


@pytest.mark.parametrize("tensor", ["input", "kernel"])
def test_nan_names_the_op_the_tensor_the_index_and_a_mend(tensor: str) -> None:
    x, kernel = ones(2, 4, 5, 70), ones(3, 3, 70, 6)
    if tensor == "input":
        x[1, 2, 3, 67] = np.nan
        where = r"BnnBinaryConv2D: input is NaN at \[1,2,3,67\] \(its shape is \[2,4,5,70\]\).*check_nan=False"
    else:
        kernel[2, 0, 69, 5] = np.nan
        where = r"BnnBinaryConv2D: kernel is NaN at \[2,0,69,5\] \(its shape is \[3,3,70,6\]\).*check_nan=False"
    with pytest.raises(tf.errors.InvalidArgumentError, match=where):
        ops.binary_conv2d(x, kernel)
    with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
        tf.function(ops.binary_conv2d)(x, kernel)


def test_nan_in_matmul_and_pack() -> None:
    x = ones(3, 65)
    x[2, 64] = np.nan
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"BnnBinaryMatMul: input is NaN at \[2,64\]"):
        ops.binary_matmul(x, ones(65, 2))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"BnnPack: input is NaN at \[2,64\]"):
        ops.pack(x)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"BnnPackKernel: kernel is NaN at \[2,64\]"):
        ops.pack_kernel(x)


def test_unchecked_nan_counts_as_plus_one() -> None:
    x = np.array([[np.nan, -np.nan, -1.0]], np.float32)
    assert ops.binary_matmul(x, ones(3, 1), check_nan=False).numpy().tolist() == [[1 + 1 - 1]]
    assert ops.pack(x, check_nan=False).numpy().tolist() == [[0b100]]


@pytest.mark.parametrize("shape", [(), (3,)])
def test_pack_needs_enough_dimensions(shape: tuple[int, ...]) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have at least 2"):
        ops.pack_kernel(ones(*shape))
