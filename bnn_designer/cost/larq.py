"""Counting as Larq 0.14.0 does (``larq.models.ModelProfile``), to the last digit: the convention ``larq``.

- A weight takes the bits of its kernel quantizer; every other number 32 (biases, PReLU slopes, batch norms, shifts, and
  the fixed kernel of a blur). A scale that a quantizer computes is not stored, so not counted.
- A batch norm counts two numbers a channel, whatever it trains: beta is taken to merge with the moving mean and gamma
  with the moving variance.
- A multiply-accumulate (MAC) is one product of the layer, so kernel elements times output pixels; "same" padding counts
  whole windows. Only convolutions and dense layers have any. It takes the larger of its two operands' bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bnn_designer.design.vocabulary import FLOAT_BITS
from bnn_designer.graph import ops

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Count:
    """What one layer has and does.

    Attributes:
        params_by_bits: how many weights are stored in so many bits each.
        macs_by_bits: how many multiply-accumulates of one image have operands of so many bits.
    """

    params_by_bits: dict[int, int]
    macs_by_bits: dict[int, int]

    @property
    def params(self) -> int:
        return sum(self.params_by_bits.values())

    @property
    def macs(self) -> int:
        return sum(self.macs_by_bits.values())

    @property
    def memory_bits(self) -> int:
        return sum(bits * count for bits, count in self.params_by_bits.items())


def count(op: ops.Op, inputs: Shapes, output: tuple[int, ...]) -> Count:
    """The count of one layer from its shapes, without the batch axis."""
    return COUNTERS[type(op)](op, inputs, output)


def total(counts: list[Count]) -> Count:
    """The sum of several."""
    return Count(
        _sum_by_bits([count.params_by_bits for count in counts]), _sum_by_bits([count.macs_by_bits for count in counts])
    )


def _sum_by_bits(parts: list[dict[int, int]]) -> dict[int, int]:
    widths = sorted({bits for part in parts for bits in part})
    return {bits: sum(part.get(bits, 0) for part in parts) for bits in widths}


def _product(op: ops.QuantizedOp, inputs: Shapes, output: tuple[int, ...]) -> Count:
    """A kernel that is used once for each pixel of the output; a vector is one pixel."""
    kernel_elements = math.prod(op.kernel_shape(inputs[0]))
    params = {op.kernel_bits: kernel_elements}
    if op.use_bias:
        params[FLOAT_BITS] = params.get(FLOAT_BITS, 0) + output[-1]
    return Count(params, {max(op.input_bits, op.kernel_bits): kernel_elements * math.prod(output[:-1])})


def _batch_norm(op: ops.BatchNorm, inputs: Shapes, output: tuple[int, ...]) -> Count:
    return Count({FLOAT_BITS: 2 * output[-1]}, {})


def _activation(op: ops.Activation, inputs: Shapes, output: tuple[int, ...]) -> Count:
    return Count({FLOAT_BITS: output[-1]}, {}) if op.function == "prelu" else Count({}, {})


def _channel_shift(op: ops.ChannelShift, inputs: Shapes, output: tuple[int, ...]) -> Count:
    return Count({FLOAT_BITS: output[-1]}, {})


def _nothing(op: ops.Op, inputs: Shapes, output: tuple[int, ...]) -> Count:
    return Count({}, {})


COUNTERS: dict[type[ops.Op], Callable[[Any, Shapes, tuple[int, ...]], Count]] = {
    **dict.fromkeys(ops.WITH_KERNEL, _product),
    ops.BatchNorm: _batch_norm,
    ops.Activation: _activation,
    ops.ChannelShift: _channel_shift,
    **dict.fromkeys(ops.WITHOUT_WEIGHTS, _nothing),
}
