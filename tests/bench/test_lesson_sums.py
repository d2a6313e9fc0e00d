"""The sums that a lesson shows are those of the layer, counted."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_designer.bench.lesson_sums import counted
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, GlobalPool, Head
from bnn_designer.graph import lower
from bnn_designer.kernels import reference
from bnn_designer.nn import build_model


def test_each_sum_is_counted_for_its_filter() -> None:
    layer = BinaryConv(id="layer", filters=2, padding="valid", batch_norm=BatchNormOptions())
    design = Design(name="one", input_shape=(5, 4, 3), blocks=(layer, GlobalPool(), Head()))
    model = build_model(lower(design))
    kernel = np.random.default_rng(0).choice([-0.5, 0.5], (3, 3, 3, 2)).astype(np.float32)
    model.get_layer("layer").set_weights([kernel])
    # gamma 1 and 1, beta 0.5 and 0, mean 0 and 1, variance 100
    model.get_layer("layer.batch_norm").set_weights([np.float32(one) for one in ([1, 1], [0.5, 0], [0, 1], [100, 100])])
    images = np.random.default_rng(1).integers(0, 256, (4, 5, 4, 3), np.uint8)

    found = counted(model, "layer", images)

    # 127.5 is 0: the brighter half is +1
    sums = reference.conv2d(np.where(images >= 128, 1, -1).astype(np.float32), np.sign(kernel))
    for index in range(2):
        values = sums[..., index].astype(int).ravel().tolist()
        assert found.counts[index] == {value: values.count(value) for value in set(values)}
    assert sum(found.counts[0].values()) == 4 * 3 * 2
    assert found.sums_within_one == pytest.approx(np.mean(np.abs(sums) <= 1))
    normalized = (sums - np.array([0, 1])) / np.sqrt(100 + BatchNormOptions().epsilon) + np.array([0.5, 0])
    assert found.normalized_within_one == pytest.approx(np.mean(np.abs(normalized) <= 1))
    assert found.norms[1] == {"mean": 1.0, "variance": 100.0, "beta": 0.0}
