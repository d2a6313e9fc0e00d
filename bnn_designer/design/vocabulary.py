"""The field's words that documents, layers and kernels share."""

from __future__ import annotations

from typing import Literal

Pair = tuple[int, int]
Padding = Literal["same", "valid"]
#: What "same" padding puts around a quantized input: 0, or 1, which one bit can hold.
PadValue = Literal[0, 1]

#: Functions of one number, and ``prelu``, which trains a slope a channel.
ActivationFunction = Literal["relu", "prelu", "hard_tanh", "unit_clip", "sigmoid"]
#: What a block may ask for: ``rprelu`` becomes a shift, a PReLU and another shift (ReActNet).
ActivationName = Literal["relu", "prelu", "rprelu", "hard_tanh", "unit_clip", "sigmoid"]

FLOAT_BITS = 32
