"""Signs, the straight-through estimators' derivatives and the sizes of borders, in TensorFlow's float ops.

For the ops whose gradients have no compiled form yet (grouped and depthwise); the others' are in
`bnn_designer.kernels.gradients`.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def sign(x: Any) -> Any:
    return tf.where(x < 0, tf.constant(-1, x.dtype), tf.constant(1, x.dtype))


def ste_derivative(x: Any, ste: bytes | str) -> Any:
    """1 (ste_sign) or 2 - 2|x| (approx_sign) where |x| <= 1, else 0."""
    size = tf.abs(x)
    slope = tf.ones_like(x) if tf.compat.as_str(ste) == "ste_sign" else 2 - 2 * size
    return tf.where(size <= 1, slope, tf.zeros_like(x))


def paddings(x: Any, kernel: Any, strides: list[int], dilations: list[int]) -> Any:
    """[[0, 0], [top, bottom], [left, right], [0, 0]] of "same", from sizes that may only be known at run time."""
    rows = [tf.constant([0, 0])]
    for axis in (0, 1):
        size, extent = tf.shape(x)[axis + 1], (tf.shape(kernel)[axis] - 1) * dilations[axis] + 1
        out = -(-size // strides[axis])
        total = tf.maximum((out - 1) * strides[axis] + extent - size, 0)
        rows.append(tf.stack([total // 2, total - total // 2]))
    return tf.stack([*rows, tf.constant([0, 0])])
