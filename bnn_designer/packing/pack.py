"""From a design and its trained weights to a packed network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bnn_designer.graph import Graph
from bnn_designer.graph.passes import deploy
from bnn_designer.packing.fuse import fuse
from bnn_designer.packing.network import PackedNetwork, assemble
from bnn_designer.packing.places import place_tensors
from bnn_designer.packing.trained import Trained

if TYPE_CHECKING:
    from bnn_designer.design import Design

FloatArray = npt.NDArray[np.float32]


def pack(graph: Graph, model: Any, design: Design | None = None, images: FloatArray | None = None) -> PackedNetwork:
    """The packed network of a trained Keras model.

    Args:
        graph: as ``lower`` gives it.
        model: what ``build_model(graph)`` made, trained or not.
        design: is kept in the file, for the figures that were predicted for it.
        images: some of the training set, ``[n, height, width, channels]``, scaled as in training: the scales of layers
            of 8 bits are from them (calibration.py). None where there is no such layer.

    Raises:
        PackError: the engine cannot run a layer, or the model is not of this graph, or its weights are not finite, or
            a layer of 8 bits has no images.
    """
    program = deploy(graph)
    groups = fuse(program, Trained(graph, model, images))
    tensors, arena_bytes = place_tensors(groups)
    outputs = 1
    for size in program.output.shape:
        outputs *= size
    data = design.model_dump(mode="json") if design else None
    return assemble(graph.name, graph.input.shape, outputs, groups, tensors, arena_bytes, data)
