"""Which tensors are alive while each layer runs."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.graph import ops
from bnn_designer.graph.graph import Graph, Tensor

#: Elementwise operations write over an input of equal size that nothing reads afterwards (TensorFlow Lite does so).
IN_PLACE = (ops.BatchNorm, ops.Activation, ops.Add, ops.Softmax, ops.Flatten)


@dataclass(frozen=True)
class Step:
    """The moment in which one layer runs.

    Attributes:
        layer: the layer's name.
        path: the path of its block.
        live: the tensors in memory, the layer's inputs and its output included; none twice.
    """

    layer: str
    path: str
    live: tuple[Tensor, ...]

    @property
    def live_bytes(self) -> int:
        return sum(tensor.size_bytes for tensor in self.live)


def liveness(graph: Graph) -> tuple[Step, ...]:
    """A step for each layer, in running order.

    The graph's input stays to the end, as TensorFlow Lite's planner keeps it; any other tensor lives from the layer
    that makes it to the last one that reads it. A layer that works in place gives its output the memory of an input:
    while it runs only the output is counted.
    """
    position = {layer.name: index for index, layer in enumerate(graph.layers)}
    last = {
        name: max((position[user.name] for user in users), default=len(graph.layers))
        for name, users in graph.users.items()
    }
    last[graph.input.name] = len(graph.layers)
    steps = []
    alive: dict[str, Tensor] = {graph.input.name: graph.input}
    for index, layer in enumerate(graph.layers):
        alive[layer.name] = layer.output
        overwritten = _overwritten(graph, index, last) if isinstance(layer.op, IN_PLACE) else None
        live = tuple(tensor for name, tensor in alive.items() if name != overwritten)
        steps.append(Step(layer.name, layer.path, live))
        alive = {name: tensor for name, tensor in alive.items() if last[name] > index}
    return tuple(steps)


def _overwritten(graph: Graph, index: int, last: dict[str, int]) -> str | None:
    """The input whose memory the output takes: one of equal size that dies here; None where there is none."""
    layer = graph.layers[index]
    for name in layer.inputs:
        if last[name] == index and graph.tensors[name].size_bytes == layer.output.size_bytes:
            return name
    return None
