"""The verdict on two variants: Welch's interval, by hand and against tables of Student's t."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.compare.significance import compared, students_t, welch_freedom
from bnn_designer.compare.trained import spread

accuracies = st.lists(st.integers(0, 1000).map(lambda n: n / 1000), min_size=2, max_size=6)


@pytest.mark.parametrize(
    ("confidence", "freedom", "t"),
    [
        # any table of Student's t, two sides
        (0.95, 1, 12.706),
        (0.95, 2, 4.303),
        (0.95, 4, 2.776),
        (0.99, 10, 3.169),
        (0.90, 30, 1.697),
        (0.95, 1e9, 1.960),  # the normal distribution's
    ],
)
def test_students_t_is_that_of_the_tables(confidence: float, freedom: float, t: float) -> None:
    assert students_t(confidence, freedom) == pytest.approx(t, abs=6e-4)


def test_the_interval_by_hand() -> None:
    first, other = spread([0.70, 0.71, 0.72]), spread([0.74, 0.76, 0.78])
    # deviations 0.01 and 0.02, of three values each
    parts = (0.01**2 / 3, 0.02**2 / 3)
    freedom = (parts[0] + parts[1]) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 2)
    assert welch_freedom(parts, (3, 3)) == pytest.approx(freedom)
    found = compared(first, other)
    assert found.difference == pytest.approx(0.05)
    assert found.margin == pytest.approx(students_t(0.95, freedom) * math.sqrt(sum(parts)))
    # t is 3.18 or less with 3 degrees of freedom and more: 3.18 * 0.0129 = 0.041 < 0.05
    assert found.verdict == "better"
    assert found.text.startswith("better by more than noise (+5.0 ± ")
    assert compared(other, first).verdict == "worse"
    # eight intervals that hold together are wider: 1 - 0.05 / 8 = 99.4 % each
    assert compared(first, other, comparisons=8).verdict == "noise"
    assert compared(first, other, comparisons=8).text.startswith("no more than noise (+5.0 ± ")


def test_what_cannot_be_told_is_said() -> None:
    one, several = spread([0.7]), spread([0.5, 0.6])
    assert compared(several, one).text == "one run of it cannot tell: train more seeds"
    assert compared(one, several).text == "one run of the first variant cannot tell: train more seeds"
    assert compared(one, one).difference == 0
    assert compared(several, None).text == "no run of it is done"
    assert compared(None, several).text == "no run of the first variant is done"
    alike = compared(spread([0.5, 0.5]), spread([0.6, 0.6]))
    assert (alike.verdict, alike.margin) == ("unknown", None)
    assert "nothing says how large the noise is" in alike.text


@given(accuracies, accuracies, st.integers(1, 20))
def test_a_verdict_turns_with_its_sides_and_more_comparisons_never_find_more(
    first: list[float], other: list[float], comparisons: int
) -> None:
    here, there = compared(spread(first), spread(other)), compared(spread(other), spread(first))
    turned = {"better": "worse", "worse": "better"}
    assert there.verdict == turned.get(here.verdict, here.verdict)
    assert compared(spread(first), spread(first)).verdict in ("noise", "unknown")
    if compared(spread(first), spread(other), comparisons).verdict in turned:
        assert here.verdict in turned
