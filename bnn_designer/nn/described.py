"""From a design's quantizers and constraints to those of the layers: one row a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bnn_designer.design import quantization
from bnn_designer.nn.constraints import WeightClip
from bnn_designer.nn.few_bits import DoReFa, Int8, SteTern
from bnn_designer.nn.quantizers import ApproxSign, Quantizer, SteSign, SwishSign
from bnn_designer.nn.scaled_signs import DorefaSign, MagnitudeAwareSign, XnorWeightScale

Operand = Literal["input", "kernel"]


def _dorefa(described: quantization.Quantizer, operand: Operand) -> Quantizer:
    return DoReFa(described.k_bit, mode="weights" if operand == "kernel" else "activations")


_QUANTIZERS: dict[str, Callable[[quantization.Quantizer, Operand], Quantizer]] = {
    "ste_sign": lambda described, operand: SteSign(described.clip_value),
    "approx_sign": lambda described, operand: ApproxSign(),
    "swish_sign": lambda described, operand: SwishSign(),
    "magnitude_aware_sign": lambda described, operand: MagnitudeAwareSign(described.clip_value),
    "xnor_weight_scale": lambda described, operand: XnorWeightScale(),
    "dorefa_sign": lambda described, operand: DorefaSign(),
    "ste_tern": lambda described, operand: SteTern(clip_value=described.clip_value),
    "dorefa": _dorefa,
    "int8": lambda described, operand: Int8(),
}


def quantizer_of(described: quantization.Quantizer | None, operand: Operand) -> Quantizer | None:
    """The quantizer of a layer's input or kernel; None: full precision."""
    return _QUANTIZERS[described.name](described, operand) if described else None


def constraint_of(described: quantization.KernelConstraint | None) -> WeightClip | None:
    """The constraint of a layer's kernel; None: free."""
    return WeightClip(described.clip_value) if described else None
