"""Layers of 8 bits in OpenVINO's operations: whole numbers that are kept as floats, which hold them exactly.

The plugin has kernels of 8 bits, and takes them where a FakeQuantize of 256 levels stands before a convolution whose
filters are bytes. They are not used here: without VNNI they add pairs of products in 16 bits, which saturate
(docs/exporting.md), so that the same file would give other classes on another processor.

What makes 8 bits of numbers is a staircase: it rises by one at each of some thresholds, and which these are is found
here, by the engine's own arithmetic. The plugin would round otherwise: it multiplies with the reciprocal where a graph
divides, and has no whole numbers of 62 bits. So it only tells between which two steps a number lies, and compares.
"""

from __future__ import annotations

import numpy as np

from bnn_designer.export.nodes.node import Array, Node
from bnn_designer.export.openvino.ir import Output
from bnn_designer.export.openvino.writing import BROADCAST, Writing
from bnn_designer.packing.drafts import StepDraft
from bnn_designer.packing.int8 import LARGEST, requantized_sums

#: Sums of larger magnitude are no floats any more.
_LARGEST_SUM = 2**24
_NEVER = np.float32(np.finfo(np.float32).max)
_BYTES = (-128, 127)


def int8_conv(writing: Writing, node: Node) -> Output:
    return writing.float_conv(node, writing.value(node.inputs[0]), node.window, node.name)


def quantize(writing: Writing, node: Node) -> Output:
    """Whole numbers of -127 to 127."""
    scale = np.float32(node.numbers["scale"])
    steps = quantize_steps(scale)
    estimate = np.array([[1 / float(scale)], [LARGEST]])
    return _climbed(writing, node, steps, estimate, -LARGEST, 1.0)


def requantize(writing: Writing, node: Node) -> Output:
    """Multiples of the scale, counted from the zero point."""
    bias, multiplier, shift = (node.arrays[part].ravel().astype(np.float64) for part in ("bias", "multiplier", "shift"))
    steps = requantize_steps(node)
    factor = multiplier * 2.0 ** (shift - 31)
    zero_point = int(node.numbers["zero_point"])
    estimate = np.stack([factor, bias * factor + zero_point - _BYTES[0]])
    return _climbed(writing, node, steps, estimate, _BYTES[0] - zero_point, node.numbers["scale"])


def quantize_steps(scale: np.float32) -> Array:
    """The least floats ``[1, 254]`` of which ``round(x / scale)`` makes -126, ..., 127 in float32."""
    wanted = np.arange(1 - LARGEST, LARGEST + 1)
    near = ((wanted - 0.5) * float(scale)).astype(np.float32)
    # The quotient is rounded once, so that the step lies within a few floats of where it would be.
    floats = [near]
    for toward in (-np.inf, np.inf):
        one = near
        for _ in range(4):
            one = np.nextafter(one, np.float32(toward))
            floats.append(one)
    tried = np.sort(np.stack(floats), axis=0)
    reached = np.rint(tried / scale) >= wanted
    return np.take_along_axis(tried, reached.argmax(axis=0)[None], axis=0)


def requantize_steps(node: Node) -> Array:
    """The least whole sums ``[channels, 255]`` that a requantize node makes -127, ..., 127 of; halving what is left."""
    numbers = np.stack([node.arrays[part].ravel().astype(np.int64) for part in ("bias", "multiplier", "shift")])
    step = StepDraft("requantize", numbers=(numbers,), low=node.numbers["zero_point"])
    wanted = np.arange(_BYTES[0] + 1, _BYTES[1] + 1)[:, None]
    low, high = (np.full((len(wanted), numbers.shape[1]), end, np.int64) for end in (-_LARGEST_SUM, _LARGEST_SUM + 1))
    while (low < high).any():
        middle = (low + high) // 2
        reached = requantized_sums(middle, step) >= wanted
        low, high = np.where(reached, low, np.minimum(middle + 1, high)), np.where(reached, middle, high)
    return np.where(low > _LARGEST_SUM, _NEVER, low).astype(np.float32).T


def _climbed(writing: Writing, node: Node, steps: Array, estimate: Array, lowest: int, scale: float) -> Output:
    """How many of its channel's steps a value has reached, from ``lowest`` on, times the scale.

    Args:
        steps: rising, ``[channels, steps]``; one channel: of all.
        estimate: factor and offset of each channel, ``[2, channels]``; of a value they give how many steps it has
            reached, less than one more or fewer.
    """
    channels, count = steps.shape
    (value,) = writing.inputs(node)

    def add(kind: str, part: str, *inputs: Output, data: dict[str, object] | None = None, **rest: str) -> Output:
        return writing.ir.layer(kind, f"{node.name}.{part}", inputs, value.shape, data or BROADCAST, **rest)

    factor, offset = (writing.numbers(one.reshape(-1, 1, 1)) for one in estimate)
    scaled = add("Multiply", "scaled", value, factor)
    about = add("Floor", "about", add("Add", "moved", scaled, offset), data={})
    at_least = add("Clamp", "at_least", about, data={"min": 0.0, "max": float(count)})
    place = add("Convert", "place", at_least, data={"destination_type": "i32"}, element="i32")
    firsts = writing.ir.constant((np.arange(channels, dtype=np.int32) * (count + 1)).reshape(-1, 1, 1))
    place = add("Add", "of_channel", place, firsts, element="i32")
    table = np.concatenate([steps, np.full((channels, 1), _NEVER)], axis=1).ravel().astype(np.float32)
    axis = writing.ir.constant(np.array(0, np.int64))
    data: dict[str, object] = {"batch_dims": 0}
    following = add("Gather", "next", writing.ir.constant(table), place, axis, data=data, version="opset8")
    reached = add("GreaterEqual", "reached", value, following, element="boolean")
    # The lowest is part of what is selected: a constant added before a product would be multiplied out, and rounded.
    more = add("Select", "more", reached, writing.numbers(lowest + 1.0), writing.numbers(float(lowest)))
    if scale == 1.0:
        return writing.add(node, "Add", (at_least, more), BROADCAST)
    return writing.add(node, "Multiply", (add("Add", "climbed", at_least, more), writing.numbers(scale)), BROADCAST)
