"""Pool, batch norm and sign in both orders: what the sign reads, and how evenly.

A batch norm with gamma > 0 grows with its input, so the largest of what it gives is what it gives for the largest
input: with the same numbers in it, both orders are the same function. But a batch norm does not have the same numbers
in both: it measures the mean and the variance of what it reads, the pooled sums or all of them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bnn_designer.compare.dimensions import Choice, varied
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.lessons.layer_sums import EPSILON
from bnn_designer.lessons.pool_layers import Distribution
from bnn_designer.lessons.shortcut_ways import entropy_bits

RESULT = "pool-order"
#: Of what each value is made that the sign reads.
Order = Literal["none", "pool_first", "batch_norm_first"]
ORDERS: Mapping[Order, str] = {
    "none": "No pool: batch norm, sign",
    "pool_first": "Pool, batch norm, sign",
    "batch_norm_first": "Batch norm, pool, sign",
}
Kind = Literal["max", "average"]
KINDS: tuple[Kind, ...] = ("max", "average")
#: Pixels of a window's side; the windows are 2 pixels apart, as in BinaryNet and in XNOR-Net.
SIZES, STRIDE = (2, 3), 2
_POOLS: Mapping[str, np.ufunc] = {"max": np.maximum, "min": np.minimum, "average": np.add}


def pooled(sums: npt.NDArray[np.int64], kind: str, size: int) -> npt.NDArray[np.int64]:
    """Of each window the largest, the least, or all added up; windows that would stand over the edge are left out.

    Args:
        sums: int64 [H, W].
        kind: "max", "min" or "average".
        size: of a window's side.

    Returns:
        int64 [(H - size) // 2 + 1, (W - size) // 2 + 1].
    """
    windows = np.lib.stride_tricks.sliding_window_view(sums, (size, size))[::STRIDE, ::STRIDE]
    return np.asarray(_POOLS[kind].reduce(windows, axis=(2, 3)), np.int64)


def distribution(values: Iterable[int], divisor: int = 1) -> Distribution:
    """How often each occurs; all of them have one parity."""
    found = Counter(values)
    lowest, highest = min(found), max(found)
    return Distribution(lowest, tuple(found[one] for one in range(lowest, highest + 1, 2)), divisor)


def distributions(maps: Iterable[npt.NDArray[np.int64]]) -> dict[str, Distribution]:
    """Of one filter's sums in some images, by pool, named as in :class:`PoolFilter`."""
    maps = tuple(maps)
    found = {"none": distribution(int(one) for sums in maps for one in sums.ravel())}
    for size in SIZES:
        for kind in _POOLS:
            values = (int(one) for sums in maps for one in pooled(sums, kind, size).ravel())
            found[f"{kind} {size}"] = distribution(values, size * size if kind == "average" else 1)
    return found


@dataclass(frozen=True)
class Moments:
    """Of a distribution.

    ``skewness`` is the mean cube of its values, centered and divided by their deviation; 0 where there is one value.
    """

    mean: float
    variance: float
    skewness: float


def moments(found: Distribution) -> Moments:
    """Of all values that occurred, as often as they did."""
    mean = _mean_of(found, lambda value: value)
    variance = _mean_of(found, lambda value: (value - mean) ** 2)
    third = _mean_of(found, lambda value: (value - mean) ** 3)
    return Moments(mean, variance, third / (variance * math.sqrt(variance)) if variance > 0 else 0.0)


def _mean_of(found: Distribution, of: Callable[[float], float]) -> float:
    return sum(count * of(found.value(place)) for place, count in enumerate(found.counts)) / sum(found.counts)


@dataclass(frozen=True)
class Read:
    """What the sign reads.

    Attributes:
        values: each value that occurs, and how often.
        plus: share that becomes +1, 0 to 1.
        mean, deviation, skewness: of the values.
        bits: what the sign keeps of one.
        gradient: share between -1 and 1, where ``ste_sign`` lets a gradient through.
    """

    values: tuple[tuple[float, int], ...]
    plus: float
    mean: float
    deviation: float
    skewness: float
    bits: float
    gradient: float


def read_by_sign(
    measured: Mapping[str, Distribution],
    here: Mapping[str, Distribution],
    order: Order,
    *,
    kind: Kind,
    size: int,
    gamma: float,
    beta: float,
) -> Read:
    """What it reads in one order.

    Args:
        measured: what the batch norm has measured, by pool.
        here: what is looked at, by pool: the same, or one picture's sums.
        order: of pool and batch norm.
        kind, size: of the pool.
        gamma, beta: of the batch norm.
    """
    pool = f"{kind} {size}"
    normed = moments(measured[pool if order == "pool_first" else "none"])
    # a falling batch norm makes the least sum of a window the largest of what it gives
    turned = order == "batch_norm_first" and kind == "max" and gamma < 0
    seen = here["none" if order == "none" else f"min {size}" if turned else pool]
    scale = math.sqrt(normed.variance + EPSILON)
    values = [
        (gamma * ((seen.value(place) - normed.mean) / scale) + beta, count)
        for place, count in enumerate(seen.counts)
        if count
    ]
    total = sum(count for _, count in values)
    plus = sum(count for value, count in values if value >= 0)
    of = moments(seen)
    return Read(
        values=tuple(values),
        plus=plus / total,
        mean=gamma * ((of.mean - normed.mean) / scale) + beta,
        deviation=abs(gamma) * math.sqrt(of.variance) / scale,
        skewness=math.copysign(of.skewness, of.skewness * gamma) if gamma else 0.0,
        bits=entropy_bits((plus, total - plus)),
        gradient=sum(count for value, count in values if abs(value) <= 1) / total,
    )


def batch_norm_first() -> Design:
    """The narrow BinaryNet of the result ``pool-order``, with its pools behind the batch norms."""
    choices = (Choice("width", "0.25"), Choice("first-last", "float"), Choice("pool", "after"))
    return varied(preset("binarynet"), choices).model_copy(update={"name": "narrow-binarynet, batch norm first"})
