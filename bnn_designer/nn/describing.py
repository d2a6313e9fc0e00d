"""From layers' quantizers and constraints back to a design's: the inverse of :mod:`bnn_designer.nn.described`."""

from __future__ import annotations

from typing import Any

import keras

from bnn_designer.design import quantization
from bnn_designer.nn.constraints import WeightClip
from bnn_designer.nn.described import Operand, quantizer_of
from bnn_designer.nn.errors import LayerError

#: What every quantizer is set up with, whatever it computes.
_ASIDE = ("name", "trainable", "dtype", "autocast", "metrics")


def described_quantizer(quantizer: Any, operand: Operand) -> quantization.Quantizer | None:
    """What a design calls the quantizer of a layer's input or kernel; None: full precision.

    Raises:
        LayerError: a design has no such quantizer, or not with these arguments.
    """
    if quantizer is None:
        return None
    for name, facts in quantization.QUANTIZERS.items():
        if type(quantizer) is not type(quantizer_of(quantization.Quantizer(name=name), operand)):
            continue
        arguments = _arguments(quantizer)
        wanted = {field: arguments.get(field) for field in facts.parameters}
        try:
            described = quantization.Quantizer(name=name, **wanted)
        except ValueError:  # None, or out of the bounds that a design has
            described = None
        if described is not None and _arguments(quantizer_of(described, operand)) == arguments:
            return described
        given = ", ".join(f"{field}={value!r}" for field, value in sorted(arguments.items()))
        raise LayerError(
            f"{type(quantizer).__name__} of the {operand}",
            f"a design has it, but not with {given}",
            "Use its default arguments",
        )
    known = ", ".join(quantization.QUANTIZERS)
    raise LayerError(
        f"{getattr(quantizer, '__name__', type(quantizer).__name__)} of the {operand}",
        "a design has no such quantizer",
        f"Use one of {known}",
    )


def described_constraint(constraint: Any) -> quantization.KernelConstraint | None:
    """What a design calls the constraint of a kernel; None: free.

    Raises:
        LayerError: a design has no such constraint.
    """
    if constraint is None:
        return None
    if type(constraint) is not WeightClip:
        raise LayerError(type(constraint).__name__, "a design has no such constraint", "Use weight_clip, or none")
    return quantization.KernelConstraint(clip_value=float(constraint.clip_value))


def _arguments(quantizer: keras.layers.Layer) -> dict[str, Any]:
    return {name: value for name, value in quantizer.get_config().items() if name not in _ASIDE}
