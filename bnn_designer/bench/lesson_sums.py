"""Counts the sums of a trained binary layer, for the lesson on batch norm (``lessons/layer_sums.py``).

    python -m bnn_designer.bench.lesson_sums MODEL.keras [--layer NAME] [--filters N,N,N] [--images N]

MODEL.keras is of a run of ``results/designs/narrow-binarynet.json``, in the run's folder. Runs the first test images of
CIFAR-10 through it and prints, for each filter, its batch norm's numbers, and how often each sum occurs. The layer is
one that a batch norm follows. Not part of ``make bench``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keras
import numpy as np

from bnn_designer.nn.saved import load_saved
from bnn_designer.training.augment import scale
from bnn_designer.training.data.find import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--layer", default="binary_conv_3")
    parser.add_argument("--filters", default="0,1,2")
    parser.add_argument("--images", type=int, default=500)
    arguments = parser.parse_args()
    model = load_saved(arguments.model)
    layer, norm = model.get_layer(arguments.layer), model.get_layer(f"{arguments.layer}.batch_norm")
    sums_of = keras.Model(model.input, layer.output)
    images = scale(load().test_images[: arguments.images])
    sums = np.asarray(sums_of.predict(images, verbose=0))
    outputs = np.asarray(norm(sums, training=False))
    print(f"# {sums.shape}, of all filters: {np.mean(np.abs(sums) <= 1):.4f} of the sums are within 1,")
    print(f"# {np.mean(np.abs(outputs) <= 1):.4f} of what the batch norm makes of them")
    for index in map(int, arguments.filters.split(",")):
        values, counts = np.unique(sums[..., index].astype(int), return_counts=True)
        numbers = {name: float(getattr(norm, name)[index]) for name in ("moving_mean", "moving_variance", "beta")}
        print(f"{index}: {numbers}, epsilon {norm.epsilon}")
        print(dict(zip(values.tolist(), counts.tolist(), strict=True)))


if __name__ == "__main__":
    main()
