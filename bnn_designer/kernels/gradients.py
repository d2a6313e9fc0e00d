"""Straight-through gradients of the ops, registered with TensorFlow when this module is imported.

With s = sign(x), t = sign(w), y = conv(s, t), the product's own gradients
    dL/ds = conv_backprop_input(dL/dy, t),   dL/dt = conv_backprop_filter(s, dL/dy)
are sums of dL/dy with signs, which csrc/gradient/ computes by table lookup, and TensorFlow's float ops where the op was
asked for "multiplied" ones; the sign's derivative, zero almost everywhere, is replaced by the estimator's:
dL/dx = dL/ds * ste'(x).

The training ops put out what that takes: s in bits, where |x| <= 1 in bits, t in bits. So the float input need not live
until the backward pass, except for approx_sign, whose derivative 2 - 2|x| takes x itself.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from bnn_designer.kernels import library


@tf.RegisterGradient("BnnBinaryConv2DTraining")  # type: ignore[untyped-decorator]
def _conv2d_gradient(op: Any, grad: Any, *_: Any) -> tuple[Any, Any]:
    window = {name: op.get_attr(name) for name in ("strides", "dilations", "padding", "pad_value")}
    return _gradients(op, grad, library.load(), "conv2d", window)


@tf.RegisterGradient("BnnBinaryMatMulTraining")  # type: ignore[untyped-decorator]
def _matmul_gradient(op: Any, grad: Any, *_: Any) -> tuple[Any, Any]:
    return _gradients(op, grad, library.load(), "mat_mul", {})


def _gradients(op: Any, grad: Any, module: Any, product: str, window: dict[str, Any]) -> tuple[Any, Any]:
    _, words, mask, kernel_words = op.outputs
    kernel = op.inputs[1]
    masked = tf.compat.as_str(op.get_attr("input_ste")) == "ste_sign"
    if tf.compat.as_str(op.get_attr("gradients")) == "multiplied":
        return _multiplied(op, grad, module, window)
    common = {"gradients": op.get_attr("gradients"), "seed": op.get_attr("seed"), **window}
    input_gradient = getattr(module, f"bnn_binary_{product}_input_gradient")
    kernel_gradient = getattr(module, f"bnn_binary_{product}_kernel_gradient")
    return (
        input_gradient(
            gradient=grad,
            kernel_words=kernel_words,
            kernel=kernel,
            input=mask if masked else op.inputs[0],
            **common,
        ),
        kernel_gradient(gradient=grad, input=words, kernel=kernel, kernel_ste=op.get_attr("kernel_ste"), **common),
    )


def _multiplied(op: Any, grad: Any, module: Any, window: dict[str, Any]) -> tuple[Any, Any]:
    """Both gradients by TensorFlow's float ops, of operands that are unpacked for them."""
    x, kernel = op.inputs
    _, words, mask, _ = op.outputs
    channels = int(kernel.shape[-2])
    signs = module.bnn_unpack(words=words, channels=channels, clear=1.0, set=-1.0)
    kernel_signs = tf.where(kernel < 0, -tf.ones_like(kernel), tf.ones_like(kernel))
    if window:
        to_signs, to_kernel = _multiplied_conv2d(grad, signs, kernel_signs, window)
    else:
        to_signs = tf.matmul(grad, kernel_signs, transpose_b=True)
        to_kernel = tf.matmul(signs, grad, transpose_a=True)
    if tf.compat.as_str(op.get_attr("input_ste")) == "ste_sign":
        slope = module.bnn_unpack(words=mask, channels=channels, clear=0.0, set=1.0)
    else:
        slope = _slope(x, "approx_sign")
    return to_signs * slope, to_kernel * _slope(kernel, tf.compat.as_str(op.get_attr("kernel_ste")))


def _multiplied_conv2d(grad: Any, signs: Any, kernel_signs: Any, window: dict[str, Any]) -> tuple[Any, Any]:
    strides = [int(stride) for stride in window["strides"]]
    padding, value = tf.compat.as_str(window["padding"]), int(window["pad_value"])
    shape, way = tf.shape(signs), {"strides": [1, *strides, 1], "padding": padding}
    border = tf.zeros([4, 2], tf.int32)
    if padding == "SAME" and value != 0:
        # A border of signs is a part of the input; the gradient that reaches it is nobody's.
        border = _same_border(shape, tf.shape(kernel_signs)[:2], tf.constant(strides))
        signs, way["padding"] = tf.pad(signs, border, constant_values=float(value)), "VALID"
    to_signs = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(signs), filter=kernel_signs, out_backprop=grad, **way
    )
    to_kernel = tf.raw_ops.Conv2DBackpropFilter(
        input=signs, filter_sizes=tf.shape(kernel_signs), out_backprop=grad, **way
    )
    return tf.slice(to_signs, border[:, 0], shape), to_kernel


def _same_border(shape: Any, kernel_size: Any, strides: Any) -> Any:
    """int32 [4, 2]: what TensorFlow's "same" puts before and after each axis of [N, H, W, C]."""
    sizes = shape[1:3]
    missing = tf.maximum((-(-sizes // strides) - 1) * strides + kernel_size - sizes, 0)
    return tf.pad(tf.stack([missing // 2, missing - missing // 2], axis=1), [[1, 1], [0, 0]])


def _slope(x: Any, ste: str) -> Any:
    """The estimator's derivative."""
    size = tf.abs(x)
    inside = tf.cast(size <= 1, x.dtype)
    return inside if ste == "ste_sign" else inside * (2 - 2 * size)
