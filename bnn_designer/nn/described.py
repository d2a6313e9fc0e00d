"""From a design's quantizers and constraints to those of the layers: the classes under the same names."""

from __future__ import annotations

from typing import Any, Literal

from bnn_designer.design import quantization
from bnn_designer.nn import quantizers
from bnn_designer.nn.constraints import WeightClip
from bnn_designer.nn.few_bits import DoReFa

Operand = Literal["input", "kernel"]


def quantizer_of(described: quantization.Quantizer | None, operand: Operand) -> quantizers.Quantizer | None:
    """The quantizer of a layer's input or kernel; None: full precision."""
    if described is None:
        return None
    quantizer = quantizers.class_of(described.name)
    arguments: dict[str, Any] = dict(described.parameters)
    if quantizer is DoReFa:
        arguments["mode"] = "weights" if operand == "kernel" else "activations"
    return quantizer(**arguments)


def constraint_of(described: quantization.KernelConstraint | None) -> WeightClip | None:
    """The constraint of a layer's kernel; None: free."""
    return WeightClip(described.clip_value) if described else None
