"""Larq's names, arguments and defaults: what a program finds that was written for Larq."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnn_designer.larq as lq
from bnn_designer.nn import LayerError, QuantDense, QuantDepthwiseConv2D

DEFAULTS = [
    (lq.quantizers.SteSign, {"clip_value": 1.0}),
    (lq.quantizers.SteHeaviside, {"clip_value": 1.0}),
    (lq.quantizers.SwishSign, {"beta": 5.0}),
    (lq.quantizers.MagnitudeAwareSign, {"clip_value": 1.0}),
    (lq.quantizers.SteTern, {"threshold_value": 0.05, "ternary_weight_networks": False, "clip_value": 1.0}),
    (lq.quantizers.DoReFa, {"k_bit": 2, "mode": "activations"}),
    (lq.constraints.WeightClip, {"clip_value": 1}),
    (lq.metrics.FlipRatio, {"values_dtype": "int8", "name": "flip_ratio", "dtype": None}),
    (lq.activations.leaky_tanh, {"alpha": 0.2}),
    (lq.quantizers.ste_sign, {"clip_value": 1.0}),
    (lq.quantizers.ste_heaviside, {"clip_value": 1.0}),
    (lq.quantizers.swish_sign, {"beta": 5.0}),
    (lq.quantizers.ste_tern, {"threshold_value": 0.05, "ternary_weight_networks": False, "clip_value": 1.0}),
]


@pytest.mark.parametrize(("name", "defaults"), DEFAULTS)
def test_arguments_have_larq_s_order_and_defaults(name: Any, defaults: dict[str, Any]) -> None:
    parameters = inspect.signature(name).parameters.values()
    assert {p.name: p.default for p in parameters if p.default is not p.empty and p.name != "metrics"} == defaults


STRINGS = {
    "ste_sign": lq.quantizers.SteSign,
    "approx_sign": lq.quantizers.ApproxSign,
    "ste_heaviside": lq.quantizers.SteHeaviside,
    "swish_sign": lq.quantizers.SwishSign,
    "magnitude_aware_sign": lq.quantizers.MagnitudeAwareSign,
    "ste_tern": lq.quantizers.SteTern,
    "dorefa_quantizer": lq.quantizers.DoReFa,
}


@pytest.mark.parametrize(("name", "kind"), STRINGS.items())
def test_strings_and_configurations_of_keras_2(name: str, kind: type) -> None:
    """What Larq 0.14 writes into files has no module in it, and the class by either of its names."""
    assert type(lq.quantizers.get(name)) is kind
    assert type(lq.quantizers.get(kind.__name__)) is kind
    for written in (name, kind.__name__):
        config = {"class_name": written, "config": {"name": "q", "trainable": True, "dtype": "float32"}}
        assert type(lq.quantizers.get(config)) is kind
    assert type(lq.quantizers.deserialize(lq.quantizers.serialize(kind()))) is kind
    assert isinstance(kind().precision, int)


@pytest.mark.parametrize("kind", STRINGS.values())
def test_both_forms_that_larq_writes_are_read(kind: type) -> None:
    """Larq under Keras 2.15 writes its own module, which is not here."""
    written = lq.quantizers.serialize(kind(name="q"), use_legacy_format=True)
    assert written == {"class_name": kind.__name__, "config": kind(name="q").get_config()}
    of_larq = {**written, "module": "larq.quantizers", "registered_name": kind.__name__}
    for form in (written, of_larq):
        assert type(lq.quantizers.get(form)) is type(lq.quantizers.deserialize(form)) is kind


def test_a_name_is_read_with_objects_of_ones_own() -> None:
    def halves(x: Any) -> Any:
        return x / 2

    assert lq.quantizers.deserialize("halves", {"halves": halves}) is halves
    assert lq.quantizers.serialize(halves, use_legacy_format=True) == "halves"
    assert lq.quantizers.deserialize("ste_sign") is lq.quantizers.SteSign


def test_weights_are_preprocessed_as_dorefa_net_says() -> None:
    """Equation 9 before the rounding: tanh(x) / (2 max |tanh(x)|) + 1/2."""
    found = lq.quantizers.DoReFa(2, mode="weights").weight_preprocess(tf.constant([-2.0, 0.0, 1.0]))
    expected = [0.0, 0.5, np.tanh(1) / np.tanh(2) / 2 + 0.5]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


#: Bits, and Larq's own text of them.
SIZES = [(0, "0.00 B"), (9, "1.12 B"), (8191, "1,023.88 B"), (8192, "1.00 KiB"), (8 * 1024**2, "1.00 MiB")]
SIZES += [(8 * 1024**3, "1.00 GiB"), (8 * 1024**4, "1,024.00 GiB"), (-5, "-0.62 B"), (93_088 + 32 * 468, "13.19 KiB")]


@pytest.mark.parametrize(("bits", "text"), SIZES)
def test_memory_reads_as_in_larq(bits: int, text: str) -> None:
    assert lq.utils.memory_as_readable_str(bits) == text


def test_a_patch_ends_with_an_error_too() -> None:
    quantizer = lq.quantizers.SteSign()
    with suppress(KeyError), lq.utils.patch_object(quantizer, "clip_value", 2.0):
        assert quantizer.clip_value == 2.0
        raise KeyError
    assert quantizer.clip_value == 1.0


def test_kernels_are_of_larqs_class() -> None:
    layer = QuantDense(1, kernel_quantizer="ste_sign", kernel_constraint="weight_clip")
    layer.build((None, 2))
    assert isinstance(layer.kernel, lq.quantized_variable.QuantizedVariable)
    assert not isinstance(layer.bias, lq.quantized_variable.QuantizedVariable)


def test_older_names() -> None:
    assert lq.quantizers.DoReFaQuantizer is lq.quantizers.DoReFa
    assert lq.quantizers.NoOpQuantizer is lq.quantizers.NoOp


@pytest.mark.parametrize("identifier", [42, "unknown", {"class_name": "unknown", "config": {}}, "NoOp"])
def test_what_is_no_quantizer_is_a_value_error(identifier: Any) -> None:
    with pytest.raises(ValueError, match=r"quantizer"):
        lq.quantizers.get(identifier)


def test_a_mode_that_is_set_later_is_looked_at() -> None:
    quantizer = lq.quantizers.DoReFa(2)
    quantizer.mode = "unknown"
    with pytest.raises(LayerError, match="mode 'activations' or 'weights', got 2, 'unknown'"):
        quantizer.call(tf.constant([0.0]))


def test_the_scope_gives_kernel_quantizers_their_metrics() -> None:
    with lq.context.metrics_scope(["flip_ratio"]):
        assert lq.quantizers.get_kernel_quantizer("ste_sign").measures
    assert not lq.quantizers.get_kernel_quantizer("ste_sign").measures
    assert lq.quantizers.get_kernel_quantizer(tf.nn.relu) is tf.nn.relu


def test_functions_and_layers_of_one_s_own_are_quantizers() -> None:
    @lq.utils.set_precision(1)
    def halves(x: Any) -> Any:
        return lq.quantizers.ste_sign(x) / 2

    class Scaled(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.factor = self.add_weight(name="factor", initializer="ones")

        def call(self, inputs: Any) -> Any:
            return self.factor * inputs

    layer = QuantDense(1, input_quantizer=Scaled(), kernel_quantizer=halves, kernel_initializer="ones")
    assert layer(np.ones((1, 4), np.float32)).numpy().tolist() == [[4 / 2]]
    assert layer.kernel.precision == 1
    assert [weight.name for weight in layer.trainable_variables] == ["kernel", "bias", "factor"]


def test_a_registered_class_is_found_by_its_names() -> None:
    @lq.utils.register_alias("thirds_alias")
    @lq.utils.register_keras_custom_object
    class ThirdsOfOne(lq.quantizers.Quantizer):
        precision = 1

        def call(self, inputs: Any) -> Any:
            return lq.math.sign(inputs) / 3

    for name in ("thirds_alias", "ThirdsOfOne"):
        assert type(lq.quantizers.get(name)) is ThirdsOfOne
        del keras.saving.get_custom_objects()[name]


def test_strings_in_layers_of_keras() -> None:
    layer = keras.layers.Dense(1, kernel_constraint="weight_clip", bias_constraint="weight_clip")
    assert type(layer.kernel_constraint) is type(layer.bias_constraint) is lq.constraints.WeightClip
    again = keras.layers.Activation.from_config(keras.layers.Activation("leaky_tanh").get_config())
    assert again.activation is lq.activations.leaky_tanh
    assert keras.activations.get("hard_tanh") is lq.activations.hard_tanh


def test_activations() -> None:
    x = np.array([-3.0, -1.0, 0.5, 1.0, 2.0], np.float32)
    assert lq.activations.hard_tanh(x).numpy().tolist() == [-1, -1, 0.5, 1, 1]
    expected = [-1 - 0.25 * 2, -1, 0.5, 1, 1 + 0.25 * 1]
    assert lq.activations.leaky_tanh(x, alpha=0.25).numpy().tolist() == expected


def test_signs_and_steps() -> None:
    x = np.array([-2.0, -0.0, 0.0, 0.25], np.float32)
    assert lq.math.sign(x).numpy().tolist() == [-1, 1, 1, 1]
    assert lq.math.heaviside(x).numpy().tolist() == [0, 0, 0, 1]
    assert lq.math.heaviside(np.array([-2, 0, 3])).numpy().tolist() == [0, 0, 1]


def test_depthwise_kernels_know_their_quantizer_too() -> None:
    layer = QuantDepthwiseConv2D(2, depthwise_quantizer=lq.quantizers.NoOp(precision=1))
    layer.build((None, 4, 4, 2))
    assert layer.kernel.precision == 1
