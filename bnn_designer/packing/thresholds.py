"""Batch norm and sign after a binary convolution become one comparison a filter.

A sum of n products of signs is a whole number s, -n <= s <= n. What follows it up to the sign (a scale, a bias, a batch
norm, a clamp) is one function of s for each filter, f(s), and the next layer reads only whether f(s) < 0. Each part is
monotone, and rounding to float32 is too, so f is monotone as it is *computed*, not only in theory: going up from -n to
n the sign of f changes at most once. Where it changes is found by halving the range, with f computed in float32 as
Keras computes it; no formula for the threshold is needed, and none can be wrong by one. This covers gamma < 0, where f
falls, and gamma = 0, where it does not change at all.

The comparison is a factor and an offset, so that the sign of ``factor * s + offset`` is the bit:

=====================  ======  ===========  ==========================================
f                      factor  offset       bit (1: below zero) where
=====================  ======  ===========  ==========================================
rises through zero      1       -t          s < t, t the first s with f(s) >= 0
falls through zero     -1        t          s > t, t the last s with f(s) >= 0
never below zero        0        1          nowhere
always below zero       0       -1          everywhere
=====================  ======  ===========  ==========================================

All of it is exact in float32: these are whole numbers below 2^24.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bnn_designer.graph.passes.bits import LARGEST_SUM
from bnn_designer.packing.drafts import StepDraft

FloatArray = npt.NDArray[np.float32]

_MONOTONE = frozenset({"affine", "clamp"})


def is_threshold(steps: Sequence[StepDraft]) -> bool:
    """Whether steps after a binary convolution are monotone ones and then a sign, with nothing after it."""
    return bool(steps) and steps[-1].kind == "sign" and all_monotone(steps[:-1])


def all_monotone(steps: Sequence[StepDraft]) -> bool:
    """Whether each filter's value never turns back as its sum grows."""
    return all(step.kind in _MONOTONE for step in steps)


def threshold(steps: Sequence[StepDraft], products: int, filters: int) -> tuple[FloatArray, FloatArray]:
    """Factors and offsets that have the sign of all steps.

    Args:
        steps: monotone ones, without the sign.
        products: the largest sum.
        filters: how many thresholds there are.

    Raises:
        ValueError: sums of so many products are not exact in float32.
    """
    if products > LARGEST_SUM:
        raise ValueError(f"{products} products; sums of up to {LARGEST_SUM} are exact")
    low, high = np.full(filters, -products, np.int64), np.full(filters, products, np.int64)
    below_at_low, below_at_high = _below(steps, low), _below(steps, high)
    changes = below_at_low != below_at_high
    # The sign at `low` is that at -products, the sign at `high` that at +products; they meet.
    while (changes & (high - low > 1)).any():
        middle = (low + high) // 2
        same_as_low = _below(steps, middle) == below_at_low
        low, high = np.where(same_as_low, middle, low), np.where(same_as_low, high, middle)
    rises = below_at_low & changes
    factor = np.where(changes, np.where(rises, 1, -1), 0)
    offset = np.where(changes, np.where(rises, -high, low), np.where(below_at_low, -1, 1))
    return factor.astype(np.float32), offset.astype(np.float32)


def _below(steps: Sequence[StepDraft], sums: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether f(s) < 0; as csrc/conv/layout.h and TensorFlow have it, subnormal numbers count as zero."""
    return np.asarray(outcome(steps, sums) <= -np.finfo(np.float32).tiny)


def outcome(steps: Sequence[StepDraft], sums: npt.NDArray[np.int64]) -> FloatArray:
    """f(s) for one sum a filter, rounded to float32 after each operation."""
    values = sums.astype(np.float32)
    for step in steps:
        if step.kind == "affine":
            factor, offset = step.numbers
            values = (values * factor).astype(np.float32) + offset
        else:
            values = np.clip(values, np.float32(step.low), np.float32(step.high))
    return values
