"""From nodes to ONNX's operators, which are on images with channels first, too.

There are two dialects. In plain ONNX a sign is ``Where(x >= t, 1, -1)`` and a filter of signs a constant of bytes. In
QONNX both are ``BipolarQuant`` with a scale of 1, ``x >= 0 ? 1 : -1``, by which its readers know that they are single
bits: what is compared with a whole number has it subtracted first, which is exact. Other nodes are the same in both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

import bnn_designer
from bnn_designer.export.c.constants import printable
from bnn_designer.export.nodes.node import IMAGE_NODE, Array, Node, Nodes, Shape, Window
from bnn_designer.export.onnx.protobuf import FLOAT, Graph, Value, tensor_info

#: The version of ONNX's operators that is written; any later reader has it.
OPERATORS = 17
QONNX_DOMAIN = "qonnx.custom_op.general"
IMAGE, SCORES = "image", "scores"
_CHANNELS_FIRST, _CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def onnx_model(nodes: Nodes, qonnx: bool) -> bytes:
    """The model.

    Args:
        nodes: the network.
        qonnx: in QONNX, of one image ``[1, channels, height, width]``; else plain, of any number of them as they are in
            training, ``[n, height, width, channels]``.
    """
    writing = _Writing(nodes, qonnx)
    for node in nodes.nodes:
        LAYERS[node.kind](writing, node)
    channels, height, width = nodes.by_name[nodes.scores].shape if nodes.nodes else nodes.image_shape
    last = nodes.scores
    if height * width > 1:
        last = writing.graph.node("Transpose", (last,), "scores.last", attributes={"perm": _CHANNELS_LAST})
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


@dataclass
class _Writing:
    """A model while it is written; a node's output is a tensor of its name."""

    nodes: Nodes
    qonnx: bool
    graph: Graph = field(default_factory=Graph)

    def __post_init__(self) -> None:
        self.by_name = self.nodes.by_name
        if not self.qonnx:
            self.graph.node("Transpose", (IMAGE,), self.tensor(IMAGE_NODE), attributes={"perm": _CHANNELS_FIRST})

    def tensor(self, node: str) -> str:
        """What a node's output is called."""
        return node if node != IMAGE_NODE or self.qonnx else f"{IMAGE}.first"

    def shape(self, name: str) -> Shape:
        return self.nodes.image_shape if name == IMAGE_NODE else self.by_name[name].shape

    def inputs(self, node: Node) -> tuple[str, ...]:
        return tuple(map(self.tensor, node.inputs))

    def add(
        self,
        node: Node,
        kind: str,
        inputs: Sequence[str],
        part: str = "",
        domain: str = "",
        attributes: Mapping[str, Value] | None = None,
    ) -> str:
        """An operator; of several that a node takes, all but the last are named after a part of it."""
        name = f"{node.name}.{part}" if part else node.name
        if self.qonnx and not part:
            self.graph.infos.append(tensor_info(name, (1, *node.shape)))
        return self.graph.node(kind, inputs, name, domain, attributes)

    def numbers(self, values: Array | float) -> str:
        """Numbers against an image; those of channels are ``[channels, 1, 1]``."""
        return self.graph.constant(np.asarray(values, np.float32))

    def whole(self, values: Sequence[int]) -> str:
        return self.graph.constant(np.array(values, np.int64))

    def bipolar(self, node: Node, value: str, part: str = "") -> str:
        """+1 where a value is at least 0, else -1; readers of QONNX look for a scale that is a constant of 1."""
        scale = self.graph.constant(np.array([1.0], np.float32))
        return self.add(node, "BipolarQuant", (value, scale), part, QONNX_DOMAIN)


def _signs(writing: _Writing, node: Node) -> None:
    (value,) = writing.inputs(node)
    at_least, turned = node.arrays.get("at_least"), node.arrays.get("turned")
    if writing.qonnx:
        _bipolar_signs(writing, node, value, at_least, turned)
        return
    limit = writing.numbers(0.0 if at_least is None else at_least)
    reached = writing.add(node, "GreaterOrEqual", (value, limit), "reached")
    above, below = (1.0, -1.0) if turned is None else (np.where(turned, -1.0, 1.0), np.where(turned, 1.0, -1.0))
    writing.add(node, "Where", (reached, writing.numbers(above), writing.numbers(below)))


def _bipolar_signs(writing: _Writing, node: Node, value: str, at_least: Array | None, turned: Array | None) -> None:
    if turned is not None:
        if at_least is None:  # of any numbers: their signs are turned
            value = writing.bipolar(node, value, "straight")
        value = writing.add(node, "Mul", (value, writing.numbers(np.where(turned, -1.0, 1.0))), "turned")
    if at_least is not None:  # x >= t is x - t >= 0; turned, x < t is -x + t - 1 >= 0, of whole numbers
        offset = -at_least if turned is None else np.where(turned, at_least - 1, -at_least)
        value = writing.add(node, "Add", (value, writing.numbers(offset)), "reached")
    writing.bipolar(node, value)


def _laid(window: Window) -> dict[str, Value]:
    return {"kernel_shape": window.size, "strides": window.strides, "pads": (*window.pads_begin, *window.pads_end)}


def _convolved(window: Window) -> dict[str, Value]:
    return _laid(window) | {"dilations": window.dilation}


def _groups(node: Node) -> dict[str, Value]:
    return {"group": int(node.numbers["groups"])}


def _binary_conv(writing: _Writing, node: Node) -> None:
    (value,), window, filters = writing.inputs(node), node.window, node.arrays["filters"]
    if node.numbers["pad_value"] and window.is_padded:
        pads = writing.whole((0, 0, *window.pads_begin, 0, 0, *window.pads_end))
        value = writing.add(node, "Pad", (value, pads, writing.numbers(1.0)), "frame", attributes={"mode": "constant"})
        window = replace(window, pads_begin=(0, 0), pads_end=(0, 0))
    if writing.qonnx:
        kernel = writing.bipolar(node, writing.graph.constant(filters.astype(np.float32)), "filters")
    else:
        kernel = writing.add(node, "Cast", (writing.graph.constant(filters),), "filters", attributes={"to": FLOAT})
    writing.add(node, "Conv", (value, kernel), attributes=_convolved(window) | _groups(node))


def _conv(writing: _Writing, node: Node) -> None:
    read = [*writing.inputs(node), writing.graph.constant(node.arrays["filters"])]
    if node.arrays["bias"].any():
        read.append(writing.graph.constant(node.arrays["bias"]))
    writing.add(node, "Conv", read, attributes=_convolved(node.window) | _groups(node))


def _pool(writing: _Writing, node: Node) -> None:
    if node.kind == "max_pool":
        writing.add(node, "MaxPool", writing.inputs(node), attributes=_laid(node.window))
    elif node.shape[1:] == (1, 1) and node.window.size == writing.shape(node.inputs[0])[1:]:
        writing.add(node, "GlobalAveragePool", writing.inputs(node))
    else:
        writing.add(node, "AveragePool", writing.inputs(node), attributes=_laid(node.window) | {"count_include_pad": 0})


def _affine(writing: _Writing, node: Node) -> None:
    scaled = writing.add(node, "Mul", (*writing.inputs(node), writing.numbers(node.arrays["factor"])), "scaled")
    writing.add(node, "Add", (scaled, writing.numbers(node.arrays["offset"])))


def _clamp(writing: _Writing, node: Node) -> None:
    low, high = node.numbers["low"], node.numbers["high"]
    if (low, high) == (0, math.inf):
        writing.add(node, "Relu", writing.inputs(node))
        return
    limits = [writing.numbers(limit) if math.isfinite(limit) else "" for limit in (low, high)]
    writing.add(node, "Clip", (*writing.inputs(node), *(limits if limits[1] else limits[:1])))


def _prelu(writing: _Writing, node: Node) -> None:
    writing.add(node, "PRelu", (*writing.inputs(node), writing.graph.constant(node.arrays["slope"])))


def _levels(writing: _Writing, node: Node) -> None:
    steps = writing.numbers(node.numbers["steps"])
    value = writing.add(node, "Clip", (*writing.inputs(node), writing.numbers(0.0), writing.numbers(1.0)), "clamped")
    value = writing.add(node, "Mul", (value, steps), "scaled")
    value = writing.add(node, "Round", (value,), "whole")
    writing.add(node, "Div", (value, steps))


def _ternary(writing: _Writing, node: Node) -> None:
    (value,) = writing.inputs(node)
    zero = float(node.numbers["zero"])
    below = writing.add(node, "Less", (value, writing.numbers(-zero)), "below")
    above = writing.add(node, "Greater", (value, writing.numbers(zero)), "above")
    lower = writing.add(node, "Where", (below, writing.numbers(-1.0), writing.numbers(0.0)), "lower")
    writing.add(node, "Where", (above, writing.numbers(1.0), lower))


def _pad(writing: _Writing, node: Node) -> None:
    pads = writing.whole((0, 0, *node.window.pads_begin, 0, 0, *node.window.pads_end))
    writing.add(
        node,
        "Pad",
        (*writing.inputs(node), pads, writing.numbers(node.numbers["value"])),
        attributes={"mode": "constant"},
    )


def _pad_channels(writing: _Writing, node: Node) -> None:
    pads = writing.whole((0, int(node.numbers["before"]), 0, 0, 0, int(node.numbers["behind"]), 0, 0))
    writing.add(node, "Pad", (*writing.inputs(node), pads, writing.numbers(0.0)), attributes={"mode": "constant"})


def _reorder(writing: _Writing, node: Node) -> None:
    channels, height, width = node.shape
    last = writing.add(node, "Transpose", writing.inputs(node), "last", attributes={"perm": _CHANNELS_LAST})
    shaped = writing.add(node, "Reshape", (last, writing.whole((0, height, width, channels))), "shaped")
    writing.add(node, "Transpose", (shaped,), attributes={"perm": _CHANNELS_FIRST})


def _plain(kind: str, **attributes: Value) -> Callable[[_Writing, Node], None]:
    def write(writing: _Writing, node: Node) -> None:
        writing.add(node, kind, writing.inputs(node), attributes=attributes)

    return write


LAYERS: dict[str, Callable[[_Writing, Node], None]] = {
    "signs": _signs,
    "binary_conv": _binary_conv,
    "conv": _conv,
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
