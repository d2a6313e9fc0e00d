"""``larq.layers`` on Keras 3: quantized layers with Larq 0.14's names, arguments, order and defaults.

They are `bnn_designer.nn`'s: the compiled op multiplies where both operands are signs, and `engine_used` and
`engine_reason` say what computes a layer. Beside Larq's arguments they take ``engine``, ``gradients``,
``gradients_seed`` and ``check_nan``, by name.

Not here: ``QuantLocallyConnected1D`` and ``QuantLocallyConnected2D``, as Keras 3 has no locally connected layers.
"""

from __future__ import annotations

from typing import Any

from bnn_designer.nn import (
    LayerError,
    QuantConv1D,
    QuantConv2D,
    QuantConv2DTranspose,
    QuantConv3D,
    QuantConv3DTranspose,
    QuantDense,
    QuantDepthwiseConv2D,
    QuantSeparableConv1D,
    QuantSeparableConv2D,
)

__all__ = [
    "QuantConv1D",
    "QuantConv2D",
    "QuantConv2DTranspose",
    "QuantConv3D",
    "QuantConv3DTranspose",
    "QuantDense",
    "QuantDepthwiseConv2D",
    "QuantLocallyConnected1D",
    "QuantLocallyConnected2D",
    "QuantSeparableConv1D",
    "QuantSeparableConv2D",
]


class _NotInKeras3:
    """A layer of Larq whose Keras layer was removed; raises `LayerError` when it is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        name = type(self).__name__
        raise LayerError(
            name,
            f"Keras 3 has no {name.removeprefix('Quant')}, which this layer of Larq is made of",
            f"Use {name.replace('LocallyConnected', 'Conv')}, whose kernel is the same at every place, or keep this "
            "layer in float with one of your own",
        )


class QuantLocallyConnected1D(_NotInKeras3):
    """Larq's name; raises `LayerError`."""


class QuantLocallyConnected2D(_NotInKeras3):
    """Larq's name; raises `LayerError`."""
