"""A network without binary dense layers computes what the one with them computes."""

from __future__ import annotations

import keras
import numpy as np

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.graph import lower
from bnn_designer.nn.layers import QuantDense
from bnn_designer.nn.pixels import dense_as_pixels
from tests.inference.models import random_images, random_model


def test_it_has_the_same_outputs_and_no_binary_dense_layer() -> None:
    blocks = (
        b.Conv(id="stem", filters=8, strides=(2, 2)),
        b.BinaryConv(id="bits", filters=8),
        b.Flatten(id="flat"),
        b.BinaryDense(id="wide", units=24, batch_norm=b.BatchNormOptions(scale=True), use_bias=True),
        b.Activation(id="slopes", function="prelu"),
        b.BinaryDense(id="last", units=16),
        b.Head(id="head"),
    )
    graph = lower(Design(name="small", input_shape=(8, 6, 3), classes=5, blocks=blocks))
    model = random_model(graph)
    pixels = dense_as_pixels(graph, model)
    images = random_images(graph, 20)
    np.testing.assert_array_equal(pixels(images, training=False), model(images, training=False))
    left = [layer.name for layer in pixels.layers if isinstance(layer, QuantDense)]
    assert left == ["head.dense"]
    # Behind the first binary dense layer all is one pixel: nothing stands between a sum and the next sign.
    assert pixels.get_layer("last").input.shape == (None, 1, 1, 24)
    between = [type(layer) for layer in pixels.layers if isinstance(layer, keras.layers.Reshape)]
    assert len(between) == 1


def test_what_it_adds_may_stand_beside_blocks_of_any_name() -> None:
    """Keras calls its own layers flatten, flatten_1 and so on, in one count for the whole process."""
    blocks = (b.Flatten(id="flatten_1"), b.BinaryDense(id="reshape", units=8), b.Head(id="head"))
    graph = lower(Design(name="small", input_shape=(2, 2, 3), classes=5, blocks=blocks))
    model = random_model(graph)
    keras.utils.clear_session(free_memory=False)
    for _ in range(3):
        assert dense_as_pixels(graph, model).get_layer("flatten_1").output.shape == (None, 12)
