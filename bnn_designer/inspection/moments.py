"""Mean, spread and skewness channel by channel, of values that come in parts, and how many are binarized to +1."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """What is known of the values of each channel.

    Attributes:
        count: of values of one channel.
        mean: [channels].
        second, third: [channels], sums of ``(x - mean) ** 2`` and of ``(x - mean) ** 3``.
        positive: [channels], how many are at least 0, and so +1 behind a sign.
    """

    count: int
    mean: FloatArray
    second: FloatArray
    third: FloatArray
    positive: npt.NDArray[np.int64]

    @staticmethod
    def of(values: npt.NDArray[np.float32]) -> Moments:
        """Of values [..., channels], at least one a channel."""
        flat = values.reshape(-1, values.shape[-1])
        mean = flat.mean(axis=0, dtype=np.float64)
        # small numbers once the mean is taken out: float32 is precise enough for them, and twice as fast
        off = flat - mean.astype(np.float32)
        rest = off.mean(axis=0, dtype=np.float64)  # what rounding the mean has left
        square = off * off
        count = len(flat)
        second, third = square.sum(axis=0, dtype=np.float64), (square * off).sum(axis=0, dtype=np.float64)
        return Moments(
            count=count,
            mean=mean,
            second=np.maximum(second - count * rest**2, 0.0),
            third=third - 3 * rest * second + 2 * count * rest**3,
            positive=(flat >= 0).sum(axis=0, dtype=np.int64),
        )

    def __add__(self, other: Moments) -> Moments:
        """Of both parts together.

        Pébay, "Formulas for Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order Statistical
        Moments", Sandia report SAND2008-6212, equations 2.1 and 2.2.
        """
        count = self.count + other.count
        apart = other.mean - self.mean
        second = self.second + other.second + apart**2 * self.count * other.count / count
        third = (
            self.third
            + other.third
            + apart**3 * self.count * other.count * (self.count - other.count) / count**2
            + 3 * apart * (self.count * other.second - other.count * self.second) / count
        )
        mean = self.mean + apart * other.count / count
        return Moments(count, mean, second, third, self.positive + other.positive)

    @property
    def deviation(self) -> FloatArray:
        """The standard deviation of each channel."""
        return np.asarray(np.sqrt(self.second / self.count))

    @property
    def skewness(self) -> FloatArray:
        """The third standardized moment, ``mean((x - mean) ** 3) / deviation ** 3``; NaN of a channel of one value.

        Above 0: a long tail of large values, as a maximum of several has; 0: symmetric.
        """
        # a deviation of rounding errors alone is none
        steady = self.deviation <= 1e-6 * np.maximum(np.abs(self.mean), 1e-30)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.third / self.count / self.deviation**3
        return np.where(steady, np.nan, found)

    @property
    def positive_share(self) -> FloatArray:
        """The share of each channel's values that a sign makes +1."""
        return self.positive / self.count


class Binned:
    """A histogram whose range is that of the first part; what lies outside later counts for the outermost bins.

    Zero is an edge of two bins, so that each bin has one sign. Of whole numbers, as the sums of signs are, a bin has an
    even width: they are often all even or all odd, and bins of another width would hold one more every other time.

    Args:
        bins: how many.
    """

    def __init__(self, bins: int) -> None:
        self.bins = bins
        self.low = self.high = 0.0
        self.counts = np.zeros(bins, np.int64)

    def add(self, values: npt.NDArray[np.float32]) -> None:
        """Counts one part."""
        if not self.counts.any():
            self._lay_out(values)
        inside = np.clip(values.reshape(-1), self.low, self.high)
        self.counts += np.histogram(inside, self.bins, (self.low, self.high))[0]

    def _lay_out(self, values: npt.NDArray[np.float32]) -> None:
        low, high = float(values.min()), float(values.max())
        width = (high - low) / (self.bins - 1) or 1.0
        if (values == np.rint(values)).all():
            width = 2.0 * math.ceil(width / 2)
        self.low = math.floor(low / width) * width
        self.high = self.low + self.bins * width
