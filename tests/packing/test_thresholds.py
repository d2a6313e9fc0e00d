"""Thresholds have the sign of the steps they stand for, at every sum that can occur."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.packing.drafts import StepDraft, affine
from bnn_designer.packing.thresholds import is_threshold, threshold

numbers = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 1e-38])


@st.composite
def affines(draw: st.DrawFn, filters: int) -> StepDraft:
    def vector() -> np.ndarray:
        return np.array(draw(st.lists(numbers, min_size=filters, max_size=filters)), np.float32)

    return affine(vector(), vector())


@st.composite
def clamps(draw: st.DrawFn) -> StepDraft:
    low, high = sorted(draw(st.tuples(st.floats(-50, 50, width=32), st.floats(-50, 50, width=32))))
    return draw(st.sampled_from([StepDraft("clamp", low=low, high=high), StepDraft("clamp", low=0.0)]))


@st.composite
def chains(draw: st.DrawFn) -> tuple[int, list[StepDraft]]:
    filters = draw(st.integers(1, 5))
    return filters, draw(st.lists(affines(filters) | clamps(), max_size=4))


def below_zero(steps: list[StepDraft], value: int, filters: int) -> np.ndarray:
    """One sum through the steps, number by number, as Keras rounds; subnormal numbers count as zero."""
    values = np.full(filters, value, np.float32)
    for step in steps:
        if step.kind == "affine":
            products = np.multiply(values, step.numbers[0], dtype=np.float32)
            values = np.add(products, step.numbers[1], dtype=np.float32)
        else:
            values = np.minimum(np.maximum(values, np.float32(step.low)), np.float32(step.high))
    return (values < 0) & (np.abs(values) >= np.finfo(np.float32).tiny)


@given(chains(), st.integers(1, 60))
def test_a_threshold_has_the_sign_of_its_steps_at_every_sum(chain: tuple[int, list[StepDraft]], products: int) -> None:
    filters, steps = chain
    factor, offset = threshold(steps, products, filters)
    for value in range(-products, products + 1):
        np.testing.assert_array_equal(factor * value + offset < 0, below_zero(steps, value, filters), str(value))


def test_the_four_shapes_of_a_batch_norm() -> None:
    # x - 2.5, 2.5 - x, 0 x + 1, 0 x - 1: below zero up to 2, from 3 on, never, always
    steps = [affine(np.array([1.0, -1.0, 0.0, 0.0]), np.array([-2.5, 2.5, 1.0, -1.0]))]
    factor, offset = threshold(steps, 9, 4)
    assert factor.tolist() == [1, -1, 0, 0]
    assert offset.tolist() == [-3, 2, 1, -1]  # s - 3 < 0: s <= 2; -s + 2 < 0: s >= 3


def test_zero_counts_as_positive() -> None:
    factor, offset = threshold([affine(np.array([1.0, -1.0]), np.array([-2.0, 2.0]))], 9, 2)
    assert offset.tolist() == [-2, 2]  # at the sum 2 neither is below zero
    assert (factor * 2 + offset).tolist() == [0, 0]


def test_large_sums_are_found_by_halving() -> None:
    products = 2**23
    factor, offset = threshold([affine(np.array([1.0]), np.array([-1234567.0]))], products, 1)
    assert (factor[0], offset[0]) == (1, -1234567)
    with pytest.raises(ValueError, match="8388609 products"):
        threshold([], products + 1, 1)


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (["affine", "sign"], True),
        (["sign"], True),
        (["clamp", "affine", "sign"], True),
        (["affine", "sign", "store"], False),
        (["affine", "prelu", "sign"], False),
        (["affine", "add", "sign"], False),
        ([], False),
    ],
)
def test_only_monotone_steps_before_a_last_sign_are_a_threshold(kinds: list[str], found: bool) -> None:
    assert is_threshold([StepDraft(kind) for kind in kinds]) is found
