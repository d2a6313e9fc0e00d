"""A graph as ``peer_scripts/lce_convert.py`` reads it, which knows nothing of this project."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bnn_designer.graph import Graph, ops


def graph_data(graph: Graph, dense_as_conv: bool = True) -> dict[str, Any]:
    """The graph as ``lce_convert.py`` reads it."""
    layers = []
    for layer in graph.layers:
        fields: dict[str, Any] = asdict(layer.op)
        for name in ("input_quantizer", "kernel_quantizer"):
            quantizer = getattr(layer.op, name, None)
            fields |= {name: quantizer and quantizer.name}
        fields.pop("kernel_constraint", None)
        binary_users = any(isinstance(user.op, ops.Dense) and user.op.is_binary for user in graph.users[layer.name])
        fields |= {"dense_as_conv": dense_as_conv, "as_pixel": dense_as_conv and binary_users}
        layers.append({"op": type(layer.op).__name__, "fields": fields, "name": layer.name, "inputs": layer.inputs})
    return {"input": graph.input.shape, "layers": layers}
