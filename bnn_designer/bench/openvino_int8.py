"""The network that a user of OpenVINO has instead of a binary one: the same shapes, in int8.

No quantizer is left, so no signs either: filters in int8 with a scale for each, activations in 256 steps of a range.
"""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import numpy.typing as npt

from bnn_designer.bench.openvino_network import Description, Ranges, describe
from bnn_designer.bench.request import BenchError
from bnn_designer.graph import Graph, ops

#: How far OpenVINO may be from TensorFlow, as a share of the root mean square. In int8 a step of the activations is
#: some 1/27 of theirs and one of the filters 1/36: 1.3 % a layer, 3 % after six. In float it is the order of sums.
TOLERANCES = {"int8": 0.1, "float": 1e-3}


def in_float(graph: Graph) -> Graph:
    """The graph without quantizers, and with zeros around images: its weights are those of the graph."""
    layers = []
    for layer in graph.layers:
        op = layer.op
        if isinstance(op, ops.QuantizedOp):
            op = replace(op, input_quantizer=None, kernel_quantizer=None, kernel_constraint=None)
        if isinstance(op, ops.Convolution):
            op = replace(op, pad_values=0)
        layers.append(replace(layer, op=op))
    return replace(graph, layers=tuple(layers))


def describe_int8(graph: Graph, model: keras.Model, images: npt.NDArray[np.float32]) -> Description:
    """The network in int8.

    Args:
        graph: without quantizers, see `in_float`.
        model: the graph's.
        images: float32 [n, height, width, channels]: the ranges are those that the model has on them.
    """
    return describe(graph, model, ranges_of(graph, model, images))


def ranges_of(graph: Graph, model: keras.Model, images: npt.NDArray[np.float32]) -> Ranges:
    """The range of every tensor that a layer with a kernel reads."""
    names = dict.fromkeys(layer.inputs[0] for layer in graph.layers if isinstance(layer.op, ops.WITH_KERNEL))
    tensors = [model.input if name == graph.input.name else model.get_layer(name).output for name in names]
    found = keras.Model(model.input, tensors)(images)
    return {name: (float(np.min(values)), float(np.max(values))) for name, values in zip(names, found, strict=True)}


def expect_close(text: str, way: str, tensorflow: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> None:
    """OpenVINO computes what TensorFlow does in float, but for its rounding.

    Raises:
        BenchError: it does not.
    """
    expected = tensorflow.reshape(theirs.shape)
    distance = np.sqrt(np.mean((theirs - expected) ** 2) / np.mean(expected**2))
    if not distance < TOLERANCES[way]:
        raise BenchError(
            f"{text}: OpenVINO's {way} is {distance:.1%} away from TensorFlow's floats; it computes another network."
        )
