"""The weights of a file of operators, in the model that its design builds."""

from __future__ import annotations

import math
from pathlib import Path

import keras

from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower, ops
from bnn_designer.larq.built import ReadFile
from bnn_designer.larq.moved_weights import paired
from bnn_designer.nn import build_model

#: In float32 these take 1 GiB; VGG-16 has half as many.
MAX_KERNEL_NUMBERS = 2**28


def model_of_file(path: Path, read: ReadFile) -> keras.Model:
    """The design's model with the weights of the file: kernels of bits are -1 and 1.

    Args:
        path: for messages.
        read: what ``read_file`` made of it.

    Raises:
        BnnDesignerError: they are too many, or laid out otherwise than the design's.
    """
    kernels = [
        layer.op.kernel_shape(read.graph.input_shapes(layer)[0])
        for layer in read.graph.layers
        if isinstance(layer.op, ops.QuantizedOp)
    ]
    numbers = sum(map(math.prod, kernels))
    if numbers > MAX_KERNEL_NUMBERS:
        rule = f"its kernels have {numbers:,} numbers, and {MAX_KERNEL_NUMBERS:,} are the most"
        raise BnnDesignerError(f"{path}: {rule}. Import it without its weights.")
    graph = lower(read.opened.design)
    model = build_model(graph, engine="float", seed=0)
    pairs = paired(read.graph, graph)
    for name, weights in read.weights.items():
        target, found = model.get_layer(pairs[name]), weights()
        if [tuple(one.shape) for one in target.weights] != [one.shape for one in found]:
            rule = f"the weights of {name} are laid out otherwise than those of the design's layer"
            raise BnnDesignerError(f"{path}: {rule}. Import it without its weights.")
        target.set_weights(found)
    return model
