"""Nodes computed by numpy, one image at a time: what each kind is, without a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_designer.export.nodes.node import IMAGE_NODE, Node, Nodes
from bnn_designer.packing.drafts import StepDraft
from bnn_designer.packing.int8 import requantized_sums


def _windows(image: Any, node: Node, outside: float) -> Any:
    """[kh, kw, channels, out height, out width]."""
    at, (_, out_height, out_width) = node.window, node.shape
    pads = [(0, 0), *zip(at.pads_begin, at.pads_end, strict=True)]
    framed = np.pad(image, pads, constant_values=outside)
    return np.stack(
        [
            np.stack(
                [
                    framed[
                        :,
                        y * at.dilation[0] : y * at.dilation[0] + (out_height - 1) * at.strides[0] + 1 : at.strides[0],
                        x * at.dilation[1] : x * at.dilation[1] + (out_width - 1) * at.strides[1] + 1 : at.strides[1],
                    ]
                    for x in range(at.size[1])
                ]
            )
            for y in range(at.size[0])
        ]
    )


def _conv(x: Any, node: Node, groups: int, outside: float) -> Any:
    filters = node.arrays["filters"].astype(np.float64)
    parts = np.split(_windows(x, node, outside), groups, axis=2)
    sums = [
        np.einsum("ocij,ijchw->ohw", kernel, part)
        for kernel, part in zip(np.split(filters, groups), parts, strict=True)
    ]
    return np.concatenate(sums)


def _signs(x: Any, node: Node) -> Any:
    positive = x >= node.arrays.get("at_least", np.zeros((1, 1, 1)))
    return np.where(positive != node.arrays.get("turned", np.zeros((1, 1, 1), bool)), 1.0, -1.0)


def _quantized(x: Any, scale: float) -> Any:
    scaled = x.astype(np.float32) / np.float32(scale)
    return np.rint(np.clip(scaled, -127, 127)).astype(np.float64)


def _requantized(x: Any, node: Node) -> Any:
    numbers = np.stack([node.arrays[part].ravel() for part in ("bias", "multiplier", "shift")])
    step = StepDraft("requantize", numbers=(numbers,), low=node.numbers["zero_point"])
    whole = requantized_sums(x.transpose(1, 2, 0).astype(np.int64), step).transpose(2, 0, 1)
    return (whole - node.numbers["zero_point"]) * node.numbers["scale"]


def _softmax(x: Any) -> Any:
    powers = np.exp(x - x.max(axis=0))
    return powers / powers.sum(axis=0)


def _reordered(x: Any, shape: tuple[int, int, int]) -> Any:
    channels, height, width = shape
    return x.transpose(1, 2, 0).reshape(height, width, channels).transpose(2, 0, 1)


def _padded(x: Any, node: Node) -> Any:
    sides = [(0, 0), *zip(node.window.pads_begin, node.window.pads_end, strict=True)]
    return np.pad(x, sides, constant_values=node.numbers["value"])


def compute(node: Node, x: Any, *others: Any) -> Any:
    """The output of a node, [channels, height, width], in double precision."""
    number, array = node.numbers, node.arrays
    table = {
        "signs": lambda: _signs(x, node),
        "binary_conv": lambda: _conv(x, node, int(number["groups"]), number["pad_value"]),
        "conv": lambda: _conv(x, node, int(number["groups"]), 0) + array["bias"][:, None, None],
        "int8_conv": lambda: _conv(x, node, int(number["groups"]), 0),
        "quantize": lambda: _quantized(x, number["scale"]),
        "requantize": lambda: _requantized(x, node),
        "max_pool": lambda: _windows(x, node, -np.inf).max(axis=(0, 1)),
        "average_pool": lambda: np.nanmean(_windows(x, node, np.nan), axis=(0, 1)),
        "affine": lambda: x * array["factor"] + array["offset"],
        "clamp": lambda: np.clip(x, number["low"], number["high"]),
        "prelu": lambda: np.where(x > 0, x, x * array["slope"]),
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "softmax": lambda: _softmax(x),
        "levels": lambda: np.round(np.clip(x, 0, 1) * number["steps"]) / number["steps"],
        "ternary": lambda: np.sign(x) * (np.abs(x) > number["zero"]),
        "add": lambda: x + others[0],
        "multiply": lambda: x * others[0],
        "pad": lambda: _padded(x, node),
        "pad_channels": lambda: np.pad(x, [(int(number["before"]), int(number["behind"])), (0, 0), (0, 0)]),
        "concatenate": lambda: np.concatenate([x, *others]),
        "reorder": lambda: _reordered(x, node.shape),
    }
    return table[node.kind]()


def values(nodes: Nodes, image: Any) -> dict[str, Any]:
    """All outputs of one image ``[height, width, channels]``."""
    found = {IMAGE_NODE: image.transpose(2, 0, 1).astype(np.float64)}
    for node in nodes.nodes:
        found[node.name] = compute(node, *(found[name] for name in node.inputs))
        assert found[node.name].shape == node.shape, node.name
    return found


def scores(nodes: Nodes, images: Any) -> Any:
    return np.stack([values(nodes, image)[nodes.scores].transpose(1, 2, 0).ravel() for image in images])
