"""The operators with kernels: TensorFlow Lite's in floats, and LCE's in bits.

What LCE's compute is said in its ``core/bconv2d/output_transform.h``: a sum of signs is clamped by the activation
function, then multiplied and shifted per channel; or its count of unlike bits is compared with a threshold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.graph import ops
from bnn_designer.larq.built import Array, Step, norm
from bnn_designer.larq.lce.call import Call, Made, Value

_WORD_BITS = 32
#: A file does not say how the gradient of a sign is taken: the plainest way.
_SIGN, _CLIP = "ste_sign", "weight_clip"


def conv(call: Call) -> Made:
    source = call.value(signs=True)
    kernel = call.constant(1, "float32", 4)
    filters, height, width, depth = kernel.shape
    padding, across, down, fused, wide, high = call.builtin(
        (0, "b", 0), (1, "i", 0), (2, "i", 0), (3, "b", 0), (4, "i", 1), (5, "i", 1)
    )
    bias = call.bias(2, filters)
    after = call.fused(fused)
    if _is_dense(call, source, (height, width)):
        return Made((*_dense(call, source, kernel.reshape(filters, depth), bias), *after))
    op = ops.Conv2D(
        filters=filters,
        kernel_size=(height, width),
        strides=call.pair("stride", down, across),
        dilation=call.pair("dilation", high, wide),
        padding=call.padding(padding),
        groups=_groups(call, source, depth),
        use_bias=bias is not None,
        **_quantized(source),
    )
    return Made((Step(op, lambda: [kernel.transpose(1, 2, 3, 0), *_given(bias)]), *after))


def depthwise_conv(call: Call) -> Made:
    source = call.value(signs=True)
    kernel = call.constant(1, "float32", 4)
    _, height, width, channels = kernel.shape
    padding, across, down, fused, wide, high = call.builtin(
        (0, "b", 0), (1, "i", 0), (2, "i", 0), (4, "b", 0), (5, "i", 1), (6, "i", 1)
    )
    call.must(len(source.tensor.shape) == 3, "it reads a vector")
    read = source.tensor.shape[-1]
    call.must(
        kernel.shape[0] == 1 and channels == read,
        f"it makes {channels} channels of {read}, and in a design a depthwise convolution makes one of each",
    )
    bias = call.bias(2, channels)
    op = ops.DepthwiseConv2D(
        kernel_size=(height, width),
        strides=call.pair("stride", down, across),
        dilation=call.pair("dilation", high, wide),
        padding=call.padding(padding),
        use_bias=bias is not None,
        **_quantized(source),
    )
    return Made((Step(op, lambda: [kernel.transpose(1, 2, 3, 0), *_given(bias)]), *call.fused(fused)))


def fully_connected(call: Call) -> Made:
    source = call.value(signs=True)
    kernel = call.constant(1, "float32", 2)
    fused, layout = call.builtin((0, "b", 0), (1, "b", 0))
    call.must(layout == 0, "its kernel is shuffled, for a kind of processor")
    bias = call.bias(2, len(kernel))
    return Made((*_dense(call, source, kernel, bias), *call.fused(fused)))


def binary_conv(call: Call) -> Made:
    source = call.value(signs=True)
    call.must(source.signs, "it reads something else than what LceQuantize or another binary operator makes")
    packed = call.constant(1, "int32", 4)
    filters, height, width, words = packed.shape
    depth = source.tensor.shape[-1]
    wanted = -(-depth // _WORD_BITS)
    call.must(words == wanted, f"its kernel has {words} words of 32 channels, and {depth} channels take {wanted}")
    said = call.operator.custom.get("channels_in", depth)
    call.must(said == depth, f"it says that it reads {said} channels, and there are {depth}")

    def kernel() -> Array:
        return _signs(packed, depth)

    found = call.operator.custom
    after, signs = _after(call, packed.shape, depth)
    quantized = {"input_quantizer": _SIGN, "kernel_quantizer": _SIGN, "kernel_constraint": _CLIP}
    if _is_dense(call, source, (height, width)):
        dense = ops.Dense(units=filters, **quantized)  # type: ignore[arg-type]  # names, which it looks up
        return Made((Step(dense, lambda: [kernel().reshape(filters, depth).T]), *after), signs)
    op = ops.Conv2D(
        filters=filters,
        kernel_size=(height, width),
        strides=call.pair("stride", found.get("stride_height", 0), found.get("stride_width", 0)),
        dilation=call.pair("dilation", found.get("dilation_height_factor", 1), found.get("dilation_width_factor", 1)),
        padding=call.padding(found.get("padding", -1)),
        pad_values=1 if _pads_ones(call) else 0,
        **quantized,  # type: ignore[arg-type]
    )
    return Made((Step(op, lambda: [kernel().transpose(1, 2, 3, 0)]), *after), signs)


def _pads_ones(call: Call) -> bool:
    """Padding of "valid" puts nothing anywhere, whatever the file says."""
    found = call.operator.custom
    value = found.get("pad_values", 0)
    call.must(value in (0, 1), f"it pads with {value}, and a design with 0 or 1")
    return value == 1 and found.get("padding") == 0


def _after(call: Call, kernel: tuple[int, ...], depth: int) -> tuple[tuple[Step, ...], bool]:
    """What follows the sums, and whether its signs are all that is written; of a packed kernel, and its channels."""
    filters, height, width, _ = kernel
    terms = height * width * depth
    if not call.has(4):
        gamma, beta = call.vector(2, filters), call.vector(3, filters)
        plain = bool((gamma == 1).all() and not beta.any())
        return (
            *call.fused(call.operator.custom.get("fused_activation_function", 0)),
            *_norm(plain, gamma, beta),
        ), False
    pads_zeros = call.operator.custom.get("padding") != 1 and (height, width) != (1, 1) and not _pads_ones(call)
    call.must(not pads_zeros, "it compares sums with thresholds, and pads with zeros")
    # A sum is terms - 2 * unlike, and positive is what has at most so many unlike ones as the threshold says: the
    # sums go by twos, and halfway between those on either side of the step is terms - 2 * threshold - 1. A threshold
    # beyond all counts stands for a channel that never changes. The activation function is in the threshold already.
    threshold = np.clip(call.vector(4, filters, "int32").astype(np.int64), -1, terms)
    return (norm(np.ones(filters), 2 * threshold - terms + 1),), True


def _norm(plain: bool, gamma: Array, beta: Array) -> tuple[Step, ...]:
    return () if plain else (norm(gamma, beta),)


def _signs(packed: npt.NDArray[Any], depth: int) -> Array:
    """``[..., depth]`` of -1 and 1 from ``[..., words]``: channel c is bit c % 32 of its word, and 1 means -1."""
    octets = np.ascontiguousarray(packed).view(np.uint8)
    bits = np.unpackbits(octets, axis=-1, count=depth, bitorder="little")
    return np.float32(1) - np.float32(2) * bits


def _is_dense(call: Call, source: Value, size: tuple[int, int]) -> bool:
    """Whether it is a dense layer, which reads a vector: one pixel, in the file."""
    if len(source.tensor.shape) == 3:
        return False
    call.must(size == (1, 1), "it lays a kernel of several pixels over a vector")
    return True


def _dense(call: Call, source: Value, kernel: Array, bias: Array | None) -> tuple[Step, ...]:
    """The dense layer with a kernel ``[units, features]``, behind what makes a vector of an image."""
    units, features = kernel.shape
    read = source.tensor.elements
    call.must(features == read, f"its kernel has {features} features, and it reads {read}")
    op = ops.Dense(units=units, use_bias=bias is not None, **_quantized(source))
    before = (Step(ops.Flatten()),) if len(source.tensor.shape) == 3 else ()
    return (*before, Step(op, lambda: [kernel.T, *_given(bias)]))


def _groups(call: Call, source: Value, depth: int) -> int:
    channels = source.tensor.shape[-1]
    call.must(channels % depth == 0, f"its kernel reads {depth} channels, and there are {channels}")
    return channels // depth


def _quantized(source: Value) -> dict[str, Any]:
    return {"input_quantizer": _SIGN} if source.signs else {}


def _given(bias: Array | None) -> list[Array]:
    return [] if bias is None else [bias]
