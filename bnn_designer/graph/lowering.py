"""From the document to the graph: one function a kind of block, and nothing else walks the document's meaning."""

from __future__ import annotations

from bnn_designer.design.document import Design
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower_layers, lower_structure, ops
from bnn_designer.graph.bounds import check_held, check_unrolled
from bnn_designer.graph.builder import Builder
from bnn_designer.graph.graph import Graph
from bnn_designer.graph.shapes import Shape


def lower(design: Design) -> Graph:
    """The layers of a design, with the shape of every tensor.

    Raises:
        DesignError: a block's input does not fit it, the design does not end in a head, or the network is too large
            (:mod:`bnn_designer.graph.bounds`); names the block's path.
    """
    builder = _lowered(design)
    return Graph(design.name, builder.input, tuple(builder.layers), design.classes)


def _lowered(design: Design) -> Builder:
    check_unrolled(design.blocks)
    builder = Builder(design, LOWERINGS)
    tensor = builder.lower_blocks(design.blocks, builder.input, prefix="")
    if not builder.layers or not isinstance(builder.layers[-1].op, ops.Softmax):
        raise DesignError(
            design.blocks[-1].id if design.blocks else design.name,
            f"the design does not end in a head, so nothing produces the {design.classes} class probabilities",
            "Add a head block at the end",
        )
    assert tensor == builder.layers[-1].output
    check_held(builder.layers)
    return builder


def shapes_by_block(design: Design) -> dict[str, list[tuple[Shape, Shape]]]:
    """The shapes, without the batch axis, of what each block reads and makes, by its id.

    In running order: a block that is repeated has several. Empty for blocks that never run.

    Raises:
        DesignError: as :func:`lower` does.
    """
    return _lowered(design).runs


#: The lowering of every kind of block.
LOWERINGS = lower_layers.LAYERS | lower_structure.STRUCTURES
