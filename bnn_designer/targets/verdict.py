"""What is said of a layer on a target, and what a target's rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from bnn_designer.cost import CostReport
from bnn_designer.graph import Layer, ops
from bnn_designer.graph.passes.bits import Bits
from bnn_designer.graph.passes.program import Operator, Unsupported

#: bits: products of few bits are computed as such. int8: products of whole numbers of 8 bits are. float: it runs, in
#: floats. refused: the target does not take it. unknown: nobody has looked, or it depends on what cannot be known here.
State = Literal["bits", "int8", "float", "refused", "unknown"]
#: The worst for a block comes first.
STATES: tuple[State, ...] = ("refused", "unknown", "float", "int8", "bits")

#: Operators that only write a tensor in other numbers.
_CONVERSIONS = frozenset({"LceQuantize", "LceDequantize", "QUANTIZE", "DEQUANTIZE"})


@dataclass(frozen=True)
class Verdict:
    """What becomes of a layer, or a block, on a target.

    Attributes:
        state: one of STATES.
        reason: why, in a sentence.
        source: the rule's origin: a repository and its file, an issue, or this project's own program.
    """

    state: State
    reason: str
    source: str

    def to_data(self) -> dict[str, Any]:
        return {"state": self.state, "reason": self.reason, "source": self.source}


class Subject:
    """A design as the rules see it.

    Args:
        report: its costs, for the graph and the deployed program.
    """

    def __init__(self, report: CostReport) -> None:
        self.graph, self.program = report.graph, report.program
        self.bits = Bits(report.program, report.graph)

    @cached_property
    def operators(self) -> dict[str, Operator]:
        """The operator that starts with a layer, by the layer's name; of several, the one that makes its output."""
        return {op.layers[0]: op for op in self.program.operators if op.kind not in _CONVERSIONS}

    @cached_property
    def unsupported(self) -> dict[str, Unsupported]:
        """Why LCE does not take a layer, by its name."""
        return {one.layer: one for one in reversed(self.program.unsupported)}

    def writes_bits(self, layer: Layer) -> bool:
        """Whether nothing but signs are read of what a layer makes, as the deployed program has it."""
        op = self.operators.get(layer.name)
        return op is not None and op.output.bits == 1


def is_padded(op: ops.Convolution, shape: tuple[int, ...], output: tuple[int, ...]) -> bool:
    """Whether a convolution's windows hang over the edge.

    Args:
        op: the convolution.
        shape: of its input, ``(height, width, channels)``.
        output: of its output.
    """
    return op.padding == "same" and any(amount > 0 for amount in pads(op, shape, output)[1])


def pads(
    op: ops.Convolution, shape: tuple[int, ...], output: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Pixels in front of the image on height and width, and all pixels that are added: TensorFlow's "same"."""
    if op.padding == "valid":
        return (0, 0), (0, 0)
    every = [
        max((count - 1) * step + reach - size, 0)
        for size, count, step, reach in zip(shape, output, op.strides, op.reach, strict=False)
    ]
    return (every[0] // 2, every[1] // 2), (every[0], every[1])


def in_float(op: ops.QuantizedOp, source: str) -> Verdict | None:
    """What holds on every target for products that are not of signs with signs; None for those."""
    if op.precision == "float":
        return Verdict("float", "It is a layer in full precision.", source)
    if op.precision == "BWN":
        return Verdict("float", "Only its weights are binary: products with floats are float.", source)
    if op.precision == "BAN":
        return Verdict("float", "Only its inputs are binary: products with float weights are float.", source)
    return None
