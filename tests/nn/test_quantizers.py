"""The sign and the gradient it pretends to have, as tables of arithmetic."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design.quantization import QUANTIZERS
from bnn_designer.errors import BnnDesignerError
from bnn_designer.nn import (
    ApproxSign,
    LayerError,
    QuantConv2D,
    QuantDense,
    QuantDepthwiseConv2D,
    SteSign,
    SwishSign,
    approx_sign,
    quantizers,
    ste_sign,
    swish_sign,
)

# x, gradient of ste_sign, gradient of approx_sign
GRADIENTS = [
    (-1.5, 0, 0),
    (-1.0, 1, 2 - 2 * 1.0),
    (-0.75, 1, 2 - 2 * 0.75),
    (-0.25, 1, 2 - 2 * 0.25),
    (-0.0, 1, 2),
    (0.0, 1, 2),
    (0.5, 1, 2 - 2 * 0.5),
    (1.0, 1, 2 - 2 * 1.0),
    (np.nextafter(np.float32(1), np.float32(2)), 0, 0),
    (float("inf"), 0, 0),
    (float("nan"), 0, 0),
]

floats = st.floats(width=32, allow_nan=False, allow_subnormal=False)


def value_and_gradient(function, x, upstream=1.0):
    x = tf.constant(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return y.numpy(), tape.gradient(y, x, output_gradients=tf.ones_like(y) * upstream).numpy()


@pytest.mark.parametrize("function", [ste_sign, approx_sign, SteSign(), ApproxSign()])
def test_sign_of_zero_is_plus_one(function):
    tiny = float(np.finfo(np.float32).tiny)
    y, _ = value_and_gradient(function, [-np.inf, -2.0, -tiny, -0.0, 0.0, tiny, 2.0, np.inf])
    assert y.tolist() == [-1, -1, -1, 1, 1, 1, 1, 1]


@given(x=st.lists(floats, min_size=1, max_size=8))
def test_any_float_becomes_plus_or_minus_one(x):
    expected = [1.0 if value >= 0 else -1.0 for value in x]
    assert ste_sign(x).numpy().tolist() == expected
    assert approx_sign(x).numpy().tolist() == expected


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint32"])
@pytest.mark.parametrize("function", [ste_sign, approx_sign, swish_sign, SteSign(), ApproxSign(), SwishSign()])
def test_whole_numbers_have_the_signs_of_floats(function, dtype):
    signed = not dtype.startswith("u")
    y = function(tf.constant([0, 1, 7, -1 if signed else 9, -100 if signed else 200], dtype))
    assert y.dtype == dtype
    assert y.numpy().tolist() == ([1, 1, 1, -1, -1] if signed else [1, 1, 1, 1, 1])


WHOLE = [[0, 3], [-1, -2], [2, 1]]


@pytest.mark.parametrize("name", QUANTIZERS)
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
def test_every_quantizer_takes_whole_numbers_as_floats(name, dtype):
    quantizer = quantizers.get(name)
    assert np.array_equal(quantizer(tf.constant(WHOLE, dtype)), quantizer(tf.constant(WHOLE, tf.float32)))


@pytest.mark.parametrize("name", QUANTIZERS)
def test_what_has_no_sign_is_refused(name):
    with pytest.raises(LayerError, match="takes floats or whole numbers, got bool"):
        quantizers.get(name).call(tf.constant([[True, False]]))


@pytest.mark.parametrize("engine", ["xnor", "float"])
def test_layers_take_images_of_bytes(engine):
    """Of 0, 3 and 200 all signs are +1, so a kernel of ones counts its taps."""
    x = np.array([0, 3, 200, 0], np.uint8).reshape(1, 2, 2, 1)
    binary = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "engine": engine}
    assert QuantConv2D(1, 2, kernel_initializer="ones", **binary)(x).numpy().item() == 4
    assert QuantDense(1, kernel_initializer="ones", **binary)(x.reshape(1, 4)).numpy().item() == 4
    depthwise = {"input_quantizer": "ste_sign", "depthwise_quantizer": "ste_sign", "depthwise_initializer": "ones"}
    assert QuantDepthwiseConv2D(2, engine=engine, **depthwise)(x).numpy().item() == 4
    assert QuantConv2D(1, 2, kernel_initializer="ones", engine=engine)(x).numpy().item() == 0 + 3 + 200 + 0


def test_nan_stays_visible():
    assert np.isnan(ste_sign([np.nan]).numpy()).all()
    assert np.isnan(approx_sign([np.nan]).numpy()).all()


@pytest.mark.parametrize(("x", "ste", "approx"), GRADIENTS)
def test_gradients(x, ste, approx):
    upstream = 3.0
    assert value_and_gradient(ste_sign, [x], upstream)[1] == [ste * upstream]
    assert value_and_gradient(SteSign(), [x], upstream)[1] == [ste * upstream]
    assert value_and_gradient(approx_sign, [x], upstream)[1] == [approx * upstream]
    assert value_and_gradient(ApproxSign(), [x], upstream)[1] == [approx * upstream]


def test_clip_value_moves_the_end_of_the_gradient():
    x = [-1.5, -1.3, 0.0, 1.3, 1.5]
    assert value_and_gradient(SteSign(clip_value=1.3), x)[1].tolist() == [0, 1, 1, 1, 0]
    assert value_and_gradient(SteSign(clip_value=None), x)[1].tolist() == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_data_type_stays(dtype):
    x = tf.constant([-0.5, 0.5], dtype)
    assert ste_sign(x).dtype == approx_sign(x).dtype == SteSign()(x).dtype == x.dtype


@pytest.mark.parametrize("clip_value", [0, -1.0, float("nan")])
def test_a_clip_value_that_stops_learning_is_refused(clip_value):
    with pytest.raises(LayerError, match="clip_value must be positive"):
        SteSign(clip_value=clip_value)


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("ste_sign", SteSign),
        ("SteSign", SteSign),
        ("approx_sign", ApproxSign),
        ("ApproxSign", ApproxSign),
        (ste_sign, SteSign),
        (approx_sign, ApproxSign),
        (SteSign, SteSign),
        (SteSign(), SteSign),
        (keras.saving.serialize_keras_object(ApproxSign()), ApproxSign),
        (keras.saving.serialize_keras_object(ste_sign), SteSign),
        (None, type(None)),
    ],
)
def test_get(identifier, kind):
    assert type(quantizers.get(identifier)) is kind


def test_get_keeps_instances_and_foreign_callables():
    mine = SteSign(1.3)
    assert quantizers.get(mine) is mine
    assert quantizers.get(tf.nn.relu) is tf.nn.relu


@pytest.mark.parametrize("identifier", ["ste_sing", 1, ["ste_sign"]])
def test_get_lists_the_names_it_knows(identifier):
    with pytest.raises(
        ValueError, match=r"not a quantizer.*'ste_sign', 'SteSign', 'approx_sign', 'ApproxSign'"
    ) as error:
        quantizers.get(identifier)
    assert isinstance(error.value, BnnDesignerError)


def test_config_round_trip():
    again = quantizers.get(quantizers.serialize(SteSign(clip_value=1.3)))
    assert type(again) is SteSign
    assert again.clip_value == 1.3
    assert quantizers.serialize(None) is None


def test_one_bit():
    assert SteSign().precision == ApproxSign().precision == 1


def test_as_layers_of_a_functional_model():
    source = keras.Input((4,))
    model = keras.Model(source, ApproxSign()(SteSign()(source)))
    assert model.output_shape == (None, 4)
    assert model(tf.constant([[-2.0, -0.0, 0.1, 3.0]])).numpy().tolist() == [[-1, 1, 1, 1]]


def test_only_exact_kinds_have_a_compiled_gradient():
    class Doubled(SteSign):
        def call(self, inputs):
            return 2 * super().call(inputs)

    table = [
        (SteSign(), "ste_sign"),
        (SteSign(1), "ste_sign"),
        (ApproxSign(), "approx_sign"),
        (SteSign(1.3), None),
        (SteSign(None), None),
        (Doubled(), None),
        (tf.nn.relu, None),
        (None, None),
    ]
    assert [quantizers.gradient_name(quantizer) for quantizer, _ in table] == [name for _, name in table]
