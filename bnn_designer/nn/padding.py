"""Padding "same" as TensorFlow places it, for pad values that a convolution does not offer itself."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def same_padding(size: Any, kernel: int, stride: int, dilation: int) -> tuple[Any, Any]:
    """Pixels before and after one axis such that ``ceil(size / stride)`` windows fit.

    The windows span ``(outputs - 1) * stride + dilation * (kernel - 1) + 1`` pixels; what is missing is halved, and an
    odd pixel goes after (https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).

    Args:
        size: pixels on this axis, an int or a scalar int tensor.
        kernel: taps of the kernel on this axis.
        stride: pixels between windows.
        dilation: pixels between taps.
    """
    outputs = -(-size // stride)
    missing = (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size
    missing = max(missing, 0) if isinstance(missing, int) else tf.maximum(missing, 0)
    return missing // 2, missing - missing // 2


def pad_same(
    x: tf.Tensor,
    value: float,
    *,
    kernel_size: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    channels_last: bool = True,
) -> tf.Tensor:
    """``x`` in a border of ``value`` that makes a "valid" convolution "same".

    ``x`` is ``[N, ..., C]`` or ``[N, C, ...]``, with as many axes between as ``kernel_size`` has.
    """
    first = 1 if channels_last else 2
    dynamic = tf.shape(x)
    borders: list[tuple[Any, Any]] = [(0, 0)] * x.shape.rank
    for i in range(len(kernel_size)):
        static = x.shape[first + i]
        size = dynamic[first + i] if static is None else static
        borders[first + i] = same_padding(size, kernel_size[i], strides[i], dilation[i])
    return tf.pad(x, borders, constant_values=tf.cast(value, x.dtype))
