"""QuantConv2D and QuantDense against plain TensorFlow on signs, and both engines against each other."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnn_designer import kernels
from bnn_designer.errors import BnnDesignerError
from bnn_designer.nn import LayerError, QuantConv2D, QuantDense, QuantDepthwiseConv2D, WeightClip
from bnn_designer.nn.padding import same_padding

BINARY = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def signs(x):
    return np.where(x >= 0, 1, -1).astype(np.float32)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_plus_minus_one_by_hand():
    layer = QuantDense(1, use_bias=False, kernel_initializer="ones", engine="float", **BINARY)
    assert layer(np.array([[0.3, -0.1, 0.0, -7.0, 2.0]], np.float32)).numpy() == [[1 - 1 + 1 - 1 + 1]]


@pytest.mark.parametrize("border", [0.0, 1.0, -1.0, 0.5, -3.0])
@pytest.mark.parametrize("engine", ["float", "xnor"])
def test_a_border_by_hand(engine, border):
    """A 3x3 kernel of +1 on one pixel of -1: eight border pixels and the pixel."""
    x = np.full((1, 1, 1, 1), -0.5, np.float32)
    arguments = {"padding": "same", "kernel_initializer": "ones", "engine": engine, **BINARY}
    assert QuantConv2D(1, 3, pad_values=border, **arguments)(x).numpy().item() == 8 * border - 1


def test_valid_padding_ignores_pad_values():
    x = normal(0, 2, 5, 5, 3)
    one, zero = (QuantConv2D(4, 3, pad_values=value, kernel_initializer="ones", **BINARY) for value in (1, 0))
    assert np.array_equal(one(x), zero(x))


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(1, 1, 1), (3, 1, 1), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_same_padding_is_tensorflows(size, kernel, stride, dilation):
    """TensorFlow's "same" against its "valid" on an input padded with zeros as we would."""
    x = normal(size, 1, size, size, 1)
    weights = normal(1, kernel, kernel, 1, 1)
    border = same_padding(size, kernel, stride, dilation)
    ours = tf.nn.conv2d(np.pad(x, [(0, 0), border, border, (0, 0)]), weights, stride, "VALID", dilations=dilation)
    np.testing.assert_allclose(ours, tf.nn.conv2d(x, weights, stride, "SAME", dilations=dilation), atol=1e-5)


CONVOLUTIONS = [
    {"kernel_size": 3, "padding": "same", "pad_values": 1.0},
    {"kernel_size": (3, 2), "padding": "same", "pad_values": 1.0, "strides": 2},
    {"kernel_size": 3, "padding": "same", "pad_values": 1.0, "dilation_rate": 2},
    {"kernel_size": 3, "padding": "same", "pad_values": 0.0, "strides": (2, 1)},
    {"kernel_size": (1, 3), "padding": "valid"},
]


@pytest.mark.parametrize("arguments", CONVOLUTIONS)
@pytest.mark.parametrize("engine", ["float", pytest.param("xnor", marks=needs_kernels)])
def test_convolution_is_tensorflows_on_signs(engine, arguments):
    x = normal(2, 2, 7, 6, 5)
    layer = QuantConv2D(4, **arguments, engine=engine, bias_initializer="random_normal", **BINARY)
    y = layer(x)
    assert layer.engine_used == engine
    padded = signs(x)
    if layer.padding == "same":
        borders = [
            same_padding(size, *taps)
            for size, *taps in zip(x.shape[1:3], layer.kernel_size, layer.strides, layer.dilation_rate, strict=True)
        ]
        padded = np.pad(padded, [(0, 0), *borders, (0, 0)], constant_values=layer.pad_values)
    expected = tf.nn.conv2d(padded, signs(layer.kernel.numpy()), layer.strides, "VALID", dilations=layer.dilation_rate)
    assert np.array_equal(y, expected + layer.bias.numpy())


def test_sizes_known_only_at_run_time():
    model = keras.Sequential(
        [keras.Input((None, None, 2)), QuantConv2D(3, 3, strides=2, padding="same", pad_values=1.0, **BINARY)]
    )
    fixed = QuantConv2D(3, 3, strides=2, padding="same", pad_values=1.0, engine="float", **BINARY)
    x = normal(3, 2, 5, 8, 2)
    fixed.build(x.shape)
    fixed.set_weights(model.get_weights())
    assert model.output_shape == (None, None, None, 3)
    assert np.array_equal(model(x), fixed(x))


def test_channels_first_is_the_transposed_channels_last():
    arguments = {"padding": "same", "pad_values": 1.0, "strides": 2, **BINARY}
    last = QuantConv2D(3, 3, engine="float", **arguments)
    first = QuantConv2D(3, 3, data_format="channels_first", **arguments)
    x = normal(8, 2, 5, 8, 4)
    last.build(x.shape)
    first.build((2, 4, 5, 8))
    first.set_weights(last.get_weights())
    assert np.array_equal(np.transpose(first(np.transpose(x, (0, 3, 1, 2))), (0, 2, 3, 1)), last(x))


@pytest.mark.parametrize("quantizers", [{}, BINARY, {**BINARY, "kernel_quantizer": "magnitude_aware_sign"}])
@pytest.mark.parametrize("size", [(3, 4), (5, 3), (3, 3), (1, 1)])
def test_channels_first_has_a_bias_for_each_channel(size, quantizers):
    """Three filters, also where the image is three pixels wide or high; scales and biases go by filters."""
    height, width = size
    layer = QuantConv2D(3, 1, data_format="channels_first", **quantizers)
    x = normal(9, 2, 2, height, width)
    layer.build(x.shape)
    layer.bias.assign([10, 20, 30])
    kernel = np.asarray(layer.kernel_quantizer(layer.kernel)) if quantizers else layer.kernel.numpy()
    inputs = signs(x) if quantizers else x
    expected = np.einsum("nchw,cf->nfhw", inputs, kernel[0, 0]) + np.reshape([10, 20, 30], (3, 1, 1))
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5)


def test_arguments_by_position_mean_what_larq_means():
    depthwise = QuantDepthwiseConv2D(
        3, 1, "same", 1, 2, "channels_last", 2, "relu", False, "ste_sign", "magnitude_aware_sign", name="d"
    )
    given = {
        "kernel_size": (3, 3), "strides": (1, 1), "padding": "same", "pad_values": 1, "depth_multiplier": 2,
        "data_format": "channels_last", "dilation_rate": (2, 2), "activation": "relu", "use_bias": False, "name": "d",
    }  # fmt: skip
    assert given.items() <= depthwise.get_config().items()
    assert type(depthwise.input_quantizer).__name__ == "SteSign"
    assert type(depthwise.kernel_quantizer).__name__ == "MagnitudeAwareSign"
    assert depthwise(normal(0, 1, 6, 6, 3)).shape == (1, 6, 6, 3 * 2)
    conv = QuantConv2D(4, 3, 1, "same", 1, "channels_last", 2, 2, "relu", False, "approx_sign", "ste_sign")
    given.pop("depth_multiplier"), given.pop("name")
    assert (given | {"filters": 4, "groups": 2}).items() <= conv.get_config().items()
    assert type(conv.input_quantizer).__name__ == "ApproxSign"
    dense = QuantDense(4, "relu", False, "approx_sign", "ste_sign")
    assert {"units": 4, "activation": "relu", "use_bias": False}.items() <= dense.get_config().items()
    assert type(dense.input_quantizer).__name__ == "ApproxSign"


@pytest.mark.parametrize("engine", ["float", pytest.param("xnor", marks=needs_kernels)])
def test_dense_of_any_rank(engine):
    x = normal(4, 2, 3, 4, 7)
    layer = QuantDense(5, engine=engine, bias_initializer="random_normal", activation="relu", **BINARY)
    y = layer(x)
    assert layer.engine_used == engine
    assert np.array_equal(y, np.maximum(signs(x) @ signs(layer.kernel.numpy()) + layer.bias.numpy(), 0))
    source = keras.Input((3, 4, 7))
    assert layer(source).shape == (None, 3, 4, 5)


def test_binary_weights_only():
    """A first layer: float input, binary kernel."""
    x = normal(5, 2, 6)
    layer = QuantDense(3, kernel_quantizer="ste_sign")
    np.testing.assert_allclose(layer(x), x @ signs(layer.kernel.numpy()), rtol=1e-5)


def test_without_quantizers_it_is_the_keras_layer():
    x = normal(6, 2, 5, 5, 3)
    ours, theirs = QuantConv2D(4, 3, padding="same"), keras.layers.Conv2D(4, 3, padding="same")
    ours.build(x.shape), theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    assert np.array_equal(ours(x), theirs(x))


@pytest.mark.parametrize(("kind", "size"), [(QuantDense, ()), (QuantConv2D, (1, 1))])
def test_mixed_precision_computes_in_half_and_keeps_the_sign_of_small_weights(kind, size):
    """-1e-9 is -0 in float16, and the sign of zero is +1; the latent weight is a float32 and negative."""
    small = keras.initializers.Constant(-1e-9)
    layer = kind(3, *size[:1], dtype="mixed_float16", kernel_initializer=small, **BINARY)
    y = layer(np.ones((2, *size, 6), np.float32))
    assert layer.kernel.dtype == "float32"
    assert y.dtype == tf.float16
    assert np.array_equal(y, np.full((2, *size, 3), -6))


def results(layer, weights, x, upstream):
    """Output, and the gradients to input and weights, for one upstream gradient."""
    layer.set_weights(weights)
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * upstream(y.shape))
    return y.numpy(), [g.numpy() for g in tape.gradient(loss, [x, *layer.trainable_variables])]


def assert_engines_agree(kind, arguments, x, seed):
    layers = {engine: kind(**arguments, engine=engine) for engine in ("xnor", "float")}
    for layer in layers.values():
        layer.build(x.shape)
    # Weights on both sides of 1, so that the ends of the straight-through gradients are met.
    weights = [normal(seed + i, *w.shape) for i, w in enumerate(layers["xnor"].get_weights())]
    got = {name: results(layer, weights, x, lambda s: normal(seed + 9, *s)) for name, layer in layers.items()}
    assert layers["xnor"].engine_used == "xnor"
    assert layers["float"].engine_used == "float"
    assert np.array_equal(got["xnor"][0], got["float"][0])
    for xnor, simulated in zip(got["xnor"][1], got["float"][1], strict=True):
        np.testing.assert_allclose(xnor, simulated, rtol=1e-4, atol=1e-4)


quantizer = st.sampled_from(["ste_sign", "approx_sign"])


@needs_kernels
@few
@given(data=st.data())
def test_both_engines_compute_the_same_convolution(data):
    stride = data.draw(st.sampled_from([1, 1, 2]), "stride")
    arguments = {
        "filters": data.draw(st.integers(1, 5), "filters"),
        "kernel_size": (data.draw(st.integers(1, 3), "kh"), data.draw(st.integers(1, 3), "kw")),
        "strides": stride,
        "dilation_rate": data.draw(st.integers(1, 2), "dilation") if stride == 1 else 1,
        "padding": data.draw(st.sampled_from(["same", "valid"]), "padding"),
        "pad_values": data.draw(st.sampled_from([0.0, 1.0]), "pad_values"),
        "use_bias": data.draw(st.booleans(), "use_bias"),
        "input_quantizer": data.draw(quantizer, "input"),
        "kernel_quantizer": data.draw(quantizer, "kernel"),
    }
    shape = (data.draw(st.integers(1, 2)), 5, data.draw(st.integers(5, 7)), data.draw(st.sampled_from([1, 3, 33, 65])))
    seed = data.draw(st.integers(0, 1000), "seed")
    assert_engines_agree(QuantConv2D, arguments, normal(seed, *shape), seed)


@needs_kernels
@few
@given(
    units=st.integers(1, 9),
    features=st.sampled_from([1, 3, 33, 63, 64, 65, 130]),
    use_bias=st.booleans(),
    input_quantizer=quantizer,
    kernel_quantizer=quantizer,
    seed=st.integers(0, 1000),
)
def test_both_engines_compute_the_same_product(units, features, use_bias, input_quantizer, kernel_quantizer, seed):
    arguments = {
        "units": units,
        "use_bias": use_bias,
        "input_quantizer": input_quantizer,
        "kernel_quantizer": kernel_quantizer,
    }
    assert_engines_agree(QuantDense, arguments, normal(seed, 3, features), seed)


@needs_kernels
def test_both_engines_agree_on_the_edges_of_the_sign_and_its_gradient():
    """Zeros, subnormals (TensorFlow counts them as zero), the ends of the straight-through gradient, infinities."""
    above = float(np.nextafter(np.float32(1), np.float32(2)))
    edges = [0.0, -0.0, 1e-40, -1e-40, 1.2e-38, -1.2e-38, 1.0, -1.0, above, -above, np.inf, -np.inf]
    x = np.array([edges], np.float32)
    for name in ("ste_sign", "approx_sign"):
        arguments = {"units": 3, "input_quantizer": name, "kernel_quantizer": name}
        assert_engines_agree(QuantDense, arguments, x, seed=1)
        assert_engines_agree(QuantDense, arguments, x.T, seed=2)


@needs_kernels
@pytest.mark.parametrize("layer", [QuantDense(2, engine="xnor", **BINARY), QuantConv2D(2, 1, engine="xnor", **BINARY)])
def test_nan_has_no_bit(layer):
    x = np.full((1, 2, 2, 3) if isinstance(layer, QuantConv2D) else (1, 3), np.nan, np.float32)
    with pytest.raises(tf.errors.InvalidArgumentError):
        layer(x)


def test_nan_passes_through_in_float():
    assert np.isnan(QuantDense(2, engine="float", **BINARY)(np.full((1, 3), np.nan, np.float32))).all()


WRONG = [
    (
        lambda: QuantConv2D(2, 3, pad_values="x", name="c"),
        r"QuantConv2D 'c': pad_values must be a finite number",
    ),
    (lambda: QuantConv2D(2, 3, engine="fast", name="c"), r"QuantConv2D 'c': engine must be one of 'auto', 'xnor'"),
    (lambda: QuantConv2D(0, 3, name="c"), r"QuantConv2D 'c', filters: .*got 0"),
    (lambda: QuantConv2D("many", 3, name="c"), r"QuantConv2D 'c'"),
    (lambda: QuantConv2D(2, 0, name="c"), r"QuantConv2D 'c', kernel_size: "),
    (lambda: QuantConv2D(2, 3, strides=2, dilation_rate=2, name="c"), r"QuantConv2D 'c', strides: .*dilation_rate"),
    (lambda: QuantConv2D(2, 3, padding="reflect", name="c"), r"QuantConv2D 'c', padding: "),
    (lambda: QuantConv2D(2, 3, name="c").build((None, 2, 9, 1)), r"QuantConv2D 'c': (.|\n)*shape is \(None, 2, 9, 1\)"),
    (lambda: QuantDense(0, name="d"), r"QuantDense 'd', units: .*got 0"),
    (lambda: QuantDense(2, kernel="big", name="d"), r"QuantDense 'd', kernel: it takes no such"),
    (lambda: QuantDense(2, input_quantizer="sgn", name="d"), r"QuantDense 'd', input_quantizer: 'sgn' .*'ste_sign'"),
    (lambda: QuantDense(2, kernel_quantizer=3, name="d"), r"QuantDense 'd', kernel_quantizer: 3 is not a quantizer"),
    (lambda: QuantDense(2, kernel_constraint="clop", name="d"), r"QuantDense 'd', kernel_constraint: 'clop'"),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_wrong_arguments_name_the_layer_the_rule_and_the_mend(make, message):
    with pytest.raises(LayerError, match=message) as error:
        make()
    assert isinstance(error.value, BnnDesignerError)
    assert error.value.mend


def test_config_round_trip():
    layer = QuantConv2D(
        4, 3, padding="same", pad_values=1, kernel_constraint="weight_clip", engine="float", use_bias=False, **BINARY
    )
    again = QuantConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.pad_values, type(again.pad_values)) == (1, int)
    assert again.engine == "float"
    assert isinstance(again.kernel_constraint, WeightClip)
