"""Straight-through gradients of the ops, registered with TensorFlow when this module is imported.

With s = sign(x), t = sign(w), y = conv(s, t), the product's own gradients
    dL/ds = conv_backprop_input(dL/dy, t),   dL/dt = conv_backprop_filter(s, dL/dy)
are sums of dL/dy with signs, which csrc/gradient/ computes by table lookup; the sign's derivative, zero almost
everywhere, is replaced by the estimator's: dL/dx = dL/ds * ste'(x).

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
