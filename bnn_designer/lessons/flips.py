"""One binary weight under a stream of gradients: trained by a latent weight, and by Bop without one.

A gradient is dL/dw of the binary weight w: above 0, the loss falls if the weight is -1. The streams are given
beforehand and do not answer to the weight, so that each way of training is shown the same. The kernel quantizer is
``ste_sign`` and the constraint ``weight_clip``, so that the latent weight stays in [-1, 1] and gets each gradient as it
is. All of it is held to the optimizers of ``bnn_designer.nn`` by tests.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from bnn_designer.lessons.estimators import sign
from bnn_designer.units import MINUS

#: Gradients in a stream.
STEPS = 60
#: What a stream's gradients are multiplied by.
SIZES = (0.1, 0.5, 1.0)
#: What the latent weight starts at, and its learning rates: among them those of Adam by default and of the recipe
#: ``learning-rate-x30``.
STARTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
RATES = (0.003, 0.01, 0.03, 0.05, 0.09, 0.1, 0.2, 0.3)
#: Of Bop.
GAMMAS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
THRESHOLDS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
#: Of Adam, as Keras has them and ``bnn_designer.nn.Adam``.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
_SEED = 6


@dataclass(frozen=True)
class Stream:
    """Gradients, one a step, in tenths from -1 to 1.

    Attributes:
        title: what they have in common.
        says: how many flips they are worth.
        gradients: in their order.
    """

    title: str
    says: str
    gradients: tuple[float, ...]


def _noisy(push: Callable[[int], float]) -> tuple[float, ...]:
    """A push, by the step's number, and even noise of up to 0.7 either way."""
    noise = random.Random(_SEED)
    # + 0.0: of a zero below 0, zero
    return tuple(round(push(step) + 0.7 * (2 * noise.random() - 1), 1) + 0.0 for step in range(1, STEPS + 1))


STREAMS: dict[str, Stream] = {
    "same": Stream("all the same", f"Every gradient says {MINUS}1. One flip is enough.", (0.5,) * STEPS),
    "noisy": Stream("a push with noise", f"Most gradients say {MINUS}1. One flip is enough.", _noisy(lambda step: 0.3)),
    "noise": Stream("noise alone", "The gradients agree on nothing. No flip is worth it.", _noisy(lambda step: 0)),
    "turning": Stream(
        "a push that turns",
        f"Most gradients say {MINUS}1 in the first half, and +1 in the second. Two flips are enough.",
        _noisy(lambda step: 0.3 if step <= STEPS // 2 else -0.3),
    ),
}


@dataclass(frozen=True)
class Flipping:
    """What became of one weight; both lists have a value for each step.

    Attributes:
        remembered: the latent weight after the step; of Bop, the average.
        signs: the binary weight after the step.
    """

    remembered: tuple[float, ...]
    signs: tuple[int, ...]

    def flips(self, start: int = 1) -> tuple[int, ...]:
        """The steps, from 1, in which the binary weight changed; ``start``: what it was before the first."""
        before = (start, *self.signs)
        return tuple(step for step, (old, new) in enumerate(zip(before, self.signs, strict=False), 1) if old != new)


def sgd(gradients: tuple[float, ...], start: float, rate: float) -> Flipping:
    """Gradient descent on a latent weight, without momentum, clipped: w <- clip(w - rate g, -1, 1).

    Args:
        start: the latent weight before the first step, in [-1, 1].
        rate: the learning rate.
    """
    weight, weights = start, []
    for gradient in gradients:
        weight = _clipped(weight - rate * gradient)
        weights.append(weight)
    return Flipping(tuple(weights), tuple(map(sign, weights)))


def adam(gradients: tuple[float, ...], start: float, rate: float) -> Flipping:
    """Adam (Kingma and Ba, 2014, arXiv 1412.6980, section 2, with the epsilon of the note there) on a latent weight.

    Args:
        start: as of :func:`sgd`.
        rate: the learning rate, about how long a step is.
    """
    weight, weights = start, []
    mean = square = 0.0
    power_1 = power_2 = 1.0
    for gradient in gradients:
        power_1, power_2 = power_1 * BETA_1, power_2 * BETA_2
        mean += (gradient - mean) * (1 - BETA_1)
        square += (gradient * gradient - square) * (1 - BETA_2)
        step = rate * math.sqrt(1 - power_2) / (1 - power_1)
        weight = _clipped(weight - step * mean / (math.sqrt(square) + EPSILON))
        weights.append(weight)
    return Flipping(tuple(weights), tuple(map(sign, weights)))


LATENT: dict[str, Callable[[tuple[float, ...], float, float], Flipping]] = {"sgd": sgd, "adam": adam}


def bop(gradients: tuple[float, ...], gamma: float, threshold: float) -> Flipping:
    """Bop (Helwegen et al. 2019, arXiv 1906.02107, algorithm 1) on a weight that is +1 at first.

    m <- (1 - gamma) m + gamma g, from m = 0; then w <- -w where m w > threshold.
    """
    average, weight = 0.0, 1
    averages, signs = [], []
    for gradient in gradients:
        average = _rounded((1 - gamma) * average + gamma * gradient)
        if average * weight > threshold:
            weight = -weight
        averages.append(average)
        signs.append(weight)
    return Flipping(tuple(averages), tuple(signs))


def scaled(stream: Stream, size: float) -> tuple[float, ...]:
    """The gradients of a stream times a size."""
    return tuple(_rounded(size * gradient) for gradient in stream.gradients)


def _clipped(weight: float) -> float:
    """As ``weight_clip``, and to nine decimals, so that steps of tenths meet 0 as they do on paper."""
    return max(-1.0, min(1.0, _rounded(weight)))


def _rounded(value: float) -> float:
    """Nine decimals; halves upward, as JavaScript's ``Math.round``."""
    return math.floor(value * 1e9 + 0.5) / 1e9
