"""Quantizers of more than a sign, as tables of arithmetic: scaled signs, ternary, DoReFa, 8 bits, a smooth gradient."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.design import quantization
from bnn_designer.design.quantization import KernelConstraint
from bnn_designer.nn import (
    ApproxSign,
    DoReFa,
    DorefaSign,
    Int8,
    LayerError,
    MagnitudeAwareSign,
    NoOp,
    SteHeaviside,
    SteSign,
    SteTern,
    SwishSign,
    XnorWeightScale,
    quantizers,
)
from bnn_designer.nn.described import constraint_of, quantizer_of
from bnn_designer.nn.scaled_signs import ScaledSign


def value_and_gradient(function, x, upstream=1.0):
    x = tf.constant(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return y.numpy(), tape.gradient(y, x, output_gradients=tf.ones_like(y) * upstream).numpy()


@pytest.mark.parametrize("x", [-1.5, -0.3, -0.0, 0.0, 0.1, 0.7, 3.0])
def test_swish_sign(x):
    """BNN+, eq. 3, with beta 5."""
    y, gradient = value_and_gradient(SwishSign(), [x])
    assert y.tolist() == [1.0 if x >= 0 else -1.0]
    assert gradient[0] == pytest.approx(
        5 * (2 - 5 * x * math.tanh(5 * x / 2)) / (1 + math.cosh(5 * x)), rel=1e-5, abs=1e-7
    )


def test_swish_sign_far_away_is_flat_and_finite():
    y, gradient = value_and_gradient(SwishSign(), [-1e30, 1e30])
    assert y.tolist() == [-1, 1]
    np.testing.assert_allclose(gradient, 0, atol=1e-9)


# Two filters of two weights: a column each.
KERNEL = [[0.5, -2.0], [-0.25, 0.5]]


def test_a_scaled_sign_needs_both_of_its_parts():
    class OnlySigns(ScaledSign):
        def signs(self, x):
            return x

    for incomplete in (ScaledSign, OnlySigns):
        with pytest.raises(TypeError, match="abstract"):
            incomplete()


def test_magnitude_aware_sign():
    y, gradient = value_and_gradient(MagnitudeAwareSign(), KERNEL)
    scale = [(0.5 + 0.25) / 2, (2.0 + 0.5) / 2]
    assert y.tolist() == [[scale[0], -scale[1]], [-scale[0], scale[1]]]
    # The scale is taken as given; the sign's gradient is 0 beyond 1.
    assert gradient.tolist() == [[scale[0], 0], [scale[0], scale[1]]]


def test_magnitude_aware_sign_with_another_clip():
    assert value_and_gradient(MagnitudeAwareSign(clip_value=2.0), KERNEL)[1][0, 1] == (2.0 + 0.5) / 2
    with pytest.raises(LayerError, match="clip_value must be positive"):
        MagnitudeAwareSign(clip_value=0)


def test_xnor_weight_scale():
    y, gradient = value_and_gradient(XnorWeightScale(), KERNEL)
    scale = [(0.5 + 0.25) / 2, (1.0 + 0.5) / 2]  # -2 counts as -1
    assert y.tolist() == [[scale[0], -scale[1]], [-scale[0], scale[1]]]
    # d(alpha_f)/dw = sign(w) / n, times the sum of the filter's signs (0 here: one of each); then alpha itself.
    assert gradient.tolist() == [[scale[0], 0], [scale[0], scale[1]]]
    both_up = value_and_gradient(XnorWeightScale(), [[0.5], [0.25]])[1]
    assert both_up.tolist() == [[0.375 + (1 + 1) / 2], [0.375 + (1 + 1) / 2]]


def test_dorefa_sign():
    y, gradient = value_and_gradient(DorefaSign(), KERNEL)
    scale = (0.5 + 2.0 + 0.25 + 0.5) / 4
    assert y.tolist() == [[scale, -scale], [-scale, scale]]
    assert gradient.tolist() == [[scale, scale], [scale, scale]], "nothing is clipped"


def test_heaviside():
    x = [-2.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0]
    y, gradient = value_and_gradient(SteHeaviside(), x)
    assert y.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert gradient.tolist() == [0, 1, 1, 1, 1, 1, 0]
    assert value_and_gradient(SteHeaviside(None), x)[1].tolist() == [1] * 7
    assert quantizers.op_name(SteHeaviside()) is None, "0 and 1 are not signs"


def test_no_op_is_a_mark():
    y, gradient = value_and_gradient(NoOp(1), [-2.0, 0.25])
    assert y.tolist() == [-2, 0.25]
    assert gradient.tolist() == [1, 1]
    assert NoOp(precision=1).precision == 1
    assert quantizers.op_name(NoOp(1)) is None, "it says what a kernel is, and does not make it so"
    with pytest.raises(LayerError, match="needs a precision"):
        quantizers.get("NoOp")


def test_magnitudes_without_a_clip():
    gradient = value_and_gradient(MagnitudeAwareSign(clip_value=None), [[2.0], [-4.0]])[1]
    assert gradient.tolist() == [[(2 + 4) / 2], [(2 + 4) / 2]]


def test_ternary():
    below = float(np.nextafter(np.float32(0.05), np.float32(0)))
    y, gradient = value_and_gradient(SteTern(), [-2.0, -0.06, -0.05, -below, 0.0, below, 0.05, 1.0])
    assert y.tolist() == [-1, -1, -1, 0, 0, 0, 1, 1]
    assert gradient.tolist() == [0, 1, 1, 1, 1, 1, 1, 1]
    assert value_and_gradient(SteTern(clip_value=None), [-2.0, 2.0])[1].tolist() == [1, 1]
    assert value_and_gradient(SteTern(0.0), [-0.25, -0.0, 0.25])[0].tolist() == [-1, 0, 1]


def test_ternary_weight_networks():
    """The threshold is 0.7 times the mean magnitude of 2, 1, 1 and 0."""
    threshold = 0.7 * (2 + 1 + 1 + 0) / 4
    assert threshold < 1
    quantizer = SteTern(ternary_weight_networks=True)
    assert value_and_gradient(quantizer, [2.0, -1.0, 1.0, 0.0])[0].tolist() == [1, -1, 1, 0]
    assert value_and_gradient(quantizer, [4.0, -1.0, 1.0, 0.0])[0].tolist() == [1, 0, 0, 0]
    assert np.isnan(value_and_gradient(quantizer, [np.nan, 1.0])[0]).all()


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"threshold_value": -1}, "threshold_value must be a number that is not negative"),
        ({"threshold_value": "a"}, "threshold_value must be a number"),
        ({"ternary_weight_networks": 2.0}, "ternary_weight_networks must be True or False"),
        ({"clip_value": True}, "clip_value must be positive or None"),
        ({"clip_value": 0}, "clip_value must be positive or None"),
    ],
)
def test_ternary_refuses(arguments, rule):
    with pytest.raises(LayerError, match=rule):
        SteTern(**arguments)


def test_dorefa_activations():
    """Two bits: 0, 1/3, 2/3, 1."""
    x = [-0.5, 0.1, 0.2, 0.4, 0.6, 0.9, 1.5]
    y, gradient = value_and_gradient(DoReFa(2), x)
    np.testing.assert_allclose(y, [0, 0, 1 / 3, 1 / 3, 2 / 3, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(gradient, [0, 1, 1, 1, 1, 1, 0], rtol=1e-6)


def test_dorefa_weights():
    """Two bits: -1, -1/3, 1/3, 1, of tanh(w) over its largest magnitude."""
    x = np.array([-0.9, -0.3, 0.05, 0.2, 0.9], np.float32)
    y, gradient = value_and_gradient(DoReFa(2, mode="weights"), x)
    np.testing.assert_allclose(y, [-1, -1 / 3, 1 / 3, 1 / 3, 1], rtol=1e-6)
    np.testing.assert_allclose(gradient, (1 - np.tanh(x) ** 2) / np.tanh(0.9), rtol=1e-5)
    assert value_and_gradient(DoReFa(2, mode="weights"), [0.0, 0.0])[0].tolist() == [pytest.approx(1 / 3)] * 2


@pytest.mark.parametrize(("k_bit", "mode"), [(0, "weights"), (2, "both"), ("2", "weights"), (1.5, "weights")])
def test_dorefa_refuses(k_bit, mode):
    with pytest.raises(LayerError, match="k_bit must be a whole number of 1 or more"):
        DoReFa(k_bit, mode=mode)


@pytest.mark.parametrize("k_bit", [1, 2, 5, 8])
def test_dorefa_has_so_many_values(k_bit):
    y = DoReFa(k_bit)(np.linspace(-1, 2, 5000, dtype=np.float32)).numpy()
    assert len(np.unique(y)) == 2**k_bit
    assert DoReFa(k_bit).precision == k_bit


def test_int8():
    """The largest magnitude is 127 steps."""
    y, gradient = value_and_gradient(Int8(), [-2.54, 0.0, 0.011, 0.03, 1.27])
    np.testing.assert_allclose(y, np.array([-127, 0, 1, 2, 64]) * 0.02, rtol=1e-5)
    assert gradient.tolist() == [1, 1, 1, 1, 1]
    assert Int8()(np.zeros(3, np.float32)).numpy().tolist() == [0, 0, 0]
    assert len(np.unique(Int8()(np.linspace(-1, 1, 9999, dtype=np.float32)))) == 255


OURS = [
    SteSign(1.3),
    SteHeaviside(1.3),
    NoOp(4),
    ApproxSign(),
    SwishSign(4.0),
    MagnitudeAwareSign(1.5),
    XnorWeightScale(),
    DorefaSign(),
    SteTern(0.1, True, 2.0),
    DoReFa(3, mode="weights"),
    Int8(),
]


@pytest.mark.parametrize("quantizer", OURS, ids=lambda quantizer: type(quantizer).__name__)
def test_a_config_makes_an_equal_quantizer(quantizer):
    again = quantizers.get(quantizers.serialize(quantizer))
    assert type(again) is type(quantizer)
    assert again.get_config() == quantizer.get_config()
    assert again.precision == quantizer.precision


@pytest.mark.parametrize("operand", ["input", "kernel"])
@pytest.mark.parametrize("name", quantization.QUANTIZERS)
def test_a_design_s_quantizers_have_the_bits_of_the_layers(name, operand):
    described = quantization.Quantizer(name=name)
    built = quantizer_of(described, operand)
    assert (built.precision, built.gives_signs) == (described.bits, described.facts.gives_signs)
    assert isinstance(built, ScaledSign) == described.facts.scales
    assert type(quantizers.get(name)) is type(built)


def test_a_design_s_parameters_reach_the_layers():
    assert quantizer_of(quantization.Quantizer(name="ste_sign", clip_value=1.3), "input").clip_value == 1.3
    assert quantizer_of(quantization.Quantizer(name="ste_tern", clip_value=1.5), "kernel").clip_value == 1.5
    assert quantizer_of(quantization.Quantizer(name="magnitude_aware_sign", clip_value=1.2), "kernel").clip_value == 1.2
    dorefa = quantization.Quantizer(name="dorefa", k_bit=4)
    assert [quantizer_of(dorefa, operand).mode for operand in ("input", "kernel")] == ["activations", "weights"]
    assert quantizer_of(None, "input") is None
    assert constraint_of(KernelConstraint(clip_value=1.25)).clip_value == 1.25
    assert constraint_of(None) is None
