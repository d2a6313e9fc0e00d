"""From an operator of an ONNX file to layers: one function a kind, and nothing is guessed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from bnn_designer.graph import ops
from bnn_designer.larq.onnx import products, signs
from bnn_designer.larq.onnx.call import Call, Constant, Numbers, Value, as_float32

_CHANNELS_FIRST, _CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
#: By what Clip has.
_CLIPS: dict[tuple[float, float], ops.Op] = {
    (-1, 1): ops.Activation("hard_tanh"),
    (0, 1): ops.Activation("unit_clip"),
    (0, math.inf): ops.Activation("relu"),
}


def _batch_norm(call: Call) -> Value:
    source = call.value()
    source = _for_numbers(call, source, call.constant(1))
    scale, offset, mean, variance = (_of_norm(call, index, source) for index in (1, 2, 3, 4))
    spread = variance + call.real("epsilon", 1e-5)
    call.must(bool((spread > 0).all()), "its variances are not above 0")
    factor = scale / np.sqrt(spread)
    return call.affine(source, factor, offset - mean * factor)


def _of_norm(call: Call, index: int, source: Value) -> Numbers:
    """A constant of a batch norm, which is a list whatever it stands against."""
    found = call.constant(index)
    image = source.is_image and not source.last
    return call.per_channel(found.reshape(-1, 1, 1) if image and found.ndim == 1 else found, source)


def _for_numbers(call: Call, source: Value, numbers: Numbers) -> Value:
    """A vector of an image, where numbers stand against all of its values."""
    return call.flattened(source) if source.is_image and numbers.size == source.tensor.elements > 1 else source


def _multiply(call: Call) -> Value:
    if sum(isinstance(one, Value) for one in call.read) == 2:
        image, scales = call.value(0), call.value(1)
        if not image.is_image:
            image, scales = scales, image
        fits = image.is_image and not scales.is_image and scales.order is None
        call.must(fits, "it multiplies two images, and a design scales the channels of one")
        return call.add(ops.ScaleChannels(), image, scales)
    source, numbers = _beside_constant(call)
    factor = call.per_channel(numbers, source)
    return call.affine(source, factor, np.zeros(len(factor)))


def _divide(call: Call) -> Value:
    source, numbers = call.value(0), call.constant(1)
    call.must(bool((numbers != 0).all()), "it divides by 0")
    factor = 1 / call.per_channel(numbers, source)
    return call.affine(source, factor, np.zeros(len(factor)))


def _add(call: Call) -> Value:
    if sum(isinstance(one, Value) for one in call.read) == 2:
        first, second = call.value(0), call.value(1)
        same = (first.last, first.order) == (second.last, second.order) or (not first.is_image and not first.order)
        call.must(same, "it adds tensors whose values are in another order")
        return call.add(ops.Add(), first, second, whole=first.whole and second.whole)
    return _shifted(call, *_beside_constant(call))


def _subtract(call: Call) -> Value:
    return _shifted(call, call.value(0), -np.asarray(call.constant(1), np.float64))


def _shifted(call: Call, source: Value, numbers: Numbers) -> Value:
    offset = call.per_channel(numbers, source)
    biased = None if source.order is not None else products.with_bias(call, source, offset)
    return biased or call.affine(source, np.ones(len(offset)), offset)


def _beside_constant(call: Call) -> tuple[Value, Numbers]:
    """The one value that it reads, and the constant."""
    index = 1 if isinstance(call.read[0], Constant) else 0
    call.must(index == 0 or len(call.read) == 2, "it does not read two tensors")
    source, numbers = call.value(index), call.constant(1 - index)
    if index == 1:  # `readers` is asked for the first
        call = replace(call, node=replace(call.node, inputs=call.node.inputs[::-1]))
    return _for_numbers(call, source, numbers), numbers


def _pool(kind: Literal["max", "average"]) -> Callable[[Call], Value]:
    def made(call: Call) -> Value:
        source = call.value(signs=kind == "max")
        call.must(source.is_image, "it pools a vector")
        size, strides = (call.integers(name, (1, 1)) for name in ("kernel_shape", "strides"))
        call.must(min(*size, *strides) > 0, f"its window is {size} with strides of {strides}")
        plain = call.integers("dilations", (1, 1)) == (1, 1) and not call.integer("ceil_mode", 0)
        call.must(plain, "its window has holes, or a part of it lies outside")
        pool, step = (size[0], size[1]), (strides[0], strides[1])
        padding, _ = products.padding_of(call, source, pool, step)
        padded = any(call.integers("pads", (0, 0, 0, 0))) or "auto_pad" in call.node.attributes
        call.must(
            kind == "max" or not padded or not call.integer("count_include_pad", 0), "its averages count what is padded"
        )
        found = call.add(ops.Pool2D(kind, pool, step, padding), source, whole=source.whole and kind == "max")
        return replace(found, signs=source.signs, scale=source.scale)

    return made


def _global_average(call: Call) -> Value:
    source = call.value()
    return call.add(ops.GlobalAveragePool(), source, last=False) if source.is_image else source


def _mean(call: Call) -> Value:
    source = call.value()
    found = call.constant(1).reshape(-1).tolist() if call.has(1) else call.node.attributes.get("axes")
    axes = {int(axis) % 4 for axis in found} if isinstance(found, list | tuple) else set()
    call.must(axes == ({1, 2} if source.last else {2, 3}), "it takes the mean of something else than height and width")
    return _global_average(call)


def _concatenate(call: Call) -> Value:
    values = [call.value(index) for index in range(len(call.read))]
    first, axis = values[0], call.integer("axis", 1)
    wanted = (3, -1) if first.last else (1, -3) if first.is_image else (1, -1, -3)
    same = all((one.last, one.is_image, one.order) == (first.last, first.is_image, None) for one in values)
    call.must(axis in wanted and same, f"it concatenates along axis {axis}, and a design along the channels")
    return call.add(ops.Concatenate(), *values, whole=all(one.whole for one in values))


def _prelu(call: Call) -> Value:
    source = call.value()
    slopes = call.per_channel(call.constant(1), source)
    shape = (1,) * (len(source.tensor.shape) - 1) + slopes.shape
    return call.add(ops.Activation("prelu"), source, weights=[as_float32(slopes.reshape(shape))])


def _function(op: ops.Op) -> Callable[[Call], Value]:
    return lambda call: call.add(op, call.value())


def _clip(call: Call) -> Value:
    limits = []
    for index, name, default in ((1, "min", -math.inf), (2, "max", math.inf)):
        found = call.constant(index) if call.has(index) else np.array(call.real(name, default))
        call.must(found.size == 1, f"its {name} is not one number")
        limits.append(float(found.reshape(-1)[0]))
    op = _CLIPS.get((limits[0], limits[1]))
    call.must(op is not None, f"it clips to {limits[0]:g} and {limits[1]:g}, and a design to -1 and 1, or 0 and 1")
    assert op is not None
    return call.add(op, call.value())


def _softmax(call: Call) -> Value:
    source, axis = call.value(), call.integer("axis", -1)
    call.must(not source.is_image and axis in (1, -1, -3) and source.order is None, "it is not over classes")
    return call.add(ops.Softmax(), source)


def _flatten(call: Call) -> Value:
    call.must(call.integer("axis", 1) == 1, "it makes another shape than a vector for an image")
    return call.flattened(call.value(signs=True))


def _reshape(call: Call) -> Value:
    """A vector of an image; or a vector as an image of one pixel, which it stays in a design."""
    source, sizes = call.value(signs=True), [int(size) for size in call.constant(1).reshape(-1)]
    shape = source.tensor.shape
    ours = (1, *((shape[0], shape[1], shape[2]) if source.last else (shape[-1], *shape[:2])))
    if source.is_image and len(sizes) == 4 and all(a in (b, -1, 0) for a, b in zip(sizes, ours, strict=True)):
        return source
    sizes = [size for size in sizes[1:] if size != 1] or [1]
    rule = f"it makes {sizes} of {shape}, and a design makes vectors of images only"
    call.must(len(sizes) == 1 and sizes[0] in (-1, source.tensor.elements), rule)
    return call.flattened(source)


def _transpose(call: Call) -> Value:
    source, perm = call.value(signs=True, frame=True), call.node.attributes.get("perm")
    if not source.is_image:
        call.must(source.order is None and perm in (_CHANNELS_FIRST, _CHANNELS_LAST), f"it orders axes as {perm}")
        return source
    wanted = _CHANNELS_FIRST if source.last else _CHANNELS_LAST
    call.must(perm == wanted, f"it orders axes as {perm}, and a design has channels last")
    return replace(source, last=not source.last)


def _pad(call: Call) -> Value:
    source = call.value(signs=True)
    given = call.constant(1).reshape(-1).tolist() if call.has(1) else call.node.attributes.get("pads", ())
    value = float(call.constant(2).reshape(-1)[0]) if call.has(2) else call.real("value", 0.0)
    constant = call.node.attributes.get("mode", "constant") == "constant"
    call.must(constant and isinstance(given, list | tuple), "it repeats what is inside the image")
    assert isinstance(given, list | tuple)
    sizes = [int(size) for size in given]
    axes = len(sizes) // 2
    call.must(axes in (2, 4) and min(sizes) >= 0 and axes == (4 if source.is_image else axes), "its pads are none")
    channel = axes - 1 if source.last else 1
    around = [size for axis, size in enumerate(sizes) if axis % axes not in (0, channel)]
    call.must(sizes[0] == sizes[axes] == 0, "it adds images")
    if not any(around):
        call.must(not source.signs and value == 0 and not sizes[axes + channel], "it adds channels behind the image's")
        return call.add(ops.PadChannels(sizes[channel]), source) if sizes[channel] else source
    call.must(not sizes[channel] and not sizes[axes + channel], "it adds channels and pixels at once")
    top, left, bottom, right = around
    return replace(source, frame=((top, left, bottom, right), value))


def _same(call: Call) -> Value:
    return call.value(signs=True)


OPERATORS: dict[str, Callable[[Call], Value]] = {
    "Add": _add,
    "AveragePool": _pool("average"),
    "BatchNormalization": _batch_norm,
    "BipolarQuant": signs.bipolar,
    "Clip": _clip,
    "Concat": _concatenate,
    "Conv": products.conv,
    "Div": _divide,
    "Dropout": _same,
    "Flatten": _flatten,
    "Gemm": products.gemm,
    "GlobalAveragePool": _global_average,
    "GreaterOrEqual": signs.greater_or_equal,
    "Identity": _same,
    "MatMul": products.matmul,
    "MaxPool": _pool("max"),
    "Mul": _multiply,
    "MultiThreshold": signs.multi_threshold,
    "PRelu": _prelu,
    "Pad": _pad,
    "ReduceMean": _mean,
    "Relu": _function(ops.Activation("relu")),
    "Reshape": _reshape,
    "Sigmoid": _function(ops.Activation("sigmoid")),
    "Softmax": _softmax,
    "Sub": _subtract,
    "Transpose": _transpose,
    "Where": signs.where,
}
