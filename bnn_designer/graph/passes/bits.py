"""Which operators this project's engine computes in bits: read by who packs a network, and by who tells of it before.

The engine packs more than Larq Compute Engine's converter does: every product of signs with signs but the depthwise
ones, and a max pool between a binary layer and a sign whatever batch norms stand around it.
"""

from __future__ import annotations

from bnn_designer.design.quantization import Quantizer
from bnn_designer.graph import ops
from bnn_designer.graph.graph import Graph
from bnn_designer.graph.passes.program import Operator, Program

#: The engine packs the signs of a pixel's channels into words of so many bits.
ENGINE_WORD_BITS = 64
#: Sums of so many products of signs are exact in float32, which thresholds need.
LARGEST_SUM = 2**23
#: So many products of two numbers of 8 bits have a sum of 32 bits, whatever they are (csrc/engine/int8.h).
MOST_INT8_PRODUCTS = 2**17 - 1

#: What works channel by channel and never turns back as its input grows, so that thresholds can take its place.
_MONOTONE = frozenset({"MUL", "ADD", "RELU", "RELU_N1_TO_1", "MINIMUM"})


def multiplies_bits(op: Operator, layer: ops.Op, maker: Operator | None) -> bool:
    """Whether the engine multiplies bits for an operator.

    Args:
        op: the operator.
        layer: the operation that it starts with.
        maker: what makes its input; None for the image.
    """
    if op.kind == "LceBconv2d":
        return True
    unpacked = maker is not None and maker.kind == "LceDequantize"
    return (
        op.kind in ("CONV_2D", "FULLY_CONNECTED")
        and unpacked
        and isinstance(layer, ops.QuantizedOp)
        and layer.is_binary
    )


def has_input_step(quantizer: Quantizer) -> bool:
    """Whether the engine quantizes inputs so: to signs, to levels of 2 bits or more, or to -1, 0 and +1."""
    levels = quantizer.name == "dorefa" and quantizer.bits > 1
    return quantizer.facts.gives_signs or levels or quantizer.name == "ste_tern"


class Bits:
    """What the engine does in bits of a program."""

    def __init__(self, program: Program, graph: Graph) -> None:
        self.layers = {layer.name: layer.op for layer in graph.layers}
        self.makers = {op.output.name: op for op in program.operators}
        self.readers: dict[str, list[Operator]] = {}
        for op in program.operators:
            for name in dict.fromkeys(op.inputs):
                self.readers.setdefault(name, []).append(op)

    def multiplies(self, op: Operator) -> bool:
        return multiplies_bits(op, self.layers[op.layers[0]], self.makers.get(op.inputs[0]))

    def pools(self, op: Operator) -> bool:
        """Whether a max pool pools bits: between a binary layer and one sign, with nothing but thresholds around it."""
        if op.kind != "MAX_POOL_2D":
            return op.kind == "LceBMaxPool2d"
        before = self.makers.get(op.inputs[0])
        if len(self.readers[op.inputs[0]]) != 1:
            return False
        while before is not None and self._is_monotone(before):
            if len(self.readers[before.inputs[0]]) != 1:
                return False
            before = self.makers.get(before.inputs[0])
        if before is None or not self.multiplies(before):
            return False
        behind = self._only_reader(op)
        while behind is not None and self._is_monotone(behind):
            behind = self._only_reader(behind)
        if behind is not None and behind.kind == "RESHAPE" and op.output.shape[-1] % ENGINE_WORD_BITS == 0:
            behind = self._only_reader(behind)  # the words of an image are those of the vector
        return behind is not None and behind.kind == "LceQuantize"

    def _only_reader(self, op: Operator) -> Operator | None:
        readers = self.readers.get(op.output.name, [])
        return readers[0] if len(readers) == 1 else None

    def _is_monotone(self, op: Operator) -> bool:
        return op.kind in _MONOTONE and len(op.inputs) == 1
