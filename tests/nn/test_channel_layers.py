"""Trained thresholds, bends and scales of channels, and scales made of an image, as arithmetic and against a design."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.graph import lower
from bnn_designer.nn import (
    ChannelScale,
    LayerError,
    QuantConv2D,
    RealToBinaryGate,
    RPReLU,
    RSign,
    SqueezeExcite,
    build_model,
    quantizers,
)


def test_a_sign_with_a_threshold_a_channel() -> None:
    """The gradient is 2 - 2 |x - t|, the threshold's the opposite."""
    quantizer, x = RSign(), tf.constant([[0.5, 0.5], [0.25, -3.0]])
    quantizer.build((None, 2))
    quantizer.threshold.assign([0.25, 0.75])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = quantizer(x)
    of_x, of_threshold = tape.gradient(y, [x, quantizer.threshold.value])
    assert y.numpy().tolist() == [[1, -1], [1, -1]]
    assert of_x.numpy().tolist() == [[2 - 2 * 0.25, 2 - 2 * 0.25], [2, 0]]
    assert of_threshold.numpy().tolist() == [-(2 - 2 * 0.25) - 2, -(2 - 2 * 0.25)]


@pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
def test_it_leaves_a_layer_to_the_compiled_op_trains_with_it_and_is_saved(tmp_path: Path) -> None:
    x = np.random.default_rng(2).normal(size=(8, 4, 4, 3)).astype(np.float32)
    models = []
    for engine in ("xnor", "float"):
        keras.utils.set_random_seed(4)
        layer = QuantConv2D(2, 3, input_quantizer="r_sign", kernel_quantizer="ste_sign", engine=engine)
        model = keras.Sequential([keras.Input((4, 4, 3)), layer, keras.layers.Flatten()])
        assert layer.engine_used == engine
        model.compile(keras.optimizers.SGD(0.01), "mse")
        model.fit(x, np.ones((8, 8)), batch_size=4, shuffle=False, verbose=0)
        models.append(model)
    thresholds = [model.layers[0].input_quantizer.threshold.numpy() for model in models]
    assert np.abs(thresholds[0]).min() > 0
    np.testing.assert_allclose(*thresholds, rtol=1e-4)
    models[0].save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert np.array_equal(again(x), models[0](x))


def test_a_prelu_that_is_moved() -> None:
    layer = RPReLU()
    layer.build((None, 2))
    layer.set_weights(np.array([[1.0, 0.0], [0.5, 0.25], [0.0, 2.0]]))
    y = layer(tf.constant([[3.0, 4.0], [-1.0, -4.0]]))
    assert y.numpy().tolist() == [[3 - 1, 4 + 2], [0.5 * (-1 - 1), 0.25 * -4 + 2]]


def test_a_scale_a_channel() -> None:
    layer = ChannelScale()
    layer.build((None, 2))
    layer.scale.assign([2.0, 0.5])
    assert layer(tf.constant([[3.0, 3.0]])).numpy().tolist() == [[3 * 2, 3 * 0.5]]


def test_a_gate_is_what_a_design_with_channel_scaling_computes() -> None:
    body = (b.Conv(id="C", filters=6, kernel_size=(3, 3), batch_norm=None, activation=None),)
    chain = (b.ChannelScaling(id="S", reduction=2, body=body), b.Flatten(), b.Head())
    design = Design(name="gate", input_shape=(5, 4, 4), classes=2, blocks=chain)
    model = build_model(lower(design), engine="float", seed=1)
    layers = {layer.name: layer for layer in model.layers}
    scaled = next(layer for layer in model.layers if type(layer).__name__ == "ScaleChannels")
    x = np.random.default_rng(1).normal(size=(3, 5, 4, 4)).astype(np.float32)
    image, expected = (keras.Model(model.input, layer.output)(x) for layer in (layers["C"], scaled))
    gate = RealToBinaryGate(reduction=2)
    gate.build(((None, *image.shape[1:]), (None, 5, 4, 4)))
    gate.set_weights([*layers["S.reduce"].get_weights(), *layers["S.expand"].get_weights()])
    np.testing.assert_allclose(gate([image, x]), expected, rtol=1e-5, atol=1e-6)


def test_squeeze_and_excite_is_a_gate_of_the_image_itself() -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 3, 4)).astype(np.float32)
    layer, gate = SqueezeExcite(2), RealToBinaryGate(2)
    layer.build(x.shape)
    gate.build((x.shape, x.shape))
    gate.set_weights(layer.get_weights())
    assert [weight.shape for weight in layer.weights] == [(4, 4 // 2), (4 // 2, 4)]
    assert np.array_equal(layer(x), gate([x, x]))


@pytest.mark.parametrize("layer", [RSign(), RPReLU(), ChannelScale(), SqueezeExcite(2)], ids=lambda x: type(x).__name__)
def test_a_model_of_them_is_read_again(layer: Any, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3, 3, 4)), layer])
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    model.save(tmp_path / "model.keras")
    x = rng.normal(size=(2, 3, 3, 4)).astype(np.float32)
    assert np.array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def test_what_cannot_be_gated_is_refused() -> None:
    with pytest.raises(LayerError, match="reduction must be 1 or more, got 0"):
        SqueezeExcite(0)
    with pytest.raises(LayerError, match=r"cannot scale \(None, 4, 4, 8\) by \(None, 4, 4, 3\) with a reduction of 8"):
        RealToBinaryGate().build(((None, 4, 4, 8), (None, 4, 4, 3)))


def test_only_the_class_itself_gives_signs() -> None:
    class Derived(RSign):
        pass

    assert quantizers.op_name(RSign()) == "ste_sign"
    assert quantizers.op_name(Derived()) is None
