"""The Pareto front: of its points none is dominated, of the others every one is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.compare import Better, dominates, pareto_front

# few values, so that points are often equal in a figure or in both
figures = st.integers(0, 6).map(float) | st.floats(-1e6, 1e6)
points = st.lists(st.tuples(figures, figures), max_size=12)
ways: st.SearchStrategy[Better] = st.sampled_from(["less", "more"])


@given(points, st.tuples(ways, ways))
def test_no_point_of_the_front_is_dominated_and_every_other_is(
    found: list[tuple[float, float]], better: tuple[Better, Better]
) -> None:
    front = pareto_front(found, better)
    for index, point in enumerate(found):
        beaten = any(dominates(other, point, better) for other in found)
        assert (index in front) is not beaten
        if beaten:
            assert any(dominates(found[member], point, better) for member in front)


@given(points, st.tuples(ways, ways))
def test_the_front_goes_from_one_best_figure_to_the_other(
    found: list[tuple[float, float]], better: tuple[Better, Better]
) -> None:
    front = [found[index] for index in pareto_front(found, better)]
    turned = [
        tuple(value if way == "less" else -value for value, way in zip(one, better, strict=True)) for one in front
    ]
    assert turned == sorted(turned)
    assert [one[1] for one in turned] == sorted((one[1] for one in turned), reverse=True)


def test_small_files_and_high_accuracy() -> None:
    # (file, accuracy): the third is larger than the first and no better, the fourth is the first again
    found = [(4.0, 0.60), (2.0, 0.50), (5.0, 0.60), (4.0, 0.60), (9.0, 0.70)]
    assert pareto_front(found, ("less", "more")) == (1, 0, 3, 4)
    assert dominates(found[0], found[2], ("less", "more"))
    assert not dominates(found[0], found[3], ("less", "more"))


def test_a_point_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        pareto_front([(1.0, math.nan)], ("less", "less"))
    assert pareto_front([], ("less", "less")) == ()
