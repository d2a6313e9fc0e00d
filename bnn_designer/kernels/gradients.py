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
from bnn_designer.kernels.padding import pad_same


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
    signs = module.bnn_unpack(words=words, channels=channels)
    kernel_signs = tf.where(kernel < 0, -tf.ones_like(kernel), tf.ones_like(kernel))
    if window:
        to_signs, to_kernel = _multiplied_conv2d(grad, signs, kernel_signs, window)
    else:
        to_signs = tf.matmul(grad, kernel_signs, transpose_b=True)
        to_kernel = tf.matmul(signs, grad, transpose_a=True)
    if tf.compat.as_str(op.get_attr("input_ste")) == "ste_sign":
        to_input = module.bnn_mask_gradient(gradient=to_signs, mask=mask)
    else:
        to_input = module.bnn_slope_gradient(gradient=to_signs, x=x)
    if tf.compat.as_str(op.get_attr("kernel_ste")) == "ste_sign":
        return to_input, tf.where(tf.abs(kernel) <= 1, to_kernel, tf.zeros_like(kernel))
    return to_input, module.bnn_slope_gradient(gradient=to_kernel, x=kernel)


def _multiplied_conv2d(grad: Any, signs: Any, kernel_signs: Any, window: dict[str, Any]) -> tuple[Any, Any]:
    down, across = (int(stride) for stride in window["strides"])
    padding, value = tf.compat.as_str(window["padding"]), int(window["pad_value"])
    bordered, way = signs, {"strides": [1, down, across, 1], "padding": padding}
    if padding == "SAME" and value != 0:
        # A border of signs is a part of the input; the gradient that reaches it is nobody's.
        window_size = tuple(kernel_signs.shape[:2])
        bordered = pad_same(signs, value, kernel_size=window_size, strides=(down, across), dilation=(1, 1))
        way["padding"] = "VALID"
    shape = tf.shape(bordered)
    to_signs = tf.raw_ops.Conv2DBackpropInput(input_sizes=shape, filter=kernel_signs, out_backprop=grad, **way)
    to_kernel = tf.raw_ops.Conv2DBackpropFilter(
        input=bordered, filter_sizes=tf.shape(kernel_signs), out_backprop=grad, **way
    )
    before = (shape - tf.shape(signs)) // 2  # as pad_same shares it out
    return tf.slice(to_signs, before, tf.shape(signs)), to_kernel
