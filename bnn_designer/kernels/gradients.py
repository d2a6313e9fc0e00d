"""Straight-through gradients of the ops, registered with TensorFlow when this module is imported.

With s = sign(x), t = sign(w), y = conv(s, t), the product's own gradients
    dL/ds = conv_backprop_input(dL/dy, t),   dL/dt = conv_backprop_filter(s, dL/dy)
are sums of dL/dy with signs, which csrc/gradient/ computes by table lookup, and TensorFlow's float ops where the op was
asked for "multiplied" ones; the sign's derivative, zero almost everywhere, is replaced by the estimator's:
dL/dx = dL/ds * ste'(x).

The training ops put out what that takes: s in bits, where |x| <= 1 in bits, t in bits. So the float input need not live
until the backward pass, except for approx_sign, whose derivative 2 - 2|x| takes x itself. The plain ops, those of
inference, keep nothing; for the few who want gradients there, both operands are packed once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from bnn_designer.kernels import library


@dataclass(frozen=True)
class _Forward:
    """What a gradient needs of its forward op.

    Attributes:
        module: the loaded ops.
        product: ``conv2d`` or ``mat_mul``.
        x, kernel: its float inputs.
        words, mask, kernel_words: what the training op puts out beside the product.
        input_ste, kernel_ste, gradients, seed: its attributes.
        window: strides, dilations and padding; of a convolution alone.
    """

    module: Any
    product: str
    x: Any
    kernel: Any
    words: Any
    mask: Any
    kernel_words: Any
    input_ste: str
    kernel_ste: str
    gradients: str
    seed: int
    window: dict[str, Any]


@tf.RegisterGradient("BnnBinaryConv2DTraining")  # type: ignore[untyped-decorator]
def _conv2d_gradient(op: Any, grad: Any, *_: Any) -> tuple[Any, Any]:
    return _gradients(_of_training(op, "conv2d"), grad)


@tf.RegisterGradient("BnnBinaryMatMulTraining")  # type: ignore[untyped-decorator]
def _matmul_gradient(op: Any, grad: Any, *_: Any) -> tuple[Any, Any]:
    return _gradients(_of_training(op, "mat_mul"), grad)


@tf.RegisterGradient("BnnBinaryConv2D")  # type: ignore[untyped-decorator]
def _plain_conv2d_gradient(op: Any, grad: Any) -> tuple[Any, Any]:
    return _gradients(_of_plain(op, "conv2d"), grad)


@tf.RegisterGradient("BnnBinaryMatMul")  # type: ignore[untyped-decorator]
def _plain_matmul_gradient(op: Any, grad: Any) -> tuple[Any, Any]:
    return _gradients(_of_plain(op, "mat_mul"), grad)


def _of_training(op: Any, product: str) -> _Forward:
    x, kernel = op.inputs
    _, words, mask, kernel_words = op.outputs
    return _Forward(
        library.load(),
        product,
        x,
        kernel,
        words,
        mask,
        kernel_words,
        **_estimators(op),
        gradients=tf.compat.as_str(op.get_attr("gradients")),
        seed=op.get_attr("seed"),
        window=_window(op, product),
    )


def _of_plain(op: Any, product: str) -> _Forward:
    """Of an op that kept nothing: its inputs are packed once more, and the gradients are exact."""
    x, kernel = op.inputs
    module, estimators, window = library.load(), _estimators(op), _window(op, product)
    masked = estimators["input_ste"] == "ste_sign"
    # A bit of 1 is a number below zero: here where |x| <= 1, as in the mask of the training op.
    mask = module.bnn_pack(input=tf.where(tf.abs(x) <= 1, -tf.ones_like(x), 1.0), check_nan=False) if masked else None
    # TensorFlow has no gradients of dilated convolutions on a processor.
    looked_up = max(window.get("dilations", [1])) > 1
    return _Forward(
        module,
        product,
        x,
        kernel,
        words=module.bnn_pack(input=x, check_nan=False),
        mask=mask,
        kernel_words=module.bnn_pack_kernel(kernel=kernel, check_nan=False) if looked_up else None,
        **estimators,
        gradients="float" if looked_up else "multiplied",
        seed=0,
        window=window,
    )


def _estimators(op: Any) -> dict[str, Any]:
    return {name: tf.compat.as_str(op.get_attr(name)) for name in ("input_ste", "kernel_ste")}


def _window(op: Any, product: str) -> dict[str, Any]:
    names = ("strides", "dilations", "padding", "pad_value") if product == "conv2d" else ()
    return {name: op.get_attr(name) for name in names}


def _gradients(of: _Forward, grad: Any) -> tuple[Any, Any]:
    to_input, to_kernel = _multiplied(of, grad) if of.gradients == "multiplied" else _looked_up(of, grad)
    return _last(to_input, of.product), _last(to_kernel, of.product)


def _last(gradient: Any, product: str) -> Any:
    """The gradient, which has none itself: parts of it would be missing, as what was kept are bits."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def last(gradient: Any) -> tuple[Any, Any]:
        def refuse(*_: Any) -> Any:
            raise tf.errors.UnimplementedError(
                None,
                None,
                f"binary_{product.replace('_', '')}: gradients of gradients (second order) cannot be had of the "
                'compiled op. Compute the layer with engine="float".',
            )

        return tf.identity(gradient), refuse

    return last(gradient)


def _looked_up(of: _Forward, grad: Any) -> tuple[Any, Any]:
    """Both gradients by the compiled tables."""
    common = {"gradients": of.gradients, "seed": of.seed, **of.window}
    input_gradient = getattr(of.module, f"bnn_binary_{of.product}_input_gradient")
    kernel_gradient = getattr(of.module, f"bnn_binary_{of.product}_kernel_gradient")
    return (
        input_gradient(
            gradient=grad,
            kernel_words=of.kernel_words,
            kernel=of.kernel,
            input=of.mask if of.input_ste == "ste_sign" else of.x,
            **common,
        ),
        kernel_gradient(gradient=grad, input=of.words, kernel=of.kernel, kernel_ste=of.kernel_ste, **common),
    )


def _multiplied(of: _Forward, grad: Any) -> tuple[Any, Any]:
    """Both gradients by TensorFlow's float ops, of operands that are unpacked for them."""
    kernel = of.kernel
    signs = of.module.bnn_unpack(words=of.words, channels=int(kernel.shape[-2]))
    kernel_signs = tf.where(kernel < 0, -tf.ones_like(kernel), tf.ones_like(kernel))
    if of.window:
        to_signs, to_kernel = _multiplied_conv2d(grad, signs, kernel_signs, of.window)
    else:
        to_signs = tf.matmul(grad, kernel_signs, transpose_b=True)
        to_kernel = tf.matmul(signs, grad, transpose_a=True)
    if of.input_ste == "ste_sign":
        to_input = of.module.bnn_mask_gradient(gradient=to_signs, mask=of.mask)
    else:
        to_input = of.module.bnn_slope_gradient(gradient=to_signs, x=of.x)
    if of.kernel_ste == "ste_sign":
        return to_input, tf.where(tf.abs(kernel) <= 1, to_kernel, tf.zeros_like(kernel))
    return to_input, of.module.bnn_slope_gradient(gradient=to_kernel, x=kernel)


def _multiplied_conv2d(grad: Any, signs: Any, kernel_signs: Any, window: dict[str, Any]) -> tuple[Any, Any]:
    down, across = (int(stride) for stride in window["strides"])
    padding, value = tf.compat.as_str(window["padding"]), float(window["pad_value"])
    way = {"strides": [1, down, across, 1], "padding": padding}
    # The gradient that reaches a border is nobody's, whatever stands there.
    to_signs = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(signs), filter=kernel_signs, out_backprop=grad, **way
    )
    to_kernel = tf.raw_ops.Conv2DBackpropFilter(
        input=signs, filter_sizes=tf.shape(kernel_signs), out_backprop=grad, **way
    )
    if padding == "SAME" and value != 0:
        to_kernel += value * _sums_outside(grad, tf.shape(signs), tf.shape(kernel_signs), way)
    return to_signs, to_kernel


def _sums_outside(grad: Any, image: Any, kernel: Any, way: dict[str, Any]) -> Any:
    """[kh, kw, 1, filters]: of the gradient where a tap stands outside the image, which a border of ones adds to the
    kernel's: all of it less what stands inside, as an image of one channel of ones would have it."""
    of_all_images = tf.reduce_sum(grad, axis=0, keepdims=True)
    ones = tf.ones(tf.stack([1, image[1], image[2], 1]), grad.dtype)
    one_channel = tf.stack([kernel[0], kernel[1], 1, kernel[3]])
    inside = tf.raw_ops.Conv2DBackpropFilter(input=ones, filter_sizes=one_channel, out_backprop=of_all_images, **way)
    return tf.reduce_sum(of_all_images, axis=(1, 2), keepdims=True) - inside
