"""Laws of the learning rate's schedules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.training.recipe import Recipe
from bnn_designer.training.schedule import learning_rate_at, recipe_rate

SCHEDULES = st.sampled_from(["cosine", "step", "constant"])
STEPS = st.integers(1, 2_000)
PEAKS = st.floats(1e-6, 1)
WARMUPS = st.floats(0, 0.5)


def rates(total_steps: int, peak: float, schedule: str, warmup: float, **others: object) -> list[float]:
    arguments = {"total_steps": total_steps, "peak": peak, "schedule": schedule, "warmup": warmup} | others
    return [learning_rate_at(step, **arguments) for step in range(total_steps)]  # type: ignore[arg-type]


def test_a_constant_rate() -> None:
    assert rates(7, 0.02, "constant", warmup=0) == [0.02] * 7


def test_the_cosine_has_its_peak_after_the_warm_up_and_half_of_it_in_the_middle() -> None:
    found = rates(100, 0.01, "cosine", warmup=0.03)
    # 3 % of 100 steps climb: 1/4, 2/4, 3/4 of the peak
    assert found[:3] == pytest.approx([0.01 / 4, 0.01 * 2 / 4, 0.01 * 3 / 4])
    assert found[3] == 0.01
    # cos(pi / 2) = 0 halfway through the 97 steps that are left
    assert (found[3 + 48] + found[3 + 49]) / 2 == pytest.approx(0.01 / 2)
    assert 0 < found[99] < 0.01 / 1000


@given(total_steps=STEPS, peak=PEAKS, schedule=SCHEDULES, warmup=WARMUPS)
def test_the_warm_up_climbs_evenly_from_near_zero_to_the_peak(
    total_steps: int, peak: float, schedule: str, warmup: float
) -> None:
    steps = int(total_steps * warmup)
    found = rates(total_steps, peak, schedule, warmup)
    assert found[:steps] == pytest.approx([peak * (step + 1) / (steps + 1) for step in range(steps)])
    assert found[steps] == peak
    assert max(found) == peak
    assert min(found) > 0


@given(total_steps=STEPS, peak=PEAKS, warmup=WARMUPS)
def test_the_cosine_climbs_then_falls_to_near_zero(total_steps: int, peak: float, warmup: float) -> None:
    found = rates(total_steps, peak, "cosine", warmup)
    top = found.index(max(found))
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)
    # (1 + cos(pi (1 - 1/n))) / 2 <= (pi / n)^2 / 4 for the n steps that fall
    assert found[-1] <= peak * (3.15 / (total_steps - top)) ** 2 / 4


@given(
    total_steps=STEPS,
    peak=PEAKS,
    milestones=st.lists(st.floats(0.01, 0.99), max_size=4, unique=True).map(sorted),
    factor=st.floats(0.01, 0.99),
)
def test_steps_fall_at_their_milestones_and_nowhere_else(
    total_steps: int, peak: float, milestones: list[float], factor: float
) -> None:
    found = rates(total_steps, peak, "step", warmup=0, milestones=tuple(milestones), step_factor=factor)
    falls = {step for step in range(1, total_steps) if found[step] != found[step - 1]}
    assert falls == {
        step for step in range(1, total_steps) if any(step - 1 < m * total_steps <= step for m in milestones)
    }
    assert found[-1] == pytest.approx(peak * factor ** sum(m * total_steps <= total_steps - 1 for m in milestones))


def test_a_recipe_has_its_own_numbers() -> None:
    recipe = Recipe(schedule="step", learning_rate=0.5, warmup=0.1, milestones=(0.2, 0.6), step_factor=0.5)
    # 20 steps, of which 2 climb; milestones after 4 and 12
    expected = [0.5 / 3, 0.5 * 2 / 3, *[0.5] * 2, *[0.25] * 8, *[0.125] * 8]
    assert [recipe_rate(recipe, step, 20) for step in range(20)] == pytest.approx(expected)


def test_each_of_two_stages_has_the_whole_schedule() -> None:
    one = Recipe(epochs=3, warmup=0.1)
    two = Recipe(epochs=5, warmup=0.1, first_stage_epochs=2)
    # 10 steps an epoch: 2 epochs, then 3
    found = [recipe_rate(two, step, 50) for step in range(50)]
    assert found[20:] == [recipe_rate(one, step, 30) for step in range(30)]
    assert found[:20] == [recipe_rate(Recipe(epochs=2, warmup=0.1), step, 20) for step in range(20)]


def test_an_unknown_schedule() -> None:
    with pytest.raises(ValueError, match="'linear' is unknown"):
        learning_rate_at(0, total_steps=1, peak=1, schedule="linear")
