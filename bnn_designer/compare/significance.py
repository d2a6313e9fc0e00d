"""Whether two variants differ by more than the seeds do: Welch's interval of the difference of two means.

A training run is decided by its seed, and another seed gives another accuracy. The mean of a few runs is therefore
known only up to an interval. Two variants differ by more than noise where the interval of their difference leaves out
0.

Why Welch's interval (B. L. Welch, Biometrika 34, 1947): it lets each variant have a spread of its own, which binary
networks of different precision have. Runs are not paired by their seeds, though the seeds are the same: two different
networks share the order of the images by a seed and not the initial weights, so that pairing gains little, and would
leave half of the degrees of freedom. Where seeds do make runs alike, the interval is wider than it need be.

Where several variants are held against the first, each by an interval of 95 %, one in twenty would differ by chance.
So that all intervals of a table hold together with 95 %, each has the confidence 1 - 0.05 / comparisons (Bonferroni;
O. J. Dunn, Journal of the American Statistical Association 56, 1961).

The spread is that of seeds, on the same validation images: it says nothing of how other images would do. Sources of
variance and how many runs tell them from an effect: Bouthillier et al., 2103.03098.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from bnn_designer.compare.trained import Spread

#: Of all the intervals of a table together.
CONFIDENCE = 0.95
#: better, worse: by more than noise. noise: the difference may be one of seeds. unknown: nothing can be said, and why.
Verdict = Literal["better", "worse", "noise", "unknown"]


@dataclass(frozen=True)
class Comparison:
    """A variant's mean held against that of the first one.

    Attributes:
        verdict: of the variant.
        difference: its mean minus the first's, 0 to 1; None: one of the two has none.
        margin: half the width of the interval; None: it takes two runs of each.
        reason: in the state unknown; else "".
    """

    verdict: Verdict
    difference: float | None = None
    margin: float | None = None
    reason: str = ""

    @property
    def text(self) -> str:
        """The verdict in plain words, with its figures in points of percent."""
        if self.verdict == "unknown" or self.difference is None or self.margin is None:
            return self.reason
        points = f"{self.difference * 100:+.1f} ± {self.margin * 100:.1f} points"
        if self.verdict == "noise":
            return f"no more than noise ({points})"
        return f"{self.verdict} by more than noise ({points})"

    def to_data(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "difference": self.difference,
            "margin": self.margin,
            "text": self.text,
        }


def compared(first: Spread | None, other: Spread | None, comparisons: int = 1) -> Comparison:
    """A variant against the first one, of which more is better.

    Args:
        first: accuracies of the first variant's runs; None: none is done.
        other: of the variant.
        comparisons: how many variants are held against the first in one table.
    """
    if first is None or other is None:
        return Comparison("unknown", reason=f"no run of {'the first variant' if first is None else 'it'} is done")
    difference = other.mean - first.mean
    if first.deviation is None or other.deviation is None:
        one = "it" if other.deviation is None else "the first variant"
        return Comparison("unknown", difference, reason=f"one run of {one} cannot tell: train more seeds")
    parts = (first.deviation**2 / first.count, other.deviation**2 / other.count)
    error = math.sqrt(sum(parts))
    if error == 0:
        return Comparison(
            "unknown",
            difference,
            reason="the runs of each are all alike, so that nothing says how large the noise is: validate on more "
            "images, or train for longer",
        )
    confidence = 1 - (1 - CONFIDENCE) / max(1, comparisons)
    margin = students_t(confidence, welch_freedom(parts, (first.count, other.count))) * error
    if abs(difference) <= margin:
        return Comparison("noise", difference, margin)
    return Comparison("better" if difference > 0 else "worse", difference, margin)


def welch_freedom(parts: Sequence[float], counts: Sequence[int]) -> float:
    """Degrees of freedom of a difference of means, by Welch and Satterthwaite.

    ``(a + b)² / (a² / (n - 1) + b² / (m - 1))``, with the squared standard errors a and b of n and m values.
    """
    return sum(parts) ** 2 / sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True))


@lru_cache(maxsize=256)
def students_t(confidence: float, freedom: float) -> float:
    """What Student's t stays within, plus and minus, with that probability.

    By bisection of its distribution, which is monotonic; the result is right to 10 digits.

    Args:
        confidence: above 0 and below 1.
        freedom: degrees of freedom, any positive number.
    """
    low, high = 0.0, 1.0
    while _within(high, freedom) < confidence:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return high


def _within(t: float, freedom: float) -> float:
    """The probability that Student's t lies between -t and t (Abramowitz and Stegun, 26.7.1 with 26.5.27)."""
    return 1 - _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (Abramowitz and Stegun, 26.5.8)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges fast for the other end
        return 1 - _incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # Lentz' method: numerators and denominators of the fraction, as ratios to the ones before
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 1000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front * fraction / a
