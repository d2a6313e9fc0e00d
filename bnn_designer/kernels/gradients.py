"""Straight-through gradients of the ops, registered with TensorFlow when this module is imported.

With s = sign(x), t = sign(w), y = conv(s, t): the product's own gradients are exact,
    dL/ds = conv_backprop_input(dL/dy, t),   dL/dt = conv_backprop_filter(s, dL/dy),
and the sign's derivative, zero almost everywhere, is replaced by the estimator's: dL/dx = dL/ds * ste'(x).
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def _sign(x: Any) -> Any:
    return tf.where(x < 0, tf.constant(-1, x.dtype), tf.constant(1, x.dtype))


def _ste_derivative(x: Any, ste: bytes | str) -> Any:
    """1 (ste_sign) or 2 - 2|x| (approx_sign) where |x| <= 1, else 0."""
    size = tf.abs(x)
    slope = tf.ones_like(x) if tf.compat.as_str(ste) == "ste_sign" else 2 - 2 * size
    return tf.where(size <= 1, slope, tf.zeros_like(x))


def _paddings(x: Any, kernel: Any, strides: list[int], dilations: list[int]) -> Any:
    """[[0, 0], [top, bottom], [left, right], [0, 0]] of "same", from sizes that may only be known at run time."""
    rows = [tf.constant([0, 0])]
    for axis in (0, 1):
        size, extent = tf.shape(x)[axis + 1], (tf.shape(kernel)[axis] - 1) * dilations[axis] + 1
        out = -(-size // strides[axis])
        total = tf.maximum((out - 1) * strides[axis] + extent - size, 0)
        rows.append(tf.stack([total // 2, total - total // 2]))
    return tf.stack([*rows, tf.constant([0, 0])])


@tf.RegisterGradient("BnnBinaryConv2D")  # type: ignore[untyped-decorator]
def _conv2d_gradient(op: Any, grad: Any) -> tuple[Any, Any]:
    x, kernel = op.inputs
    strides, dilations = list(op.get_attr("strides")), list(op.get_attr("dilations"))
    padding = tf.compat.as_str(op.get_attr("padding"))
    signs, weights = _sign(x), _sign(kernel)
    paddings = None
    if padding == "SAME" and op.get_attr("pad_value") == 1:
        # A border of ones, then VALID: the ones reach the kernel's gradient, and the border's own is cropped.
        paddings = _paddings(x, kernel, strides, dilations)
        signs, padding = tf.pad(signs, paddings, constant_values=1), "VALID"
    window = {"strides": [1, *strides, 1], "dilations": [1, *dilations, 1], "padding": padding}
    d_signs = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(signs), filter=weights, out_backprop=grad, data_format="NHWC", **window
    )
    d_weights = tf.raw_ops.Conv2DBackpropFilter(
        input=signs, filter_sizes=tf.shape(kernel), out_backprop=grad, data_format="NHWC", **window
    )
    if paddings is not None:
        d_signs = tf.slice(d_signs, paddings[:, 0], tf.shape(x))
    return (
        d_signs * _ste_derivative(x, op.get_attr("input_ste")),
        d_weights * _ste_derivative(kernel, op.get_attr("kernel_ste")),
    )


@tf.RegisterGradient("BnnBinaryMatMul")  # type: ignore[untyped-decorator]
def _matmul_gradient(op: Any, grad: Any) -> tuple[Any, Any]:
    x, kernel = op.inputs
    d_signs = tf.matmul(grad, _sign(kernel), transpose_b=True)
    d_weights = tf.matmul(_sign(x), grad, transpose_a=True)
    return (
        d_signs * _ste_derivative(x, op.get_attr("input_ste")),
        d_weights * _ste_derivative(kernel, op.get_attr("kernel_ste")),
    )
