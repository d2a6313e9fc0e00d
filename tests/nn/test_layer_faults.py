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
    QuantDense,
    QuantDepthwiseConv2D,
    QuantSeparableConv2D,
    SteTern,
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
    with pytest.raises(LayerError, match=r"^QuantConv2D: .*filters=0.*arguments of keras.layers.Conv2D beside"):
        QuantConv2D(0, 3)


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
