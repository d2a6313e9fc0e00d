"""Layers of whole numbers of 8 bits: their weights, and what becomes of their sums.

A layer multiplies inputs ``s_x q_x`` with weights ``s_w q_w``, all q whole numbers of -127 to 127, so that a filter's
sum s of products q_x q_w stands for ``s_x s_w s``. With a bias, a batch norm and a clamp behind it that is
``m s + b`` with two numbers a filter, and one of two things follows:

- Only the sign is read. Then it is a comparison of s with a whole number, found as for binary layers (thresholds.py)
  where every s is exact in float32.
- The number is read. Then it becomes 8 bits with one scale and one zero point for all filters, as TensorFlow Lite has
  it: ``q = zero_point + (s + bias) * (m / scale)``, the bias a whole number of 32 bits, the factor one of 31 bits times
  a power of two.

The scales of inputs and outputs are from the ranges that calibration images reach; s_w is the quantizer's own.

Sources: Jacob et al., arXiv 1712.05877, sections 2.2 to 2.4; TensorFlow Lite's 8-bit quantization specification,
https://ai.google.dev/edge/litert/models/quantization_spec.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnn_designer.packing.drafts import Array, StepDraft

#: Of inputs and weights; -128 has no counterpart, and stays unused.
LARGEST = 127
_INT32 = 2**31
#: Shifts that 32 bits can take.
_LEAST_SHIFT, _MOST_SHIFT = -31, 30


class TooWideError(ValueError):
    """Numbers that do not fit 32 bits; its text is the rule."""


@dataclass(frozen=True)
class Range:
    """The least and the largest number that calibration images reach in a tensor; 0 lies between."""

    low: float
    high: float

    @property
    def symmetric_scale(self) -> float:
        """Of -127 to 127 steps without a zero point, as the quantizer ``int8`` has them; 1 where there is only 0."""
        largest = np.float32(max(-self.low, self.high))
        return float(largest / np.float32(LARGEST)) or 1.0

    @property
    def scale_and_zero_point(self) -> tuple[float, int]:
        """Of 255 steps from -128 to 127 over the range, with 0 on one of them (section 3 of the paper)."""
        scale = float(np.float32((self.high - self.low) / 255)) or 1.0
        return scale, min(max(round(-128 - self.low / scale), -128), 127)


def whole_weights(values: Array) -> tuple[npt.NDArray[np.int8], float]:
    """The whole numbers and the scale of a kernel that the quantizer ``int8`` has rounded."""
    scale = np.float32(np.abs(values).max() / LARGEST)
    if scale == 0:
        return np.zeros(values.shape, np.int8), 1.0
    return np.rint(values / scale).astype(np.int8), float(scale)


def largest_sum(kernel: npt.NDArray[np.int8]) -> int:
    """Of inputs of 8 bits with any filter of a kernel ``[products, filters]``."""
    return int(np.abs(kernel.astype(np.int64)).sum(axis=0).max()) * LARGEST


def quantized_multiplier(value: float) -> tuple[int, int]:
    """``(multiplier, shift)``: value = multiplier / 2^31 * 2^shift, as TensorFlow Lite's QuantizeMultiplier has it.

    The multiplier is 0, or of 31 bits with the first one set.

    Raises:
        TooWideError: the value is too large.
    """
    if value == 0:
        return 0, 0
    fraction, shift = math.frexp(value)
    multiplier = math.floor(fraction * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = multiplier // 2, shift + 1
    if shift < _LEAST_SHIFT:
        return 0, 0
    if shift > _MOST_SHIFT:
        raise TooWideError(f"a factor of {value:.3g} does not fit 32 bits")
    return multiplier, shift


def linear(steps: Sequence[StepDraft], filters: int) -> tuple[Array, Array]:
    """Factor and offset of each filter, of steps that multiply and add; clamps are left to the range of the output."""
    factor, offset = np.ones(filters), np.zeros(filters)
    for step in steps:
        if step.kind == "affine":
            times, plus = (number.astype(np.float64) for number in step.numbers)
            factor, offset = factor * times, offset * times + plus
    return factor, offset


def requantized(
    kernel: npt.NDArray[np.int8], factor: Array, offset: Array, reached: Range
) -> tuple[npt.NDArray[np.int8], StepDraft]:
    """The kernel and the step that make 8 bits of its sums.

    Factors are positive there: where one is negative, the filter's weights change their signs. A filter whose sums
    cannot move its output by half a step is a constant, with weights of 0.

    Args:
        kernel: whole numbers ``[products, filters]``.
        factor: of each filter's sums; ``offset`` is added to that.
        offset: see there.
        reached: what the outputs reach.

    Raises:
        TooWideError: a bias or a factor does not fit 32 bits.
    """
    scale, zero_point = reached.scale_and_zero_point
    kernel = np.where(factor < 0, -kernel, kernel).astype(np.int8)
    factor = np.abs(factor)
    sums = np.abs(kernel.astype(np.int64)).sum(axis=0) * LARGEST
    constant = factor * sums < scale / 2
    kernel[:, constant] = 0
    # A step of 2^-20 of the output's own: the bias alone, to more digits than are kept.
    factor = np.where(constant, scale / 2**20, factor)
    bias = np.rint(offset / factor)
    pairs = [quantized_multiplier(float(one) / scale) for one in factor]
    multiplier, shift = (np.array(numbers, np.int64) for numbers in zip(*pairs, strict=True))
    largest = (np.abs(bias) + np.where(constant, 0, sums)) * 2.0 ** np.maximum(shift, 0)
    if (largest >= _INT32).any():
        raise TooWideError(f"a filter's bias is {np.abs(bias).max():.3g} times the step of its sums")
    numbers = np.stack([bias.astype(np.int64), multiplier, shift]).astype(np.int32)
    return kernel, StepDraft("requantize", numbers=(numbers,), low=float(zero_point), high=scale)


def requantized_sums(sums: npt.NDArray[np.int64], step: StepDraft) -> npt.NDArray[np.int8]:
    """What the step makes of sums ``[..., filters]``, of 8 bits: the arithmetic that engine and C program have.

    ``RoundingDivideByPOT(SaturatingRoundingDoublingHighMul(sum << left, multiplier), right)`` of gemmlowp.
    """
    bias, multiplier, shift = (row.astype(np.int64) for row in step.numbers[0])
    raised = np.clip((sums + bias) << np.maximum(shift, 0), -_INT32, _INT32 - 1)
    product = raised * multiplier
    nudged = product + np.where(product >= 0, 2**30, 1 - 2**30)
    high = np.where(nudged >= 0, nudged >> 31, -((-nudged) >> 31))
    right = np.maximum(-shift, 0)
    mask = (np.int64(1) << right) - 1
    rounded = (high >> right) + ((high & mask) > (mask >> 1) + (high < 0))
    return np.asarray(np.clip(rounded + int(step.low), -128, 127), np.int8)
