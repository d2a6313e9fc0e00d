"""The training of one latent weight, step by step.

The network is the smallest there is: one weight and the input 1, so that its output is the quantized weight v. An
example wants the output t, -1 or +1, and its loss is (v - t)^2 / 2, whose derivative is v - t. Gradient descent with
the estimator's slope takes the latent weight to w - rate (v - t) slope(w), rounded to nine decimals, so that steps of
tenths meet 0 as they do on paper; the constraint, where it is on, clips that to [-1, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bnn_designer.lessons.estimators import Estimator, sign

#: How many steps a training has.
STEPS = 40
RATES = (0.02, 0.05, 0.1)
#: Of the examples with a dissenter, each fourth wants +1; the others, and all others, want -1.
DISSENT_EVERY = 4


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        target: what the example wants, -1 or +1.
        error: the output less the target, dL/dv.
        slope: the estimator's, at the weight before the step.
        weight: the latent weight after it.
        flipped: whether its sign is another one than before.
    """

    target: int
    error: float
    slope: float
    weight: float
    flipped: bool


def target_of(step: int, dissent: bool) -> int:
    """What the example of a step wants; steps count from 1."""
    return 1 if dissent and step % DISSENT_EVERY == 0 else -1


def train(estimator: Estimator, start: float, rate: float, *, clip: bool, dissent: bool) -> tuple[Step, ...]:
    """All steps of a training.

    Args:
        start: the latent weight before it.
        rate: the learning rate.
        clip: whether the weight is clipped to [-1, 1] after each step, as the constraint ``weight_clip`` does.
        dissent: whether each fourth example wants the opposite.
    """
    steps: list[Step] = []
    weight = start
    for number in range(1, STEPS + 1):
        target = target_of(number, dissent)
        error, slope = estimator.value(weight) - target, estimator.slope(weight)
        after = _rounded(weight - rate * error * slope)
        if clip:
            after = max(-1.0, min(1.0, after))
        steps.append(Step(target, error, slope, after, sign(after) != sign(weight)))
        weight = after
    return tuple(steps)


def _rounded(weight: float) -> float:
    """Halves upward, as JavaScript's ``Math.round``."""
    return math.floor(weight * 1e9 + 0.5) / 1e9
