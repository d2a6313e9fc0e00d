"""When a run is clearly behind, so that it is cancelled: at the same epoch, below networks that cost no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from bnn_designer.training.events import EpochEnd

#: A first part of the epochs in which nothing is said yet: binary networks find their signs slowly.
GRACE_SHARE = 0.25
#: Fewer networks that cost no more say nothing.
LEAST_PEERS = 2
#: How far below their median a run must be, at least; and by how many standard errors of the difference.
LEAST_GAP = 0.02
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class Behind:
    """After which epoch a run was behind, with its best accuracy so far and that of half of its peers."""

    epoch: int
    accuracy: float
    peers: float


def first_behind(curve: Sequence[EpochEnd], peers: Sequence[Sequence[EpochEnd]], epochs: int) -> Behind | None:
    """The first epoch at which a run is clearly behind; None: it is not.

    The median stopping rule (Golovin et al., "Google Vizier", KDD 2017, section 3.2.2) among networks that cost no
    more. It is held to more than noise: 2 standard errors of a difference of two shares, each of the validation's
    images, and 2 points.

    Args:
        curve: the epochs that the run has finished, in order.
        peers: those of finished runs of networks that cost no more.
        epochs: of the recipe; after the last one there is nothing to save.
    """
    for index, epoch in enumerate(curve):
        number = epoch.epoch
        if number < max(1.0, GRACE_SHARE * epochs) or number >= epochs or epoch.float_kernels:
            continue
        others = [best for peer in peers if (best := _best_until(peer, number)) is not None]
        own = _best_until(curve[: index + 1], number)
        if len(others) < LEAST_PEERS or own is None:
            continue
        middle = median_low(others)
        if middle - own > _gap(own, middle, epoch.validation_images):
            return Behind(number, own, middle)
    return None


def _gap(one: float, other: float, images: int | None) -> float:
    if not images:
        return LEAST_GAP
    error = math.sqrt((one * (1 - one) + other * (1 - other)) / images)
    return max(LEAST_GAP, _STANDARD_ERRORS * error)


def _best_until(curve: Sequence[EpochEnd], number: int) -> float | None:
    """The best accuracy of the network itself up to an epoch; None where the curve does not go that far."""
    if not any(epoch.epoch == number for epoch in curve):
        return None
    return max((one.val_accuracy for one in curve if one.epoch <= number and not one.float_kernels), default=None)
