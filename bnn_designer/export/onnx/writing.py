"""An ONNX model while it is written, node by node: names, vectors and images, constants."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bnn_designer.export.nodes.node import IMAGE_NODE, Array, Node, Nodes, Shape
from bnn_designer.export.onnx.protobuf import Graph, Value, tensor_info
from bnn_designer.export.onnx.vectors import vectors_of

QONNX_DOMAIN = "qonnx.custom_op.general"
IMAGE, SCORES = "image", "scores"
#: Permutations of an image's axes.
CHANNELS_FIRST, CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


@dataclass
class Writing:
    """A model while it is written; a node's output is a tensor of its name, or the scores.

    Attributes:
        wide: nodes whose output is in integers of 64 bits; others are in floats.
    """

    nodes: Nodes
    qonnx: bool
    graph: Graph = field(default_factory=Graph)

    def __post_init__(self) -> None:
        self.by_name = self.nodes.by_name
        self.vectors = vectors_of(self.nodes)
        self.wide: set[str] = set()
        self._flat: dict[str, str] = {}
        self._pixel: dict[str, str] = {}
        if not self.qonnx:
            self.graph.node("Transpose", (IMAGE,), self.tensor(IMAGE_NODE), attributes={"perm": CHANNELS_FIRST})

    def tensor(self, node: str) -> str:
        """What a node's output is called."""
        if node == self.nodes.scores and node in self.vectors:
            return SCORES
        return node if node != IMAGE_NODE or self.qonnx else f"{IMAGE}.first"

    def readers(self, node: Node) -> list[Node]:
        return [reader for reader in self.nodes.nodes if node.name in reader.inputs]

    def shape(self, name: str) -> Shape:
        return self.nodes.image_shape if name == IMAGE_NODE else self.by_name[name].shape

    def inputs(self, node: Node) -> tuple[str, ...]:
        """What it reads: vectors if it is one, else images."""
        read = self.flat if node.name in self.vectors else self._image
        return tuple(map(read, node.inputs))

    def flat(self, name: str) -> str:
        """A node's values as a vector: channel by channel, line by line."""
        if name in self.vectors:
            return self.tensor(name)
        if name not in self._flat:
            self._flat[name] = self.graph.node("Flatten", (self.tensor(name),), f"{name}.flat", attributes={"axis": 1})
            if self.qonnx:
                self.graph.infos.append(tensor_info(f"{name}.flat", (1, math.prod(self.shape(name)))))
        return self._flat[name]

    def _image(self, name: str) -> str:
        """A node's values as an image, which a vector is one pixel of."""
        if name not in self.vectors:
            return self.tensor(name)
        if name not in self._pixel:
            size = self.whole((0, self.shape(name)[0], 1, 1))
            self._pixel[name] = self.graph.node("Reshape", (self.tensor(name), size), f"{name}.pixel")
        return self._pixel[name]

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
        name = f"{node.name}.{part}" if part else self.tensor(node.name)
        if self.qonnx and not part and name != SCORES and node.name not in self.wide:
            shape = node.shape[:1] if node.name in self.vectors else node.shape
            self.graph.infos.append(tensor_info(name, (1, *shape)))
        return self.graph.node(kind, inputs, name, domain, attributes)

    def numbers(self, values: Array | float, node: Node | None = None) -> str:
        """Numbers against an image, those of channels ``[channels, 1, 1]``; or against the vector that a node is."""
        found = np.asarray(values, np.float32)
        if node is not None and node.name in self.vectors and found.ndim:
            found = found.reshape(-1)
        return self.graph.constant(found)

    def laid(self, node: Node, filters: Array) -> Array:
        """Filters ``[filters, channels, height, width]``; for a vector as a matrix, its lines as Flatten has them."""
        if node.name not in self.vectors:
            return filters
        return np.ascontiguousarray(filters.reshape(len(filters), -1).T)

    def integers(self, values: Array | int, node: Node) -> str:
        """As `numbers`, in 64 bits."""
        found = np.asarray(values, np.int64)
        return self.graph.constant(found.reshape(-1) if node.name in self.vectors and found.ndim else found)

    def whole(self, values: Sequence[int]) -> str:
        return self.graph.constant(np.array(values, np.int64))

    def bipolar(self, node: Node, value: str, part: str = "") -> str:
        """+1 where a value is at least 0, else -1; readers of QONNX look for a scale that is a constant of 1."""
        scale = self.graph.constant(np.array([1.0], np.float32))
        return self.add(node, "BipolarQuant", (value, scale), part, QONNX_DOMAIN)
