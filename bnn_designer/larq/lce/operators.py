"""From an operator of a ``.tflite`` file to layers: one function a kind, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from bnn_designer.graph import ops
from bnn_designer.larq.built import Array, Step, norm
from bnn_designer.larq.lce import products
from bnn_designer.larq.lce.call import Call, Made


def _quantize(call: Call) -> Made:
    call.value()
    return Made((), signs=True)


def _dequantize(call: Call) -> Made:
    """Signs as floats: the layer that reads them takes the signs by itself."""
    call.must(call.value(signs=True).signs, "it reads something else than signs")
    return Made((), signs=True)


def _binary_pool(call: Call) -> Made:
    """The largest of signs is the sign of the largest."""
    call.must(call.value(signs=True).signs, "it reads something else than signs")
    found = call.operator.custom
    size = call.pair("pool", found.get("filter_height", 0), found.get("filter_width", 0))
    stride = call.pair("stride", found.get("stride_height", 0), found.get("stride_width", 0))
    pool = ops.Pool2D("max", size, stride, call.padding(found.get("padding", -1)))
    return Made((Step(pool),), signs=True)


def _pool(call: Call, kind: Literal["max", "average"]) -> Made:
    call.value()
    padding, across, down, width, height, fused = call.builtin(
        (0, "b", 0), (1, "i", 0), (2, "i", 0), (3, "i", 0), (4, "i", 0), (5, "b", 0)
    )
    size, stride = call.pair("pool", height, width), call.pair("stride", down, across)
    pool = ops.Pool2D(kind, size, stride, call.padding(padding))
    return Made((Step(pool), *call.fused(fused)))


def _add(call: Call) -> Made:
    fused = call.fused(*call.builtin((0, "b", 0)))
    if _values(call) == 1:
        shift = _per_channel(call)
        return Made((Step(ops.ChannelShift(), lambda: [shift]), *fused))
    return Made((Step(ops.Add()), *fused))


def _multiply(call: Call) -> Made:
    fused = call.fused(*call.builtin((0, "b", 0)))
    if _values(call) == 1:
        gamma = _per_channel(call)
        return Made((norm(gamma, np.zeros_like(gamma)), *fused))
    return Made((Step(ops.ScaleChannels()), *fused))


def _values(call: Call) -> int:
    """How many of the two things that it reads are values, not constants; none of them may be signs."""
    found = [value for value in call.values if value is not None]
    rule = "it reads signs as numbers, and in a design signs go into layers with kernels"
    call.must(bool(found) and not any(value.signs for value in found), rule)
    call.must(len(call.tensors) == 2, f"it reads {len(call.tensors)} tensors, not two")
    return len(found)


def _per_channel(call: Call) -> Array:
    """The constant of one number a channel, beside the one value."""
    index = next(index for index, value in enumerate(call.values) if value is None)
    source = next(value for value in call.values if value is not None)
    tensor = call.tensors[index]
    call.must(tensor is not None, "it reads only one tensor")
    assert tensor is not None
    found: Array = call.constant(index, "float32", len(tensor.shape))
    channels = source.tensor.shape[-1]
    call.must(found.size in (1, channels), f"its constant is not one number for each of {channels} channels")
    call.must(found.size == 1 or found.shape[-1] == channels, "its constant is not laid along the channels")
    return np.broadcast_to(found.reshape(-1), (channels,))


def _concatenate(call: Call) -> Made:
    axis, fused = call.builtin((0, "i", 0), (1, "b", 0))
    last = len(call.output.shape) - 1
    call.must(axis in (-1, last), f"it concatenates along axis {axis}, and a design along the channels")
    call.must(all(value is not None and not value.signs for value in call.values), "it reads constants or signs")
    return Made((Step(ops.Concatenate()), *call.fused(fused)))


def _prelu(call: Call) -> Made:
    source = call.value()
    slopes = call.constant(1, "float32", 3 if len(call.output.shape) == 4 else 1)
    channels = source.tensor.shape[-1]
    call.must(slopes.shape[-1] == slopes.size == channels, f"it has not one slope for each of {channels} channels")
    shape = (1,) * (len(source.tensor.shape) - 1) + (channels,)
    return Made((Step(ops.Activation("prelu"), lambda: [slopes.reshape(shape)]),))


def _activation(op: ops.Op) -> Callable[[Call], Made]:
    def made(call: Call) -> Made:
        call.value()
        return Made((Step(op),))

    return made


def _softmax(call: Call) -> Made:
    call.value()
    table = call.operator.builtin
    beta = 0.0 if table is None else table.real(0, "f")
    call.must(beta == 1, f"its scores are multiplied by {beta:g}, and in a design by 1")
    return Made((Step(ops.Softmax()),))


def _mean(call: Call) -> Made:
    source = call.value()
    axes = {int(axis) % 4 for axis in call.constant(1, "int32", 1)}
    call.must(axes == {1, 2}, "it takes the mean of something else than height and width")
    return Made((Step(ops.GlobalAveragePool()),) if len(source.tensor.shape) == 3 else ())


def _reshape(call: Call) -> Made:
    """A vector of an image, which may be one pixel in the file; or one pixel for a vector."""
    source = call.value(signs=True)
    shape = call.output.shape[1:]
    if shape == source.tensor.shape:
        return Made((), source.signs)
    features = source.tensor.elements
    is_vector = bool(shape) and shape[-1] == features and all(size == 1 for size in shape[:-1])
    rule = f"it makes {shape} of {source.tensor.shape}, and a design makes vectors of images only"
    call.must(is_vector, rule)
    return Made((Step(ops.Flatten()),) if len(source.tensor.shape) == 3 else (), source.signs)


def _slice(call: Call) -> Made:
    """A slice that takes everything, as the converter writes the scales of channels."""
    source = call.value()
    shape = call.output.shape[-len(source.tensor.shape) :]
    steps = call.constant(3, "int32", 1)
    masks = call.builtin((2, "i", 0), (3, "i", 0), (4, "i", 0))
    is_whole = shape == source.tensor.shape and bool((steps == 1).all()) and not any(masks)
    call.must(is_whole, "it cuts a part out, and no block does")
    return Made(())


def _pad(call: Call) -> Made:
    call.value()
    amounts = call.constant(1, "int32", 2)
    call.must(
        amounts.shape == (4, 2) and not amounts[:3].any() and amounts[3, 0] > 0 and amounts[3, 1] == 0,
        "it pads an image by itself, and in a design convolutions and pools pad, or zeros stand in front of channels",
    )
    return Made((Step(ops.PadChannels(int(amounts[3, 0]))),))


OPERATORS: dict[str, Callable[[Call], Made]] = {
    "ADD": _add,
    "AVERAGE_POOL_2D": lambda call: _pool(call, "average"),
    "CONCATENATION": _concatenate,
    "CONV_2D": products.conv,
    "DEPTHWISE_CONV_2D": products.depthwise_conv,
    "FULLY_CONNECTED": products.fully_connected,
    "LOGISTIC": _activation(ops.Activation("sigmoid")),
    "LceBMaxPool2d": _binary_pool,
    "LceBconv2d": products.binary_conv,
    "LceDequantize": _dequantize,
    "LceQuantize": _quantize,
    "MAX_POOL_2D": lambda call: _pool(call, "max"),
    "MEAN": _mean,
    "MUL": _multiply,
    "PAD": _pad,
    "PRELU": _prelu,
    "RELU": _activation(ops.Activation("relu")),
    "RELU_N1_TO_1": _activation(ops.Activation("hard_tanh")),
    "RESHAPE": _reshape,
    "SOFTMAX": _softmax,
    "SQUEEZE": _reshape,
    "STRIDED_SLICE": _slice,
}
