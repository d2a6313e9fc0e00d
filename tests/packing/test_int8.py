"""The numbers of 8-bit layers: scales, zero points, multipliers, and what becomes of sums."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.packing.drafts import affine
from bnn_designer.packing.int8 import (
    Range,
    TooWideError,
    largest_sum,
    linear,
    quantized_multiplier,
    requantized,
    requantized_sums,
    whole_weights,
)


def test_scale_and_zero_point_by_hand() -> None:
    """-1 to 1.55 are 255 steps of 0.01: -128 + 100 is 0. From 0 up, -128 is; a range of nothing has steps of 1."""
    scale, zero_point = Range(-1.0, 1.55).scale_and_zero_point
    assert (scale, zero_point) == (pytest.approx(0.01), -28)
    assert Range(0.0, 2.55).scale_and_zero_point == (pytest.approx(0.01), -128)
    assert Range(-2.55, 0.0).scale_and_zero_point == (pytest.approx(0.01), 127)
    assert Range(0.0, 0.0).scale_and_zero_point == (1.0, -128)
    assert Range(-2.54, 1.0).symmetric_scale == pytest.approx(0.02)
    assert Range(0.0, 0.0).symmetric_scale == 1.0


def test_weights_are_the_quantizer_s_own_steps() -> None:
    whole, scale = whole_weights(np.float32([[2.54, -0.02], [0.0, 1.0]]))
    assert (whole.tolist(), scale) == ([[127, -1], [0, 50]], pytest.approx(0.02))
    whole, scale = whole_weights(np.zeros((2, 2), np.float32))
    assert (whole.tolist(), scale) == ([[0, 0], [0, 0]], 1.0)


def test_multipliers_by_hand() -> None:
    """A half is 2^30 / 2^31, and one is a half times two."""
    assert quantized_multiplier(0.5) == (2**30, 0)
    assert quantized_multiplier(1.0) == (2**30, 1)
    assert quantized_multiplier(0.375) == (3 * 2**29, -1)
    assert quantized_multiplier(0.0) == quantized_multiplier(2.0**-40) == (0, 0)
    assert quantized_multiplier(1 - 2.0**-33) == (2**30, 1)  # rounded up to one
    with pytest.raises(TooWideError, match="does not fit 32 bits"):
        quantized_multiplier(2.0**31)


@given(st.floats(2.0**-30, 2.0**29))
@settings(max_examples=50, deadline=None)
def test_a_multiplier_is_its_value_to_31_bits(value: float) -> None:
    multiplier, shift = quantized_multiplier(value)
    assert 2**30 <= multiplier < 2**31
    assert abs(Fraction(multiplier) / 2**31 * Fraction(2) ** shift - Fraction(value)) <= Fraction(value) / 2**31


@given(
    sums=st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=20),
    factor=st.floats(1e-4, 1.0),
    offset=st.floats(-50, 50),
    sign=st.sampled_from([-1, 1]),
)
@settings(max_examples=50, deadline=None)
def test_8_bits_of_a_sum_are_the_nearest_step(sums: list[int], factor: float, offset: float, sign: int) -> None:
    """Within one step: the bias is rounded to a step of the sums, and the product twice."""
    kernel = np.full((70, 1), 119, np.int8)  # sums of up to 1,057,910
    step_factor = np.array([sign * factor])
    turned, step = requantized(kernel, step_factor, np.array([offset]), Range(-60.0, 60.0))
    assert turned[0, 0] == 119 * sign
    found = requantized_sums(np.array(sums, np.int64)[:, None] * sign, step)[:, 0]
    scale, zero_point = Range(-60.0, 60.0).scale_and_zero_point
    wanted = np.clip((np.array(sums) * sign * factor + offset) / scale + zero_point, -128, 127)
    assert np.abs(found - wanted).max() <= 1 + factor / scale / 2


def test_a_filter_that_cannot_move_its_output_is_a_constant() -> None:
    """gamma = 0: the batch norm's beta is all that is left, 0.3 in steps of 0.01 from a zero point of -28."""
    kernel, step = requantized(
        np.array([[5, 5]], np.int8), np.array([0.0, 0.01]), np.array([0.3, 0.0]), Range(-1.0, 1.55)
    )
    assert kernel.tolist() == [[0, 5]]
    found = requantized_sums(np.array([[0, 40], [0, -40]]), step)
    assert found.tolist() == [[30 - 28, 40 - 28], [30 - 28, -40 - 28]]


def test_biases_beyond_32_bits_are_refused() -> None:
    with pytest.raises(TooWideError, match="times the step of its sums"):
        requantized(np.full((1000, 1), 127, np.int8), np.array([1e-7]), np.array([300.0]), Range(0.0, 1.0))


def test_steps_in_a_row_are_one() -> None:
    """2 (3 x + 1) - 1 = 6 x + 1; the largest sum is 127 times all weights."""
    steps = [affine(np.full(2, 3.0), np.ones(2)), affine(np.full(2, 2.0), -np.ones(2))]
    factor, offset = linear(steps, 2)
    assert (factor.tolist(), offset.tolist()) == ([6, 6], [1, 1])
    assert largest_sum(np.array([[1, -127], [3, 2]], np.int8)) == 129 * 127
