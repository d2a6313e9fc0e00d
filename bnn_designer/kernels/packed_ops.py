"""TensorFlow ops for packed activations, and grouped and depthwise convolution of signs.

Packed tensors are those of `bnn_designer.kernels.ops.pack`. Errors are those of that module: an InvalidArgumentError
(or, from shape functions, a ValueError) that names the op, the shapes, the rule and the mend.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from bnn_designer.kernels import library
from bnn_designer.kernels.gradients import _paddings, _sign, _ste_derivative
from bnn_designer.kernels.ops import Pair, Ste, _padding, _pair


def binary_conv2d_signs(
    words: Any,
    packed_kernel: Any,
    thresholds: Any,
    flips: Any,
    *,
    channels: int,
    groups: int = 1,
    strides: Pair = (1, 1),
    dilations: Pair = (1, 1),
    padding: str = "valid",
    pad_values: int = 0,
) -> Any:
    """A packed convolution with packed output: what becomes of convolution, batch norm and sign in a deployed network.

    Output filter f is -1 (bit 1) where (sum < thresholds[f]) differs from bit f of flips: gamma * (sum - mean) + beta
    < 0 is a comparison of the sum, which gamma < 0 turns around and gamma = 0 makes constant.

    Args:
        words: int64 [batch, height, width, ceil(channels / 64)].
        packed_kernel: int64 [kernel height, kernel width, ceil(channels / groups / 64), filters].
        thresholds: int32 [filters].
        flips: int64 [ceil(filters / 64)].
        channels: of the input before packing.
        groups: into how many groups channels and filters are cut.
        strides, dilations, padding, pad_values: as in `binary_conv2d`.

    Returns:
        int64 [batch, out height, out width, ceil(filters / 64)]. No gradient.
    """
    return library.load().bnn_binary_conv2d_signs(
        input=words,
        kernel=packed_kernel,
        thresholds=thresholds,
        flips=flips,
        channels=channels,
        groups=groups,
        strides=_pair(strides),
        dilations=_pair(dilations),
        padding=_padding(padding),
        pad_value=pad_values,
    )


def max_pool_packed(words: Any, *, window: Pair, strides: Pair | None = None, padding: str = "valid") -> Any:
    """Max pool of packed signs: int64 [batch, height, width, words] -> [batch, out height, out width, words].

    Pixels outside the image never win, as in `tf.nn.max_pool2d`. The strides are the window's where none are given. No
    gradient.
    """
    return library.load().bnn_max_pool_packed(
        input=words,
        window=_pair(window),
        strides=_pair(window if strides is None else strides),
        padding=_padding(padding),
    )


def binary_conv2d_grouped(
    x: Any,
    kernel: Any,
    *,
    groups: int,
    strides: Pair = (1, 1),
    dilations: Pair = (1, 1),
    padding: str = "valid",
    pad_values: int = 0,
    input_ste: Ste = "ste_sign",
    kernel_ste: Ste = "ste_sign",
    check_nan: bool = True,
) -> Any:
    """`binary_conv2d` in groups: kernel float32 [kh, kw, channels / groups, filters], filters group after group.

    Its gradients are those of `binary_conv2d`, taken group by group by TensorFlow's ops.
    """
    window: dict[str, Any] = {"strides": _pair(strides), "dilations": _pair(dilations), "padding": _padding(padding)}

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(x: Any, kernel: Any) -> tuple[Any, Any]:
        y = library.load().bnn_binary_conv2d(
            input=x, kernel=kernel, groups=groups, pad_value=pad_values, check_nan=check_nan, **window
        )

        def gradient(grad: Any) -> tuple[Any, Any]:
            parts = zip(
                tf.split(_sign(x), groups, 3),
                tf.split(_sign(kernel), groups, 3),
                tf.split(grad, groups, 3),
                strict=True,
            )
            each = [_conv2d_backward(*part, pad_values=pad_values, **window) for part in parts]
            d_signs, d_weights = (tf.concat([one[index] for one in each], 3) for index in (0, 1))
            return d_signs * _ste_derivative(x, input_ste), d_weights * _ste_derivative(kernel, kernel_ste)

        return y, gradient

    return convolve(tf.convert_to_tensor(x), tf.convert_to_tensor(kernel))


def binary_depthwise_conv2d(
    x: Any,
    kernel: Any,
    *,
    strides: Pair = (1, 1),
    dilations: Pair = (1, 1),
    padding: str = "valid",
    pad_values: int = 0,
    input_ste: Ste = "ste_sign",
    kernel_ste: Ste = "ste_sign",
    check_nan: bool = True,
) -> Any:
    """depthwise_conv2d(sign(x), sign(kernel)): each channel with a kernel of its own, float32 [kh, kw, channels, 1].

    Unlike TensorFlow's, it takes strides that differ, and strides with dilations. Its gradients are those of the
    products of signs with straight-through signs; they need equal strides, and no dilations with them, as TensorFlow's
    depthwise gradients do.

    Returns:
        float32 [batch, out height, out width, channels].
    """
    window: dict[str, Any] = {"strides": _pair(strides), "dilations": _pair(dilations), "padding": _padding(padding)}

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(x: Any, kernel: Any) -> tuple[Any, Any]:
        y = library.load().bnn_binary_depthwise_conv2d(
            input=x, kernel=kernel, pad_value=pad_values, check_nan=check_nan, **window
        )

        def gradient(grad: Any) -> tuple[Any, Any]:
            d_signs, d_weights = _depthwise_backward(_sign(x), _sign(kernel), grad, pad_values=pad_values, **window)
            return d_signs * _ste_derivative(x, input_ste), d_weights * _ste_derivative(kernel, kernel_ste)

        return y, gradient

    return convolve(tf.convert_to_tensor(x), tf.convert_to_tensor(kernel))


def _bordered(signs: Any, weights: Any, padding: str, pad_values: int, window: dict[str, Any]) -> tuple[Any, Any, str]:
    """A border of ones written out, with its sizes: it has a share in the kernel's gradient; its own is cropped."""
    if padding == "VALID" or pad_values == 0:
        return signs, None, padding
    paddings = _paddings(signs, weights, window["strides"], window["dilations"])
    return tf.pad(signs, paddings, constant_values=1), paddings, "VALID"


def _conv2d_backward(
    signs: Any, weights: Any, grad: Any, *, padding: str, pad_values: int, **window: Any
) -> tuple[Any, Any]:
    """Gradients of a convolution by its input and its kernel."""
    bordered, paddings, mode = _bordered(signs, weights, padding, pad_values, window)
    options = {name: [1, *pair, 1] for name, pair in window.items()} | {"padding": mode}
    d_signs = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(bordered), filter=weights, out_backprop=grad, **options
    )
    d_weights = tf.raw_ops.Conv2DBackpropFilter(
        input=bordered, filter_sizes=tf.shape(weights), out_backprop=grad, **options
    )
    if paddings is not None:
        d_signs = tf.slice(d_signs, paddings[:, 0], tf.shape(signs))
    return d_signs, d_weights


def _depthwise_backward(
    signs: Any, weights: Any, grad: Any, *, padding: str, pad_values: int, **window: Any
) -> tuple[Any, Any]:
    """The same of a depthwise convolution, by the gradients of TensorFlow's own."""
    with tf.GradientTape() as tape:
        tape.watch([signs, weights])
        bordered, _, mode = _bordered(signs, weights, padding, pad_values, window)
        y = tf.nn.depthwise_conv2d(bordered, weights, [1, *window["strides"], 1], mode, dilations=window["dilations"])
    return tuple(tape.gradient(y, [signs, weights], output_gradients=grad))
