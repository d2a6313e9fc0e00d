"""A model for OpenVINO while it is written, and what the functions of several kinds of nodes write with."""

from __future__ import annotations

import numpy as np

from bnn_designer.export.nodes.node import IMAGE_NODE, Array, Node, Nodes, Window
from bnn_designer.export.openvino.ir import IR, Output

#: A value above it is not below zero.
BELOW_ZERO = -np.finfo(np.float32).tiny
CHANNELS_FIRST, CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
BROADCAST: dict[str, object] = {"auto_broadcast": "numpy"}
#: From it on halves are no floats.
_NO_HALVES = 2.0**23


class Writing:
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
        self.outputs = {IMAGE_NODE: self.transposed("image.first", image, CHANNELS_FIRST)}
        self._bits: dict[str, Output] = {}

    def value(self, name: str) -> Output:
        """A node's output in floats: -1 and +1 where it is signs."""
        if name not in self.outputs:
            node = self.nodes[name]
            value, threshold, turned = self._comparison(node)
            above = self.ir.layer(
                "Greater", f"{name}.above", (value, threshold), value.shape, BROADCAST, element="boolean"
            )
            ends = [self.numbers(np.where(turned, *pair)) for pair in ((-1.0, 1.0), (1.0, -1.0))]
            self.outputs[name] = self.add(node, "Select", (above, *ends), BROADCAST, f"{name}.floats")
        return self.outputs[name]

    def bits(self, name: str) -> Output:
        """The signs of a node in bits."""
        if name not in self._bits:
            node = self.nodes[name]
            value, threshold, turned = self._comparison(node)
            ends = [self.numbers(np.where(turned, *pair)) for pair in ((1.0, 0.0), (0.0, 1.0))]
            inputs = (value, threshold, threshold, *ends)
            self._bits[name] = self.add(node, "FakeQuantize", inputs, {"levels": 2} | BROADCAST)
        return self._bits[name]

    def _comparison(self, node: Node) -> tuple[Output, Output, Array]:
        """What signs are of, what it must be above, and where that makes -1 of it."""
        at_least = node.arrays.get("at_least")
        # One a channel, though all are the same: where there is a single one OpenVINO takes the signs before a
        # transpose, and then has bits in an order that it cannot read.
        threshold = np.full((node.shape[0], 1, 1), BELOW_ZERO) if at_least is None else just_below(at_least)
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
        """A node's convolution, of floats; filters of whole numbers of 8 bits are kept as such."""
        groups, filters = int(node.numbers["groups"]), node.arrays["filters"]
        kind = "Convolution"
        if groups > 1:
            kind, filters = "GroupConvolution", filters.reshape(groups, -1, *filters.shape[1:])
        if node.kind == "int8_conv":
            whole, data = self.ir.constant(filters.astype(np.int8)), {"destination_type": "f32"}
            weights = self.ir.layer("Convert", f"{name}.filters", (whole,), filters.shape, data)
        else:
            weights = self.ir.constant(filters.astype(np.float32))
        return self.add(node, kind, (value, weights), convolved(window), name)

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


def laid(window: Window) -> dict[str, object]:
    """The attributes that convolutions and pools share."""
    pairs = {"strides": window.strides, "pads_begin": window.pads_begin, "pads_end": window.pads_end}
    laid: dict[str, object] = {name: f"{height},{width}" for name, (height, width) in pairs.items()}
    return laid | {"auto_pad": "explicit"}


def convolved(window: Window) -> dict[str, object]:
    return laid(window) | {"dilations": f"{window.dilation[0]},{window.dilation[1]}"}


def just_below(at_least: Array) -> Array:
    """What no whole number lies on or between, and these: half a step lower, or the float before it."""
    wide = np.abs(at_least) >= _NO_HALVES
    return np.where(wide, np.nextafter(at_least, np.float32(-np.inf)), at_least - np.float32(0.5))
