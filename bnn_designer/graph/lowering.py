"""From the document to the graph: one function a kind of block, and nothing else walks the document's meaning."""

from __future__ import annotations

from bnn_designer.design import blocks
from bnn_designer.design.document import Design
from bnn_designer.design.validation import MAX_BLOCKS
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower_layers, lower_structure, ops
from bnn_designer.graph.builder import Builder
from bnn_designer.graph.graph import Graph


def lower(design: Design) -> Graph:
    """The layers of a design, with the shape of every tensor.

    Raises:
        DesignError: a block's input does not fit it, or the design does not end in a head; names the block's path.
    """
    _check_unrolled(design)
    builder = Builder(design, LOWERINGS)
    tensor = builder.lower_blocks(design.blocks, builder.input, prefix="")
    if not builder.layers or not isinstance(builder.layers[-1].op, ops.Softmax):
        raise DesignError(
            design.blocks[-1].id if design.blocks else design.name,
            f"the design does not end in a head, so nothing produces the {design.classes} class probabilities",
            "Add a head block at the end",
        )
    assert tensor == builder.layers[-1].output
    return Graph(design.name, builder.input, tuple(builder.layers), design.classes)


def _check_unrolled(design: Design) -> None:
    """Refuses repeats inside repeats that would never end."""
    total = 0
    for block in design.blocks:
        total += _unrolled(block)
        if total > MAX_BLOCKS:
            rule = f"with every repetition counted, the design has more than {MAX_BLOCKS} blocks"
            raise DesignError(block.id, rule, "Use fewer repetitions")


def _unrolled(block: blocks.Block) -> int:
    """How many blocks a block is when all repetitions in it are written out."""
    inside = sum(_unrolled(inner) for inner in blocks.children(block))
    if isinstance(block, blocks.Repeat):
        return block.times * (1 + inside)
    return block.layers if isinstance(block, blocks.DenseBlock) else 1 + inside


#: The lowering of every kind of block.
LOWERINGS = lower_layers.LAYERS | lower_structure.STRUCTURES
