"""Counts the sums of a trained binary layer, for the lesson on batch norm (``lessons/layer_sums.py``).

    python -m bnn_designer.bench.lesson_sums MODEL.keras [--layer NAME] [--filters N,N,N] [--images N]

MODEL.keras is of a run of ``results/designs/narrow-binarynet.json``, in the run's folder. Runs the first test images of
CIFAR-10 through it and prints, for each filter, its batch norm's numbers, and how often each sum occurs. The layer is
one that a batch norm follows. Not part of ``make bench``.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from bnn_designer.nn.saved import load_saved
from bnn_designer.training.augment import scale
from bnn_designer.training.data.find import load


@dataclass(frozen=True)
class Counted:
    """The sums of a layer.

    Attributes:
        norms: of each filter, what its batch norm remembers and adds.
        counts: of each filter, how often each sum occurs.
        sums_within_one, normalized_within_one: shares over all filters, of the sums between -1 and 1, and of what the
            batch norm makes of them.
    """

    norms: tuple[dict[str, float], ...]
    counts: tuple[dict[int, int], ...]
    sums_within_one: float
    normalized_within_one: float


def counted(model: keras.Model, layer: str, images: npt.NDArray[Any]) -> Counted:
    """Counts them.

    Args:
        model: with a layer of that name, and its batch norm behind it.
        layer: the layer's name.
        images: uint8 [N, height, width, channels].
    """
    norm = model.get_layer(f"{layer}.batch_norm")
    sums = np.asarray(keras.Model(model.input, model.get_layer(layer).output).predict(scale(images), verbose=0))
    outputs = np.asarray(norm(sums, training=False))
    by_filter = np.rint(sums).astype(int).reshape(-1, sums.shape[-1]).T
    norms, counts = [], []
    for index, values in enumerate(by_filter):
        numbers = {"mean": norm.moving_mean, "variance": norm.moving_variance, "beta": norm.beta}
        norms.append({name: float(of_all[index]) for name, of_all in numbers.items()})
        found, times = np.unique(values, return_counts=True)
        counts.append(dict(zip(found.tolist(), times.tolist(), strict=True)))
    within = [float(np.mean(np.abs(values) <= 1)) for values in (sums, outputs)]
    return Counted(tuple(norms), tuple(counts), *within)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--layer", default="binary_conv_3")
    parser.add_argument("--filters", default="0,9,15")
    parser.add_argument("--images", type=int, default=500)
    arguments = parser.parse_args()
    found = counted(load_saved(arguments.model), arguments.layer, load().test_images[: arguments.images])
    print(f"Between -1 and 1: {found.sums_within_one:.4f} of the sums, {found.normalized_within_one:.4f} normalized")
    for index in map(int, arguments.filters.split(",")):
        print(f"filter {index}: {found.norms[index]}")
        print(found.counts[index])


if __name__ == "__main__":
    main()
