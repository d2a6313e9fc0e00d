"""What layers say where something is wrong, missing or changed later."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.nn import (
    LayerError,
    NoOp,
    QuantConv1D,
    QuantConv2D,
    QuantConv2DTranspose,
    QuantDense,
    QuantDepthwiseConv2D,
    QuantSeparableConv2D,
    SteTern,
    SwishSign,
)
from bnn_designer.nn.model import quantized_layers

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
BINARY: dict[str, Any] = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (QuantConv2D(2, 3, name="c"), (8, 8, None), -1),
        (QuantConv1D(2, 3, data_format="channels_first", name="c"), (None, 8), 1),
        (QuantDepthwiseConv2D(3, name="c"), (8, 8, None), -1),
        (QuantDense(2, name="c"), (None,), -1),
    ],
)
def test_the_number_of_channels_must_be_known(layer: Any, shape: tuple[int | None, ...], axis: int) -> None:
    with pytest.raises(LayerError, match=rf"'c': the input's channels, axis {axis} of its shape"):
        layer(keras.Input(shape))


def test_a_layer_without_a_name_is_called_by_its_kind() -> None:
    with pytest.raises(LayerError, match=r"^QuantConv2D, filters: it must be a whole number of 1 or more, got 0\."):
        QuantConv2D(0, 3)


#: A wrong argument of a layer; which it is, and what the error says of it.
WRONG: list[tuple[Any, dict[str, Any], str, str]] = [
    (QuantConv2D, {"filters": "a"}, "filters", "whole number of 1 or more, got 'a'"),
    (QuantConv2D, {"filters": 2.5}, "filters", "got 2.5"),
    (QuantConv2D, {"filters": True}, "filters", "got True"),
    (QuantConv2D, {"filters": float("inf")}, "filters", "got inf"),
    (QuantConv2D, {"kernel_size": (3, 3, 3)}, "kernel_size", "tuple of 2 integers"),
    (QuantConv2D, {"strides": 0}, "strides", "value > 0"),
    (QuantConv2D, {"padding": "full"}, "padding", "Received: full"),
    (QuantConv2D, {"strides": 2, "dilation_rate": 2}, "strides", "not supported in conjunction"),
    (QuantConv2D, {"groups": 3}, "groups", "evenly divisible"),
    (QuantConv2D, {"activation": "reluu"}, "activation", "'reluu' is not an activation function"),
    (QuantConv2D, {"kernel_initializer": "he"}, "kernel_initializer", "'he' is not an initializer"),
    (QuantConv2D, {"bias_regularizer": 3}, "bias_regularizer", "3 is not a regularizer"),
    (QuantConv2D, {"bias_constraint": "no"}, "bias_constraint", "'no' is not a weight constraint"),
    (QuantConv2D, {"data_format": "last"}, "data_format", "channels_last"),
    (QuantConv2D, {"kernel_quantiser": "ste_sign"}, "kernel_quantiser", "Did you mean kernel_quantizer?"),
    (QuantConv2D, {"batch_input_shape": (None, 8, 8, 3)}, "batch_input_shape", "Put keras.Input"),
    (QuantSeparableConv2D, {"depthwise_initializer": "he"}, "depthwise_initializer", "not an initializer"),
    (QuantSeparableConv2D, {"kernel_quantizer": "ste_sign"}, "kernel_quantizer", "Give depthwise_quantizer and point"),
    (QuantConv2DTranspose, {"pad_values": 1}, "pad_values", "arguments of keras.layers.Conv2DTranspose"),
    (QuantConv2DTranspose, {"output_padding": 4, "strides": 2}, "output_padding", "less than `strides`"),
]


@pytest.mark.parametrize(("kind", "arguments", "name", "said"), WRONG)
def test_an_error_names_the_layer_and_the_argument(kind: Any, arguments: dict[str, Any], name: str, said: str) -> None:
    with pytest.raises(LayerError) as caught:
        kind(**{"filters": 4, "kernel_size": 3, "name": "conv_7"} | arguments)
    assert caught.value.path == f"{kind.__name__} 'conv_7', {name}"
    assert said in str(caught.value)


def test_other_layers_name_theirs_too() -> None:
    with pytest.raises(LayerError, match="QuantDense 'd', units: it must be"):
        QuantDense(0, name="d")
    with pytest.raises(LayerError, match="QuantDepthwiseConv2D 'd', depth_multiplier: it must be"):
        QuantDepthwiseConv2D(3, depth_multiplier=0.5, name="d")
    with pytest.raises(LayerError, match="QuantDepthwiseConv2D 'd', filters: it takes no such argument"):
        QuantDepthwiseConv2D(3, filters=2, name="d")
    with pytest.raises(
        LayerError, match=r"'d', kernel_quantizer: it takes no such argument\. Give depthwise_quantizer"
    ):
        QuantDepthwiseConv2D(3, kernel_quantizer="ste_sign", name="d")
    with pytest.raises(LayerError, match="SwishSign 'q': beta must be a positive number, got 'a'"):
        SwishSign("a", name="q")


def test_whole_numbers_are_counts_however_they_are_written() -> None:
    """As in Keras 2, where widths are often products such as ``64 * 0.5``."""
    assert [QuantConv2D(filters, 3).filters for filters in (32.0, np.int64(32), np.float32(32))] == [32] * 3
    assert isinstance(QuantDense(64 * 0.5).units, int)


@pytest.mark.parametrize(
    ("make", "missing"),
    [
        (lambda: QuantDense(2, kernel_quantizer="ste_sign"), ["kernel_constraint"]),
        (lambda: QuantDense(2, kernel_quantizer="ste_sign", kernel_constraint="weight_clip"), []),
        (lambda: QuantDense(2, input_quantizer="ste_sign"), []),
        (lambda: QuantDense(2, kernel_quantizer=SteTern()), []),
        (lambda: QuantDense(2, kernel_quantizer=NoOp(precision=1)), []),
        (lambda: QuantDepthwiseConv2D(2, depthwise_quantizer="ste_sign"), ["depthwise_constraint"]),
        (
            lambda: QuantSeparableConv2D(2, 1, depthwise_quantizer="ste_sign", pointwise_quantizer="approx_sign"),
            ["depthwise_constraint", "pointwise_constraint"],
        ),
    ],
)
def test_a_binary_kernel_without_a_constraint_is_warned_of(make: Any, missing: list[str], caplog: Any) -> None:
    """As Larq logs it: weights beyond 1 have no gradient."""
    make()
    assert len(caplog.records) == len(missing)
    for record, argument in zip(caplog.records, missing, strict=True):
        assert record.levelname == "WARNING"
        assert argument in record.getMessage()


@needs_kernels
def test_another_engine_counts_from_the_next_call_on() -> None:
    x = np.array([[np.nan, 1.0]], np.float32)
    layer = QuantDense(1, engine="xnor", **BINARY)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"NaN has no sign.*check_nan=False to count NaN"):
        layer(x)
    layer.engine = "float"
    assert (layer.engine_used, layer.engine_reason) == ("float", "engine='float' was asked for")
    assert layer.supports_jit
    assert np.isnan(layer(x)).all()
    assert layer.get_config()["engine"] == "float"
    with pytest.raises(LayerError, match="engine must be one of 'auto', 'xnor', 'float', got 'fast'"):
        layer.engine = "fast"


@needs_kernels
def test_nan_may_count_as_one() -> None:
    """What the compiled op's error advises."""
    x = np.array([[np.nan, -1.0, -1.0]], np.float32)
    for kind in (QuantDense, QuantConv1D):
        arguments = {"units": 1} if kind is QuantDense else {"filters": 1, "kernel_size": 1}
        layer = kind(**arguments, **BINARY, kernel_initializer="ones", engine="xnor", check_nan=False)
        y = layer(x if kind is QuantDense else x[..., None])
        assert np.asarray(y).ravel().tolist() == ([1 - 1 - 1] if kind is QuantDense else [1, -1, -1])
        assert type(layer).from_config(layer.get_config()).check_nan is False


@needs_kernels
@pytest.mark.parametrize("engine", ["xnor", "float"])
def test_second_order_gradients_are_refused_in_bits_and_given_in_float(engine: Any) -> None:
    """Of y = sign(x) sign(w), with w = 1: dy/dx is sign(w), and the gradient of its square for w is 2 sign(w)."""
    layer = QuantDense(1, use_bias=False, kernel_initializer="ones", engine=engine, **BINARY)
    x = tf.constant([[0.5]])
    layer(x)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = layer(x)
        penalty = tf.square(inner.gradient(y, x))
    if engine == "xnor":
        with pytest.raises(tf.errors.UnimplementedError, match=r'second order.*engine="float"'):
            outer.gradient(penalty, layer.kernel.value)
    else:
        assert outer.gradient(penalty, layer.kernel.value).numpy().tolist() == [[2 * 1]]


def test_layers_in_models_in_layers_are_found() -> None:
    inner = keras.Sequential([keras.Input((4, 2)), keras.layers.TimeDistributed(QuantDense(2, name="a"), name="each")])
    inner.name = "inner"
    model = keras.Sequential([inner, QuantConv1D(2, 1, name="b")])
    assert list(quantized_layers(model)) == ["inner/each/a", "b"]
