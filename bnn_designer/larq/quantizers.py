"""Quantizers (``larq.quantizers``): classes, the functions they are made of, and how an argument becomes one.

Where they differ from Larq's: arguments that mean nothing (a ``clip_value`` of 0 or less, an unknown metric) are
refused; whole numbers are taken; a quantizer shared by two layers, if it is measured, is measured in each by itself.
"""

from bnn_designer.nn.few_bits import DoReFa, SteTern, ste_tern
from bnn_designer.nn.quantizer import Quantizer
from bnn_designer.nn.quantizers import NoOp, QuantizerLike, deserialize, get, get_kernel_quantizer, serialize
from bnn_designer.nn.scaled_signs import MagnitudeAwareSign
from bnn_designer.nn.signs import (
    ApproxSign,
    SteHeaviside,
    SteSign,
    SwishSign,
    approx_sign,
    ste_heaviside,
    ste_sign,
    swish_sign,
)

#: Older names of Larq's.
NoOpQuantizer = NoOp
DoReFaQuantizer = DoReFa
QuantizerType = QuantizerLike

__all__ = [
    "ApproxSign",
    "DoReFa",
    "DoReFaQuantizer",
    "MagnitudeAwareSign",
    "NoOp",
    "NoOpQuantizer",
    "Quantizer",
    "QuantizerType",
    "SteHeaviside",
    "SteSign",
    "SteTern",
    "SwishSign",
    "approx_sign",
    "deserialize",
    "get",
    "get_kernel_quantizer",
    "serialize",
    "ste_heaviside",
    "ste_sign",
    "ste_tern",
    "swish_sign",
]
