from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.inspection.moments import Binned, Moments


def column(*values: float) -> np.ndarray:
    """float32 [n, 1]: one channel."""
    return np.array(values, np.float32)[:, None]


def test_moments_of_a_channel_are_those_of_the_book() -> None:
    """0, 0, 0, 4: mean 1; squares 1 + 1 + 1 + 9 = 12, cubes -1 - 1 - 1 + 27 = 24."""
    found = Moments.of(column(0, 0, 0, 4))
    assert found.count == 4
    assert (found.mean[0], found.second[0], found.third[0]) == (1, 12, 24)
    assert found.deviation[0] == pytest.approx(3**0.5)
    assert found.skewness[0] == pytest.approx(24 / 4 / 3**1.5)


def test_a_zero_is_binarized_to_plus_one() -> None:
    assert Moments.of(column(-1, -0.5, 0, 2)).positive_share[0] == 2 / 4


def test_channels_are_the_last_axis() -> None:
    values = np.zeros((2, 3, 3, 2), np.float32)
    values[..., 1] = -1
    found = Moments.of(values)
    assert found.count == 2 * 3 * 3
    assert found.positive_share.tolist() == [1, 0]
    assert np.isnan(found.skewness).all()  # a channel of one value leans to no side


@given(st.lists(st.lists(st.integers(-50, 50), min_size=1, max_size=20), min_size=1, max_size=4), st.integers(0, 1000))
def test_parts_together_are_the_whole(parts: list[list[int]], far: int) -> None:
    """Also far from zero, where moments about zero would lose all digits."""
    arrays = [column(*part) + np.float32(far) for part in parts]
    whole = np.concatenate(arrays).astype(np.float64)
    together = Moments.of(arrays[0])
    for part in arrays[1:]:
        together = together + Moments.of(part)
    off = whole - whole.mean()
    assert together.count == len(whole)
    assert together.mean[0] == pytest.approx(whole.mean(), abs=1e-4)
    assert together.second[0] == pytest.approx((off**2).sum(), rel=1e-4, abs=1e-2)
    assert together.third[0] == pytest.approx((off**3).sum(), rel=1e-3, abs=5)
    assert together.positive[0] == (whole >= 0).sum()


def test_what_lies_outside_the_first_part_counts_for_the_ends() -> None:
    """From -0.75 to 0.75 in four bins that have an edge at 0: of width 0.5, from -1 to 1."""
    found = Binned(4)
    found.add(column(-0.75, 0, 0.25, 0.75))
    found.add(column(-9, 9))
    assert (found.low, found.high) == (-1, 1)
    assert found.counts.tolist() == [1 + 1, 0, 2, 1 + 1]


def test_whole_numbers_have_bins_of_an_even_width() -> None:
    """From -5 to 4 in four bins: 3 wide would do, and 4 is even; the first begins at -8."""
    found = Binned(4)
    found.add(column(-5, -3, -1, 0, 4))
    assert (found.low, found.high) == (-8, 8)
    assert found.counts.tolist() == [1, 2, 1, 1]


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1), st.integers(2, 9))
def test_every_value_of_the_first_part_is_within_and_zero_is_an_edge(values: list[float], bins: int) -> None:
    found = Binned(bins)
    found.add(column(*values))
    assert found.counts.sum() == len(values)
    width = (found.high - found.low) / bins
    rounding = 1e-6 * max(abs(found.low), abs(found.high))
    assert found.low - rounding <= min(values)
    assert max(values) <= found.high + rounding
    assert found.low / width == pytest.approx(round(found.low / width), abs=1e-6)
