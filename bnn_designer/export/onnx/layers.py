"""From nodes to ONNX's operators, which are on images with channels first, too.

There are two dialects. In plain ONNX a sign is ``Where(x >= t, 1, -1)`` and a filter of signs a constant of bytes. In
QONNX both are ``BipolarQuant`` with a scale of 1, ``x >= 0 ? 1 : -1``, by which its readers know that they are single
bits: what is compared with a whole number has it subtracted first, which is exact. Other nodes are the same in both.
Dense layers are products of vectors with matrices in both (vectors.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

import bnn_designer
from bnn_designer.export.c.constants import printable
from bnn_designer.export.nodes.node import Array, Node, Nodes, Window
from bnn_designer.export.onnx.int8 import without_wide, write_int8_conv, write_quantize, write_requantize
from bnn_designer.export.onnx.protobuf import FLOAT, Value
from bnn_designer.export.onnx.writing import CHANNELS_FIRST, CHANNELS_LAST, IMAGE, QONNX_DOMAIN, SCORES, Writing

#: The version of ONNX's operators that is written; any later reader has it.
OPERATORS = 17


def onnx_model(nodes: Nodes, qonnx: bool) -> bytes:
    """The model.

    Args:
        nodes: the network.
        qonnx: in QONNX, of one image ``[1, channels, height, width]``; else plain, of any number of them as they are in
            training, ``[n, height, width, channels]``.
    """
    writing = Writing(nodes, qonnx)
    for node in nodes.nodes:
        LAYERS[node.kind](writing, node)
    channels, height, width = nodes.by_name[nodes.scores].shape if nodes.nodes else nodes.image_shape
    last = writing.tensor(nodes.scores)
    if height * width > 1:
        last = writing.graph.node("Transpose", (last,), "scores.last", attributes={"perm": CHANNELS_LAST})
    if last != SCORES:
        writing.graph.node("Flatten", (last,), SCORES, attributes={"axis": 1})
    batch: int | str = 1 if qonnx else "batch"
    image = (1, *nodes.image_shape) if qonnx else (batch, *nodes.image)
    return writing.graph.model(
        printable(nodes.name) or "network",
        ("BNN Designer", bnn_designer.__version__),
        (IMAGE, image),
        (SCORES, (batch, channels * height * width)),
        {"": OPERATORS} | ({QONNX_DOMAIN: 1} if qonnx else {}),
    )


def _signs(writing: Writing, node: Node) -> None:
    narrow = without_wide(writing, node)
    (value,) = writing.inputs(node) if narrow is node else narrow.inputs
    node = narrow
    at_least, turned = node.arrays.get("at_least"), node.arrays.get("turned")
    if writing.qonnx:
        _bipolar_signs(writing, node, value, at_least, turned)
        return
    limit = writing.numbers(0.0 if at_least is None else at_least, node)
    reached = writing.add(node, "GreaterOrEqual", (value, limit), "reached")
    above, below = (1.0, -1.0) if turned is None else (np.where(turned, -1.0, 1.0), np.where(turned, 1.0, -1.0))
    writing.add(node, "Where", (reached, writing.numbers(above, node), writing.numbers(below, node)))


def _bipolar_signs(writing: Writing, node: Node, value: str, at_least: Array | None, turned: Array | None) -> None:
    if turned is not None:
        if at_least is None:  # of any numbers: their signs are turned
            value = writing.bipolar(node, value, "straight")
        value = writing.add(node, "Mul", (value, writing.numbers(np.where(turned, -1.0, 1.0), node)), "turned")
    if at_least is not None:  # x >= t is x - t >= 0; turned, x < t is -x + t - 1 >= 0, of whole numbers
        offset = -at_least if turned is None else np.where(turned, at_least - 1, -at_least)
        value = _scaled(writing, node, value, np.ones_like(offset), offset, "reached")
    writing.bipolar(node, value)


def _laid(window: Window) -> dict[str, Value]:
    return {"kernel_shape": window.size, "strides": window.strides, "pads": (*window.pads_begin, *window.pads_end)}


def _convolved(window: Window) -> dict[str, Value]:
    return _laid(window) | {"dilations": window.dilation}


def _groups(node: Node) -> dict[str, Value]:
    return {"group": int(node.numbers["groups"])}


def _product(writing: Writing, node: Node, value: str, kernel: str, part: str = "") -> str:
    """Sums of a value's products with a kernel: of a matrix, or of filters that are laid over an image."""
    if node.name in writing.vectors:
        return writing.add(node, "MatMul", (value, kernel), part)
    return writing.add(node, "Conv", (value, kernel), part, attributes=_convolved(node.window) | _groups(node))


def _binary_conv(writing: Writing, node: Node) -> None:
    (value,), window, filters = writing.inputs(node), node.window, node.arrays["filters"]
    if node.numbers["pad_value"] and window.is_padded:
        pads = writing.whole((0, 0, *window.pads_begin, 0, 0, *window.pads_end))
        value = writing.add(node, "Pad", (value, pads, writing.numbers(1.0)), "frame", attributes={"mode": "constant"})
        window = replace(window, pads_begin=(0, 0), pads_end=(0, 0))
    filters = writing.laid(node, filters)
    if writing.qonnx:
        kernel = writing.bipolar(node, writing.graph.constant(filters.astype(np.float32)), "filters")
    else:
        kernel = writing.add(node, "Cast", (writing.graph.constant(filters),), "filters", attributes={"to": FLOAT})
    _product(writing, replace(node, window=window), value, kernel)


def _conv(writing: Writing, node: Node) -> None:
    (value,), bias = writing.inputs(node), node.arrays["bias"]
    kernel = writing.graph.constant(writing.laid(node, node.arrays["filters"]))
    if not bias.any():
        _product(writing, node, value, kernel)
    elif node.name in writing.vectors:
        sums = _product(writing, node, value, kernel, "sums")
        writing.add(node, "Add", (sums, writing.graph.constant(bias)))
    else:
        read = (value, kernel, writing.graph.constant(bias))
        writing.add(node, "Conv", read, attributes=_convolved(node.window) | _groups(node))


def _pool(writing: Writing, node: Node) -> None:
    if node.kind == "max_pool":
        writing.add(node, "MaxPool", writing.inputs(node), attributes=_laid(node.window))
    elif node.shape[1:] == (1, 1) and node.window.size == writing.shape(node.inputs[0])[1:]:
        writing.add(node, "GlobalAveragePool", writing.inputs(node))
    else:
        writing.add(node, "AveragePool", writing.inputs(node), attributes=_laid(node.window) | {"count_include_pad": 0})


def _affine(writing: Writing, node: Node) -> None:
    (value,) = writing.inputs(node)
    _scaled(writing, node, value, node.arrays["factor"], node.arrays["offset"])


def _scaled(writing: Writing, node: Node, value: str, factor: Array, offset: Array, part: str = "") -> str:
    """Factor times value plus offset. In QONNX those of channels are a batch norm of mean 0 and variance 1.

    It is what QONNX's readers expect there: hls4ml has no Add of channels of an image.
    """
    if writing.qonnx and factor.size == offset.size == node.shape[0]:
        zeros, ones = np.zeros(factor.size), np.ones(factor.size)
        numbers = [writing.numbers(each.reshape(-1)) for each in (factor, offset, zeros, ones)]
        return writing.add(node, "BatchNormalization", (value, *numbers), part, attributes={"epsilon": 0.0})
    value = writing.add(node, "Mul", (value, writing.numbers(factor, node)), f"{part}scaled")
    return writing.add(node, "Add", (value, writing.numbers(offset, node)), part)


def _clamp(writing: Writing, node: Node) -> None:
    low, high = node.numbers["low"], node.numbers["high"]
    if (low, high) == (0, math.inf):
        writing.add(node, "Relu", writing.inputs(node))
        return
    limits = [writing.numbers(limit) if math.isfinite(limit) else "" for limit in (low, high)]
    writing.add(node, "Clip", (*writing.inputs(node), *(limits if limits[1] else limits[:1])))


def _prelu(writing: Writing, node: Node) -> None:
    writing.add(node, "PRelu", (*writing.inputs(node), writing.numbers(node.arrays["slope"], node)))


def _levels(writing: Writing, node: Node) -> None:
    steps = writing.numbers(node.numbers["steps"])
    value = writing.add(node, "Clip", (*writing.inputs(node), writing.numbers(0.0), writing.numbers(1.0)), "clamped")
    value = writing.add(node, "Mul", (value, steps), "scaled")
    value = writing.add(node, "Round", (value,), "whole")
    writing.add(node, "Div", (value, steps))


def _ternary(writing: Writing, node: Node) -> None:
    (value,) = writing.inputs(node)
    zero = float(node.numbers["zero"])
    below = writing.add(node, "Less", (value, writing.numbers(-zero)), "below")
    above = writing.add(node, "Greater", (value, writing.numbers(zero)), "above")
    lower = writing.add(node, "Where", (below, writing.numbers(-1.0), writing.numbers(0.0)), "lower")
    writing.add(node, "Where", (above, writing.numbers(1.0), lower))


def _pad(writing: Writing, node: Node) -> None:
    pads = writing.whole((0, 0, *node.window.pads_begin, 0, 0, *node.window.pads_end))
    writing.add(
        node,
        "Pad",
        (*writing.inputs(node), pads, writing.numbers(node.numbers["value"])),
        attributes={"mode": "constant"},
    )


def _pad_channels(writing: Writing, node: Node) -> None:
    axes = 0 if node.name in writing.vectors else 2
    sides = (int(node.numbers["before"]), int(node.numbers["behind"]))
    pads = writing.whole([size for side in sides for size in (0, side, *[0] * axes)])
    writing.add(node, "Pad", (*writing.inputs(node), pads, writing.numbers(0.0)), attributes={"mode": "constant"})


def _reorder(writing: Writing, node: Node) -> None:
    channels, height, width = node.shape
    last = writing.add(node, "Transpose", writing.inputs(node), "last", attributes={"perm": CHANNELS_LAST})
    shaped = writing.add(node, "Reshape", (last, writing.whole((0, height, width, channels))), "shaped")
    writing.add(node, "Transpose", (shaped,), attributes={"perm": CHANNELS_FIRST})


def _plain(kind: str, **attributes: Value) -> Callable[[Writing, Node], None]:
    def write(writing: Writing, node: Node) -> None:
        writing.add(node, kind, writing.inputs(node), attributes=attributes)

    return write


LAYERS: dict[str, Callable[[Writing, Node], None]] = {
    "signs": _signs,
    "binary_conv": _binary_conv,
    "conv": _conv,
    "int8_conv": lambda writing, node: write_int8_conv(writing, node, _product),
    "quantize": write_quantize,
    "requantize": write_requantize,
    "max_pool": _pool,
    "average_pool": _pool,
    "affine": _affine,
    "clamp": _clamp,
    "prelu": _prelu,
    "sigmoid": _plain("Sigmoid"),
    "softmax": _plain("Softmax", axis=1),
    "levels": _levels,
    "ternary": _ternary,
    "add": _plain("Add"),
    "multiply": _plain("Mul"),
    "pad": _pad,
    "pad_channels": _pad_channels,
    "concatenate": _plain("Concat", axis=1),
    "reorder": _reorder,
}
