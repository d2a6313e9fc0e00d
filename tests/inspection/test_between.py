"""What the packed engine leaves between its groups, and the scores, held against Keras' own tensors."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import (
    BatchNormOptions,
    BinaryConv,
    BinaryDense,
    Conv,
    Flatten,
    Head,
    PoolBatchNorm,
    Shortcut,
)
from bnn_designer.graph import lower
from bnn_designer.inference import Engine
from bnn_designer.inspection import between
from bnn_designer.inspection.between import Left, left_between
from bnn_designer.inspection.left_looks import FULL, MOST_CHANNELS, MOST_SIDE, left_arrays, left_looks, score_looks
from bnn_designer.inspection.origin import looked_at
from bnn_designer.inspection.scores import class_scores
from bnn_designer.measuring.checkpoint import of_run
from bnn_designer.measuring.images import scaled
from bnn_designer.nn import build_model
from bnn_designer.packing import pack
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.training.data import load
from tests.inspection.conftest import Trained


class Case(NamedTuple):
    """A packed network, one image [height, width, channels], and Keras' model of the same weights."""

    network: PackedNetwork
    model: Any
    image: np.ndarray
    left: dict[str, Left]

    def keras(self, layer: str) -> np.ndarray:
        """What a layer gives for the image, [height, width, channels]."""
        tap = keras.Model(self.model.input, self.model.get_layer(layer).output)
        values = np.asarray(tap(self.image[None], training=False))[0]
        return values if values.ndim == 3 else values.reshape(1, 1, -1)


def case(network: PackedNetwork, model: Any, image: np.ndarray) -> Case:
    return Case(network, model, image, {one.tensor: one for one in left_between(network, image)})


@pytest.fixture(scope="module")
def of_floats(trained: Trained) -> Case:
    """Sums that are compared, a max pool of bits, a mean, and a dense layer of floats."""
    found = of_run(trained.store, trained.run.id, looked_at(trained.store, trained.run.id)[1])
    image = scaled(load(trained.run.recipe.data).test_images[3])
    return case(pack(found.graph, found.model), found.model, image)


@pytest.fixture(scope="module")
def of_signs() -> Case:
    """A shortcut, a max pool whose batch norm falls in some channels, and binary dense layers to the end."""
    norm = BatchNormOptions(momentum=0.5)
    design = Design(
        input_shape=(8, 8, 3),
        classes=5,
        blocks=(
            Conv(filters=6, batch_norm=norm),
            Shortcut(body=(BinaryConv(filters=6, batch_norm=norm),)),
            BinaryConv(filters=64, batch_norm=None),
            PoolBatchNorm(pool="max", pool_size=(2, 2), batch_norm=norm),
            Flatten(),
            BinaryDense(units=5, batch_norm=BatchNormOptions(momentum=0.5, scale=True)),
            Head(classifier="none"),
        ),
    )
    graph = lower(design)
    model = build_model(graph, engine="float", seed=0)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(rng.normal(size=layer.moving_mean.shape))
            if layer.gamma is not None:
                layer.gamma.assign(rng.normal(size=layer.gamma.shape))
            if layer.beta is not None:
                layer.beta.assign(rng.normal(size=layer.beta.shape))
    return case(pack(graph, model), model, rng.uniform(-1, 1, (8, 8, 3)).astype(np.float32))


def signs(values: np.ndarray) -> np.ndarray:
    return np.where(values >= 0, 1.0, -1.0)


def test_each_tensor_is_what_keras_has_there(of_floats: Case) -> None:
    left = of_floats.left
    assert {name: one.bits for name, one in left.items()} == {
        "conv_1.sign": 1,
        "binary_conv_1": 1,
        "pool_bn_1.batch_norm.sign": 1,
        "binary_conv_2": 32,
        "global_pool_1": 32,
        "head_1.dense": 32,
    }
    for name, layer in {
        "conv_1.sign": "conv_1.batch_norm",
        "pool_bn_1.batch_norm.sign": "pool_bn_1.batch_norm",
    }.items():
        assert np.array_equal(left[name].values, signs(of_floats.keras(layer)))
        assert left[name].shape == of_floats.keras(layer).shape
    for name, layer in {
        "binary_conv_2": "binary_conv_2.batch_norm",
        "global_pool_1": "global_pool_1",
        "head_1.dense": "head_1.dense",
    }.items():
        assert left[name].values == pytest.approx(of_floats.keras(layer), abs=1e-5)
    assert "binary_conv_2.batch_norm" in left["binary_conv_2"].layers


def test_what_a_shortcut_reads_is_left_as_numbers_and_turned_bits_are_told(of_signs: Case) -> None:
    left = of_signs.left
    assert "shortcut_1" not in left  # only its signs are read
    assert np.array_equal(left["shortcut_1.sign"].values, signs(of_signs.keras("shortcut_1")))
    assert left["conv_1"].values == pytest.approx(of_signs.keras("conv_1.batch_norm"), abs=1e-5)
    pooled = left["flatten_1.sign"]
    assert np.array_equal(pooled.values, signs(of_signs.keras("pool_bn_1.batch_norm")))
    # what the pool reads: bits of the batch norm before the pool, in the turned channels the opposite ones
    norm = of_signs.model.get_layer("pool_bn_1.batch_norm")
    before = signs(np.asarray(norm(of_signs.keras("binary_conv_2")[None], training=False))[0])
    same = [np.array_equal(left["binary_conv_2"].values[..., c], before[..., c]) for c in range(64)]
    opposite = [np.array_equal(left["binary_conv_2"].values[..., c], -before[..., c]) for c in range(64)]
    assert all(one or other for one, other in zip(same, opposite, strict=True))
    assert 0 < sum(opposite) < 64
    assert left["binary_conv_2"].turned == sum(opposite)


@pytest.mark.parametrize("name", ["of_floats", "of_signs"])
def test_scores_are_sums_of_their_parts_and_the_softmax_of_them_is_the_answer(
    name: str, request: pytest.FixtureRequest
) -> None:
    one: Case = request.getfixturevalue(name)
    found = class_scores(one.network, tuple(one.left.values()))
    assert found is not None
    assert found.parts is not None
    assert found.inputs == {"of_floats": 4, "of_signs": 4 * 4 * 64}[name]
    parts = found.parts
    assert parts.offset + parts.for_it + parts.against_it == pytest.approx(found.scores, abs=1e-4)
    assert (parts.for_it >= 0).all()
    assert (parts.against_it <= 0).all()
    with Engine(one.network) as engine:
        answer = engine.run(one.image)
    powers = np.exp(found.scores - found.scores.max())
    assert powers / powers.sum() == pytest.approx(answer, abs=1e-5)


def test_products_of_signs_that_speak_for_a_class_are_counted(of_signs: Case) -> None:
    """Each of the 4 x 4 x 64 products is -1 or 1 times the batch norm's factor."""
    found = class_scores(of_signs.network, tuple(of_signs.left.values()))
    assert found is not None
    assert found.parts is not None
    inputs = of_signs.left["flatten_1.sign"].values
    assert inputs is not None
    dense, norm = (of_signs.model.get_layer(f"binary_dense_1{part}") for part in ("", ".batch_norm"))
    products = inputs.ravel()[:, None] * signs(np.asarray(dense.kernel))
    factor = np.asarray(norm.gamma) / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)
    assert found.parts.for_it == pytest.approx(np.maximum(products * factor, 0).sum(axis=0), rel=1e-4)
    assert found.parts.against_it == pytest.approx(np.minimum(products * factor, 0).sum(axis=0), rel=1e-4)


def test_more_than_the_engine_gives_out_at_once_comes_in_portions(
    of_signs: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest tensor has 8 x 8 x 64 values; all others together are fewer."""
    monkeypatch.setattr(between, "LARGEST_SIZE", 8 * 8 * 64)
    again = left_between(of_signs.network, of_signs.image)
    assert [one.tensor for one in again] == list(of_signs.left)
    assert all(np.array_equal(one.values, of_signs.left[one.tensor].values) for one in again)
    monkeypatch.setattr(between, "LARGEST_SIZE", 8 * 8 * 64 - 1)
    without = {one.tensor: one.values for one in left_between(of_signs.network, of_signs.image)}
    assert [name for name, values in without.items() if values is None] == ["binary_conv_2"]


def test_pictures_are_scaled_and_thinned() -> None:
    values = np.zeros((130, 65, 40), np.float32)
    values[0, 0, 0], values[3, 3, 1] = -4, 2
    bits = np.ones((1, 1, 2000), np.float32)
    looks, arrays = left_looks(
        [
            Left("a", ("a",), 32, values.shape, values),
            Left("b", ("b",), 1, (1, 1, 2000), bits, turned=3),
            Left("c", ("c",), 32, (1, 1, 1), None),
        ]
    )
    first, second, third = left_arrays(looks, arrays)
    assert (looks[0].low, looks[0].high, looks[0].reach) == (-4, 2, 4)
    assert looks[0].positive_share == 1 - 1 / values.size
    assert first is not None
    # every third pixel: 130 pixels are more than twice 64
    assert first.shape == (math.ceil(130 / 3), math.ceil(65 / 3), MOST_CHANNELS)
    assert max(first.shape[:2]) <= MOST_SIDE
    assert (first[0, 0, 0], first[1, 1, 1]) == (-FULL, round(FULL / 2))
    assert second is not None
    assert second.shape == (1, 1, 1024)
    assert (second == 1).all()
    assert (third, looks[2].positive_share, looks[1].turned) == (None, None, 3)
    assert score_looks(None) == ()
    for wrong in (np.zeros((1, 1, 1)), np.zeros((1, 1), np.int8), np.zeros((65, 1, 1), np.int8)):
        with pytest.raises(ValueError, match="left/0"):
            left_arrays(looks, arrays | {"left/0": wrong})
