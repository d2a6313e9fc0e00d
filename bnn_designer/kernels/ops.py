"""The TensorFlow ops: convolution and matrix product of signs, with straight-through gradients.

`sign(x)` is -1 below zero and +1 elsewhere: also for 0, -0.0 and subnormals, which TensorFlow counts as zero. Results
are whole numbers in float32, exact up to 2^24 products. The library is built and loaded at the first call.

Errors: `bnn_designer.kernels.toolchain.KernelBuildError` if the ops cannot be had, `tf.errors.InvalidArgumentError`
(in a `tf.function` and in Keras' symbolic calls `ValueError`, as TensorFlow raises from shape functions) for shapes
that do not fit and for NaN; its message names the op, the tensors and their shapes, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import tensorflow as tf

from bnn_designer.kernels import gradients as _gradients  # noqa: F401  registers them
from bnn_designer.kernels import library

Ste = Literal["ste_sign", "approx_sign"]
Gradients = Literal["float", "int16", "int8", "multiplied"]
GRADIENTS: tuple[Gradients, ...] = ("float", "int16", "int8", "multiplied")
Pair = int | Sequence[int]


def binary_conv2d(
    x: Any,
    kernel: Any,
    *,
    strides: Pair = (1, 1),
    dilations: Pair = (1, 1),
    padding: str = "valid",
    pad_values: int = 0,
    input_ste: Ste = "ste_sign",
    kernel_ste: Ste = "ste_sign",
    gradients: Gradients = "float",
    seed: int = 0,
    differentiable: bool = True,
    check_nan: bool = True,
) -> Any:
    """conv2d(sign(x), sign(kernel)).

    Args:
        x: float32 [batch, height, width, channels].
        kernel: float32 [kernel height, kernel width, channels, filters].
        strides, dilations: (height, width), or one number for both.
        padding: "same" (counted like TensorFlow's) or "valid".
        pad_values: what stands outside the image under "same": 0, or 1 as in a net deployed with one-padding.
        input_ste, kernel_ste: the derivative used for the sign, "ste_sign" (1 where |x| <= 1) or "approx_sign"
            (2 - 2|x| where |x| <= 1).
        gradients: how exactly the gradients are computed (docs/gradients.md): "float" as exactly as in float32; "int16"
            and "int8" faster, from the incoming gradient rounded at random, without bias, to 13 and 5 bits and a sign;
            "multiplied" by TensorFlow's float ops, which are faster on narrow layers. Those know no dilations.
        seed: of that rounding, of which 32 bits count: the same seed and the same values round alike.
        differentiable: False keeps nothing for the gradient, which then packs both operands once more, and keeps the
            packed kernel for the next call with the same one, as inference has it.
        check_nan: raise if x or kernel holds NaN; False counts NaN as +1.

    Returns:
        float32 [batch, out height, out width, filters].
    """
    window = {
        "strides": _pair(strides),
        "dilations": _pair(dilations),
        "padding": _padding(padding),
        "pad_value": pad_values,
    }
    common = {"input": x, "kernel": kernel, "input_ste": input_ste, "kernel_ste": kernel_ste, "check_nan": check_nan}
    gradients = _precision("binary_conv2d", gradients)
    if gradients == "multiplied" and max(_pair(dilations)) > 1:
        raise tf.errors.InvalidArgumentError(
            None, None, f'binary_conv2d: dilations {dilations} have no multiplied gradients. Look them up: "float".'
        )
    if not differentiable:
        return library.load().bnn_binary_conv2d(**common, **window)
    return library.load().bnn_binary_conv2d_training(**common, **window, gradients=gradients, seed=seed).output


def binary_matmul(
    x: Any,
    kernel: Any,
    *,
    input_ste: Ste = "ste_sign",
    kernel_ste: Ste = "ste_sign",
    gradients: Gradients = "float",
    seed: int = 0,
    differentiable: bool = True,
    check_nan: bool = True,
) -> Any:
    """matmul(sign(x), sign(kernel)): float32 [batch, inputs] and [inputs, units] -> float32 [batch, units].

    The other arguments are those of `binary_conv2d`.
    """
    common = {"input": x, "kernel": kernel, "input_ste": input_ste, "kernel_ste": kernel_ste, "check_nan": check_nan}
    gradients = _precision("binary_matmul", gradients)
    if not differentiable:
        return library.load().bnn_binary_mat_mul(**common)
    return library.load().bnn_binary_mat_mul_training(**common, gradients=gradients, seed=seed).output


def pack(x: Any, *, check_nan: bool = True) -> Any:
    """Signs of float32 [..., channels] as int64 words [..., ceil(channels / 64)].

    Channel c is bit c % 64 of word c // 64, 1 where it is below zero; bits past the last channel are 0.
    """
    return library.load().bnn_pack(input=x, check_nan=check_nan)


def pack_kernel(kernel: Any, *, check_nan: bool = True) -> Any:
    """Signs of a dense kernel float32 [inputs, units] as int64 words [ceil(inputs / 64), units]."""
    return library.load().bnn_pack_kernel(kernel=kernel, check_nan=check_nan)


def pack_conv_kernel(kernel: Any, *, check_nan: bool = True) -> Any:
    """Signs of float32 [kh, kw, channels, filters] as int64 words [kh, kw, ceil(channels / 64), filters]."""
    return library.load().bnn_pack_kernel(kernel=kernel, check_nan=check_nan)


def binary_conv2d_packed(
    words: Any,
    packed_kernel: Any,
    *,
    channels: int,
    strides: Pair = (1, 1),
    dilations: Pair = (1, 1),
    padding: str = "valid",
    pad_values: int = 0,
) -> Any:
    """`binary_conv2d` of `pack(x)` and `pack_conv_kernel(kernel)`; channels as before packing. No gradient."""
    return library.load().bnn_binary_conv2d_packed(
        input=words,
        kernel=packed_kernel,
        channels=channels,
        strides=_pair(strides),
        dilations=_pair(dilations),
        padding=_padding(padding),
        pad_value=pad_values,
    )


def binary_matmul_packed(words: Any, packed_kernel: Any, *, channels: int) -> Any:
    """`binary_matmul` of `pack(x)` and `pack_kernel(kernel)`; channels is the number of inputs. No gradient."""
    return library.load().bnn_binary_mat_mul_packed(input=words, kernel=packed_kernel, channels=channels)


def binary_conv2d_signs(
    words: Any,
    packed_kernel: Any,
    thresholds: Any,
    flips: Any,
    *,
    channels: int,
    strides: Pair = (1, 1),
    dilations: Pair = (1, 1),
    padding: str = "valid",
    pad_values: int = 0,
) -> Any:
    """`binary_conv2d_packed` with packed output: what convolution, batch norm and sign are in a deployed network.

    Output filter f is -1 (bit 1) where (sum < thresholds[f]) differs from bit f of flips: gamma * (sum - mean) + beta
    < 0 is a comparison of the sum, which gamma < 0 turns around and gamma = 0 makes constant.

    Args:
        words, packed_kernel, channels, strides, dilations, padding, pad_values: as in `binary_conv2d_packed`.
        thresholds: int32 [filters].
        flips: int64 [ceil(filters / 64)].

    Returns:
        int64 [batch, out height, out width, ceil(filters / 64)]. No gradient.
    """
    return library.load().bnn_binary_conv2d_signs(
        input=words,
        kernel=packed_kernel,
        thresholds=thresholds,
        flips=flips,
        channels=channels,
        strides=_pair(strides),
        dilations=_pair(dilations),
        padding=_padding(padding),
        pad_value=pad_values,
    )


def _pair(value: Pair) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _padding(padding: str) -> str:
    if padding.lower() not in {"same", "valid"}:
        message = f'binary_conv2d: padding is {padding!r}; it must be "same" or "valid".'
        raise tf.errors.InvalidArgumentError(None, None, message)
    return padding.upper()


def _precision(op: str, gradients: str) -> Gradients:
    for known in GRADIENTS:
        if gradients == known:
            return known
    names = ", ".join(f'"{name}"' for name in GRADIENTS)
    raise tf.errors.InvalidArgumentError(None, None, f"{op}: gradients is {gradients!r}; it must be one of {names}.")
