"""The straight-through estimators as curves of one latent weight, in plain arithmetic.

Each is what ``bnn_designer.nn`` computes for that quantizer, and is tested against its gradients: ``value`` is what the
layer multiplies with, ``slope`` what the backward pass takes for its derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bnn_designer.units import MINUS

#: The filter that the magnitude-aware sign averages over has nine weights: that of the lesson, and eight whose
#: magnitudes add up to this.
OTHERS = 3.2
FILTER_SIZE = 9
#: Of SignSwish, as ``swish_sign`` has it by default.
BETA = 5.0
#: As the gradient in ``bnn_designer.nn`` clips beta x, so that the hyperbolic cosine of it is a number.
_LARGEST = 30.0


def sign(weight: float) -> int:
    """+1, of 0 as well, or -1."""
    return -1 if weight < 0 else 1


def scale(weight: float) -> float:
    """The mean magnitude of the lesson's filter."""
    return (abs(weight) + OTHERS) / FILTER_SIZE


def _inside(weight: float) -> bool:
    return abs(weight) <= 1


def _swish_slope(weight: float) -> float:
    """BNN+, Darabi et al. 2018, arXiv 1812.11800, eq. 3."""
    x = max(-_LARGEST, min(_LARGEST, BETA * weight))
    return BETA * (2 - x * math.tanh(x / 2)) / (1 + math.cosh(x))


@dataclass(frozen=True)
class Estimator:
    """A quantizer of one weight.

    Attributes:
        name: as designs have it.
        says: what its slope is, in words.
        value: of the latent weight: what the layer multiplies with.
        slope: of the latent weight: what the backward pass takes for the derivative of ``value``.
        true_slope: that derivative, which is the same everywhere but at 0, where there is none.
    """

    name: str
    says: str
    value: Callable[[float], float]
    slope: Callable[[float], float]
    true_slope: float = 0.0


ESTIMATORS: dict[str, Estimator] = {
    one.name: one
    for one in (
        Estimator(
            "ste_sign",
            f"1 between {MINUS}1 and 1, and 0 outside: as if the sign were the identity there.",
            sign,
            lambda weight: float(_inside(weight)),
        ),
        Estimator(
            "approx_sign",
            f"2 {MINUS} 2|w| between {MINUS}1 and 1: steepest at 0, where a small step can flip the sign.",
            sign,
            lambda weight: 2 - 2 * abs(weight) if _inside(weight) else 0.0,
        ),
        Estimator(
            "swish_sign",
            "Smooth, 5 at 0, and below 0 farther out: there it points the other way.",
            sign,
            _swish_slope,
        ),
        Estimator(
            "magnitude_aware_sign",
            "The sign times the mean magnitude of its filter. The slope is that mean between "
            f"{MINUS}1 and 1, and 0 outside.",
            lambda weight: sign(weight) * scale(weight),
            lambda weight: scale(weight) * _inside(weight),
            1 / FILTER_SIZE,
        ),
    )
}
