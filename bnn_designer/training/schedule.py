"""The learning rate as a pure function of the step."""

from __future__ import annotations

import math

from bnn_designer.training.recipe import Recipe


def recipe_rate(recipe: Recipe, step: int, total_steps: int) -> float:
    """The learning rate of a recipe's run at optimizer step ``step`` (0 .. total_steps - 1).

    Each of two stages has the whole schedule, warm-up included, as a run of its own has.
    """
    first = recipe.first_stage_steps(total_steps)
    start, end = (0, first) if step < first else (first, total_steps)
    return learning_rate_at(
        step - start,
        total_steps=end - start,
        peak=recipe.learning_rate,
        schedule=recipe.schedule,
        warmup=recipe.warmup,
        milestones=recipe.milestones,
        step_factor=recipe.step_factor,
    )


def learning_rate_at(
    step: int,
    *,
    total_steps: int,
    peak: float,
    schedule: str,
    warmup: float = 0.0,
    milestones: tuple[float, ...] = (),
    step_factor: float = 0.1,
) -> float:
    """The rate for optimizer step ``step`` (0 .. total_steps - 1).

    During the warm-up it climbs linearly from near 0 to ``peak``. Then "constant" stays there; "step" is multiplied by
    ``step_factor`` at each milestone; "cosine" follows ``peak * (1 + cos(pi * t)) / 2`` with t from 0 to 1 over the
    rest (1608.03983, without restarts).

    Args:
        step: from 0.
        total_steps: of the run.
        peak: the highest rate.
        schedule: what happens after the warm-up.
        warmup: share of all steps, of which whole steps are counted.
        milestones: shares of all steps, for "step".
        step_factor: for "step".

    Raises:
        ValueError: an unknown schedule.
    """
    warmup_steps = int(total_steps * warmup)
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    if schedule == "constant":
        return peak
    if schedule == "step":
        return peak * step_factor ** sum(step >= share * total_steps for share in milestones)
    if schedule == "cosine":
        t = (step - warmup_steps) / (total_steps - warmup_steps)
        return peak * (1 + math.cos(math.pi * t)) / 2
    raise ValueError(f"schedule {schedule!r} is unknown: use 'cosine', 'step' or 'constant'")
