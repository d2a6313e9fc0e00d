"""The nodes of a packed network while they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bnn_designer.export.c.constants import printable
from bnn_designer.export.errors import ExportError
from bnn_designer.export.nodes.node import IMAGE_NODE, Array, Node, Shape, Window
from bnn_designer.packing.drafts import IMAGE, Geometry
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork


@dataclass(frozen=True)
class Signs:
    """Signs that no node has taken yet: those of a node's value, see "signs" in KINDS."""

    value: str
    at_least: Array | None = None
    turned: Array | None = None


class Building:
    """Nodes while they are made.

    Attributes:
        nodes: by name, in running order; the image among them.
        values: tensor of floats -> node.
        signs: tensor of signs -> what they are.
    """

    def __init__(self, network: PackedNetwork) -> None:
        self.network = network
        height, width, channels = network.header.input_shape
        self.nodes = {IMAGE_NODE: Node(IMAGE_NODE, IMAGE_NODE, "", (), (channels, height, width))}
        self.values = {IMAGE: IMAGE_NODE}
        self.signs: dict[str, Signs] = {}
        self._taken: dict[str, str] = {}
        self._group = network.header.groups[0]

    def start(self, group: GroupEntry) -> None:
        """Nodes that are added from here on are the group's."""
        self._group = group

    def add(self, kind: str, inputs: tuple[str, ...], shape: Shape, **parts: object) -> str:
        """A node of the group that is being read; its name, which any format takes."""
        base = f"{printable(self._group.name)}.{kind}"
        name, another = base, 2
        while name in self.nodes:
            name, another = f"{base}_{another}", another + 1
        self.nodes[name] = Node(kind, name, self._group.path or self._group.name, inputs, shape, **parts)  # type: ignore[arg-type]
        return name

    def shape(self, node: str) -> Shape:
        return self.nodes[node].shape

    def shaped(self, node: str, shape: Shape) -> str:
        """A node's numbers in another shape.

        Raises:
            ExportError: there are not as many.
        """
        if self.shape(node) == shape:
            return node
        self.expect_size(node, math.prod(shape))
        return self.add("reorder", (node,), shape)

    def expect_size(self, node: str, size: int) -> None:
        """Bytes of words do not say how many signs are in them, so this is not checked where a file is loaded.

        Raises:
            ExportError: the node has another number of values.
        """
        if math.prod(self.shape(node)) != size:
            raise ExportError(
                printable(self._group.path or self._group.name),
                f"the packed network is not consistent: {size} numbers are read, and "
                f"{math.prod(self.shape(node))} are there",
                "Pack the network again",
            )

    def taken(self, tensor: str) -> str:
        """The node of a tensor's signs, made once."""
        if tensor not in self._taken:
            signs = self.signs[tensor]
            arrays = {"at_least": signs.at_least, "turned": signs.turned}
            found = {part: array for part, array in arrays.items() if array is not None}
            self._taken[tensor] = self.add("signs", (signs.value,), self.shape(signs.value), arrays=found)
        return self._taken[tensor]

    def kernel(self, node: str, at: Geometry, kernel: Array) -> tuple[str, Array, Window]:
        """What a convolution reads, its filters ``[filters, channels of a group, height, width]`` and its window.

        Args:
            node: that it reads.
            at: the group's.
            kernel: ``[taps, channels of a group, filters]``.
        """
        channels, height, width = self.shape(node)
        whole = at.out_pixels == at.in_height == at.in_width == at.taps == at.groups == 1
        if whole and (height, width) != (1, 1):
            self.expect_size(node, at.in_channels)
            size = (height, width)
            filters = kernel.reshape(height, width, channels, at.out_channels)
            window = Window(size)
        else:
            node = self.shaped(node, (at.in_channels, at.in_height, at.in_width))
            filters = kernel.reshape(at.kernel_height, at.kernel_width, -1, at.out_channels)
            window = Window.of(at)
        return node, np.ascontiguousarray(filters.transpose(3, 2, 0, 1)), window
