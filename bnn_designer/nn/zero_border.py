"""Binary convolutions whose input is bordered by zeros on any side; the compiled op places such borders as "same" only.

A zero has no bit. So the border is filled with ones, and what they add is subtracted: of a filter's taps that stand in
the border, the sum of its signs over the channels, the same for every image. All are whole numbers, so nothing is lost,
and the subtraction is a convolution of one image of one channel.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

Borders = tuple[tuple[int, int], tuple[int, int]]


def convolve_in_zeros(
    convolve: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    inputs: tf.Tensor,
    kernel: tf.Tensor,
    kernel_signs: tf.Tensor,
    *,
    borders: Borders,
    strides: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
) -> tf.Tensor:
    """The convolution of ``inputs``, ``[N, H, W, C]``, in a border of zeros, with ``kernel``, ``[kh, kw, C, filters]``.

    Args:
        convolve: multiplies the signs of both with padding "valid", and the strides and dilation given here.
        inputs, kernel: what it takes the signs of.
        kernel_signs: -1 and +1 of the kernel, with their gradient.
        borders: pixels before and after height and width.
        strides: pixels between windows.
        dilation: pixels between taps.
    """
    if not any(map(any, borders)):
        return convolve(inputs, kernel)
    around = [(0, 0), *borders, (0, 0)]
    products = convolve(tf.pad(inputs, around, constant_values=1.0), kernel)
    size = tf.shape(inputs)
    inside = tf.zeros(tf.stack([1, size[1], size[2], 1]), inputs.dtype)
    outside = tf.pad(inside, around, constant_values=1.0)
    sums = tf.reduce_sum(kernel_signs, axis=2, keepdims=True)
    return products - tf.nn.conv2d(outside, sums, strides, "VALID", dilations=dilation)
