"""A file that Larq Compute Engine 0.16 wrote, and what its interpreter answers of 100 images.

``BNN_LCE_PYTHON=... python -m tests.larq.lce_files`` writes both anew, beside this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.export import TARGETS, Material, export_to
from bnn_designer.export.tflite import peer
from bnn_designer.graph import lower
from tests.inference.models import random_images, random_model

FILE = Path(__file__).parent / "small.tflite"
SCORES = FILE.with_suffix(".npy")
NORM = b.BatchNormOptions()
#: 20 channels leave 12 bits of each word empty; ``ones`` and ``again`` write bits, the first into a pool of bits.
DESIGN = Design(
    name="small",
    input_shape=(8, 8, 3),
    classes=4,
    blocks=(
        b.Conv(id="stem", filters=20, activation="relu", use_bias=True, batch_norm=None),
        b.BatchNorm(id="norm"),
        b.BinaryConv(id="ones", filters=36, pad_values=1, batch_norm=NORM),
        b.PoolBatchNorm(id="pool", pool="max", batch_norm=None, pool_size=(2, 2)),
        b.BinaryConv(id="again", filters=20, kernel_size=(1, 1), batch_norm=NORM),
        b.Branches(
            id="both",
            merge="concatenate",
            body=(
                b.BinaryConv(id="slopes", filters=8, activation="prelu", batch_norm=NORM),
                b.BinaryConv(id="first", filters=8, activation="relu", batch_norm=NORM, order="activation_first"),
            ),
        ),
        b.Shortcut(id="around", body=(b.BinaryConv(id="zeros", filters=16, batch_norm=NORM),)),
        b.BatchNorm(id="after"),
        b.BinaryConv(id="less", filters=32, strides=(2, 2), padding="valid", kernel_size=(2, 2), batch_norm=NORM),
        b.Flatten(id="flat"),
        b.BinaryDense(id="wide", units=16, batch_norm=NORM),
        b.Head(id="head"),
    ),
)


def kinds(groups: int = 1) -> Design:
    """Beside those of DESIGN: depthwise, BWN and BAN layers, channel scaling, added channels, clips; perhaps groups."""
    return Design(
        name="kinds",
        input_shape=(9, 9, 3),
        classes=3,
        blocks=(
            b.Conv(id="stem", filters=32, activation="hard_tanh", batch_norm=NORM),
            b.DepthwiseConv(id="each", batch_norm=NORM, activation="relu"),
            b.Shortcut(
                id="wider", merge="add_to_last_channels", body=(b.BinaryConv(id="last", filters=16, batch_norm=NORM),)
            ),
            b.BinaryConv(id="grow", filters=64, groups=groups, batch_norm=NORM),
            b.BinaryConv(id="signs", filters=64, kernel_quantizer=None, pad_values=0, batch_norm=NORM),
            b.ChannelScaling(id="scale", reduction=4, body=(b.BinaryConv(id="in", filters=64, batch_norm=NORM),)),
            b.BinaryConv(id="floats", filters=16, input_quantizer=None, pad_values=0, batch_norm=NORM),
            b.GlobalPool(id="mean"),
            b.Head(id="head"),
        ),
    )


def material(design: Design) -> Material:
    return Material.of_model(design, random_model(lower(design), seed=17), "best.keras")


def images() -> Any:
    return random_images(lower(DESIGN), 100)


if __name__ == "__main__":
    content = export_to(TARGETS["tflite"], material(DESIGN)).written.files["network.tflite"]
    FILE.write_bytes(content)
    np.save(SCORES, peer.run(content, images()))
