"""What the lesson on pools is given of two networks is what is in them, counted."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from bnn_designer.bench.lesson_pools import document
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, GlobalPool, Head, PoolBatchNorm
from bnn_designer.graph import lower
from bnn_designer.nn import build_model

CHANNELS = 32
NORM = BatchNormOptions(scale=False)


def network(order: str) -> keras.Model:
    """The first layers of the narrow BinaryNet, with any weights and batch norms that are not even."""
    first = BinaryConv(
        id="binary_conv_1",
        filters=CHANNELS,
        padding="valid",
        input_quantizer=None,
        kernel_quantizer=None,
        kernel_constraint=None,
        batch_norm=NORM,
    )
    blocks = (
        first,
        BinaryConv(id="binary_conv_2", filters=2),
        PoolBatchNorm.model_validate({"id": "pool_bn_1", "order": order, "batch_norm": NORM}),
        BinaryConv(id="binary_conv_3", filters=2, batch_norm=NORM),
        GlobalPool(),
        Head(),
    )
    keras.utils.set_random_seed(0)
    model = build_model(lower(Design(name="two", input_shape=(8, 8, 3), blocks=blocks)))
    model.get_layer("pool_bn_1.batch_norm").set_weights([np.float32(one) for one in ([-0.5, 5], [20, 0], [400, 100])])
    return model


def test_the_layers_and_what_their_sums_come_to() -> None:
    pool_first, norm_first = network("pool_first"), network("batch_norm_first")
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
    found = document(pool_first, norm_first, images, (1,))

    scaled = images.astype(np.float32) / 127.5 - 1
    sums = np.asarray(keras.Model(pool_first.input, pool_first.get_layer("binary_conv_2").output)(scaled))
    # windows of 2 x 2 in the 6 x 6 that a valid convolution leaves of 8 x 8
    windows = sums.reshape(6, 3, 2, 3, 2, 2)
    one = found["filters"][0]
    assert one["number"] == 1
    assert one["beta"] == 5
    kernel = np.asarray(pool_first.get_layer("binary_conv_2").kernel)[..., 1].ravel()
    assert one["signs"] == "".join("+" if weight >= 0 else "-" for weight in kernel)
    for pool, expected in (("none", sums), ("max 2", windows.max((2, 4))), ("average 2", windows.sum((2, 4)))):
        counts = one["counts"][pool]
        values = np.repeat(counts["lowest"] + 2 * np.arange(len(counts["counts"])), counts["counts"])
        assert values.tolist() == np.sort(expected[..., 1].ravel()).astype(int).tolist()

    # gamma is 1, so the two orders are one function with the same numbers
    epsilon = NORM.epsilon
    read = (windows.max((2, 4)) - [20, 0]) / np.sqrt(np.array([400, 100]) + epsilon) + [-0.5, 5]
    plus = np.mean(read >= 0, axis=(0, 1, 2))
    for order in ("pool_first", "batch_norm_first"):
        trained = found["trained"][order]
        assert trained["betas_below"] == 1
        assert trained["plus"] == pytest.approx(plus.mean(), abs=1e-4)
        assert (trained["least"], trained["most"]) == pytest.approx((plus.min(), plus.max()), abs=1e-4)
    # centered on what they read: half or so with the pool first, more behind a batch norm of all sums
    centered = {
        "pool_first": windows.max((2, 4)) - windows.max((2, 4)).mean((0, 1, 2)),
        "batch_norm_first": windows.max((2, 4)) - sums.mean((0, 1, 2)),
    }
    for order, values in centered.items():
        assert found["fresh"][order]["plus"] == pytest.approx(np.mean(values >= 0), abs=1e-4)
