"""Grouped, scaled and depthwise convolutions against plain TensorFlow, both engines alike; the small channel layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.nn import (
    Binomial,
    ChannelShift,
    LayerError,
    PadChannels,
    QuantConv2D,
    QuantDense,
    QuantDepthwiseConv2D,
    ScaleChannels,
    SteSign,
)

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def signs(x):
    return np.where(x >= 0, 1, -1).astype(np.float32)


def outputs_and_gradients(layer, x):
    """The layer's output, and the gradients of its sum of squares for input and kernel."""
    x = tf.constant(x)
    layer.build(x.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * y)
    return [y, *tape.gradient(loss, [x, layer.kernel])]


@pytest.mark.parametrize("kernel_quantizer", [None, "ste_sign"])
@pytest.mark.parametrize("groups", [2, 4])
def test_groups_are_convolutions_side_by_side(groups, kernel_quantizer):
    """Group g of the filters reads group g of the channels; with gradients, which TensorFlow has not on the CPU."""
    layer = QuantConv2D(
        8, 3, groups=groups, padding="same", use_bias=False, kernel_quantizer=kernel_quantizer, engine="float"
    )
    x = normal(0, 2, 6, 5, 4)
    y, *gradients = outputs_and_gradients(layer, x)
    kernel = layer.kernel.numpy() if kernel_quantizer is None else signs(layer.kernel.numpy())
    assert kernel.shape == (3, 3, 4 // groups, 8)
    parts = [
        tf.nn.conv2d(x[..., g * 4 // groups : (g + 1) * 4 // groups], filters, 1, "SAME")
        for g, filters in enumerate(np.split(kernel, groups, axis=3))
    ]
    np.testing.assert_allclose(y, tf.concat(parts, 3), atol=1e-5)
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)


ENGINE_CASES = {
    "groups": {"groups": 2, "input_quantizer": "ste_sign", "kernel_quantizer": "approx_sign"},
    "another clip": {"input_quantizer": SteSign(1.3), "kernel_quantizer": SteSign(0.5)},
    "no clip": {"input_quantizer": SteSign(None), "kernel_quantizer": "ste_sign"},
    "smooth": {"input_quantizer": "swish_sign", "kernel_quantizer": "swish_sign"},
    "bi-real": {"input_quantizer": "approx_sign", "kernel_quantizer": "magnitude_aware_sign"},
    "xnor-net": {"input_quantizer": "ste_sign", "kernel_quantizer": "xnor_weight_scale"},
    "dorefa": {"input_quantizer": "ste_sign", "kernel_quantizer": "dorefa_sign"},
}


@needs_kernels
@pytest.mark.parametrize("case", ENGINE_CASES)
def test_both_engines_give_the_same_convolution(case):
    x = normal(1, 2, 7, 6, 8)
    layers = [
        QuantConv2D(6, 3, padding="same", pad_values=1.0, engine=engine, name=engine, **ENGINE_CASES[case])
        for engine in ("xnor", "float")
    ]
    for layer in layers:
        layer.build(x.shape)
        layer.kernel.assign(2 * normal(2, *layer.kernel.shape))
    assert [layer.engine_used for layer in layers] == ["xnor", "float"]
    (y, *gradients), (y_float, *gradients_float) = (outputs_and_gradients_of_built(layer, x) for layer in layers)
    assert np.array_equal(y, y_float)
    for gradient, expected in zip(gradients, gradients_float, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-3)


def outputs_and_gradients_of_built(layer, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * y)
    return [y, *tape.gradient(loss, [x, layer.kernel])]


@needs_kernels
@pytest.mark.parametrize("kernel_quantizer", ["magnitude_aware_sign", "dorefa_sign", "swish_sign"])
def test_both_engines_give_the_same_product(kernel_quantizer):
    x = normal(3, 4, 70)
    results = []
    for engine in ("xnor", "float"):
        layer = QuantDense(5, input_quantizer=SteSign(1.3), kernel_quantizer=kernel_quantizer, engine=engine)
        layer.build(x.shape)
        layer.kernel.assign(normal(4, 70, 5))
        results.append(outputs_and_gradients_of_built(layer, x))
    assert np.array_equal(results[0][0], results[1][0])
    for gradient, expected in zip(results[0][1:], results[1][1:], strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-3)


def test_a_scaled_kernel_is_the_quantizer_s():
    """The scale that is taken out of the product gives what the quantized kernel gives."""
    layer = QuantConv2D(3, 2, use_bias=False, kernel_quantizer="magnitude_aware_sign", engine="float")
    x = normal(5, 1, 4, 4, 2)
    y = layer(x)
    expected = tf.nn.conv2d(x, layer.kernel_quantizer(layer.kernel), 1, "VALID")
    np.testing.assert_allclose(y, expected, atol=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"kernel_size": 3, "padding": "same"},
        {"kernel_size": (3, 2), "padding": "same", "strides": 2},
        {"kernel_size": 2, "padding": "valid"},
        {"kernel_size": 3, "padding": "same", "dilation_rate": 2},
    ],
)
@pytest.mark.parametrize("pad_value", [0.0, 1.0])
def test_depthwise_convolutions_of_signs(arguments, pad_value):
    """Against TensorFlow's own, on signs in an explicit border."""
    layer = QuantDepthwiseConv2D(
        input_quantizer="ste_sign", depthwise_quantizer="ste_sign", pad_values=pad_value, use_bias=False, **arguments
    )
    x = normal(6, 2, 6, 7, 3)
    y = layer(x)
    kernel, stride, dilation = (
        signs(layer.kernel.numpy()),
        arguments.get("strides", 1),
        arguments.get("dilation_rate", 1),
    )
    padded = signs(x)
    if arguments["padding"] == "same":
        border = []
        for size, taps in zip((6, 7), kernel.shape[:2], strict=True):
            missing = max((-(-size // stride) - 1) * stride + dilation * (taps - 1) + 1 - size, 0)
            border.append((missing // 2, missing - missing // 2))
        padded = np.pad(padded, [(0, 0), *border, (0, 0)], constant_values=pad_value)
    expected = tf.nn.depthwise_conv2d(padded, kernel, [1, stride, stride, 1], "VALID", dilations=[dilation] * 2)
    np.testing.assert_allclose(y, expected, atol=1e-6)


@pytest.mark.parametrize("name", [None, "ste_sign", "magnitude_aware_sign", "dorefa_sign"])
@pytest.mark.parametrize("channels", [1, 3])
def test_two_kernels_a_channel(channels, name):
    """Channel c times the kernel's [c, j] is the output's channel 2 c + j, scaled as the quantizer scales [..., j]."""
    layer = QuantDepthwiseConv2D(1, depth_multiplier=2, depthwise_quantizer=name, bias_initializer="random_normal")
    x = normal(7, 1, 1, 1, channels)
    y = layer(x).numpy().reshape(channels, 2)
    kernel = layer.kernel.numpy()
    assert kernel.shape == (1, 1, channels, 2)
    quantized = np.asarray(layer.kernel_quantizer(kernel)) if name else kernel
    expected = x.reshape(channels, 1) * quantized.reshape(channels, 2) + layer.bias.numpy().reshape(channels, 2)
    np.testing.assert_allclose(y, expected, rtol=1e-6)


def test_scales_of_two_kernels_a_channel_by_hand():
    """The first kernel of each of two channels has magnitudes 1 and 3, the second 5 and 7."""
    layer = QuantDepthwiseConv2D(1, depth_multiplier=2, depthwise_quantizer="magnitude_aware_sign", use_bias=False)
    layer.build((1, 1, 1, 2))
    layer.kernel.assign(np.array([[1, 5], [-3, 7]]).reshape(1, 1, 2, 2))
    assert layer(np.ones((1, 1, 1, 2), np.float32)).numpy().reshape(-1).tolist() == [2, 6, -2, 6]


def test_a_depthwise_convolution_survives_its_config():
    layer = QuantDepthwiseConv2D(
        3, pad_values=1.0, input_quantizer="approx_sign", depthwise_quantizer=SteSign(1.3),
        depthwise_constraint="weight_clip", padding="same", depth_multiplier=2, activation="relu",
    )  # fmt: skip
    again = QuantDepthwiseConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again.kernel_quantizer.clip_value == 1.3
    assert again.depthwise_constraint.clip_value == 1
    assert (again.depth_multiplier, again.activation) == (2, keras.activations.relu)


def test_the_depthwise_constraint_is_applied():
    layer = QuantDepthwiseConv2D(3, depthwise_quantizer="ste_sign", depthwise_constraint="weight_clip")
    layer.build((None, 5, 5, 2))
    assert layer.kernel.constraint is layer.kernel_constraint


def test_bad_depthwise_arguments():
    with pytest.raises(LayerError, match="QuantDepthwiseConv2D 'd': pad_values must be a finite number, got nan"):
        QuantDepthwiseConv2D(3, pad_values=float("nan"), name="d")


@pytest.mark.parametrize(
    ("size", "row"), [(2, [1 / 2, 1 / 2]), (3, [1 / 4, 2 / 4, 1 / 4]), (5, [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16])]
)
def test_a_blur_is_binomial(size, row):
    kernel = np.array(Binomial()((size, size, 4, 1), dtype="float32"))
    np.testing.assert_allclose(kernel[:, :, 2, 0], np.outer(row, row), rtol=1e-6)
    np.testing.assert_allclose(kernel.sum((0, 1)), 1, rtol=1e-6)


def test_channel_layers_by_hand():
    x = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    shift = ChannelShift()
    assert np.array_equal(shift(x), x)
    shift.shift.assign([1, 0, -2])
    assert np.array_equal(shift(x), x + np.array([1, 0, -2]))
    assert np.array_equal(ScaleChannels()([x, np.array([[2, 0, 1]], np.float32)]), x * np.array([2, 0, 1]))
    padded = PadChannels(2)(x)
    assert np.array_equal(padded[..., :2], np.zeros((1, 2, 2, 2)))
    assert np.array_equal(padded[..., 2:], x)


def test_channel_layers_are_saved(tmp_path):
    source = keras.Input((4, 4, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(source)
    outputs = PadChannels(2)(ScaleChannels()([ChannelShift()(source), pooled]))
    model = keras.Model(source, outputs)
    model.save(tmp_path / "model.keras")
    x = normal(7, 2, 4, 4, 3)
    assert np.array_equal(model(x), keras.saving.load_model(tmp_path / "model.keras")(x))
