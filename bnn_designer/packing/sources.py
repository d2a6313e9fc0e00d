"""What makes pixels: one function for each kind of operator that the engine runs as the source of a group."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from bnn_designer.graph import ops
from bnn_designer.graph.graph import Layer
from bnn_designer.graph.passes import Operator, Value
from bnn_designer.graph.passes.bits import LARGEST_SUM, MOST_INT8_PRODUCTS, multiplies_bits
from bnn_designer.packing.drafts import (
    WORD_BITS,
    ZEROS,
    Array,
    Geometry,
    GroupDraft,
    StepDraft,
    affine,
    as_image,
    word_count,
)
from bnn_designer.packing.errors import PackError
from bnn_designer.packing.int8 import TooWideError, largest_sum, linear, requantized
from bnn_designer.packing.trained import Trained

_Windowed = ops.Conv2D | ops.DepthwiseConv2D | ops.Pool2D


class Sources:
    """Makes the groups of a program's operators.

    Args:
        trained: the numbers.
        values: the program's, by name.
        operators: the program's.
    """

    def __init__(self, trained: Trained, values: Mapping[str, Value], operators: tuple[Operator, ...]) -> None:
        self.trained, self.values = trained, values
        self.makers = {op.output.name: op for op in operators}
        self.covered = {name for op in operators for name in op.layers}
        self.read = {name for op in operators for name in op.inputs}
        self.not_signs = {name for op in operators if op.kind != "LceQuantize" for name in op.inputs}

    def group(self, op: Operator) -> GroupDraft | None:
        """The group that an operator starts; None where it only changes what is there, pixel by pixel."""
        make = _SOURCES.get(op.kind)
        return make(self, op) if make else None

    def draft(self, op: Operator, source: str, geometry: Geometry, weights: tuple[Array, ...] = ()) -> GroupDraft:
        parts = [(op.inputs[0], geometry.in_channels)]
        return GroupDraft(op.name, op.path, list(op.layers), source, geometry, parts, weights, macs=op.macs)

    def shape(self, name: str) -> tuple[int, int, int]:
        return as_image(self.values[name].shape)

    def windows(self, op: Operator, kernel: _Windowed) -> Geometry:
        """Of a convolution or pool; what an operator of its own has padded is not padded again."""
        size = kernel.pool_size if isinstance(kernel, ops.Pool2D) else kernel.kernel_size
        dilation = (1, 1) if isinstance(kernel, ops.Pool2D) else kernel.dilation
        image, output = self.shape(op.inputs[0]), as_image(op.output.shape)
        padded = op.inputs[0] in self.makers and self.makers[op.inputs[0]].kind == "PADV2"
        pads = [0, 0]
        if kernel.padding == "same" and not padded:
            for axis in (0, 1):
                reach = dilation[axis] * (size[axis] - 1) + 1
                missing = (output[axis] - 1) * kernel.strides[axis] + reach - image[axis]
                pads[axis] = max(missing, 0) // 2
        groups = kernel.groups if isinstance(kernel, ops.Conv2D) else 1
        return Geometry(*image, *output, *size, *kernel.strides, *dilation, pads[0], pads[1], groups)

    def changed(self, group: GroupDraft, layers: tuple[str, ...]) -> GroupDraft:
        """With the steps of layers that are folded into the operator."""
        for name in layers:
            group.steps += self.trained.steps(name)
        return group


def packed_kernel(kernel: Array) -> Array:
    """Float ``[taps, channels, filters]`` to words ``[taps, words, filters]``; a bit is set where it is below 0."""
    taps, channels, filters = kernel.shape
    bits = np.zeros((taps, word_count(channels) * WORD_BITS, filters), bool)
    bits[:, :channels] = kernel < 0
    lanes = bits.reshape(taps, -1, WORD_BITS, filters).transpose(0, 1, 3, 2)
    octets = np.packbits(lanes, axis=-1, bitorder="little")
    return np.ascontiguousarray(octets).view("<u8")[..., 0]


def fold_into_weights(group: GroupDraft) -> None:
    """W x + b, then f y + o: (f W) x + (f b + o), in double precision."""
    if group.source not in ("float_conv", "depthwise") or not group.steps or group.steps[0].kind != "affine":
        return
    factor, offset = (number.astype(np.float64) for number in group.steps.pop(0).numbers)
    kernel, bias = group.weights
    if group.source == "float_conv":  # its kernel is [groups, depth, filters of a group]
        factor = factor.reshape(group.geometry.groups, 1, -1)
    kernel = kernel * factor
    factor = factor.reshape(-1)
    group.weights = (kernel.astype(np.float32), (bias * factor + offset).astype(np.float32))


def _product_steps(sources: Sources, op: Operator, scale: Array | None) -> list[StepDraft]:
    """A kernel's scale and its bias."""
    bias = sources.trained.bias(op.layers[0])
    steps = []
    if scale is not None:
        steps.append(affine(scale, np.zeros_like(scale)))
    if bias is not None:
        steps.append(affine(np.ones_like(bias), bias))
    return steps


def _binary_conv(sources: Sources, op: Operator) -> GroupDraft:
    layer = sources.trained.layers[op.layers[0]]
    kernel, scale = sources.trained.kernel(layer.name)
    if isinstance(layer.op, ops.Conv2D):
        geometry = sources.windows(op, layer.op)
        geometry = replace(geometry, pad_value=layer.op.pad_values)
    else:
        features = math.prod(sources.shape(op.inputs[0]))
        geometry = Geometry(1, 1, features, *as_image(op.output.shape))
    if not np.isin(kernel, (-1, 1)).all():
        raise PackError(
            op.path, f"the kernel of layer '{layer.name}' does not consist of signs only", "Take another quantizer"
        )
    if geometry.products > LARGEST_SUM:
        raise PackError(
            op.path,
            f"layer '{layer.name}' sums {geometry.products} products, and sums are exact only up to {LARGEST_SUM}",
            "Use a smaller kernel or fewer channels",
        )
    flat = kernel.reshape(geometry.taps, -1, geometry.out_channels)
    group = sources.draft(op, "binary_conv", geometry, (packed_kernel(flat),))
    group.steps = _product_steps(sources, op, scale)
    return sources.changed(group, op.layers[1:])


def _float_conv(sources: Sources, op: Operator) -> GroupDraft:
    layer = sources.trained.layers[op.layers[0]]
    assert isinstance(layer.op, ops.Conv2D | ops.Dense)
    maker = sources.makers.get(op.inputs[0])
    if maker is not None and multiplies_bits(op, layer.op, maker):
        # Products of signs are what the engine is for, whatever the converter makes of them.
        return _binary_conv(sources, replace(op, inputs=maker.inputs))
    if op.is_int8:
        return _int8_conv(sources, op, layer)
    kernel, scale = sources.trained.kernel(layer.name)
    geometry = _product_geometry(sources, op, layer)
    filters = geometry.out_channels
    bias = np.zeros(filters, np.float32)
    for step in _taken_over(sources, layer):  # W (f x + o) = (f W) x + W o
        factor, offset = (number.astype(np.float64) for number in step.numbers)
        bias = (offset @ kernel).astype(np.float32)
        kernel = (factor[:, None] * kernel).astype(np.float32)
    # [taps, channels of a group, filters] to [groups, taps * channels of a group, filters of a group].
    parts = np.split(kernel.reshape(-1, filters), geometry.groups, axis=1)
    group = sources.draft(op, "float_conv", geometry, (np.stack(parts), bias))
    group.steps = _product_steps(sources, op, scale)
    return sources.changed(group, op.layers[1:])


def _product_geometry(sources: Sources, op: Operator, layer: Layer) -> Geometry:
    if isinstance(layer.op, ops.Conv2D):
        return sources.windows(op, layer.op)
    return Geometry(1, 1, math.prod(sources.shape(op.inputs[0])), *as_image(op.output.shape))


def _int8_conv(sources: Sources, op: Operator, layer: Layer) -> GroupDraft:
    """Whole numbers, and thresholds or 8 bits of their sums (int8.py)."""
    trained, geometry = sources.trained, _product_geometry(sources, op, layer)
    if geometry.products > MOST_INT8_PRODUCTS:
        rule = f"it sums {geometry.products:,} products of 8 bits, and 32 bits hold the sum of {MOST_INT8_PRODUCTS:,}"
        raise PackError(op.path, rule, "Use a smaller kernel or fewer channels")
    kernel, scale = trained.int8_kernel(layer.name)
    filters = geometry.out_channels
    flat = kernel.reshape(-1, filters)
    steps = _product_steps(sources, op, np.full(filters, scale * trained.int8_scale(layer.name), np.float32))
    for name in op.layers[1:]:
        steps += trained.steps(name)
    if op.output.name in sources.not_signs or op.output.name not in sources.read or largest_sum(flat) > LARGEST_SUM:
        reached = trained.calibration.range_of(op.layers[-1], op.path)
        try:
            flat, step = requantized(flat, *linear(steps, filters), reached)
        except TooWideError as error:
            raise PackError(op.path, f"{error}, which 32 bits do not hold", "Train it longer, or in floats") from None
        steps = [step]
    parts = np.split(flat, geometry.groups, axis=1)
    group = sources.draft(op, "int8_conv", geometry, (np.stack(parts),))
    group.steps = steps
    return group


def _taken_over(sources: Sources, dense: Layer) -> list[StepDraft]:
    """A batch norm or shift that is part of a dense layer, and so stands in no operator."""
    layers = sources.trained.layers
    name = dense.inputs[0]
    while name in layers and name not in sources.values and name not in sources.covered:
        if isinstance(layers[name].op, ops.BatchNorm | ops.ChannelShift):
            return sources.trained.steps(name)
        name = layers[name].inputs[0]  # a layer that only training knows, or a flatten of one pixel
    return []


def _depthwise(sources: Sources, op: Operator) -> GroupDraft:
    layer = sources.trained.layers[op.layers[0]]
    assert isinstance(layer.op, ops.DepthwiseConv2D)
    kernel, scale = sources.trained.kernel(layer.name)
    geometry = sources.windows(op, layer.op)
    weights = (kernel.reshape(geometry.taps, -1), np.zeros(geometry.out_channels, np.float32))
    group = sources.draft(op, "depthwise", geometry, weights)
    group.steps = _product_steps(sources, op, scale)
    return sources.changed(group, op.layers[1:])


def _pool(sources: Sources, op: Operator) -> GroupDraft:
    layer = sources.trained.layers[op.layers[0]]
    if isinstance(layer.op, ops.GlobalAveragePool):
        height, width, channels = sources.shape(op.inputs[0])
        geometry = Geometry(height, width, channels, 1, 1, channels, height, width)
    else:
        assert isinstance(layer.op, ops.Pool2D)
        geometry = sources.windows(op, layer.op)
    kinds = {"MAX_POOL_2D": "max_pool", "AVERAGE_POOL_2D": "average_pool", "LceBMaxPool2d": "binary_max_pool"}
    group = sources.draft(op, kinds[op.kind], geometry)
    if group.source == "binary_max_pool":
        group.weights = (np.zeros(word_count(geometry.out_channels), np.uint64),)
    return sources.changed(group, op.layers[1:])


def _channels(sources: Sources, op: Operator) -> GroupDraft:
    """Side by side, or behind channels of zeros."""
    output = as_image(op.output.shape)
    group = sources.draft(op, "channels", Geometry(*output, *output))
    group.parts = [(name, sources.shape(name)[-1]) for name in op.inputs]
    if op.kind == "PAD":
        group.parts.insert(0, (ZEROS, output[-1] - group.parts[0][1]))
    return sources.changed(group, op.layers[1:])


def _pad(sources: Sources, op: Operator) -> GroupDraft:
    """The smaller half of the frame stands before the image."""
    image, output = sources.shape(op.inputs[0]), as_image(op.output.shape)
    top, left = ((big - small) // 2 for big, small in zip(output[:2], image[:2], strict=True))
    return sources.draft(op, "pad", Geometry(*image, *output, pad_top=top, pad_left=left, pad_value=1))


def _unpack(sources: Sources, op: Operator) -> GroupDraft:
    return sources.draft(op, "unpack", Geometry(*sources.shape(op.inputs[0]), *as_image(op.output.shape)))


_SOURCES: dict[str, Callable[[Sources, Operator], GroupDraft]] = {
    "LceBconv2d": _binary_conv,
    "CONV_2D": _float_conv,
    "FULLY_CONNECTED": _float_conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "MAX_POOL_2D": _pool,
    "AVERAGE_POOL_2D": _pool,
    "LceBMaxPool2d": _pool,
    "CONCATENATION": _channels,
    "PAD": _channels,
    "PADV2": _pad,
    "LceDequantize": _unpack,
}
