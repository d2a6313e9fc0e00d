"""A Keras model's weights as arrays by name: as they are trained, or with kernels as they are multiplied."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.graph import Graph, ops
from bnn_designer.packing.trained import Trained

FloatArray = npt.NDArray[np.float32]
#: By ``layer/weight``, such as "binary_conv_1/kernel".
Arrays = dict[str, FloatArray]


def latent_arrays(graph: Graph, model: Any) -> Arrays:
    """Every weight as it is trained, in the order of the layers."""
    return {f"{layer.name}/{name}": values for layer in graph.layers for name, values in _weights(model, layer.name)}


def split_arrays(graph: Graph, model: Any) -> Arrays:
    """The same with quantized kernels; of signs times magnitudes, the signs.

    The magnitudes, one a filter, are ``layer.scale/scale``, and a bias behind them ``layer.bias/shift``, as the
    programs of :mod:`bnn_designer.larq.plain_program` have them.

    Raises:
        PackError: numbers of a kernel are not finite; names its layer.
    """
    trained, found = Trained(graph, model), Arrays()
    for layer in graph.layers:
        found |= {f"{layer.name}/{name}": values for name, values in _weights(model, layer.name)}
        if not isinstance(layer.op, ops.QuantizedOp):
            continue
        found[f"{layer.name}/kernel"], scale = trained.kernel(layer.name)
        if scale is None:
            continue
        found[f"{layer.name}.scale/scale"] = scale
        if layer.op.use_bias:
            found[f"{layer.name}.bias/shift"] = found.pop(f"{layer.name}/bias")
    return found


def quantized_arrays(graph: Graph, model: Any) -> Arrays:
    """The same with kernels as they are multiplied: signs, two values a filter where magnitudes scale them, or steps.

    Raises:
        PackError: as :func:`split_arrays`.
    """
    trained, found = Trained(graph, model), latent_arrays(graph, model)
    for layer in graph.layers:
        if isinstance(layer.op, ops.QuantizedOp):
            kernel, scale = trained.kernel(layer.name)
            along = (slice(None), None) if isinstance(layer.op, ops.DepthwiseConv2D) else ()
            found[f"{layer.name}/kernel"] = kernel if scale is None else kernel * scale[along]
    return found


def npz(arrays: Arrays) -> bytes:
    """The arrays as NumPy's file of them, compressed; the same arrays give the same bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _weights(model: Any, layer: str) -> Iterator[tuple[str, FloatArray]]:
    for weight in model.get_layer(layer).weights:
        yield weight.name, np.asarray(weight, np.float32)
