"""The cost report of a design: what each layer counts, the totals, and the memory while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnn_designer.cost import larq
from bnn_designer.design.document import Design
from bnn_designer.graph import Graph, Layer, lower, ops
from bnn_designer.graph.liveness import Step, liveness
from bnn_designer.graph.passes import deploy

#: Labels for layers that have no kernel of their own.
_NO_KERNEL = "none"


@dataclass(frozen=True)
class LayerCost:
    """One layer of the lowered graph.

    Attributes:
        name: the layer's name.
        kind: the operation, by its class name: ``Conv2D``, ``BatchNorm``, ...
        path: the path of its block.
        block_id: the id of its block.
        precision: binary, BWN, BAN or float for a layer with a kernel; ``none`` for others.
        output_shape: without the batch axis.
        count: weights and MACs by Larq's convention.
    """

    name: str
    kind: str
    path: str
    block_id: str
    precision: str
    output_shape: tuple[int, ...]
    count: larq.Count


@dataclass(frozen=True)
class RuntimeMemory:
    """What the tensors between layers take while one image is run, by a packed engine.

    Attributes:
        steps: the live tensors at each layer of the deployed graph. Binary tensors take one bit an element, all others
            (the values that a shortcut carries among them) 32.
    """

    steps: tuple[Step, ...]

    @property
    def peak(self) -> Step:
        """The first step at which the most bytes are live."""
        return max(self.steps, key=lambda step: step.live_bytes)

    @property
    def live_lower_bound_bytes(self) -> int:
        """The largest sum of live tensors: no plan of the memory can do with less."""
        return self.peak.live_bytes


@dataclass(frozen=True)
class CostReport:
    """All figures of one design."""

    name: str
    graph: Graph
    layers: tuple[LayerCost, ...]
    larq: larq.Count
    runtime_memory: RuntimeMemory

    @property
    def memory_bytes(self) -> int:
        """What all weights take, their bits rounded up to a whole byte once."""
        return -(-self.larq.memory_bits // 8)

    def to_data(self) -> dict[str, Any]:
        """The report as ``bnn-designer cost --json`` prints it. Bits, as keys, are texts."""
        return {
            "name": self.name,
            "larq": _count_data(self.larq) | {"memory_bytes": self.memory_bytes},
            "runtime_memory": {
                "live_lower_bound_bytes": self.runtime_memory.live_lower_bound_bytes,
                "peak_layer": self.runtime_memory.peak.layer,
            },
            "layers": [
                {
                    "name": layer.name,
                    "kind": layer.kind,
                    "path": layer.path,
                    "precision": layer.precision,
                    "output_shape": list(layer.output_shape),
                    "memory_bits": layer.count.memory_bits,
                }
                | _count_data(layer.count)
                for layer in self.layers
            ],
        }


def cost(design: Design) -> CostReport:
    """The cost report of a design.

    Raises:
        DesignError: the design cannot be lowered; see :func:`bnn_designer.graph.lower`.
    """
    graph = lower(design)
    layers = tuple(_layer_cost(graph, layer) for layer in graph.layers)
    memory = RuntimeMemory(liveness(deploy(graph)))
    return CostReport(design.name, graph, layers, larq.total([layer.count for layer in layers]), memory)


def _layer_cost(graph: Graph, layer: Layer) -> LayerCost:
    return LayerCost(
        name=layer.name,
        kind=type(layer.op).__name__,
        path=layer.path,
        block_id=layer.block_id,
        precision=layer.op.precision if isinstance(layer.op, ops.QuantizedOp) else _NO_KERNEL,
        output_shape=layer.output.shape,
        count=larq.count(layer.op, graph.input_shapes(layer), layer.output.shape),
    )


def _count_data(count: larq.Count) -> dict[str, Any]:
    return {
        "params": count.params,
        "params_by_bits": {str(bits): number for bits, number in count.params_by_bits.items()},
        "macs": count.macs,
        "macs_by_bits": {str(bits): number for bits, number in count.macs_by_bits.items()},
    }
