"""From nodes to OpenVINO's operations.

BinaryConvolution (opset 1) multiplies what a FakeQuantize of two levels gives. The plugin makes that one comparison a
channel, ``x > threshold``: above is the sign +1, so the sign of the threshold itself is -1, where this project has +1.
Sums of signs are whole, so that a threshold half a step below a whole one decides all of them alike; of other numbers,
0 is told from what is below by the largest negative number that is not subnormal (which count as zero everywhere).
What else reads signs has them as the floats -1 and +1, by a Select: the plugin makes bits of every FakeQuantize of two
levels, whoever reads it and whatever the levels are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from bnn_designer.export.nodes.node import IMAGE_NODE, Array, Node, Nodes, Window
from bnn_designer.export.openvino.ir import IR, Output
from bnn_designer.targets.openvino import why_in_float

#: A value above it is not below zero.
BELOW_ZERO = -np.finfo(np.float32).tiny
_CHANNELS_FIRST, _CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_BROADCAST: dict[str, object] = {"auto_broadcast": "numpy"}


def ir_of(nodes: Nodes) -> IR:
    """The model: an image ``[1, height, width, channels]``, called "image", to scores ``[1, n]``, called "scores"."""
    writing = _Writing(nodes)
    for node in nodes.nodes:
        if node.kind != "signs":  # written where they are read
            writing.outputs[node.name] = LAYERS[node.kind](writing, node)
    last = writing.value(nodes.scores)
    _, channels, height, width = last.shape
    turned = writing.transposed("scores.last", last, _CHANNELS_LAST)
    shape = writing.ir.constant(np.array([0, -1], np.int64))
    size = channels * height * width
    flat = writing.ir.layer("Reshape", "scores", (turned, shape), (1, size), {"special_zero": "true"}, tensor="scores")
    writing.ir.layer("Result", "result", (flat,), None)
    return writing.ir


class _Writing:
    """A model while it is written.

    Attributes:
        outputs: by the node's name.
    """

    def __init__(self, nodes: Nodes) -> None:
        self.ir, self.nodes = IR(), nodes.by_name
        shape = (1, *nodes.image)
        image = self.ir.layer(
            "Parameter", "image", (), shape, {"shape": ",".join(map(str, shape)), "element_type": "f32"}, tensor="image"
        )
        self.outputs = {IMAGE_NODE: self.transposed("image.first", image, _CHANNELS_FIRST)}
        self._bits: dict[str, Output] = {}

    def value(self, name: str) -> Output:
        """A node's output in floats: -1 and +1 where it is signs."""
        if name not in self.outputs:
            node = self.nodes[name]
            value, threshold, turned = self._comparison(node)
            above = self.ir.layer(
                "Greater", f"{name}.above", (value, threshold), value.shape, _BROADCAST, element="boolean"
            )
            ends = [self.numbers(np.where(turned, *pair)) for pair in ((-1.0, 1.0), (1.0, -1.0))]
            self.outputs[name] = self.add(node, "Select", (above, *ends), _BROADCAST, f"{name}.floats")
        return self.outputs[name]

    def bits(self, name: str) -> Output:
        """The signs of a node in bits."""
        if name not in self._bits:
            node = self.nodes[name]
            value, threshold, turned = self._comparison(node)
            ends = [self.numbers(np.where(turned, *pair)) for pair in ((1.0, 0.0), (0.0, 1.0))]
            inputs = (value, threshold, threshold, *ends)
            self._bits[name] = self.add(node, "FakeQuantize", inputs, {"levels": 2} | _BROADCAST)
        return self._bits[name]

    def _comparison(self, node: Node) -> tuple[Output, Output, Array]:
        """What signs are of, what it must be above, and where that makes -1 of it."""
        at_least = node.arrays.get("at_least")
        # One a channel, though all are the same: where there is a single one OpenVINO takes the signs before a
        # transpose, and then has bits in an order that it cannot read.
        threshold = np.full((node.shape[0], 1, 1), BELOW_ZERO) if at_least is None else at_least - 0.5
        turned = node.arrays.get("turned", np.zeros((1, 1, 1), bool))
        return self.value(node.inputs[0]), self.numbers(threshold), turned

    def numbers(self, array: Array | float) -> Output:
        """Numbers against an image ``[1, channels, height, width]``."""
        values = np.asarray(array, np.float32)
        return self.ir.constant(values.reshape((1, 1, 1, 1) if values.ndim == 0 else (1, *values.shape)))

    def add(
        self,
        node: Node,
        kind: str,
        inputs: tuple[Output, ...],
        data: dict[str, object] | None = None,
        name: str = "",
        version: str = "opset1",
    ) -> Output:
        """A layer with the shape of the node's output."""
        return self.ir.layer(kind, name or node.name, inputs, (1, *node.shape), data, version)

    def inputs(self, node: Node) -> tuple[Output, ...]:
        return tuple(self.value(name) for name in node.inputs)

    def float_conv(self, node: Node, value: Output, window: Window, name: str) -> Output:
        """A node's convolution, of floats."""
        groups, filters = int(node.numbers["groups"]), node.arrays["filters"].astype(np.float32)
        kind = "Convolution"
        if groups > 1:
            kind, filters = "GroupConvolution", filters.reshape(groups, -1, *filters.shape[1:])
        return self.add(node, kind, (value, self.ir.constant(filters)), _convolved(window), name)

    def framed(self, node: Node, value: Output) -> Output:
        """A value in a frame of ones as wide as the node pads."""
        pads = [
            self.ir.constant(np.array([0, 0, *one], np.int64)) for one in (node.window.pads_begin, node.window.pads_end)
        ]
        (height, width), sides = value.shape[2:], zip(node.window.pads_begin, node.window.pads_end, strict=True)
        added = [begin + end for begin, end in sides]
        shape = (*value.shape[:2], height + added[0], width + added[1])
        fill = self.ir.constant(np.array(1.0, np.float32))
        return self.ir.layer("Pad", f"{node.name}.frame", (value, *pads, fill), shape, {"pad_mode": "constant"})

    def transposed(self, name: str, value: Output, order: tuple[int, ...]) -> Output:
        axes = self.ir.constant(np.array(order, np.int64))
        return self.ir.layer("Transpose", name, (value, axes), tuple(value.shape[axis] for axis in order))


def _laid(window: Window) -> dict[str, object]:
    """The attributes that convolutions and pools share."""
    pairs = {"strides": window.strides, "pads_begin": window.pads_begin, "pads_end": window.pads_end}
    laid: dict[str, object] = {name: f"{height},{width}" for name, (height, width) in pairs.items()}
    return laid | {"auto_pad": "explicit"}


def _convolved(window: Window) -> dict[str, object]:
    return _laid(window) | {"dilations": f"{window.dilation[0]},{window.dilation[1]}"}


def kept_in_bits(nodes: Mapping[str, Node], node: Node) -> bool:
    """Whether a convolution of signs is written as BinaryConvolution.

    Args:
        nodes: by name.
        node: of the kind "binary_conv".
    """
    if node.numbers["groups"] > 1:
        return False
    at, (channels, height, width) = node.window, nodes[node.inputs[0]].shape
    output = (node.shape[1], node.shape[2])
    return why_in_float(channels, (height, width), output, at.size, at.strides, at.dilation, at.pads_begin) is None


def _binary_conv(writing: _Writing, node: Node) -> Output:
    """In bits, or as a convolution of the floats -1 and +1, with ones around the image where it pads with them."""
    (source,) = node.inputs
    if not kept_in_bits(writing.nodes, node):
        value, window = writing.value(source), node.window
        if node.numbers["pad_value"]:
            value, window = writing.framed(node, value), replace(window, pads_begin=(0, 0), pads_end=(0, 0))
        return writing.float_conv(node, value, window, node.name)
    filters = writing.ir.bits(node.arrays["filters"] > 0)
    data = _convolved(node.window) | {"mode": "xnor-popcount", "pad_value": int(node.numbers["pad_value"])}
    return writing.add(node, "BinaryConvolution", (writing.bits(node.inputs[0]), filters), data)


def _conv(writing: _Writing, node: Node) -> Output:
    bias, value = node.arrays["bias"], writing.value(node.inputs[0])
    if not bias.any():
        return writing.float_conv(node, value, node.window, node.name)
    products = writing.float_conv(node, value, node.window, f"{node.name}.products")
    return writing.add(node, "Add", (products, writing.numbers(bias.reshape(-1, 1, 1))), _BROADCAST)


def _pool(writing: _Writing, node: Node) -> Output:
    data = {"kernel": f"{node.window.size[0]},{node.window.size[1]}", "rounding_type": "floor"} | _laid(node.window)
    if node.kind == "max_pool":
        return writing.add(node, "MaxPool", writing.inputs(node), data)
    return writing.add(node, "AvgPool", writing.inputs(node), data | {"exclude-pad": "true"})


def _affine(writing: _Writing, node: Node) -> Output:
    factor, offset = (writing.numbers(node.arrays[part]) for part in ("factor", "offset"))
    scaled = writing.add(node, "Multiply", (*writing.inputs(node), factor), _BROADCAST, f"{node.name}.scaled")
    return writing.add(node, "Add", (scaled, offset), _BROADCAST)


def _clamp(writing: _Writing, node: Node) -> Output:
    low, high = node.numbers["low"], node.numbers["high"]
    if (low, high) == (0, math.inf):
        return writing.add(node, "ReLU", writing.inputs(node))
    if math.isfinite(low) and math.isfinite(high):
        return writing.add(node, "Clamp", writing.inputs(node), {"min": low, "max": high})
    kind, limit = ("Maximum", low) if math.isfinite(low) else ("Minimum", high)
    return writing.add(node, kind, (*writing.inputs(node), writing.numbers(limit)), _BROADCAST)


def _prelu(writing: _Writing, node: Node) -> Output:
    slope = node.arrays["slope"]
    numbers = writing.ir.constant(slope.reshape(-1)) if slope.shape[1:] == (1, 1) else writing.numbers(slope)
    return writing.add(node, "PReLU", (*writing.inputs(node), numbers))


def _levels(writing: _Writing, node: Node) -> Output:
    steps = writing.numbers(node.numbers["steps"])
    (value,) = writing.inputs(node)
    value = writing.add(node, "Clamp", (value,), {"min": 0.0, "max": 1.0}, f"{node.name}.clamped")
    value = writing.add(node, "Multiply", (value, steps), _BROADCAST, f"{node.name}.scaled")
    value = writing.add(node, "Round", (value,), {"mode": "half_to_even"}, f"{node.name}.whole", "opset5")
    return writing.add(node, "Divide", (value, steps), _BROADCAST)


def _ternary(writing: _Writing, node: Node) -> Output:
    (value,) = writing.inputs(node)
    zero = float(node.numbers["zero"])
    result = writing.numbers(0.0)
    for kind, limit, sign in (("Less", -zero, -1.0), ("Greater", zero, 1.0)):
        name = f"{node.name}.{kind.lower()}"
        found = writing.ir.layer(
            kind, name, (value, writing.numbers(limit)), value.shape, _BROADCAST, element="boolean"
        )
        last = node.name if kind == "Greater" else f"{node.name}.lower"
        result = writing.add(node, "Select", (found, writing.numbers(sign), result), _BROADCAST, last)
    return result


def _plain(kind: str, **data: object) -> Callable[[_Writing, Node], Output]:
    return lambda writing, node: writing.add(node, kind, writing.inputs(node), dict(data))


def _padded(writing: _Writing, node: Node, begin: tuple[int, ...], end: tuple[int, ...], value: float) -> Output:
    pads = [writing.ir.constant(np.array(one, np.int64)) for one in (begin, end)]
    fill = writing.ir.constant(np.array(value, np.float32))
    return writing.add(node, "Pad", (*writing.inputs(node), *pads, fill), {"pad_mode": "constant"})


def _pad(writing: _Writing, node: Node) -> Output:
    begin, end = ((0, 0, *pads) for pads in (node.window.pads_begin, node.window.pads_end))
    return _padded(writing, node, begin, end, node.numbers["value"])


def _pad_channels(writing: _Writing, node: Node) -> Output:
    begin, end = ((0, int(node.numbers[side]), 0, 0) for side in ("before", "behind"))
    return _padded(writing, node, begin, end, 0.0)


def _reorder(writing: _Writing, node: Node) -> Output:
    channels, height, width = node.shape
    last = writing.transposed(f"{node.name}.last", writing.value(node.inputs[0]), _CHANNELS_LAST)
    shape = writing.ir.constant(np.array([0, height, width, channels], np.int64))
    name = f"{node.name}.shaped"
    shaped = writing.ir.layer("Reshape", name, (last, shape), (1, height, width, channels), {"special_zero": "true"})
    return writing.transposed(node.name, shaped, _CHANNELS_FIRST)


#: Every kind of node but signs.
LAYERS: dict[str, Callable[[_Writing, Node], Output]] = {
    "binary_conv": _binary_conv,
    "conv": _conv,
    "max_pool": _pool,
    "average_pool": _pool,
    "affine": _affine,
    "clamp": _clamp,
    "prelu": _prelu,
    "sigmoid": _plain("Sigmoid"),
    "softmax": _plain("SoftMax", axis=1),
    "levels": _levels,
    "ternary": _ternary,
    "add": _plain("Add", **_BROADCAST),
    "multiply": _plain("Multiply", **_BROADCAST),
    "pad": _pad,
    "pad_channels": _pad_channels,
    "concatenate": _plain("Concat", axis=1),
    "reorder": _reorder,
}
