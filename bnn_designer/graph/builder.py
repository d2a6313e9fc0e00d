"""What lowering builds a graph with: layers named after their block, each with its shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnn_designer.design import blocks
from bnn_designer.design.document import Design
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.graph.bounds import Bounds
from bnn_designer.graph.graph import INPUT_NAME, Layer, Tensor
from bnn_designer.graph.shapes import Shape, output_shape

#: Adds a block's layers to the builder: from the block's builder, the block and its input to its output.
Lowering = Callable[["BlockBuilder", Any, Tensor], Tensor]


class Builder:
    """Collects layers in running order.

    Args:
        design: gives the image's shape and the number of classes.
        table: the lowering of each kind of block.

    Attributes:
        layers: so far.
        runs: what each block reads and makes, by its id; each time that it runs.
    """

    def __init__(self, design: Design, table: dict[type[blocks.BlockBase], Lowering]) -> None:
        self.classes = design.classes
        self.table = table
        self.input = Tensor(INPUT_NAME, design.input_shape)
        self.layers: list[Layer] = []
        self.runs: dict[str, list[tuple[Shape, Shape]]] = {}
        self.bounds = Bounds()
        #: Which time it is in each repeat around the present block, outermost first, counted from 1.
        self.copies: tuple[int, ...] = ()

    def lower_blocks(self, body: tuple[blocks.Block, ...], tensor: Tensor, prefix: str) -> Tensor:
        """The output of blocks in a row."""
        for block in body:
            path = prefix + block.id
            if self.layers and isinstance(self.layers[-1].op, ops.Softmax):
                raise DesignError(path, "a block follows the head, which ends the network", "Move the head to the end")
            source = tensor
            tensor = self.table[type(block)](BlockBuilder(self, block, path), block, source)
            self.runs.setdefault(block.id, []).append((source.shape, tensor.shape))
        return tensor


class BlockBuilder:
    """What one block adds its layers with: they carry its id and path.

    Attributes:
        path: the block's path in the document, such as ``shortcut_2/binary_conv_3``.
        kind_name: the kind of the block, as messages say it.
        classes: how many the design has.
    """

    def __init__(self, builder: Builder, block: blocks.Block, path: str) -> None:
        self.builder, self.block_id, self.path = builder, block.id, path
        self.kind_name = block.kind.replace("_", " ")
        self.classes = builder.classes
        self._name = ".".join([block.id, *(str(copy) for copy in builder.copies)])

    def add(self, op: ops.Op, *inputs: Tensor, part: str = "") -> Tensor:
        """A layer named after the block.

        Behind the id stand, each after a dot, which time it is in every repeat around it, and ``part`` where the block
        makes several layers: ``binary_conv_3.2.batch_norm``.
        """
        name = f"{self._name}.{part}" if part else self._name
        self.builder.bounds.add(len(inputs), self.path)
        shape = output_shape(op, tuple(tensor.shape for tensor in inputs), self.path)
        output = Tensor(name, shape)
        names = tuple(tensor.name for tensor in inputs)
        self.builder.layers.append(Layer(name, op, names, output, self.path, self.block_id))
        return output

    def lower_body(self, body: tuple[blocks.Block, ...], tensor: Tensor, copy: int | None = None) -> Tensor:
        """The output of the blocks inside this one; ``copy``: which time it is, where they are repeated."""
        outside = self.builder.copies
        self.builder.copies = outside if copy is None else (*outside, copy)
        tensor = self.builder.lower_blocks(body, tensor, self.path + "/")
        self.builder.copies = outside
        return tensor
