"""The learning rate as a pure function of the step."""

from __future__ import annotations

import math

# Share of all steps over which the rate climbs from near 0: Adam's second moments are guesses in its first steps.
WARMUP_SHARE = 0.03


def learning_rate_at(step: int, *, total_steps: int, peak: float, schedule: str) -> float:
    """The rate for optimizer step ``step`` (0 .. total_steps - 1).

    "constant" is ``peak`` throughout. "cosine" climbs linearly over the first 3 % of the steps, then follows
    ``peak * (1 + cos(pi * t)) / 2`` with t from 0 to 1 over the rest (1608.03983, without restarts).

    Raises:
        ValueError: an unknown schedule.
    """
    if schedule == "constant":
        return peak
    if schedule != "cosine":
        raise ValueError(f"schedule {schedule!r} is unknown: use 'cosine' or 'constant'")
    warmup_steps = int(total_steps * WARMUP_SHARE)
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    t = (step - warmup_steps) / (total_steps - warmup_steps)
    return peak * (1 + math.cos(math.pi * t)) / 2
