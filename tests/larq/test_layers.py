"""Larq's layers by Larq's names: their arguments, what computes them, and that both engines give the same numbers."""

from __future__ import annotations

import inspect
import json
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bnn_designer import kernels, nn
from bnn_designer.larq import layers
from bnn_designer.nn import LayerError
from tests.larq.layer_cases import KINDS, case
from tests.larq.peer_layers import layer_of, outputs_and_gradients

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
BINARY: dict[str, Any] = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
SEPARABLE: dict[str, Any] = {"input_quantizer": "ste_sign", "pointwise_quantizer": "ste_sign"}

#: The arguments of Larq 0.14.0 by position: what stands before the quantizers, and the kernels.
FIRST = {
    "QuantDense": ("units", "activation=None", "use_bias=True"),
    **{
        f"QuantConv{axes}D": (
            *("filters", "kernel_size", f"strides={one}", "padding='valid'", "pad_values=0.0"),
            f"data_format={layout!r}",
            *(f"dilation_rate={one}", "groups=1", "activation=None", "use_bias=True"),
        )
        for axes, one, layout in ((1, 1, "channels_last"), (2, (1, 1), None), (3, (1, 1, 1), None))
    },
    **{
        f"QuantConv{axes}DTranspose": (
            *("filters", "kernel_size", f"strides={one}", "padding='valid'", "output_padding=None", "data_format=None"),
            *(f"dilation_rate={one}", "activation=None", "use_bias=True"),
        )
        for axes, one in ((2, (1, 1)), (3, (1, 1, 1)))
    },
    "QuantDepthwiseConv2D": (
        *("kernel_size", "strides=(1, 1)", "padding='valid'", "pad_values=0.0", "depth_multiplier=1"),
        *("data_format=None", "dilation_rate=(1, 1)", "activation=None", "use_bias=True"),
    ),
    **{
        f"QuantSeparableConv{axes}D": (
            *("filters", "kernel_size", f"strides={one}", "padding='valid'", "pad_values=0.0", "data_format=None"),
            *(f"dilation_rate={one}", "depth_multiplier=1", "activation=None", "use_bias=True"),
        )
        for axes, one in ((1, 1), (2, (1, 1)))
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_are_larq_s_in_its_order_with_its_defaults(kind: str) -> None:
    kernels_of = KINDS[kind][1]
    behind = [
        "input_quantizer=None",
        *(f"{kernel}_quantizer=None" for kernel in kernels_of),
        *(f"{kernel}_initializer='glorot_uniform'" for kernel in kernels_of),
        "bias_initializer='zeros'",
        *(f"{kernel}_regularizer=None" for kernel in kernels_of),
        "bias_regularizer=None",
        "activity_regularizer=None",
        *(f"{kernel}_constraint=None" for kernel in kernels_of),
        "bias_constraint=None",
    ]
    got = [
        name if parameter.default is parameter.empty else f"{name}={parameter.default!r}"
        for name, parameter in inspect.signature(getattr(layers, kind)).parameters.items()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    assert got == [*FIRST[kind], *behind]


@st.composite
def configured(draw: st.DrawFn) -> keras.layers.Layer:
    """Any layer with any arguments, those of Larq and ours."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    described = case(kind, draw(st.integers(0, 10_000)))[0]
    clips = st.none() | st.floats(0.125, 4, width=16).map(nn.WeightClip)
    described["arguments"] |= {
        **{f"{weight}_constraint": draw(clips) for weight in (*KINDS[kind][1], "bias")},
        "engine": draw(st.sampled_from(["auto", "xnor", "float"])),
        "gradients": draw(st.sampled_from(["float", "int16", "int8"])),
        "gradients_seed": draw(st.integers(0, 2**31)),
        "check_nan": draw(st.booleans()),
        "trainable": draw(st.booleans()),
        "dtype": draw(st.sampled_from([None, "float64", "mixed_float16"])),
    }
    return layer_of(layers, nn, described)


@settings(max_examples=60)
@given(layer=configured())
def test_a_layer_is_made_again_from_its_configuration_as_a_file_has_it(layer: keras.layers.Layer) -> None:
    written = json.dumps(keras.saving.serialize_keras_object(layer))
    again = keras.saving.deserialize_keras_object(json.loads(written))
    assert type(again) is type(layer)
    assert json.dumps(keras.saving.serialize_keras_object(again)) == written
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("axes", [1, 2])
def test_what_keras_3_has_not_says_so_by_name(axes: int) -> None:
    with pytest.raises(LayerError, match=f"Keras 3 has no LocallyConnected{axes}D.*Use QuantConv{axes}D, ") as error:
        getattr(layers, f"QuantLocallyConnected{axes}D")(3, 3)
    assert isinstance(error.value, ValueError)


ENGINES: list[tuple[str, dict[str, Any], str, str]] = [
    ("QuantConv1D", {**BINARY, "padding": "causal"}, "xnor", "signs"),
    ("QuantConv1D", {**BINARY, "padding": "same", "pad_values": -1}, "xnor", "signs"),
    (
        "QuantConv2D",
        {**BINARY, "padding": "same", "pad_values": 0.5},
        "float",
        "pad_values=0.5 is neither 0 nor one bit",
    ),
    ("QuantConv2D", {**BINARY, "padding": "valid", "pad_values": 0.5}, "xnor", "signs"),
    ("QuantConv3D", BINARY, "float", "three axes"),
    ("QuantConv2DTranspose", {**BINARY, "strides": 2}, "xnor", "signs"),
    ("QuantConv2DTranspose", {**BINARY, "strides": 2, "output_padding": 1}, "float", "output_padding"),
    ("QuantConv2DTranspose", {**BINARY, "kernel_quantizer": "magnitude_aware_sign"}, "float", "that of the input"),
    ("QuantConv3DTranspose", BINARY, "float", "three axes"),
    ("QuantSeparableConv2D", SEPARABLE, "float", "are no signs"),
    ("QuantSeparableConv2D", {"input_quantizer": "ste_sign"}, "float", "only the input is quantized"),
]


@needs_kernels
@pytest.mark.parametrize(("kind", "arguments", "used", "reason"), ENGINES)
def test_a_layer_says_what_computes_it(kind: str, arguments: dict[str, Any], used: str, reason: str) -> None:
    layer = getattr(layers, kind)(4, 3, engine="xnor", **arguments)
    layer.build((None, *[6] * KINDS[kind][0], 32))
    assert (layer.engine_used, layer.supports_jit) == (used, used == "float")
    assert reason in layer.engine_reason


@st.composite
def lowered(draw: st.DrawFn) -> tuple[str, dict[str, Any], tuple[int, ...]]:
    """Layers that are computed by way of another convolution."""
    kind = draw(st.sampled_from(["QuantConv1D", "QuantConv2DTranspose"]))
    axes = KINDS[kind][0]
    arguments: dict[str, Any] = {
        "filters": 2,
        "kernel_size": [draw(st.integers(1, 5)) for _ in range(axes)],
        "strides": [draw(st.integers(1, 3)) for _ in range(axes)],
        "padding": draw(st.sampled_from(["valid", "same"] if axes > 1 else ["valid", "same", "causal"])),
    }
    if axes == 1 and max(arguments["strides"]) == 1:
        arguments["dilation_rate"] = draw(st.integers(1, 2))
    if axes == 1 and arguments["padding"] == "same":
        arguments["pad_values"] = draw(st.integers(-1, 1))
    return kind, arguments, (2, *[draw(st.integers(9, 11))] * axes, draw(st.integers(1, 3)))


@needs_kernels
@settings(max_examples=12, phases=[Phase.generate])
@given(drawn=lowered(), seed=st.integers(0, 1000), estimator=st.sampled_from(["ste_sign", "approx_sign", "swish_sign"]))
def test_lowered_layers_are_the_float_ones(drawn: Any, seed: int, estimator: str) -> None:
    kind, arguments, shape = drawn
    results = []
    for engine in ("xnor", "float"):
        layer = getattr(layers, kind)(
            **arguments, input_quantizer="approx_sign", kernel_quantizer=estimator, engine=engine
        )
        layer.build(shape)
        assert layer.engine_used == engine
        rng = np.random.default_rng(seed)
        weights = [rng.normal(size=weight.shape) for weight in layer.weights]
        results.append(outputs_and_gradients(tf, layer, rng.normal(size=shape).astype(np.float32), weights))
    bits, floats = results
    assert np.array_equal(bits["y"], floats["y"])
    for name, expected in floats.items():
        np.testing.assert_allclose(bits[name], expected, rtol=1e-4, atol=1e-4 * max(1, np.abs(expected).max()))


def test_causal_padding_sees_no_later_step() -> None:
    """One channel, taps 1, 1 and 1, signs of the input: each output is the sum of its step and the two before."""
    for layer in (layers.QuantConv1D, layers.QuantSeparableConv1D):
        x = np.array([1, -1, -1, 1, 1], np.float32).reshape(1, 5, 1)
        ones = {"QuantConv1D": ["kernel"], "QuantSeparableConv1D": ["depthwise", "pointwise"]}[layer.__name__]
        initializers: dict[str, Any] = {f"{kernel}_initializer": "ones" for kernel in ones}
        made = layer(1, 3, padding="causal", input_quantizer="ste_sign", **initializers)
        assert np.asarray(made(x)).ravel().tolist() == [1, 0, -1, -1, 1]
        assert made.compute_output_shape((None, 5, 1)) == (None, 5, 1)
        with pytest.raises(ValueError, match="zeros before the first step, got pad_values=1"):
            layer(1, 3, padding="causal", pad_values=1.0)


@needs_kernels
@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("QuantConv1D", {**BINARY, "padding": "causal"}),
        ("QuantConv2DTranspose", {**BINARY, "strides": 2, "padding": "same"}),
        ("QuantConv3D", {**BINARY, "padding": "same", "pad_values": 0.5}),
        ("QuantSeparableConv2D", {"depthwise_quantizer": "ste_sign", "padding": "same", "pad_values": 1.0}),
        ("QuantDepthwiseConv2D", {"depthwise_quantizer": "ste_sign", "padding": "same", "pad_values": 1.0}),
    ],
)
def test_sizes_may_be_unknown_while_a_model_is_made(kind: str, arguments: dict[str, Any]) -> None:
    axes = KINDS[kind][0]
    filters = {} if kind == "QuantDepthwiseConv2D" else {"filters": 2}
    layer = getattr(layers, kind)(kernel_size=3, engine="xnor", **filters, **arguments)
    source = keras.Input((*[None] * axes, 4))
    model = keras.Model(source, layer(source))
    assert model.output_shape == (None, *[None] * axes, 2 if filters else 4)
    x = np.random.default_rng(0).normal(size=(1, *[5] * axes, 4)).astype(np.float32)
    assert np.array_equal(model.predict(x, verbose=0), layer(x))
    assert layer(x).shape == layer.compute_output_shape(x.shape)
