"""The first two layers of a trained network, as lesson 8 runs them on any picture, and what was counted in them.

They are of the narrow BinaryNet in full precision at both ends, seed 0 of the result ``first-last-narrow``, after its
ten epochs: binary_conv_1 (3 x 3 over the image in full precision, 32 filters, no padding), its batch norm, and three
filters of binary_conv_2 (3 x 3 over 32 channels of signs, zeros as padding), which a max pool follows. The second
network is seed 0 of the result ``pool-order`` with the batch norm first, trained in the same way. Counted over the
first 500 test images of CIFAR-10 (JPEG re-encoded) on 28 November 2026 by ``python -m bnn_designer.bench.lesson_pools
POOL_FIRST.keras BATCH_NORM_FIRST.keras``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.lessons.layer_sums import EPSILON

FILE = Path(__file__).parent / "pool_layers.json"
#: Pixels of a picture's side, of the first layer's output, and of a filter's sums.
PICTURE, SUMS = 32, 30
#: Test images that were counted.
IMAGES = 500
#: Of the first layer.
CHANNELS = 32


@dataclass(frozen=True)
class Distribution:
    """How often each value occurs.

    Attributes:
        lowest: the lowest one, times ``divisor``.
        counts: how often each occurs: ``lowest``, ``lowest`` + 2, and so on, each divided by ``divisor``.
        divisor: 1, or how many sums an average is made of.
    """

    lowest: int
    counts: tuple[int, ...]
    divisor: int = 1

    def value(self, place: int) -> float:
        """What occurred ``counts[place]`` times."""
        return (self.lowest + 2 * place) / self.divisor


@dataclass(frozen=True)
class PoolFilter:
    """A filter of binary_conv_2.

    Attributes:
        number: its place among the layer's filters, from 0.
        signs: int8 [3, 3, 32] of its kernel, -1 and 1.
        beta: of the batch norm behind the pool, as trained.
        counts: of the 500 images, by pool: ``none``, and ``max 2``, ``min 2``, ``average 2``, and the same of 3.
    """

    number: int
    signs: npt.NDArray[np.int8]
    beta: float
    counts: Mapping[str, Distribution]


@dataclass(frozen=True)
class Signs:
    """Of all 32 filters behind one pool.

    Attributes:
        plus: share of +1, 0 to 1: the mean over the filters.
        least, most: of the filters.
        bits: what a sign keeps, at most 1: the mean over the filters.
        betas_below: how many filters have a beta below 0.
    """

    plus: float
    least: float
    most: float
    bits: float
    betas_below: int


@dataclass(frozen=True)
class PoolLayers:
    """What the file has.

    Attributes:
        kernel: float32 [3, 3, 3, 32] of the first layer.
        mean, variance, beta: float32 [32] of its batch norm, which has no gamma.
        filters: of the second one.
        fresh: by order, with batch norms that measured these 500 images and have beta 0.
        trained: by order, each of the network that was trained in it.
    """

    kernel: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32]
    variance: npt.NDArray[np.float32]
    beta: npt.NDArray[np.float32]
    filters: tuple[PoolFilter, ...]
    fresh: Mapping[str, Signs]
    trained: Mapping[str, Signs]

    def inputs(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
        """The signs that the second layer reads: int8 [30, 30, 32] of uint8 [32, 32, 3].

        In double precision and in one order of adding, as the browser does it; a training computes in single precision.
        """
        image = pixels.astype(np.float64) / 127.5 - 1.0
        sums = np.zeros((SUMS, SUMS, CHANNELS))
        for row in range(3):
            for column in range(3):
                for color in range(3):
                    seen = image[row : row + SUMS, column : column + SUMS, color, None]
                    sums += seen * self.kernel[row, column, color].astype(np.float64)
        scale = np.sqrt(self.variance.astype(np.float64) + EPSILON)
        outputs = (sums - self.mean.astype(np.float64)) / scale + self.beta.astype(np.float64)
        return np.where(outputs >= 0, np.int8(1), np.int8(-1))

    def sums(self, pixels: npt.NDArray[np.uint8], one: PoolFilter) -> npt.NDArray[np.int64]:
        """What a filter of the second layer gives: int64 [30, 30] of uint8 [32, 32, 3]."""
        padded = np.pad(self.inputs(pixels).astype(np.int64), ((1, 1), (1, 1), (0, 0)))
        found = np.zeros((SUMS, SUMS), np.int64)
        for row in range(3):
            for column in range(3):
                found += padded[row : row + SUMS, column : column + SUMS] @ one.signs[row, column].astype(np.int64)
        return found


@cache
def pool_layers() -> PoolLayers:
    """The file, read once."""
    return layers_of(json.loads(FILE.read_text(encoding="utf-8")))


def layers_of(document: Mapping[str, Any]) -> PoolLayers:
    """The layers in a file's document."""
    floats = {name: np.frombuffer(base64.b64decode(text), "<f4") for name, text in document["first"].items()}
    return PoolLayers(
        kernel=floats["kernel"].reshape(3, 3, 3, CHANNELS),
        mean=floats["mean"],
        variance=floats["variance"],
        beta=floats["beta"],
        filters=tuple(map(_filter, document["filters"])),
        fresh={order: Signs(**found) for order, found in document["fresh"].items()},
        trained={order: Signs(**found) for order, found in document["trained"].items()},
    )


def _filter(document: Mapping[str, Any]) -> PoolFilter:
    return PoolFilter(
        number=document["number"],
        signs=np.array([1 if one == "+" else -1 for one in document["signs"]], np.int8).reshape(3, 3, CHANNELS),
        beta=document["beta"],
        counts={
            pool: Distribution(one["lowest"], tuple(one["counts"]), one["divisor"])
            for pool, one in document["counts"].items()
        },
    )
