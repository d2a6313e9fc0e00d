"""Binary kernels: their signs as tiles, and the float weights behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Kernel = npt.NDArray[np.float32]
Tiles = npt.NDArray[np.uint8]

#: Filters and input channels of a layer that are kept; a person looks at no more, and files stay small.
MOST_TILES = 64
#: Even, so that zero is an edge of two bins.
BINS = 40


def tiles(kernel: Kernel) -> Tiles:
    """The signs as uint8, 1 for +1, see :func:`as_tiles`."""
    return (as_tiles(kernel) >= 0).astype(np.uint8)


def as_tiles(kernel: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A number a weight as [filters, channels, height, width], of the first filters and channels.

    Args:
        kernel: as Keras has it: [height, width, channels, filters], a depthwise one [height, width, channels, 1], of
            which each channel is a filter of one channel, or [features, units].
    """
    if kernel.ndim == 2:
        kernel = kernel[None, None]
    order = (2, 3, 0, 1) if kernel.shape[-1] == 1 else (3, 2, 0, 1)
    return kernel.transpose(order)[:MOST_TILES, :MOST_TILES]


def latent_counts(latent: Kernel, clip: float | None) -> tuple[float, npt.NDArray[np.int64]]:
    """How far the histogram of latent weights reaches to both sides of 0, and the counts of its bins.

    Args:
        latent: of any shape.
        clip: the limit of the constraint, which no weight is beyond but for rounding; None: there is none.
    """
    largest = float(np.abs(latent).max())
    reach = (largest if clip is None else min(largest, clip)) or 1.0
    return reach, np.histogram(np.clip(latent, -reach, reach), BINS, (-reach, reach))[0]


def clipped_share(latent: Kernel, clip: float) -> float:
    """The share of weights at the limit of their constraint, as the curves of a run have it (training/measures.py)."""
    return float((np.abs(latent) >= np.nextafter(np.float32(clip), np.float32(0))).mean())
