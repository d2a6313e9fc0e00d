"""An operation on images ``[channels, height, width]``, and a network of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.packing.drafts import Geometry

Array = npt.NDArray[Any]
#: (channels, height, width).
Shape = tuple[int, int, int]

#: The name of the image among nodes.
IMAGE_NODE = "image"


@dataclass(frozen=True)
class Window:
    """How a kernel or a pool is laid over an image, on (height, width) each; the padding is spelled out."""

    size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads_begin: tuple[int, int] = (0, 0)
    pads_end: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, at: Geometry) -> Window:
        """That of a packed group: behind the image it has what its last window needs."""
        size, strides = (at.kernel_height, at.kernel_width), (at.stride_height, at.stride_width)
        dilation, begin = (at.dilation_height, at.dilation_width), (at.pad_top, at.pad_left)
        image, output = (at.in_height, at.in_width), (at.out_height, at.out_width)
        reach = [dilation[axis] * (size[axis] - 1) + 1 for axis in (0, 1)]
        end = [max((output[axis] - 1) * strides[axis] + reach[axis] - image[axis] - begin[axis], 0) for axis in (0, 1)]
        return cls(size, strides, dilation, begin, (end[0], end[1]))

    @property
    def is_padded(self) -> bool:
        return any((*self.pads_begin, *self.pads_end))


@dataclass(frozen=True)
class Node:
    """An operation with one output.

    Attributes:
        kind: of those in :data:`KINDS`.
        name: no two nodes have one.
        path: the block's that it is of.
        inputs: names of nodes.
        shape: of its output.
        window: of convolutions and pools.
        numbers: its parameters, as :data:`KINDS` says.
        arrays: those of more than one number; of channels ``[channels, 1, 1]``, or of all values ``[c, h, w]``.
    """

    kind: str
    name: str
    path: str
    inputs: tuple[str, ...]
    shape: Shape
    window: Window = Window((1, 1))
    numbers: Mapping[str, float] = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)


#: Every kind of node with what it computes, x being its first input.
KINDS: dict[str, str] = {
    "signs": "+1 where (x >= at_least) != turned, else -1; at_least of whole sums, 0 of anything where it is missing",
    "binary_conv": "convolution in `groups` of signs with signs, [filters, channels of a group, height, width]; "
    "`pad_value` outside",
    "conv": "the same of floats, plus bias; 0 outside",
    "int8_conv": "the same of whole numbers of 8 bits, no bias; 0 outside",
    "quantize": "the whole number of -127 to 127 that is nearest to x / scale in float32, halves to the even one",
    "requantize": "`scale` times a number of 8 bits less its `zero_point`: requantized_sums (packing/int8.py) of whole "
    "sums x with bias, multiplier and shift of channels",
    "max_pool": "the maximum of windows, of what is inside the image",
    "average_pool": "the average of windows, of what is inside the image",
    "affine": "factor x + offset",
    "clamp": "x within low and high, which may be infinite",
    "prelu": "x where it is positive, else slope x",
    "sigmoid": "1 / (1 + exp(-x))",
    "softmax": "over channels",
    "levels": "the nearest of `steps` even steps from 0 to 1, halves to the even one",
    "ternary": "-1, 0 or +1; 0 up to a magnitude of `zero`",
    "add": "the sum of two",
    "multiply": "the product of two; the second may be of one pixel",
    "pad": "a frame of `value`, as wide as the window's pads",
    "pad_channels": "so many channels of zeros `before` and `behind`",
    "concatenate": "channels side by side",
    "reorder": "the same numbers, line by line and pixel by pixel with channels last, in another shape",
}


@dataclass(frozen=True)
class Nodes:
    """A network.

    Attributes:
        name: the design's.
        image: the shape of the input, (height, width, channels); its node is :data:`IMAGE_NODE`.
        nodes: in running order.
        scores: the node whose numbers are the network's, line by line and pixel by pixel with channels last.
    """

    name: str
    image: tuple[int, int, int]
    nodes: tuple[Node, ...]
    scores: str

    @property
    def by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @property
    def image_shape(self) -> Shape:
        height, width, channels = self.image
        return channels, height, width


def by_channel(values: Array, shape: Shape) -> Array:
    """Numbers of channels, or of all values with channels last, as they stand against an image ``[c, h, w]``."""
    channels, height, width = shape
    if values.size == channels:
        return values.reshape(channels, 1, 1)
    return np.ascontiguousarray(values.reshape(height, width, channels).transpose(2, 0, 1))
