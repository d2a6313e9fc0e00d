"""Products of 8 bits, as TensorFlow Lite has them: where tensors become whole numbers, and where floats again.

A layer whose inputs and kernel have the quantizer ``int8`` is one operator of whole numbers: int8 inputs with one
scale, int8 weights with a scale a filter, biases and sums of 32 bits, int8 outputs with one scale. Sources: Jacob et
al., arXiv 1712.05877, section 2; TensorFlow Lite's 8-bit quantization specification
(https://ai.google.dev/edge/litert/models/quantization_spec). All other layers stay as they are, so the tensor is made
whole numbers in front of the operator (QUANTIZE), and floats behind it (DEQUANTIZE) unless only signs of it are read:
LCE's LceQuantize packs the signs of int8 as it does those of floats (quantize_patterns.td, kernels/quantization.cc).
"""

from __future__ import annotations

from dataclasses import replace

from bnn_designer.graph.passes.builder import Builder, Node
from bnn_designer.graph.passes.program import Value

#: What reads whole numbers of 8 bits as they are.
_READERS = frozenset({"LceQuantize", "QUANTIZE"})


def quantized(build: Builder, source: Value) -> Value:
    """A value as whole numbers of 8 bits: one operator, however many layers ask for them."""
    output = Value(f"{source.name}.int8", source.shape, bits=8)
    if output.name not in build.values:
        build.add("QUANTIZE", [source], output)
    return output


def with_floats(nodes: list[Node]) -> list[Node]:
    """The nodes, with a DEQUANTIZE behind each product of 8 bits that more than signs are read of."""
    readers: dict[str, list[Node]] = {}
    for node in nodes:
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    found: list[Node] = []
    for node in nodes:
        found.append(node)
        reading = readers.get(node.name, [])
        if node.output.bits != 8 or node.kind == "QUANTIZE":
            continue
        if reading and all(reader.kind in _READERS for reader in reading):
            continue
        floats = Value(f"{node.name}.dequantized", node.output.shape)
        for reader in reading:
            reader.inputs = [floats.name if name == node.name else name for name in reader.inputs]
        layers = node.layers[:1]
        found.append(
            replace(
                node,
                name=floats.name,
                kind="DEQUANTIZE",
                layers=layers,
                inputs=[node.name],
                output=floats,
                constants={},
                mac_factors=(),
                im2col=None,
                activation="",
            )
        )
    return found
