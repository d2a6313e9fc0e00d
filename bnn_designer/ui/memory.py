"""What lies in memory while each layer runs, sorted by why it is there."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.cost import CostReport
from bnn_designer.graph.passes import deploy

#: Every category, from the bottom of the chart to its top.
CATEGORIES = ("binary", "other float", "float, kept by shortcuts")


@dataclass(frozen=True)
class Moment:
    """The tensors in memory while one layer of the deployed network runs.

    Attributes:
        bytes_by_category: bytes for each of CATEGORIES, 0 where there is nothing of it; they sum to ``live_bytes``.
        tensors: name, shape, bits and bytes of each tensor, for a hover.
    """

    layer: str
    path: str
    bytes_by_category: dict[str, int]
    tensors: tuple[tuple[str, tuple[int, ...], int, int], ...]

    @property
    def live_bytes(self) -> int:
        return sum(self.bytes_by_category.values())


def moments(report: CostReport) -> tuple[Moment, ...]:
    """One moment for each step of the report's runtime memory.

    A float tensor is kept by a shortcut where it is in memory although the running layer neither reads nor makes it.
    The image is an exception, as the memory planner keeps it to the end for any network.
    """
    graph = deploy(report.graph)
    result = []
    for layer, step in zip(graph.layers, report.runtime_memory.steps, strict=True):
        sums = dict.fromkeys(CATEGORIES, 0)
        in_use = {*layer.inputs, layer.name, graph.input.name} | ({layer.im2col.name} if layer.im2col else set())
        for tensor in step.live:
            if tensor.bits == 1:
                category = "binary"
            else:
                category = "other float" if tensor.name in in_use else "float, kept by shortcuts"
            sums[category] += tensor.size_bytes
        tensors = tuple((tensor.name, tensor.shape, tensor.bits, tensor.size_bytes) for tensor in step.live)
        result.append(Moment(step.layer, step.path, sums, tensors))
    return tuple(result)
