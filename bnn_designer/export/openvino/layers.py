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

from bnn_designer.export.nodes.node import Node, Nodes
from bnn_designer.export.openvino.int8 import int8_conv, quantize, requantize
from bnn_designer.export.openvino.ir import IR, Output
from bnn_designer.export.openvino.writing import BROADCAST, CHANNELS_FIRST, CHANNELS_LAST, Writing, convolved, laid
from bnn_designer.targets.openvino import why_in_float


def ir_of(nodes: Nodes) -> IR:
    """The model: an image ``[1, height, width, channels]``, called "image", to scores ``[1, n]``, called "scores"."""
    writing = Writing(nodes)
    for node in nodes.nodes:
        if node.kind != "signs":  # written where they are read
            writing.outputs[node.name] = LAYERS[node.kind](writing, node)
    last = writing.value(nodes.scores)
    _, channels, height, width = last.shape
    turned = writing.transposed("scores.last", last, CHANNELS_LAST)
    shape = writing.ir.constant(np.array([0, -1], np.int64))
    size = channels * height * width
    flat = writing.ir.layer("Reshape", "scores", (turned, shape), (1, size), {"special_zero": "true"}, tensor="scores")
    writing.ir.layer("Result", "result", (flat,), None)
    return writing.ir


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


def _binary_conv(writing: Writing, node: Node) -> Output:
    """In bits, or as a convolution of the floats -1 and +1, with ones around the image where it pads with them."""
    (source,) = node.inputs
    if not kept_in_bits(writing.nodes, node):
        value, window = writing.value(source), node.window
        if node.numbers["pad_value"]:
            value, window = writing.framed(node, value), replace(window, pads_begin=(0, 0), pads_end=(0, 0))
        return writing.float_conv(node, value, window, node.name)
    filters = writing.ir.bits(node.arrays["filters"] > 0)
    data = convolved(node.window) | {"mode": "xnor-popcount", "pad_value": int(node.numbers["pad_value"])}
    return writing.add(node, "BinaryConvolution", (writing.bits(node.inputs[0]), filters), data)


def _conv(writing: Writing, node: Node) -> Output:
    bias, value = node.arrays["bias"], writing.value(node.inputs[0])
    if not bias.any():
        return writing.float_conv(node, value, node.window, node.name)
    products = writing.float_conv(node, value, node.window, f"{node.name}.products")
    return writing.add(node, "Add", (products, writing.numbers(bias.reshape(-1, 1, 1))), BROADCAST)


def _pool(writing: Writing, node: Node) -> Output:
    data = {"kernel": f"{node.window.size[0]},{node.window.size[1]}", "rounding_type": "floor"} | laid(node.window)
    if node.kind == "max_pool":
        return writing.add(node, "MaxPool", writing.inputs(node), data)
    return writing.add(node, "AvgPool", writing.inputs(node), data | {"exclude-pad": "true"})


def _affine(writing: Writing, node: Node) -> Output:
    factor, offset = (writing.numbers(node.arrays[part]) for part in ("factor", "offset"))
    scaled = writing.add(node, "Multiply", (*writing.inputs(node), factor), BROADCAST, f"{node.name}.scaled")
    return writing.add(node, "Add", (scaled, offset), BROADCAST)


def _clamp(writing: Writing, node: Node) -> Output:
    low, high = node.numbers["low"], node.numbers["high"]
    if (low, high) == (0, math.inf):
        return writing.add(node, "ReLU", writing.inputs(node))
    if math.isfinite(low) and math.isfinite(high):
        return writing.add(node, "Clamp", writing.inputs(node), {"min": low, "max": high})
    kind, limit = ("Maximum", low) if math.isfinite(low) else ("Minimum", high)
    return writing.add(node, kind, (*writing.inputs(node), writing.numbers(limit)), BROADCAST)


def _prelu(writing: Writing, node: Node) -> Output:
    slope = node.arrays["slope"]
    numbers = writing.ir.constant(slope.reshape(-1)) if slope.shape[1:] == (1, 1) else writing.numbers(slope)
    return writing.add(node, "PReLU", (*writing.inputs(node), numbers))


def _levels(writing: Writing, node: Node) -> Output:
    steps = writing.numbers(node.numbers["steps"])
    (value,) = writing.inputs(node)
    value = writing.add(node, "Clamp", (value,), {"min": 0.0, "max": 1.0}, f"{node.name}.clamped")
    value = writing.add(node, "Multiply", (value, steps), BROADCAST, f"{node.name}.scaled")
    value = writing.add(node, "Round", (value,), {"mode": "half_to_even"}, f"{node.name}.whole", "opset5")
    return writing.add(node, "Divide", (value, steps), BROADCAST)


def _ternary(writing: Writing, node: Node) -> Output:
    (value,) = writing.inputs(node)
    zero = float(node.numbers["zero"])
    result = writing.numbers(0.0)
    for kind, limit, sign in (("Less", -zero, -1.0), ("Greater", zero, 1.0)):
        name = f"{node.name}.{kind.lower()}"
        found = writing.ir.layer(kind, name, (value, writing.numbers(limit)), value.shape, BROADCAST, element="boolean")
        last = node.name if kind == "Greater" else f"{node.name}.lower"
        result = writing.add(node, "Select", (found, writing.numbers(sign), result), BROADCAST, last)
    return result


def _plain(kind: str, **data: object) -> Callable[[Writing, Node], Output]:
    return lambda writing, node: writing.add(node, kind, writing.inputs(node), dict(data))


def _padded(writing: Writing, node: Node, begin: tuple[int, ...], end: tuple[int, ...], value: float) -> Output:
    pads = [writing.ir.constant(np.array(one, np.int64)) for one in (begin, end)]
    fill = writing.ir.constant(np.array(value, np.float32))
    return writing.add(node, "Pad", (*writing.inputs(node), *pads, fill), {"pad_mode": "constant"})


def _pad(writing: Writing, node: Node) -> Output:
    begin, end = ((0, 0, *pads) for pads in (node.window.pads_begin, node.window.pads_end))
    return _padded(writing, node, begin, end, node.numbers["value"])


def _pad_channels(writing: Writing, node: Node) -> Output:
    begin, end = ((0, int(node.numbers[side]), 0, 0) for side in ("before", "behind"))
    return _padded(writing, node, begin, end, 0.0)


def _reorder(writing: Writing, node: Node) -> Output:
    channels, height, width = node.shape
    last = writing.transposed(f"{node.name}.last", writing.value(node.inputs[0]), CHANNELS_LAST)
    shape = writing.ir.constant(np.array([0, height, width, channels], np.int64))
    name = f"{node.name}.shaped"
    shaped = writing.ir.layer("Reshape", name, (last, shape), (1, height, width, channels), {"special_zero": "true"})
    return writing.transposed(node.name, shaped, CHANNELS_FIRST)


#: Every kind of node but signs.
LAYERS: dict[str, Callable[[Writing, Node], Output]] = {
    "binary_conv": _binary_conv,
    "conv": _conv,
    "int8_conv": int8_conv,
    "quantize": quantize,
    "requantize": requantize,
    "max_pool": _pool,
    "average_pool": _pool,
    "affine": _affine,
    "clamp": _clamp,
    "prelu": _prelu,
    "sigmoid": _plain("Sigmoid"),
    "softmax": _plain("SoftMax", axis=1),
    "levels": _levels,
    "ternary": _ternary,
    "add": _plain("Add", **BROADCAST),
    "multiply": _plain("Multiply", **BROADCAST),
    "pad": _pad,
    "pad_channels": _pad_channels,
    "concatenate": _plain("Concat", axis=1),
    "reorder": _reorder,
}
