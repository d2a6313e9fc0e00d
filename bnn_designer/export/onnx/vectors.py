"""Which nodes of a network are vectors ``[n, channels]`` in ONNX, as readers expect around dense layers.

Among nodes all is an image. A convolution of the whole image is written as Flatten and MatMul, with its filters in
Flatten's order, so that nothing is transposed between; and what works on its sums stays a vector, up to the scores.
"""

from __future__ import annotations

from collections.abc import Mapping

from bnn_designer.export.nodes.node import IMAGE_NODE, Node, Nodes, Shape

#: What works on each value, or along channels: the same of a vector as of an image of one pixel.
_PIXELWISE = frozenset(
    {"signs", "affine", "clamp", "prelu", "sigmoid", "softmax", "levels", "ternary", "add", "multiply"}
    | {"pad_channels", "concatenate", "quantize", "requantize"}
)
_PRODUCTS = frozenset({"conv", "binary_conv", "int8_conv"})


def vectors_of(nodes: Nodes) -> frozenset[str]:
    """The names of nodes that are vectors."""
    shapes = {IMAGE_NODE: nodes.image_shape} | {node.name: node.shape for node in nodes.nodes}
    readers: dict[str, list[Node]] = {name: [] for name in shapes}
    for node in nodes.nodes:
        for name in node.inputs:
            readers[name].append(node)
    free: dict[str, bool] = {}
    for node in reversed(nodes.nodes):
        free[node.name] = all(_takes_vector(reader, node.name, shapes, free) for reader in readers[node.name])
    found: set[str] = set()
    for node in nodes.nodes:
        begins = covers_all(node, shapes[node.inputs[0]]) and free[node.name]
        goes_on = _is_pixelwise(node) and not found.isdisjoint(node.inputs)
        if begins or goes_on:
            found.add(node.name)
    return frozenset(found)


def covers_all(node: Node, source: Shape) -> bool:
    """Whether a node multiplies all values of the image before it with each of its filters."""
    whole = node.window.size == source[1:] and not node.window.is_padded
    return node.kind in _PRODUCTS and whole and node.numbers["groups"] == 1


def _is_pixelwise(node: Node) -> bool:
    return node.kind in _PIXELWISE and node.shape[1:] == (1, 1)


def _takes_vector(reader: Node, name: str, shapes: Mapping[str, Shape], free: Mapping[str, bool]) -> bool:
    """Whether a node that reads another may be given a vector; of a whole image of numbers for its channels, too."""
    if covers_all(reader, shapes[reader.inputs[0]]):
        return True
    scales = reader.kind == "multiply" and reader.inputs[0] != name
    return (_is_pixelwise(reader) and free[reader.name]) or (scales and not _is_pixelwise(reader))
