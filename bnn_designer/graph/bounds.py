"""How large a lowered design may be, so that whatever reads it answers at once.

A small document can stand for a huge network: repeats multiply, a shortcut may pass its input on thousands of times,
and parallel paths are all kept until they are merged. Everything below the document takes time in proportion to the
three numbers here; no preset has more than 196 layers, 232 inputs and 689 tensors held.
"""

from __future__ import annotations

from collections.abc import Sequence

from bnn_designer.design import blocks
from bnn_designer.design.validation import MAX_BLOCKS
from bnn_designer.errors import DesignError
from bnn_designer.graph.graph import INPUT_NAME, Layer

#: Layers of the graph.
MAX_LAYERS = 4_000
#: Tensors that layers read, each time counted.
MAX_INPUTS = 12_000
#: Tensors that are held at a layer, summed over all layers: what memory over time is made of.
MAX_HELD = 100_000


def check_unrolled(body: tuple[blocks.Block, ...]) -> None:
    """Refuses repeats inside repeats that would never end, before anything is lowered.

    Raises:
        DesignError: more than MAX_BLOCKS blocks with every repetition counted.
    """
    total = 0
    for block in body:
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


class Bounds:
    """Counts layers and their inputs while they are made, so that no more are made than there may be."""

    def __init__(self) -> None:
        self.layers = 0
        self.inputs = 0

    def add(self, inputs: int, path: str) -> None:
        """One more layer that reads so many tensors.

        Raises:
            DesignError: that is too many; names the block.
        """
        self.layers += 1
        self.inputs += inputs
        if self.layers > MAX_LAYERS:
            raise DesignError(
                path,
                f"with this block the network has more than {MAX_LAYERS} layers",
                "Use fewer blocks or repetitions",
            )
        if self.inputs > MAX_INPUTS:
            raise DesignError(
                path,
                f"with this block the layers of the network read more than {MAX_INPUTS} tensors",
                "Use fewer parallel paths, or more channels before a shortcut that repeats them",
            )


def held(layers: Sequence[Layer]) -> int:
    """Tensors that are held while a layer runs, summed over the layers: each from the layer that makes it to its last
    reader."""
    made = {INPUT_NAME: 0} | {layer.name: index for index, layer in enumerate(layers)}
    last = dict(made)
    for index, layer in enumerate(layers):
        for name in layer.inputs:
            last[name] = index
    return sum(last[name] - first + 1 for name, first in made.items())


def check_held(layers: Sequence[Layer]) -> None:
    """Refuses a network whose parallel paths wait for each other too long.

    Raises:
        DesignError: more than MAX_HELD; names the block that reads the most tensors.
    """
    if layers and held(layers) > MAX_HELD:
        widest = max(layers, key=lambda layer: len(layer.inputs))
        raise DesignError(
            widest.path,
            f"too many tensors wait to be merged: summed over all layers more than {MAX_HELD:,} are held",
            "Use fewer parallel paths, or merge them earlier",
        )
