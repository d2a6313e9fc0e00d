"""The cost report of a design: what each layer counts, the totals, and the memory while it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bnn_designer.cost import larq
from bnn_designer.cost.deployed import DeployedCost, NotDeployable, deployed_cost, operator_formulas
from bnn_designer.cost.formula import Formula
from bnn_designer.cost.formula_larq import layer_formulas, total_formulas
from bnn_designer.cost.training_memory import TrainingMemory, training_memory
from bnn_designer.cost.transitions import Transitions, transitions
from bnn_designer.design.document import Design
from bnn_designer.graph import Graph, Layer, lower, ops
from bnn_designer.graph.liveness import Timeline, timeline
from bnn_designer.graph.passes.deploy import DEFAULT_OPTIONS, DeployOptions, deploy
from bnn_designer.graph.passes.program import Program

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
class CostReport:
    """All figures of one design; those that take time are worked out when they are first asked for.

    Attributes:
        name: the design's.
        graph: as lowered.
        layers: what each layer counts.
        larq: the sum, by Larq's convention.
        options: how the design is deployed.
    """

    name: str
    graph: Graph
    layers: tuple[LayerCost, ...]
    larq: larq.Count
    options: DeployOptions = DEFAULT_OPTIONS

    @property
    def memory_bytes(self) -> int:
        """What all weights take, their bits rounded up to a whole byte once."""
        return -(-self.larq.memory_bits // 8)

    @cached_property
    def program(self) -> Program:
        """What LCE runs; where it cannot run the design, with such layers as floats."""
        return deploy(self.graph, self.options)

    @cached_property
    def deployed(self) -> DeployedCost | NotDeployable:
        """The figures of what LCE makes of the design, or why there are none."""
        reasons = self.program.unsupported
        return NotDeployable(reasons) if reasons else DeployedCost(self.program, self.options)

    @cached_property
    def timeline(self) -> Timeline:
        """The memory while one image is run; where LCE cannot run the design, with such layers as floats."""
        return self.deployed.timeline if isinstance(self.deployed, DeployedCost) else timeline(self.program)

    @cached_property
    def transitions(self) -> Transitions:
        """The passes between floats and bits of what LCE runs, with the blocks that cause them."""
        return transitions(self.program, self.graph)

    @cached_property
    def binary_dense_as_float(self) -> DeployedCost | None:
        """The figures with binary dense layers as Keras layers are converted; None where that changes nothing."""
        if not any(isinstance(layer.op, ops.Dense) and layer.op.is_binary for layer in self.graph.layers):
            return None
        other = deployed_cost(self.graph, replace(self.options, binary_dense="float"))
        return other if isinstance(other, DeployedCost) else None

    @cached_property
    def training_memory(self) -> TrainingMemory:
        """For batches of 50 images; ``.at(batch_size)`` gives it for others."""
        return training_memory(self.graph)

    def formulas(self) -> dict[str, dict[str, Formula]]:
        """Every total, opened, by convention and name."""
        found = {"larq": total_formulas(self.larq), "training_memory": self.training_memory.formulas()}
        return found | ({"deployed": self.deployed.formulas()} if isinstance(self.deployed, DeployedCost) else {})

    def layer_formulas(self, name: str) -> tuple[Formula, ...]:
        """Every figure of one layer, opened: by Larq's convention, and of the operators that compute it.

        Raises:
            KeyError: no layer has this name.
        """
        layer = {layer.name: layer for layer in self.graph.layers}[name]
        found = layer_formulas(self.graph, layer)
        for op in self.program.operators:
            if name in op.layers:
                found += operator_formulas(op)
        return found

    def to_data(self) -> dict[str, Any]:
        """The report as ``bnn-designer cost --json`` prints it. Bits, as keys, are texts."""
        return {
            "name": self.name,
            "larq": _count_data(self.larq) | {"memory_bytes": self.memory_bytes},
            "deployed": self._deployed_data(),
            "runtime_memory": {
                "live_lower_bound_bytes": self.timeline.live_lower_bound_bytes,
                "peak_layer": self.timeline.peak.name,
            },
            "transitions": self.transitions.to_data(),
            "training_memory": self.training_memory.to_data(),
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

    def _deployed_data(self) -> dict[str, Any]:
        data = self.deployed.to_data()
        other = self.binary_dense_as_float
        if other is not None and isinstance(self.deployed, DeployedCost):
            data["binary_dense_as_float"] = {
                "file_bytes": other.file_bytes,
                "arena_bytes": other.arena_bytes,
                "file_bytes_more": other.file_bytes - self.deployed.file_bytes,
            }
        return data


def cost(design: Design, options: DeployOptions = DEFAULT_OPTIONS) -> CostReport:
    """The cost report of a design.

    Args:
        design: the document.
        options: how it is deployed: binary dense layers as convolutions or floats, and which kernel runs.

    Raises:
        DesignError: the design cannot be lowered; see :func:`bnn_designer.graph.lower`.
    """
    graph = lower(design)
    layers = tuple(_layer_cost(graph, layer) for layer in graph.layers)
    return CostReport(design.name, graph, layers, larq.total([layer.count for layer in layers]), options)


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
