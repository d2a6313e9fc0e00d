"""Own layers made of Larq's bases: what they compute, measure, save and take as arguments."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.larq import layers, layers_base
from bnn_designer.nn import LayerError, SteSign, metrics_scope, quantized_scope
from tests.larq.peer_layers import outputs_and_gradients


class MyDense(layers_base.QuantizerBase, keras.layers.Dense):
    pass


class MyConv(layers_base.QuantizerBase, layers_base.QuantizerBaseConv, keras.layers.Conv2D):
    pass


class MyCausalConv(layers_base.QuantizerBase, layers_base.QuantizerBaseConv, keras.layers.Conv1D):
    pass


class MyTransposedConv(layers_base.QuantizerBase, keras.layers.Conv2DTranspose):
    pass


class MyDepthwiseConv(layers_base.QuantizerDepthwiseBase, layers_base.QuantizerBaseConv, keras.layers.DepthwiseConv2D):
    pass


class MySeparableConv(layers_base.QuantizerSeparableBase, layers_base.QuantizerBaseConv, keras.layers.SeparableConv2D):
    pass


class MyCell(layers_base.QuantizerBase, keras.layers.GRUCell):
    pass


BINARY: dict[str, Any] = {"input_quantizer": "approx_sign", "kernel_quantizer": "ste_sign"}
DEPTHWISE: dict[str, Any] = {"input_quantizer": "ste_sign", "depthwise_quantizer": "magnitude_aware_sign"}
ALIKE: list[tuple[Any, Any, dict[str, Any], tuple[int, ...]]] = [
    (MyDense, layers.QuantDense, {"units": 3, **BINARY}, (2, 5)),
    (
        MyConv,
        layers.QuantConv2D,
        {"filters": 3, "kernel_size": 3, "padding": "same", "pad_values": 1.0, "strides": 2, **BINARY},
        (2, 5, 6, 4),
    ),
    (MyCausalConv, layers.QuantConv1D, {"filters": 3, "kernel_size": 3, "padding": "causal", **BINARY}, (2, 6, 4)),
    (MyTransposedConv, layers.QuantConv2DTranspose, {"filters": 3, "kernel_size": 3, **BINARY}, (2, 3, 3, 4)),
    (
        MyDepthwiseConv,
        layers.QuantDepthwiseConv2D,
        {"kernel_size": 3, "padding": "same", "pad_values": 0.5, **DEPTHWISE},
        (2, 5, 5, 3),
    ),
    (
        MySeparableConv,
        layers.QuantSeparableConv2D,
        {"filters": 2, "kernel_size": 2, "pointwise_quantizer": "ste_sign", **DEPTHWISE},
        (2, 4, 4, 3),
    ),
]


@pytest.mark.parametrize(("own", "ours", "arguments", "shape"), ALIKE)
def test_an_own_layer_is_the_one_that_is_there(own: Any, ours: Any, arguments: dict[str, Any], shape: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(np.float32)
    theirs = ours(**arguments, engine="float")
    theirs.build(shape)
    weights = [rng.normal(size=weight.shape) for weight in theirs.weights]
    made = own.from_config(own(**arguments).get_config())
    expected, got = (outputs_and_gradients(tf, layer, x, weights) for layer in (theirs, made))
    assert got.keys() == expected.keys()
    for name, value in got.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-5)
    for layer in (theirs, made):
        with quantized_scope(True):
            assert len(np.unique(np.abs(layer.weights[0].numpy()))) <= shape[-1], "as quantized"
        assert np.allclose(layer.weights[0].numpy(), weights[0])


def test_the_arguments_of_call_stay() -> None:
    """Keras gives a layer training and mask where the signature of its call has them."""
    assert list(inspect.signature(MyCell.call).parameters) == ["self", "inputs", "states", "training"]
    cell = MyCell(3, kernel_quantizer="ste_sign", kernel_constraint="weight_clip", dropout=0.5, seed=0)
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.RNN(cell)])
    x = np.ones((8, 4, 2), np.float32)
    assert np.array_equal(model(x, training=False), model(x, training=False))
    assert not np.array_equal(model(x, training=True), model(x, training=False))


class Scaled(layers_base.BaseLayer):
    """A layer all of its own: two variables, one of them quantized, by a function."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs: Any) -> Any:
        if self.input_quantizer is not None:
            inputs = self.input_quantizer(inputs)
        with quantized_scope(True):
            return inputs * self.scale + self.shift

    def _get_quantizer(self, name: str) -> Any:
        return (lambda x: 3 * x) if name == "scale" else None


def test_any_variable_may_have_a_quantizer() -> None:
    layer = Scaled(input_quantizer="ste_sign")
    assert np.asarray(layer(np.array([[-7.0, 2.0]]))).tolist() == [[-1 * 3 + 1, 1 * 3 + 1]]


def test_what_quantizers_measure_is_measured_once_a_call() -> None:
    with metrics_scope(["flip_ratio"]):
        layer = MyDense(2, use_bias=False, kernel_quantizer=SteSign(), kernel_constraint="weight_clip")
    kernel = np.array([[1, 1], [1, -1]], np.float32)
    for sign in (1, -1, -1):
        if not layer.built:
            layer.build((None, 2))
        layer.set_weights([sign * kernel])
        layer(np.ones((1, 2), np.float32))
    # all of 4 turned, then none
    assert [float(metric.result()) for metric in layer.kernel_quantizer.metrics] == [(4 / 4 + 0) / 2]


def test_wrong_arguments(caplog: Any) -> None:
    MyDense(2, kernel_quantizer="ste_sign", name="d")
    assert "MyDense 'd': a binary kernel_quantizer without kernel_constraint" in caplog.text
    with pytest.raises(LayerError, match="zeros before the first step, got pad_values=1"):
        MyCausalConv(2, 3, padding="causal", pad_values=1.0)
    with pytest.raises(LayerError, match="'sgn' is not a quantizer"):
        MyDense(2, kernel_quantizer="sgn")


def test_errors_name_the_layer_and_the_argument() -> None:
    for argument, value in (("input_quantizer", "no"), ("kernel_quantizer", "no"), ("pad_values", "x")):
        with pytest.raises(LayerError, match=rf"MyConv 'own'(, |: ){argument}"):
            MyConv(4, 3, name="own", **{argument: value})
