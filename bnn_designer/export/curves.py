"""How a network was trained, epoch by epoch: what a report shows of its run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Curves:
    """Four figures of each epoch of a run, in order; ``val`` ones are of the validation images, shares are of 1."""

    epoch: tuple[int, ...]
    accuracy: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    loss: tuple[float, ...]
    val_loss: tuple[float, ...]
