"""Takes two layers out of trained networks and counts in them, for the lesson on pools (``lessons/pool_layers.json``).

    python -m bnn_designer.bench.lesson_pools POOL_FIRST.keras BATCH_NORM_FIRST.keras [--filters N,N,N] [--out FILE]

POOL_FIRST.keras is of a run of ``results/designs/narrow-binarynet.json``, BATCH_NORM_FIRST.keras of the same with
``pool=after``, each in its run's folder. Runs the first 500 test images of CIFAR-10 through both. Not part of ``make
bench``.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from bnn_designer.files import write_text
from bnn_designer.lessons.pool_layers import FILE, IMAGES, Signs
from bnn_designer.lessons.pooling import Order, distributions, read_by_sign
from bnn_designer.lessons.shortcut_ways import entropy_bits
from bnn_designer.nn.saved import load_saved
from bnn_designer.training.augment import scale
from bnn_designer.training.data.find import load

#: The layer whose sums are pooled, and the first that reads signs of what was.
_LAYER, _READER = "binary_conv_2", "binary_conv_3"
_ORDERS: tuple[Order, ...] = ("pool_first", "batch_norm_first")


def document(
    pool_first: keras.Model, norm_first: keras.Model, images: npt.NDArray[Any], filters: Sequence[int]
) -> dict[str, Any]:
    """What the lesson's file holds.

    Args:
        pool_first, norm_first: trained in either order.
        images: uint8 [N, 32, 32, 3].
        filters: those of the second layer whose sums the lesson shows.
    """
    stem, norm = pool_first.get_layer("binary_conv_1"), pool_first.get_layer("binary_conv_1.batch_norm")
    floats = {"kernel": stem.kernel, "mean": norm.moving_mean, "variance": norm.moving_variance, "beta": norm.beta}
    sums = _output(pool_first, _LAYER, images)
    every = [distributions(sums[..., index]) for index in range(sums.shape[-1])]
    betas = np.asarray(pool_first.get_layer("pool_bn_1.batch_norm").beta)
    kernel = np.asarray(pool_first.get_layer(_LAYER).kernel)
    return {
        "first": {name: _bytes(np.asarray(value, "<f4")) for name, value in floats.items()},
        "filters": [
            {
                "number": index,
                "signs": "".join("+" if one >= 0 else "-" for one in kernel[..., index].ravel()),
                "beta": round(float(betas[index]), 4),
                "counts": {pool: asdict(one) for pool, one in every[index].items()},
            }
            for index in filters
        ],
        "fresh": {order: asdict(_fresh(every, order)) for order in _ORDERS},
        "trained": {
            order: asdict(_trained(model, images))
            for order, model in zip(_ORDERS, (pool_first, norm_first), strict=True)
        },
    }


def _output(model: keras.Model, layer: str, images: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    outputs = keras.Model(model.input, model.get_layer(layer).output).predict(scale(images), verbose=0)
    return np.asarray(np.rint(np.asarray(outputs)), np.int64)


def _fresh(every: Sequence[Mapping[str, Any]], order: Order) -> Signs:
    """With batch norms that measured these very sums, and have gamma 1 and beta 0."""
    read = [read_by_sign(one, one, order, kind="max", size=2, gamma=1.0, beta=0.0) for one in every]
    return _signs([one.plus for one in read], 0)


def _trained(model: keras.Model, images: npt.NDArray[Any]) -> Signs:
    read = np.asarray(keras.Model(model.input, model.get_layer(_READER).input).predict(scale(images), verbose=0))
    plus = np.mean(read >= 0, axis=(0, 1, 2))
    betas = np.asarray(model.get_layer("pool_bn_1.batch_norm").beta)
    return _signs([float(one) for one in plus], int(np.sum(betas < 0)))


def _signs(plus: Sequence[float], betas_below: int) -> Signs:
    # shares of 500 images at 225 places are whole once more
    whole = 1_000_000
    bits = [entropy_bits((round(share * whole), whole - round(share * whole))) for share in plus]
    return Signs(
        plus=round(sum(plus) / len(plus), 4),
        least=round(min(plus), 4),
        most=round(max(plus), 4),
        bits=round(sum(bits) / len(bits), 4),
        betas_below=betas_below,
    )


def _bytes(values: npt.NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool_first", type=Path)
    parser.add_argument("batch_norm_first", type=Path)
    parser.add_argument("--filters", default="0,12,22")
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    images = load().test_images
    models = load_saved(arguments.pool_first), load_saved(arguments.batch_norm_first)
    found = document(*models, images[:IMAGES], tuple(map(int, arguments.filters.split(","))))
    write_text(arguments.out, json.dumps(found, separators=(",", ":")) + "\n", overwrite=True)
    print(json.dumps({name: found[name] for name in ("fresh", "trained")}, indent=1))


if __name__ == "__main__":
    main()
