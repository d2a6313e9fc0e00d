"""The field's words that documents, layers and kernels share, and what they mean in bits."""

from __future__ import annotations

from typing import Literal

Pair = tuple[int, int]
Padding = Literal["same", "valid"]
Quantizer = Literal["ste_sign", "approx_sign"]
Constraint = Literal["weight_clip"]
ActivationName = Literal["relu", "prelu"]

#: Bits of what a quantizer gives. Both give the sign; they differ in the gradient only.
QUANTIZER_BITS: dict[str, int] = {"ste_sign": 1, "approx_sign": 1}
FLOAT_BITS = 32
