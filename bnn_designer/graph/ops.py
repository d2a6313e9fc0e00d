"""What a layer computes: one frozen value a kind, with the field's own parameters.

Each consumer (shapes, counts, Keras layers, ...) has one table from these types to a small function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnn_designer.design.vocabulary import (
    FLOAT_BITS,
    QUANTIZER_BITS,
    ActivationName,
    Constraint,
    Padding,
    Pair,
    Quantizer,
)


@dataclass(frozen=True)
class Op:
    """The base of every kind; never used by itself."""


@dataclass(frozen=True)
class QuantizedOp(Op):
    """A product of an input with a trained kernel, each at its own precision.

    ``input_quantizer`` and ``kernel_quantizer`` are keys of QUANTIZER_BITS, or None for float32.
    """

    input_quantizer: Quantizer | None
    kernel_quantizer: Quantizer | None
    kernel_constraint: Constraint | None
    use_bias: bool

    @property
    def input_bits(self) -> int:
        return QUANTIZER_BITS[self.input_quantizer] if self.input_quantizer else FLOAT_BITS

    @property
    def kernel_bits(self) -> int:
        return QUANTIZER_BITS[self.kernel_quantizer] if self.kernel_quantizer else FLOAT_BITS

    @property
    def is_binary(self) -> bool:
        """Whether both operands are one bit wide, so that XNOR and popcount can compute it."""
        return self.input_bits == 1 and self.kernel_bits == 1

    @property
    def precision(self) -> str:
        """The field's name for the mix: binary, BWN (binary weights), BAN (binary activations) or float."""
        if self.is_binary:
            return "binary"
        if self.kernel_bits == 1:
            return "BWN"
        return "BAN" if self.input_bits == 1 else "float"


@dataclass(frozen=True)
class Conv2D(QuantizedOp):
    """Cross-correlation of ``(h, w, c)`` with ``filters`` kernels of ``(kh, kw, c)``.

    ``pad_values`` is what "same" padding puts around the (quantized) input: 0, or 1, which one bit can hold.
    """

    filters: int
    kernel_size: Pair
    strides: Pair
    dilation: Pair
    padding: Padding
    pad_values: Literal[0, 1]


@dataclass(frozen=True)
class Dense(QuantizedOp):
    """A product of ``(features,)`` with a kernel of ``(features, units)``."""

    units: int


@dataclass(frozen=True)
class BatchNorm(Op):
    """Normalization per channel; ``center`` trains beta, ``scale`` trains gamma."""

    center: bool
    scale: bool
    momentum: float
    epsilon: float


@dataclass(frozen=True)
class Activation(Op):
    """An elementwise function; ``prelu`` trains one slope a channel."""

    function: ActivationName


@dataclass(frozen=True)
class Pool2D(Op):
    """The maximum or the average of windows; padding is never part of the result."""

    kind: Literal["max", "average"]
    pool_size: Pair
    strides: Pair
    padding: Padding


@dataclass(frozen=True)
class GlobalAveragePool(Op):
    """The average over height and width: ``(h, w, c)`` to ``(c,)``."""


@dataclass(frozen=True)
class Flatten(Op):
    """``(h, w, c)`` to ``(h * w * c,)``, row by row."""


@dataclass(frozen=True)
class Add(Op):
    """The elementwise sum of inputs of one shape."""


@dataclass(frozen=True)
class Softmax(Op):
    """Class probabilities from class scores."""


@dataclass(frozen=True)
class Sign(Op):
    """+1 where the input is >= 0, else -1, stored in one bit. Only passes make it: see ``deploy``."""
